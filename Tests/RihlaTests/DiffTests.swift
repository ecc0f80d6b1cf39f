// What other rules would change, what has changed, and which events belong together.
import JourneyEvents
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

@Suite(.serialized)
struct DiffTests {
    private let events = [
        make("t1", "ad_clicked", 0, channel: "search"), make("t2", "ad_clicked", 8, channel: "social"),
        make("o", "order_completed", 10, money: "10 EUR", ["order_id": "1"]),
        make("b", "page_viewed", 11, customer: "customer_id:b"),
    ]

    @Test func `other rules show the customers, channels and conversions that they change and no others`() async throws
    {
        try await withStore(events) { store async throws in
            var query = DiffQuery()
            query.model = "linear"
            query.rules = try RuleSet(
                yaml: "attribution: {lookback: 5d}\ntypes: {page_viewed: {stage: interest}}\n",
                path: "rules"
            )
            let diff = try await store.ask(.diff(query))
            #expect(diff["customers"].list.map(\.["customer"].text) == ["customer_id:b"])
            #expect(diff["customers"][0]["stage_before"].text == "awareness")
            #expect(diff["customers"][0]["stage_after"].text == "interest")
            #expect(diff["channels"].list.map(\.["channel"].text) == ["search", "social"])
            #expect(diff["channels"][0]["value_before"].money == "5.00 EUR")
            #expect(diff["channels"][0]["value_after"].list.isEmpty)
            #expect(diff["channels"][1]["value_after"].money == "10.00 EUR")
            #expect(diff["conversions"].list.map(\.["id"].text) == ["o"])
            #expect(diff["conversions"][0]["after"]["channels"].list.map(\.["channel"].text) == ["social"])
            // Asking has changed nothing.
            #expect(try store.rules() == .default && store.head == Position(4))
        }
    }

    @Test func `two positions show what came between them`() async throws {
        let refund = make("r", "order_refunded", 12, money: "4 EUR", ["order_id": "1"])
        try await withStore(events + [refund]) { store async throws in
            var query = DiffQuery()
            query.from = .position(Position(3))
            let all = try await store.ask(.diff(query))
            #expect(all["customers"].list.map(\.["customer"].text) == ["customer_id:b"])
            #expect(all["customers"][0]["stage_before"].isNull)
            #expect(all["conversions"][0]["before"]["value"].money == "10.00 EUR")
            #expect(all["conversions"][0]["after"]["value"].money == "6.00 EUR")
            let early = try await store.ask(.diff(query), bounds(asAt: 4))
            #expect(early["channels"].list.isEmpty && early["conversions"].list.isEmpty)
            #expect(early["before"]["position"].int == 3 && early["after"]["position"].int == 4)
        }
    }

    @Test func `nothing differs from itself`() async throws {
        var random = SplitMix.fresh()
        let events = randomEvents(70, &random)
        try await withStore(events) { store async throws in
            var query = DiffQuery()
            query.model = "time-decay"
            query.rules = .default
            let diff = try await store.ask(.diff(query))
            for key in ["customers", "channels", "conversions"] {
                #expect(diff[key].list.isEmpty, "seed \(random.seed) \(key)")
            }
        }
    }

    @Test func `a diff adds up: what was before and what changed give what is after`() async throws {
        var random = SplitMix.fresh()
        let events = randomEvents(90, &random)
        try await withStore(events) { store async throws in
            var query = DiffQuery()
            query.model = "linear"
            query.from = .position(Position(45))
            let diff = try await store.ask(.diff(query))
            let (before, after) = (
                try await store.credits("linear", bounds: bounds(asAt: 45)), try await store.credits("linear")
            )
            let changed = Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }
            let listed = Set(diff["channels"].list.compactMap(\.["channel"].text))
            // A channel may be listed by attribution with nothing to its name, which is no difference in money.
            #expect(listed.isSubset(of: changed), "seed \(random.seed)")
            for row in diff["channels"].list {
                let name = row["channel"].text ?? ""
                let text = "\(row["conversions_after"].double ?? -1) \(row["value_after"].money)"
                #expect(after[name] == nil || after[name] == text, "seed \(random.seed) \(name)")
            }
        }
    }
}

@Suite(.serialized)
struct TraceTests {
    private func linked(_ id: String, _ days: Double, cause: String? = nil, correlation: String? = nil) -> Event {
        var event = make(id, "page_viewed", days, cause: cause)
        event.correlation = correlation
        return event
    }

    private func lines(_ trace: JSON) -> [String] {
        trace["events"].list.map { line in
            String(repeating: ".", count: line["depth"].int ?? 0) + (line["event"]["id"].text ?? "")
                + (line["asked"].bool == true ? "!" : "")
        }
    }

    @Test func `causes stand above effects, in journey order, with what the rules make of them`() async throws {
        let events = [
            linked("late", 3, cause: "root"), linked("deep", 4, cause: "late"), linked("root", 1),
            linked("early", 2, cause: "root"), linked("other", 2), linked("same", 5, correlation: "k"),
            linked("mate", 6, cause: "deep", correlation: "k"),
        ]
        try await withStore(events) { store async throws in
            for asked in ["late", "1"] {
                let trace = try await store.ask(.trace(asked))
                #expect(lines(trace) == ["root", ".early", ".late!", "..deep", "...mate", "same"])
                #expect(trace["events"][0]["event"]["derived"]["touch"].bool == true)
            }
            #expect(lines(try await store.ask(.trace("other"))) == ["other!"])
            #expect(lines(try await store.ask(.trace("late"), bounds(asAt: 2))) == ["late!", ".deep"])
            #expect(try await store.ask(.trace("late"), bounds(asAt: 2))["events"][0]["cause_missing"].bool == true)
            await #expect(throws: RihlaError.self) { try await store.ask(.trace("nobody")) }
        }
    }

    @Test func `a circle of causes ends, with each event once`() async throws {
        let events = [linked("a", 1, cause: "c"), linked("b", 2, cause: "a"), linked("c", 3, cause: "b")]
        try await withStore(events) { store async throws in
            #expect(lines(try await store.ask(.trace("b"))).sorted() == ["..c", ".b!", "a"])
        }
        try await withStore([linked("x", 1, cause: "x")]) { store async throws in
            #expect(lines(try await store.ask(.trace("x"))) == ["x!"])
        }
    }

    @Test func `of several events with an id the cause is the one of the same source`() async throws {
        var foreign = linked("root", 0)
        foreign.source = "elsewhere"
        try await withStore([foreign, linked("root", 1), linked("x", 2, cause: "root")]) { store async throws in
            #expect(lines(try await store.ask(.trace("x"))) == ["root", "root", ".x!"])
        }
    }
}
