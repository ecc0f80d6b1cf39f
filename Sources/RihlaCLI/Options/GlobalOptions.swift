// Options that every command has.
internal import ArgumentParser
internal import Foundation
internal import JourneyEvents
internal import Rihla

struct GlobalOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp("The store's directory (default: $RIHLA_STORE, else ./rihla-store).", valueName: "dir")
    )
    var store: String?

    @Flag(name: .long, help: "No notices and no progress.")
    var quiet = false

    @Flag(name: .long, help: "No colour.")
    var noColor = false

    @Flag(name: .long, help: "Print the engine's own times on standard error as one JSON line.")
    var stats = false

    @Flag(name: .long, help: "Allow network file systems, on which locks do not hold.")
    var allowRemoteFs = false

    /// The directory of the store.
    var path: String {
        if let store { return store }
        let variable = ProcessInfo.processInfo.environment["RIHLA_STORE"] ?? ""
        return variable.isEmpty ? "./rihla-store" : variable
    }

    /// Opens the store, runs `body`, and closes it on every way out.
    func withStore<R>(create: Bool = false, _ body: (JourneyStore) async throws -> R) async throws -> R {
        var options = JourneyStore.Options()
        options.create = create
        options.allowRemoteFileSystem = allowRemoteFs
        let clock = StatsClock()
        let store = try await JourneyStore.open(at: path, options: options)
        clock.mark("open")
        if store.wasCreated, create { notice("made the store \(path)") }
        for text in store.notices { notice(text) }
        let result: R
        do {
            result = try await body(store)
        } catch {
            // The first failure is the one to report.
            try? await store.close()
            throw error
        }
        for text in store.takeNotices() { notice(text) }
        clock.mark("run")
        try await store.close()
        clock.mark("close")
        if stats { Output.error.finish(writing: clock.json + "\n") }
        return result
    }

    /// Says something on standard error, unless quiet.
    func notice(_ text: String) {
        if !quiet { Output.error.finish(writing: "rihla: " + Sanitizer.safe(text) + "\n") }
    }
}

/// Times of the parts of a run.
final class StatsClock {
    private var last = ContinuousClock.now
    private let start = ContinuousClock.now
    private var parts: [JSONValue.Member] = []

    func mark(_ name: String) {
        let now = ContinuousClock.now
        parts.append(.init(name + "_ms", .double(((now - last) / .microseconds(1)).rounded() / 1_000)))
        last = now
    }

    var json: String {
        let total = ((last - start) / .microseconds(1)).rounded() / 1_000
        return JSONValue.object(parts + [.init("total_ms", .double(total))]).text
    }
}
