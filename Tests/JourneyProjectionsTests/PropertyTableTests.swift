// The properties that folds read, by position and key.
import JourneyEvents
import JourneyLog
@testable import JourneyProjections
import TestSupport
import Testing

@Suite struct PropertyTableTests {
    @Test func `a table gives text, numbers and JSON as they were sent`() async throws {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            let id = "0f8fad5b-d9cb-469f-a165-70867728950e"
            var first = event(id, properties: [.init(key: "t", json: "\"a\\n\u{E9}\""), .init(key: "n", json: "1.50")])
            first.causation = "cause"
            let events = [
                first, event("plain"),
                event("b", properties: [.init(key: "n", json: "\"7\""), .init(key: "o", json: "{}")]),
            ]
            _ = try await log.append(request(events))
            let t = try #require(try log.snapshot.symbol(.propertyKey, "t"))
            let n = try #require(try log.snapshot.symbol(.propertyKey, "n"))
            let o = try #require(try log.snapshot.symbol(.propertyKey, "o"))
            let keys = [t, n, RecordPart.id, RecordPart.causation]
            let table = try PropertyTable(reading: log.snapshot, keys: keys, positions: [3, 1, 2])
            #expect(table.text(t, at: 1) == "a\n\u{E9}")
            #expect(table.json(t, at: 1) == "\"a\\n\u{E9}\"")
            #expect(table.json(n, at: 1) == "1.50")
            #expect(table.text(n, at: 1) == nil)
            #expect(table.number(n, at: 1) == 1.5)
            #expect(table.number(n, at: 3) == 7)
            #expect(table.number(t, at: 1) == nil)
            #expect(table.json(RecordPart.id, at: 1) == id)
            #expect(table.json(RecordPart.id, at: 2) == "plain")
            #expect(table.json(RecordPart.causation, at: 1) == "cause")
            #expect(table.json(RecordPart.causation, at: 2) == nil)
            #expect(table.json(o, at: 3) == nil)
            #expect(table.json(n, at: 2) == nil)
            #expect(table.json(0, at: 1) == nil)
            #expect(table.contains(n, at: 3))
            #expect(!table.contains(n, at: 4))
            try log.close()
        }
    }
}
