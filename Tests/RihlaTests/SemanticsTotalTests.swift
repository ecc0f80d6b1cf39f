// Models of all paths in the report of channels and in comparisons.
import JourneyEvents
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

/// Paths x y (10.00 EUR), x (5.01 EUR), and y that failed: of a Markov chain x has 3/5 and y 2/5, of order 2 they have 2/3
/// and 1/3.
private let known = [
    make("r1", "ad_clicked", 0, customer: "r", channel: "y"), make("q1", "ad_clicked", 40, customer: "q", channel: "x"),
    make("qo", "order_completed", 42, customer: "q", money: "5.01 EUR"),
    make("p1", "ad_clicked", 40, customer: "p", channel: "x"),
    make("p2", "ad_clicked", 41, customer: "p", channel: "y"),
    make("po", "order_completed", 42, customer: "p", money: "10.00 EUR"),
]

private func isNear(_ figure: JSON, _ expected: Double) -> Bool { abs((figure.double ?? .nan) - expected) < 1e-12 }

@Suite(.serialized)
struct SemanticsTotalTests {
    private func rows(_ store: JourneyStore, _ model: String, order: Int = 1) async throws -> JSON {
        var query = ChannelQuery()
        (query.model, query.order) = (model, order)
        return try await store.ask(.channels(query))["rows"]
    }

    @Test func `channels by markov have their share of all customers and of all revenue`() async throws {
        try await withStore(known) { store async throws in
            let rows = try await rows(store, "markov")
            #expect(isNear(rows.first("channel", "x")["customers"], 1.2))
            #expect(isNear(rows.first("channel", "y")["customers"], 0.8))
            #expect(rows.first("channel", "x")["revenue"].money == "9.01 EUR")
            #expect(rows.first("channel", "y")["revenue"].money == "6.00 EUR")
            let pairs = try await self.rows(store, "markov", order: 2)
            #expect(isNear(pairs.first("channel", "x")["customers"], 4.0 / 3))
            // 10.0066… and 5.0033…: the cent goes to the larger remainder.
            #expect(pairs.first("channel", "x")["revenue"].money == "10.01 EUR")
            #expect(pairs.first("channel", "y")["revenue"].money == "5.00 EUR")
        }
    }

    @Test func `channels by shapley share each customer evenly among distinct channels`() async throws {
        try await withStore(known) { store async throws in
            let rows = try await rows(store, "shapley")
            #expect(rows.first("channel", "x")["customers"].double == 1.5)
            #expect(rows.first("channel", "y")["customers"].double == 0.5)
            #expect(rows.first("channel", "x")["revenue"].money == "10.01 EUR")
            #expect(rows.first("channel", "y")["revenue"].money == "5.00 EUR")
        }
    }

    @Test(arguments: ["markov", "shapley"])
    func `revenue of channels is what attribution gives them`(_ model: String) async throws {
        var random = SplitMix.fresh()
        let events = randomEvents(120, &random)
        try await withStore(events) { store async throws in
            for view in IdentityView.allCases {
                var (channels, attribution) = (ChannelQuery(), AttributionQuery())
                (channels.model, channels.identity, channels.to) = (model, view, instant(20))
                (attribution.models, attribution.identity, attribution.to) = ([model], view, instant(20))
                let rows = try await store.ask(.channels(channels))["rows"]
                for row in try await store.ask(.attribution(attribution))["models"][0]["rows"].list {
                    let found = rows.first("channel", row["key"].text ?? "")["revenue"]
                    #expect(found.list == row["value"].list, "seed \(random.seed) \(row)")
                }
            }
        }
    }

    @Test func `what a lead touches afterwards is no failed path to a lead`() async throws {
        let events = [
            make("c1", "ad_clicked", 0, customer: "c", channel: "x"), make("cl", "lead_created", 1, customer: "c"),
            make("c2", "ad_clicked", 2, customer: "c", channel: "y"),
            make("d1", "ad_clicked", 0, customer: "d", channel: "x"),
            make("d2", "ad_clicked", 1, customer: "d", channel: "y"),
            make("dl", "lead_created", 2, customer: "d"), make("end", "support_ticket_opened", 100, customer: "e"),
        ]
        try await withStore(events) { store async throws in
            // Every walk converts; without x none does, without y half of them: 1 and 1/2. With the later y as a failure it
            // would be 1.2 and 0.8.
            let rows = try await rows(store, "markov")
            #expect(isNear(rows.first("channel", "x")["leads"], 4.0 / 3))
            #expect(isNear(rows.first("channel", "y")["leads"], 2.0 / 3))
        }
    }

    @Test func `customers whom nothing touched are nobody's under a model of all paths too`() async throws {
        try await withStore([make("o", "order_completed", 1, money: "5 EUR")]) { store async throws in
            for model in ["markov", "shapley"] {
                let rest = try await rows(store, model).first("channel", "(unattributed)")
                #expect(rest["customers"].double == 1 && rest["revenue"].money == "5.00 EUR", "\(model)")
            }
        }
    }

    @Test func `an order that no chain has is refused`() async throws {
        try await withStore(known) { store async throws in
            await #expect(throws: RihlaError.self) { try await rows(store, "markov", order: 5) }
            var diff = DiffQuery()
            (diff.model, diff.order, diff.from) = ("markov", 0, .position(Position(3)))
            await #expect(throws: RihlaError.self) { try await store.ask(.diff(diff)) }
        }
    }

    @Test func `a diff by markov compares channels, of all conversions and of each type, and no single ones`()
        async throws
    {
        let deal = [
            make("s1", "ad_clicked", 40, customer: "s", channel: "y"),
            make("sw", "deal_won", 42, customer: "s", deal: "d", money: "3.00 EUR"),
        ]
        try await withStore(known + deal) { store async throws in
            var query = DiffQuery()
            (query.model, query.from) = ("markov", .position(Position(3)))
            // Orders alone: one type, which needs no list of its own.
            let orders = try await store.ask(.diff(query), bounds(asAt: 6))
            #expect(orders["conversions"].isNull && orders["conversion_types"].list.isEmpty)
            let x = orders["channels"].first("channel", "x")
            #expect(isNear(x["conversions_before"], 1) && isNear(x["conversions_after"], 1.2))
            #expect(x["value_before"].money == "5.01 EUR" && x["value_after"].money == "9.01 EUR")
            // x y, x, y converted, y failed: p = 3/4, removal effects 5/9 and 2/3, shares 5/11 and 6/11 of 3 conversions.
            let all = try await store.ask(.diff(query))
            #expect(isNear(all["channels"].first("channel", "x")["conversions_after"], 15.0 / 11))
            #expect(isNear(all["channels"].first("channel", "y")["conversions_after"], 18.0 / 11))
            let types = all["conversion_types"]
            #expect(types.list.compactMap(\.["conversion"].text) == ["deal_won", "order"])
            let won = types.first("conversion", "deal_won")["channels"]
            #expect(won.list.count == 1 && isNear(won[0]["conversions_after"], 1))
            #expect(won[0]["channel"].text == "y" && won[0]["value_after"].money == "3.00 EUR")
            let ordered = types.first("conversion", "order")["channels"].first("channel", "y")
            #expect(isNear(ordered["conversions_after"], 0.8) && ordered["value_after"].money == "6.00 EUR")
            #expect(all["order"].int == 1 && all["model"].text == "markov")
        }
    }

    @Test func `a diff by shapley sees other rules, and nothing where they are the same`() async throws {
        try await withStore(known) { store async throws in
            var query = DiffQuery()
            query.model = "shapley"
            query.rules = try RuleSet(yaml: "attribution: {lookback: 1d}", path: "rules")
            // Within a day y alone led to p's order, and nothing to q's.
            let diff = try await store.ask(.diff(query))
            #expect(diff["channels"].list.compactMap(\.["channel"].text) == ["(unattributed)", "x", "y"])
            #expect(diff["channels"].first("channel", "y")["value_after"].money == "10.00 EUR")
            query.rules = .default
            #expect(try await store.ask(.diff(query))["channels"].list.isEmpty)
        }
    }
}
