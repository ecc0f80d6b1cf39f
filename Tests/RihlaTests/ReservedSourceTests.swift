// Events of the source that is kept for Rihla's own commands: refused from a program, kept by export and import.
import Foundation
import JourneyEvents
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

extension JourneyStore {
    /// Imports events as an export would have them.
    func importLines(_ events: [Event]) async throws {
        let path = NSTemporaryDirectory() + UUID().uuidString
        defer { unlink(path) }
        try Data(events.map { $0.json + "\n" }.joined().utf8).write(to: URL(filePath: path))
        _ = try await importEvents([path])
    }
}

@Suite struct ReservedSourceTests {
    private let rules = "attribution: {lookback: 1d}\n"

    @Test(arguments: ["rihla", " RIHLA\t"]) func `a program cannot append events of Rihla's own source`(
        source: String
    ) async throws {
        try await withStore([]) { store async throws in
            var own = make("r", "rules_set", 0, customer: nil, ["yaml": rules])
            own.source = source
            await #expect {
                try await store.append([make("a", "page_viewed", 0), own])
            } throws: { error in
                "\(error)".contains("event 2, id \"r\"") && "\(error)".contains("(reserved_source)")
            }
            var batch = EventBatch()
            own.add(to: &batch)
            await #expect {
                _ = try await store.append(batch)
            } throws: { "\($0)".contains("(reserved_source)") }
            #expect(store.head == .start)
            #expect(try store.rules() == .default)
        }
    }

    @Test func `Rihla's own commands write it, and export and import keep it`() async throws {
        try await withStore([make("a", "page_viewed", 0, customer: "user_id:u")]) { store async throws in
            _ = try await store.setRules(yaml: rules)
            _ = try await store.state(.link("user_id:u", "email:a@b.example", force: false))
            var events: [Event] = []
            try store.scan(after: .start) {
                events.append($0)
                return true
            }
            #expect(events.map(\.source) == ["test", "rihla", "rihla"])
            try await withStore([]) { copy async throws in
                try await copy.importLines(events)
                var copied: [Event] = []
                try copy.scan(after: .start) {
                    copied.append($0)
                    return true
                }
                #expect(copied == events)
                #expect(try copy.rules() == store.rules())
            }
        }
    }

    // A time outside of the years that text can have was written as another one.
    @Test(arguments: [
        Timestamp.writable.upperBound.rawValue + 1, Timestamp.writable.lowerBound.rawValue - 1, .max, .min,
    ])
    func `a time that cannot be written is refused`(time: Int64) async throws {
        try await withStore([]) { store async throws in
            var late = make("a", "page_viewed", 0)
            late.occurredAt = Timestamp(milliseconds: time)
            await #expect {
                try await store.append([late])
            } throws: { "\($0)".contains("(invalid_time)") }
            #expect(store.head == .start)
        }
    }
}
