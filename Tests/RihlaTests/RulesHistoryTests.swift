// Rules are events: they have a history, questions of the past use those of then, and figures change with nothing else.
import Foundation
import JourneyEvents
import JourneyLog
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

@Suite(.serialized)
struct RulesHistoryTests {
    private let events = [
        make("a", "ad_clicked", 0, channel: "search"), make("b", "page_viewed", 1, customer: "customer_id:b"),
        make("c", "order_completed", 20, money: "10 EUR"),
    ]
    private let short = "attribution: {lookback: 1d}\n"
    private let long = "attribution: {lookback: 90d}\n"

    @Test func `rules that were set answer from their event on, earlier ones as at a position before it`() async throws
    {
        try await withStore(events) { store async throws in
            #expect(try await store.credits("last") == ["search": "1.0 10.00 EUR"])
            let set = try JSON(try await store.setRules(yaml: short))
            #expect(set["set"].int == 4 && set["changed"].bool == true)
            #expect(try await store.credits("last") == ["(unattributed)": "1.0 10.00 EUR"])
            #expect(try await store.credits("last", bounds: bounds(asAt: 4)) == ["(unattributed)": "1.0 10.00 EUR"])
            #expect(try await store.credits("last", bounds: bounds(asAt: 3)) == ["search": "1.0 10.00 EUR"])
            let what = try RuleSet(yaml: long, path: "rules")
            #expect(try await store.credits("last", bounds: bounds(rules: what)) == ["search": "1.0 10.00 EUR"])
            let then = try await store.ask(.stages, bounds(asAt: 3))
            let now = try await store.ask(.stages)
            #expect(then["rules"].text == RuleSet.default.hash && now["rules"].text == set["hash"].text)
        }
    }

    @Test func `the history lists each change once, the newest first`() async throws {
        try await withStore(events) { store async throws in
            for yaml in [short, short, long, short] { _ = try await store.setRules(yaml: yaml) }
            let rows = try JSON(try store.rulesHistory())["changes"].list
            #expect(rows.map(\.["position"].int) == [6, 5, 4])
            #expect(rows.map(\.["in_force"].bool) == [true, false, false])
            #expect(rows[0]["hash"] == rows[2]["hash"] && rows[0]["hash"] != rows[1]["hash"])
            #expect(rows.allSatisfy { $0["recorded_at"].text != nil })
            #expect(try store.rules(asAt: .position(5)) == RuleSet(yaml: long, path: "rules"))
            #expect(try store.rules(asAt: .position(3)) == .default)
            let found = try await store.verify()
            #expect(!found.found, "\(found.notes)")
        }
    }

    @Test func `views are made anew by themselves when rules change, and say so`() async throws {
        try await withStore(events) { store async throws in
            _ = try await store.ask(.stages)
            #expect(store.takeNotices().isEmpty)
            _ = try await store.setRules(yaml: short)
            _ = try await store.ask(.stages)
            let notices = store.takeNotices()
            #expect(notices.count == 1 && notices.allSatisfy { $0.contains("customers") && $0.contains("rules") })
            let verified = try await store.rebuild(verify: true)
            #expect(!verified.found)
        }
    }

    @Test func `an open store follows the rules that another one sets`() async throws {
        try await withScratchDirectory { path in
            var options = JourneyStore.Options()
            options.create = true
            let one = try await JourneyStore.open(at: path, options: options)
            try await one.append(events)
            let other = try await JourneyStore.open(at: path)
            #expect(try await other.credits("last") == ["search": "1.0 10.00 EUR"])
            _ = try await one.setRules(yaml: short)
            #expect(try await other.credits("last") == ["(unattributed)": "1.0 10.00 EUR"])
            #expect(try other.rules() == one.rules())
            try await other.close()
            try await one.close()
            let again = try await JourneyStore.open(at: path)
            #expect(try again.rules() == RuleSet(yaml: short, path: "rules"))
            try await again.close()
        }
    }

    @Test func `setting rules changes no figure by itself`() async throws {
        try await withStore(events) { store async throws in
            let queries = everyQuery(events)
            let before = try await store.answers(queries)
            // Equal in meaning and not in text, so that only the hash differs.
            _ = try await store.setRules(yaml: "lists: {unused: [nothing]}\n")
            let after = try await store.answers(queries)
            func withoutRules(_ text: String) -> String { text.replacing(/"rules":"[^"]*"/, with: "") }
            #expect(difference(before.map(withoutRules), after.map(withoutRules), queries) == nil)
        }
    }

    @Test(arguments: [
        ("web", "attribution: {lookback: 1d}", nil), ("rihla", "attributoin: {}", nil),
        ("rihla", "attribution: {lookback: 1d}", "customer_id:a"),
    ])
    func `an event of that type from elsewhere, of a customer, or with a bad document sets nothing`(
        source: String,
        yaml: String,
        customer: String?
    ) async throws {
        try await withStore(events) { store async throws in
            var event = make("r", "rules_set", 30, customer: customer, ["yaml": yaml])
            event.source = source
            if source == OwnSource.name {
                // Only an export has events of this source.
                (event.position, event.recordedAt) = (Position(4), Timestamp(milliseconds: 4_102_444_800_000))
                try await store.importLines([event])
            } else {
                try await store.append([event])
            }
            #expect(store.head == Position(4))
            #expect(try store.rules() == .default)
            #expect(try JSON(try store.rulesHistory())["changes"].list.isEmpty)
            let found = try await store.verify()
            #expect(!found.found)
        }
    }

    @Test func `a bad document is refused and nothing is appended`() async throws {
        try await withStore(events) { store async throws in
            await #expect(throws: RihlaError.self) { try await store.setRules(yaml: "stages: 7\n", path: "x.yaml") }
            #expect(store.head == Position(3))
        }
    }

    @Test func `export and import keep the rules and their history`() async throws {
        try await withStore(events) { store async throws in
            _ = try await store.setRules(yaml: short)
            _ = try await store.append([make("d", "ad_clicked", 21)])
            _ = try await store.setRules(yaml: long)
            var lines: [UInt8] = []
            _ = try store.export { lines += $0 }
            try await withScratchDirectory { path in
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                try Data(lines).write(to: URL(filePath: path + "/e.ndjson"))
                var options = JourneyStore.Options()
                options.create = true
                let copy = try await JourneyStore.open(at: path + "/copy", options: options)
                _ = try await copy.importEvents([path + "/e.ndjson"])
                #expect(try copy.rulesHistory().json == store.rulesHistory().json)
                try await copy.close()
            }
        }
    }
}
