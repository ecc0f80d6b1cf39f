// The list of rules events that stands beside the head.
import JourneyEvents
import JourneyLog
import LMDB
import TestSupport
import Testing

@Suite struct RulesListTests {
    /// Runs `body` in a write transaction of a closed store's log.
    private func change(_ path: String, _ body: (borrowing WriteTransaction, Table) throws -> Void) throws {
        var options = Environment.Options()
        options.integerKeyTables = ["blocks", "symbols"]
        options.byteKeyTables = ["meta"]
        let environment = try Environment.open(at: path + "/log", options: options)
        defer { environment.close() }
        let meta = try environment.table("meta")
        try environment.write { txn in try body(txn, meta) }
    }

    @Test func `positions of rules events are known at open and as they come, and a store without has no list`()
        async throws
    {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            _ = try await log.append(request([event("a"), event("b")]))
            #expect(log.rulesPositions.isEmpty)
            _ = try await log.append(request([event("c", type: "rules_set", customer: nil), event("d")]))
            _ = try await log.append(request([event("e", type: "rules_set", customer: nil)]))
            #expect(log.rulesPositions == [3, 5])
            try log.close()
            let again = try EventLog(at: path, create: false)
            #expect(again.rulesPositions == [3, 5])
            #expect(try again.verify().findings.isEmpty)
            try again.close()
        }
    }

    @Test func `verify finds a list that names other events, and one that is gone`() async throws {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            _ = try await log.append(request([event("a"), event("c", type: "rules_set", customer: nil)]))
            try log.close()
            let key = Array("rules".utf8)
            try change(path) { txn, meta in _ = try txn.delete(key.span, in: meta) }
            #expect(try EventLog.examine(at: path).findings.map(\.kind) == ["rules"])
            try change(path) { txn, meta in try txn.put(key.span, for: key.span, in: meta) }
            #expect(try EventLog.examine(at: path).findings.map(\.kind) == ["rules"])
            #expect(throws: RihlaError.self) { try EventLog(at: path, create: false) }
        }
    }
}
