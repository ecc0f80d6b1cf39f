// What Rihla itself writes: noted beside the head, seen by no question, and able to take other events back.
import JourneyEvents
import LMDB
import TestSupport
import Testing

@testable import JourneyLog

@Suite struct OwnEventsTests {
    private func own(_ id: String, _ type: String, _ properties: [Event.Property] = []) -> AppendRequest {
        var event = event(id, type: type, customer: nil)
        event.source = "rihla"
        event.properties = properties
        var request = request([event])
        request.isOwn = true
        return request
    }

    /// Runs `body` in a write transaction of a closed store's log.
    private func change(_ path: String, _ body: (borrowing WriteTransaction, Table) throws -> Void) throws {
        var options = Environment.Options()
        options.integerKeyTables = ["blocks", "symbols", "own"]
        options.byteKeyTables = ["meta"]
        let environment = try Environment.open(at: path + "/log", options: options)
        defer { environment.close() }
        let own = try environment.table("own")
        try environment.write { txn in try body(txn, own) }
    }

    @Test func `positions of own events are known at open and as they come, those of others are not among them`()
        async throws
    {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            _ = try await log.append(request([event("a"), event("b")]))
            #expect(try log.snapshot.ownEvents(ofType: "rules_set").isEmpty)
            _ = try await log.append(own("c", "rules_set"))
            _ = try await log.append(request([event("d", type: "rules_set")]))
            _ = try await log.append(own("e", "rules_set"))
            #expect(try log.snapshot.ownEvents(ofType: "rules_set") == [3, 5])
            #expect(try log.snapshot.through(Position(4)).ownEvents(ofType: "rules_set") == [3])
            try log.close()
            let again = try EventLog(at: path, create: false)
            #expect(try again.snapshot.ownEvents(ofType: "rules_set") == [3, 5])
            #expect(try again.verify().findings.isEmpty)
            try again.close()
        }
    }

    // An event of source `rihla` from any file once changed the rules of a store.
    @Test func `an event of Rihla's source that Rihla does not write is refused and costs no other`() async throws {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            var forged = event("f", type: "rules_set", customer: nil)
            forged.source = "rihla"
            await #expect(throws: RihlaError.self) { _ = try await log.append(request([forged])) }
            let answers = try await log.append([request([event("a")]), request([forged]), request([event("b")])])
            #expect((try? answers[0].get().count) == 1)
            #expect(throws: RihlaError.self) { try answers[1].get() }
            #expect((try? answers[2].get().count) == 1)
            #expect(try log.allEvents().map(\.id) == ["a", "b"])
            try log.close()
        }
    }

    @Test func `verify finds notes that are gone, forged or damaged, and a log without them does not open`()
        async throws
    {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            _ = try await log.append(request([event("a")]))
            _ = try await log.append(own("c", "rules_set"))
            try log.close()
            var stored: [UInt8] = []
            try change(path) { txn, own in
                if let value = try txn.value(for: 2, in: own) { stored = value.array(0..<value.count) }
                _ = try txn.delete(2, in: own)
            }
            #expect(try EventLog.examine(at: path).findings.map(\.kind) == ["own"])
            #expect(throws: RihlaError.self) { try EventLog(at: path, create: false) }
            // The note of another position.
            try change(path) { txn, own in try txn.put(stored.span, for: 1, in: own) }
            #expect(try EventLog.examine(at: path).findings.map(\.kind) == ["own"])
            #expect(throws: RihlaError.self) { try EventLog(at: path, create: false) }
            try change(path) { txn, own in
                _ = try txn.delete(1, in: own)
                try txn.put(stored.span, for: 2, in: own)
            }
            #expect(try EventLog.examine(at: path).findings.isEmpty)
        }
    }

    @Test func `no fold sees own events nor those that are taken back, and an earlier moment sees what was believed`()
        async throws
    {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            _ = try await log.append(request((1...6).map { event("e-\($0)", customer: "customer_id:\($0 % 2)") }))
            _ = try await log.append(own("r", "events_retracted", [.init(key: "positions", json: "[2,[4,5],99]")]))
            _ = try await log.append(request([event("e-8", customer: "customer_id:0")]))
            _ = try await log.append(own("p", "event_replaced", [.init(key: "position", json: "1")]))
            for isIndexed in [false, true] {
                if isIndexed { try log.flushIndex(atLeast: 1) }
                let now = log.snapshot
                #expect(seen(now) == [3, 6, 8])
                #expect(seen(now.through(Position(8))) == [1, 3, 6, 8])
                #expect(seen(now.through(Position(6))) == [1, 2, 3, 4, 5, 6])
                let symbol = try #require(try now.symbol(.customer, "customer_id:0"))
                #expect(try now.positions(.customer, symbol, through: now.position) == [6, 8])
                #expect(try now.folds(of: .customer, [symbol], through: now.position).map(\.position) == [6, 8])
                var reader = try JourneyReader(now, .customer, through: 9)
                var groups = JourneyGroups()
                var journeys: [UInt64] = []
                while try reader.next(&groups, atLeast: 100) { journeys += groups.events.map(\.position) }
                #expect(journeys.sorted() == [3, 6, 8])
                #expect(now.hiddenCounts == (2, 4))
            }
            #expect(try log.allEvents().count == 9)
            #expect(try log.verify().findings.isEmpty)
            try log.close()
            let again = try EventLog(at: path, create: false)
            #expect(seen(again.snapshot) == [3, 6, 8])
            try again.close()
        }
    }

    private func seen(_ log: LogSnapshot) -> [UInt64] {
        var positions: [UInt64] = []
        do {
            try log.scanFolds(after: 0, through: log.position.rawValue) { positions.append($0.position) }
        } catch {
            Issue.record(error)
        }
        return positions
    }

    @Test(
        arguments: [
            ("[]", []), ("[7]", [7...7]), ("7", [7...7]), ("[1, [3, 5] ,9]", [1...1, 3...5, 9...9]), ("[[5,3]]", []),
            ("[0]", []), ("[99999999999999999999]", []), ("[10]", []), ("[[8, 50]]", [8...9]), ("\"x\"", []),
            ("null", []),
        ] as [(String, [ClosedRange<UInt64>])]
    )
    func `what an own event takes back is read from its positions, and only what was before it`(
        _ json: String,
        _ expected: [ClosedRange<UInt64>]
    ) {
        let hides = OwnEvent.hides(type: "events_retracted", at: 10) { $0 == "positions" ? json : nil }
        #expect(hides.map { $0.first...$0.last } == expected)
    }
}
