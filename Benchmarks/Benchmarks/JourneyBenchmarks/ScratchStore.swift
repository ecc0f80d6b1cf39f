// The store that a benchmark works on: in a directory of its own under TMPDIR, made before the first iteration and removed
// after the last. Durable figures are those of the disk that TMPDIR lies on.
import Foundation
import Rihla

/// One store for each run of a benchmark. Benchmarks run one after the other, so there is never more than one.
actor ScratchStore {
    static let shared = ScratchStore()
    /// How many events a filled store has.
    static let size = 100_000
    private static let customers = 10_000

    private struct Contents {
        var directory: URL
        var store: JourneyStore
        var journeys: GeneratedJourneys
    }
    private var contents: Contents?

    /// Asked for a store before `open`.
    private struct NotOpen: Error {}

    /// Makes the store, with `size` events and current views, or without events.
    func open(filled: Bool) async throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "rihla-bench-" + UUID().uuidString
        )
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let path = directory.appendingPathComponent("store").path
        var options = JourneyStore.Options()
        options.create = true
        var store = try await JourneyStore.open(at: path, options: options)
        var journeys = GeneratedJourneys(customers: ScratchStore.customers)
        let input = directory.appendingPathComponent("events.ndjson")
        let lines = journeys.lines(ScratchStore.size)
        try Data(lines.utf8).write(to: input)
        if filled {
            let summary = try await store.ingest([input.path])
            precondition(summary.accepted == ScratchStore.size, "the store took \(summary.accepted) events")
            // Opened again, as a question finds it: with everything in the index.
            try await store.close()
            store = try await JourneyStore.open(at: path)
        }
        contents = Contents(directory: directory, store: store, journeys: journeys)
    }

    /// The store.
    func store() throws -> JourneyStore {
        guard let contents else { throw NotOpen() }
        return contents.store
    }

    /// A file of `size` lines.
    func input() throws -> String {
        guard let contents else { throw NotOpen() }
        return contents.directory.appendingPathComponent("events.ndjson").path
    }

    /// Events that the store does not have yet.
    func events(_ count: Int) throws -> [Event] {
        guard var journeys = contents?.journeys else { throw NotOpen() }
        defer { contents?.journeys = journeys }
        return journeys.events(count)
    }

    /// Closes the store and removes it.
    func close() async throws {
        guard let contents else { return }
        self.contents = nil
        try await contents.store.close()
        try FileManager.default.removeItem(at: contents.directory)
    }
}
