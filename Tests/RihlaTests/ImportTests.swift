// Export and import: a store comes back as it was.
import Foundation
import JourneyEvents
import JourneyViews
import Rihla
import TestSupport
import Testing

@Suite struct ImportTests {
    private func export(_ store: JourneyStore, _ path: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        _ = try store.export { bytes += $0 }
        try Data(bytes).write(to: URL(filePath: path))
        return bytes
    }

    private func awkward() -> [Event] {
        var odd = event("x\u{7f}\"\\\n", type: "deal_won", at: -1, customer: "email:a@b.c", deal: "d\t1")
        odd.account = "a"
        odd.channel = "email"
        odd.campaign = "تخفيضات رمضان"
        odd.amount = Currency("KWD").map { Amount(units: -1_250, scale: 6, currency: $0) }
        odd.actor = "\u{202e}x"
        odd.correlation = "c"
        odd.causation = "k"
        odd.properties = [
            .init(key: "id", json: "1.50"), .init(key: "position", json: "\"top\""),
            .init(key: "recorded_at", json: "null"),
            .init(key: "ключ\n", json: "[1e5, {\"a\" : \"\\u00e9\\/\"}]"), .init(key: "customer", json: "true"),
        ]
        return [odd, event("nobody", customer: nil)]
    }

    @Test func `promise 20: export and import give the same store, and again nothing`() async throws {
        try await withStore { store, directory in
            _ = try await store.ingest([TestData.path("journeys/small.ndjson")])
            try await Task.sleep(for: .milliseconds(3))
            var batch = EventBatch()
            for event in awkward() { event.add(to: &batch) }
            _ = try await store.append(batch)
            let path = directory + "/export.ndjson"
            let bytes = try export(store, path)
            let events = try store.allEvents()
            #expect(Set(events.map(\.recordedAt)).count > 1)
            try await withStore { copy, other in
                let summary = try await copy.importEvents([path])
                // With what Rihla says of the ingest.
                #expect(counts(summary.accepted, summary.present) == [events.count + 1, 0])
                #expect(try copy.allEvents() == events)
                #expect(try export(copy, other + "/again.ndjson") == bytes)
                #expect(try await copy.verify().found == false)
                let again = try await copy.importEvents([path])
                #expect(counts(again.accepted, again.present) == [0, events.count + 1])
                #expect(copy.head == store.head)
                // The figures are the same too.
                #expect(try await copy.answer(.stages).json == store.answer(.stages).json)
            }
        }
    }

    @Test func `promise 20: an import that was cut off is repeated and goes on`() async throws {
        try await withStore { store, directory in
            _ = try await store.ingest([TestData.path("journeys/small.ndjson")])
            let path = directory + "/export.ndjson"
            let lines = try export(store, path).split(separator: 10)
            let half = try write(
                lines[..<700].map { String(decoding: $0, as: UTF8.self) + "\n" }.joined(),
                directory + "/half"
            )
            let rest = try write(
                lines[700...].map { String(decoding: $0, as: UTF8.self) + "\n" }.joined(),
                directory + "/rest"
            )
            try await withStore { copy, _ in
                #expect(try await copy.importEvents([half]).accepted == 700)
                let whole = try await copy.importEvents([path])
                #expect(counts(whole.accepted, whole.present) == [lines.count - 700, 700])
                #expect(try copy.allEvents() == store.allEvents())
            }
            try await withStore { copy, _ in
                let summary = try await copy.importEvents([half, rest, half])
                #expect(counts(summary.accepted, summary.present) == [lines.count, 700])
            }
        }
    }

    @Test func `what does not continue the store is refused and changes nothing`() async throws {
        try await withStore { store, directory in
            _ = try await store.ingest([try write(line("a") + line("b") + line("c"), directory + "/x.ndjson")])
            let exported = try export(store, directory + "/e").split(separator: 10).map {
                String(decoding: $0, as: UTF8.self)
            }
            func file(_ lines: [String]) throws -> String {
                try write(lines.joined(separator: "\n") + "\n", directory + "/" + UUID().uuidString)
            }
            let cases: [([String], String)] = [
                ([exported[1], exported[2]], ":1: position 2 cannot follow position 0"),
                ([exported[0], exported[2]], ":2: position 3 cannot follow position 1"),
                ([exported[0], exported[0]], ":2: position 1 cannot follow position 1"),
                ([exported[0], exported[1].replacing("\"position\":2", with: "\"position\":2,\"x\":1"), "{"], ":3: "),
                ([line("a")], ":1: an exported event needs position and recorded_at"),
                (
                    [exported[0], exported[1].replacing("\"id\":\"b\"", with: "\"id\":\"a\"")],
                    "does not continue this store: the event (source \"\", id \"a\") stands twice"
                ),
                (
                    [
                        "{\"position\":1,\"id\":\"\",\"type\":\"t\",\"occurred_at\":\"2026-01-01T00:00:00Z\","
                            + "\"recorded_at\":\"2026-01-01T00:00:00Z\",\"erased\":true}"
                    ],
                    ":1: an erased event cannot be imported"
                ),
            ]
            for (lines, message) in cases {
                try await withStore { copy, _ in
                    let path = try file(lines)
                    let error = await #expect(throws: RihlaError.self) { _ = try await copy.importEvents([path]) }
                    #expect(error?.code == .invalidInput)
                    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
                    #expect(copy.head == .start)
                }
            }
            // Another history.
            try await withStore { copy, other in
                _ = try await copy.ingest([try write(line("z"), other + "/z.ndjson")])
                let head = copy.head
                let path = try file(exported)
                let error = await #expect(throws: RihlaError.self) { _ = try await copy.importEvents([path]) }
                #expect(error?.message.contains("position 1 holds another event") == true)
                #expect(copy.head == head)
            }
        }
    }

    @Test func `an export may be ingested: the same events again are duplicates, elsewhere they are new`() async throws
    {
        try await withStore { store, directory in
            _ = try await store.ingest([TestData.path("journeys/small.ndjson")])
            let path = directory + "/export.ndjson"
            _ = try export(store, path)
            let again = try await store.ingest([path])
            #expect(counts(again.accepted, again.duplicates, again.rejected) == [0, 2_316, 1])
            #expect(again.warnings.contains { $0.code == "exported" && $0.count == 2_316 })
            let flat = try write(line("p", more: ",\"position\":\"top\",\"recorded_at\":1"), directory + "/flat.ndjson")
            _ = try await store.ingest([flat])
            #expect(try store.allEvents().last?.properties.map(\.key) == ["position", "recorded_at"])
        }
    }
}
