// What the models with milestones, of one's own and of all paths mean, to the edges.
import Foundation
import JourneyEvents
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

/// Six touchpoints of channels a to f, a day apart, with the milestones of a deal that is won on day 6.
private let journey =
    (0..<6).map { make("t\($0)", "ad_clicked", Double($0), channel: String("abcdef".dropFirst($0).prefix(1))) } + [
        make("l", "lead_created", 1.5), make("c", "deal_created", 3.5, deal: "d"),
        make("w", "deal_won", 6, deal: "d", money: "1000.00 EUR"),
    ]

private func weights(_ explain: JSON) -> [Double] { explain["touches"].list.compactMap { $0["weight"].double } }

private func isClose(_ a: [Double], _ b: [Double]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-12 }
}

// One after the other: each store takes address space for its maps, and hundreds at once take all of it.
@Suite(.serialized)
struct SemanticsModelTests {
    private func explained(_ events: [Event], _ model: String, of conversion: String = "w", rules: String? = nil)
        async throws -> JSON
    {
        try await withStore(events) { store async throws in
            let rules = try rules.map { try RuleSet(yaml: $0, path: "test") }
            return try await store.ask(.explainCredit(conversion: conversion, model: model), bounds(rules: rules))
        }
    }

    /// In thousandths of 1/3, so that all are whole.
    private static let shares: [(model: String, shares: [Int])] = [
        ("u-shaped", [1_200, 1_200, 150, 150, 150, 150]), ("w-shaped", [900, 900, 100, 900, 100, 100]),
        ("full-path", [675, 675, 150, 675, 150, 675]), ("j-shaped", [600, 150, 150, 150, 150, 1_800]),
        ("inverse-j", [1_800, 150, 150, 150, 150, 600]),
    ]

    @Test(arguments: shares)
    func `The shares of a model with fixed ones`(model: String, shares: [Int]) async throws {
        let explain = try await explained(journey, model)
        #expect(isClose(weights(explain), shares.map { Double($0) / 3_000 }), "\(weights(explain))")
        let credits = try await withStore(journey) { try await $0.credits(model) }
        #expect(credits.count == 6)
        #expect(credits["a"]?.hasSuffix(" \(shares[0] / 3).00 EUR") == true)
    }

    @Test func `Milestones that share a touchpoint add up, missing ones give theirs to the others`() async throws {
        // The lead is made at the first touchpoint's instant, behind it: first and lead are one.
        let one = journey.map { event in
            var event = event
            if event.id == "l" { event.occurredAt = instant(0) }
            return event
        }
        #expect(weights(try await explained(one, "u-shaped"))[0] == 0.8)
        let none = journey.filter { $0.id != "l" && $0.id != "c" }
        #expect(isClose(weights(try await explained(none, "w-shaped")), [0.9] + Array(repeating: 0.02, count: 5)))
        // Before every touchpoint, a milestone has none to stand at.
        let early = journey.map { event in
            var event = event
            if event.id == "l" { event.occurredAt = instant(-1) }
            return event
        }
        let explain = try await explained(early, "u-shaped")
        #expect(weights(explain)[0] == 0.8 && explain["milestones"].list.isEmpty)
    }

    @Test func `A milestone is the latest of the conversion's own deal, else of the customer; explain lists it`()
        async throws
    {
        let events =
            journey + [
                make("c2", "deal_created", 4.5, deal: "other"), make("l2", "lead_created", 2.5),
                make("late", "lead_created", 7),
            ]
        let own = try await explained(events, "full-path")
        #expect(own["milestones"].list.map { $0["event"]["id"].text } == ["l2", "c", "w"])
        #expect(own["milestones"].list.map { $0["touch"].int } == [2, 3, 5])
        let order = try await explained(
            events + [make("o", "order_completed", 5.5, money: "1 EUR")],
            "full-path",
            of: "o"
        )
        #expect(order["milestones"].list.map { $0["event"]["id"].text } == ["l2", "c2"])
        #expect(order["milestones"].list.map { $0["milestone"].text } == ["lead_created", "deal_created"])
        #expect(try await explained(events, "linear")["milestones"].list.isEmpty)
    }

    @Test func `A milestone at a touchpoint that is left out stands at the one before it`() async throws {
        let events = journey.map { event in
            var event = event
            if event.id == "t1" { event.channel = "direct" }
            return event
        }
        let explain = try await explained(events, "u-shaped")
        #expect(isClose(weights(explain), [0.8, 0.05, 0.05, 0.05, 0.05]))
    }

    @Test func `Models of one's own: by place, and another model's weights multiplied`() async throws {
        let rules = """
            attribution:
              custom:
                ends: {start: [0.5], end: [0.3], rest: 0.2}
                more_b: {base: linear, channels: {b: 3, c: 0}, types: {ad_clicked: 2}}
                nothing: {channels: {a: 0, b: 0, c: 0, d: 0, e: 0, f: 0}}
            """
        #expect(
            isClose(weights(try await explained(journey, "ends", rules: rules)), [0.5, 0.05, 0.05, 0.05, 0.05, 0.3])
        )
        let more = try await explained(journey, "more_b", rules: rules)
        #expect(isClose(weights(more), [1, 3, 0, 1, 1, 1].map { $0 / 7 }))
        #expect(
            isClose(weights(try await explained(journey, "nothing", rules: rules)), Array(repeating: 1 / 6, count: 6))
        )
        try await withStore(journey) { store async throws in
            var query = AttributionQuery()
            query.models = ["ends", "nothing"]
            let bounds = bounds(rules: try RuleSet(yaml: rules, path: "test"))
            let answer = try await store.ask(.attribution(query), bounds)
            #expect(answer["warnings"].list.map { $0["code"].text } == ["linear_instead"])
            #expect(answer["models"].list.map { $0["model"].text } == ["ends", "nothing"])
            await #expect(throws: RihlaError.self) { try await store.ask(.attribution(query)) }
        }
    }

    private static let transforms: [(rules: [String], left: String)] = [
        (["exposure"], "D A B C D C"), (["first"], "D A B C"), (["remove_if_not_all(C)"], "D A B B D"),
        (["remove_if_last_and_not_all(C)"], "D A B B C D"), (["none"], "D A B B C D C C"),
        (["exposure", "remove_if_last_and_not_all(C)", "first"], "D A B C"),
        (["remove_if_not_all(X)"], "D A B B C D C C"),
    ]

    @Test(arguments: transforms)
    func `Transforms leave touchpoints out in their order`(transforms: [String], left: String) async throws {
        let events =
            "DABBCDCC".enumerated().map { make("t\($0)", "ad_clicked", Double($0), channel: String($1)) }
            + [make("o", "order_completed", 9, money: "6 EUR")]
        try await withStore(events) { store async throws in
            var query = AttributionQuery()
            query.transforms = transforms
            let paths = try await store.ask(.paths(query, limit: nil))
            #expect(paths["paths"].list.map { $0["path"].list.compactMap(\.text).joined(separator: " ") } == [left])
            #expect(paths["transform"].list.map(\.text) == transforms)
            let yaml = "attribution: {transform: [\(transforms.joined(separator: ", "))]}"
            let bounds = bounds(rules: try RuleSet(yaml: yaml, path: "test"))
            let explain = try await store.ask(.explainCredit(conversion: "o", model: "linear"), bounds)
            #expect(explain["touches"].list.compactMap { $0["channel"].text }.joined(separator: " ") == left)
            #expect(explain["touches"].list.count + explain["left_out"].list.count == 8)
            query.transforms = ["expose"]
            await #expect(throws: RihlaError.self) { try await store.ask(.attribution(query)) }
        }
    }

    /// Two who bought, one who did not and cannot any more, one who still may.
    private var chain: [Event] {
        func touch(_ id: String, _ days: Double, _ customer: String, _ channel: String) -> Event {
            make(id, "ad_clicked", days, customer: "customer_id:" + customer, channel: channel)
        }
        return [
            touch("a1", 0, "a", "x"), touch("a2", 1, "a", "y"),
            make("ao", "order_completed", 2, customer: "customer_id:a", money: "10.00 EUR"),
            touch("b1", 0, "b", "x"), make("bo", "order_completed", 2, customer: "customer_id:b", money: "5.01 EUR"),
            touch("c1", 0, "c", "y"), touch("c2", 50, "c", "z"), touch("d1", 60, "d", "y"),
            make("end", "brand_new_type", 70, customer: nil),
        ]
    }

    @Test func `Markov takes failed paths in, cut at long gaps, and leaves open ones out unless told`() async throws {
        try await withStore(chain) { store async throws in
            var query = AttributionQuery()
            query.models = ["markov"]
            let markov = try await store.ask(.attribution(query))["models"][0]
            // Paths: x y won, x won, y failed; z and the second y are open. p = 2/3. Without x only the start's y is left,
            // which goes on to 1/2: p = 1/3 · 1/2. Without y: x converts half of the time, so 2/3 · 1/2.
            #expect(markov["null_paths"].int == 1 && markov["pending_paths"].int == 2 && markov["order"].int == 1)
            #expect(isClose([markov["conversion_probability"].double ?? 0], [2.0 / 3]))
            let rows = markov["rows"]
            #expect(rows.list.compactMap { $0["key"].text } == ["x", "y"])
            #expect(isClose(rows.list.compactMap { $0["removal_effect"].double }, [0.75, 0.5]))
            #expect(isClose(rows.list.compactMap { $0["conversions"].double }, [1.2, 0.8]))
            #expect(rows.list.map(\.["value"].money) == ["9.01 EUR", "6.00 EUR"])
            #expect(rows.list.map { $0["touches"].int } == [2, 1])
            query.countsPendingAsNull = true
            let counted = try await store.ask(.attribution(query))["models"][0]
            #expect(counted["null_paths"].int == 3 && counted["pending_paths"].int == 0)
            #expect(counted["rows"].first("key", "z")["removal_effect"].double == 0)
            query.countsPendingAsNull = nil
            // Later the windows are closed, and at day 20 the failed path was open as well.
            let early = try await store.ask(.attribution(query), bounds(asOf: instant(20)))["models"][0]
            #expect(early["null_paths"].int == 0 && early["pending_paths"].int == 1)
            let late = try await store.ask(.attribution(query), bounds(asOf: instant(100)))["models"][0]
            #expect(late["null_paths"].int == 3 && late["pending_paths"].int == 0)
            for order in [0, 5] {
                query.order = order
                await #expect(throws: RihlaError.self) { try await store.ask(.attribution(query)) }
            }
        }
    }

    @Test func `Shapley shares each conversion evenly among the distinct channels and rounds once`() async throws {
        try await withStore(chain + [make("again", "ad_clicked", 1.5, channel: "x")]) { store async throws in
            let rows = try await store.credits("shapley")
            #expect(rows == ["x": "1.5 10.01 EUR", "y": "0.5 5.00 EUR"])
            let explain = try await store.ask(.explainCredit(conversion: "ao", model: "shapley"))
            #expect(explain["apportioned"].bool == true)
            #expect(isClose(weights(explain), [0.25, 0.5, 0.25]))
        }
    }

    @Test func `Explain of Markov lists the counted transitions and what is left without each channel`() async throws {
        try await withStore(chain) { store async throws in
            func transitions(_ order: Int) async throws -> [String] {
                let explain = try await store.ask(.explainCredit(conversion: "ao", model: "markov", order: order))
                func state(_ value: JSON) -> String { value.list.compactMap(\.text).joined(separator: ",") }
                return explain["inputs"]["transitions"].list.map { row in
                    let next = row["to"].list.map { "\(state($0["state"])):\($0["count"].int ?? -1)" }
                    return "\(state(row["from"]))>\(next) \(row["conversions"].int ?? -1) \(row["nulls"].int ?? -1)"
                }
            }
            #expect(
                try await transitions(1) == [#">["x:2", "y:1"] 0 0"#, #"x>["y:1"] 1 0"#, #"y>[] 1 1"#]
            )
            // A path that is shorter than two is one state.
            #expect(
                try await transitions(2) == [
                    #">["x:1", "y:1", "x,y:1"] 0 0"#, #"x>[] 1 0"#, #"y>[] 0 1"#, #"x,y>[] 1 0"#,
                ]
            )
            let inputs = try await store.ask(.explainCredit(conversion: "ao", model: "markov"))["inputs"]
            let keys = inputs["keys"].list
            #expect(keys.map { $0["key"].text } == ["x", "y"] && keys.map { $0["touches"].int } == [1, 1])
            #expect(isClose(keys.compactMap { $0["probability_without"].double }, [1.0 / 6, 1.0 / 3]))
            #expect(isClose([inputs["path_share"].double ?? 0], [1]))
            await #expect(throws: RihlaError.self) {
                try await store.ask(.explainCredit(conversion: "ao", model: "markov", order: 5))
            }
        }
    }

    @Test func `Explain of Shapley lists what each set of channels brought`() async throws {
        let explain = try await explained(chain, "shapley", of: "ao")
        let coalitions = explain["inputs"]["coalitions"].list.map { set in
            set["keys"].list.compactMap(\.text).joined(separator: ",")
                + " \(set["conversions"].int ?? -1) \(set["value"].money)"
        }
        #expect(coalitions == ["x 1 5.01 EUR", "x,y 1 10.00 EUR"])
        // x has its own conversion and half of the other.
        let keys = explain["inputs"]["keys"].list
        #expect(keys.compactMap { $0["conversions"].double } == [1.5, 0.5])
    }

    @Test func `Explain of Markov says that its shares are apportioned, and from what`() async throws {
        let explain = try await explained(chain, "markov", of: "ao")
        #expect(explain["apportioned"].bool == true)
        #expect(isClose(weights(explain), [0.6, 0.4]))
        #expect(explain["inputs"]["conversions"].int == 2 && explain["inputs"]["null_paths"].int == 1)
        #expect(explain["inputs"]["keys"].first("key", "x")["removal_effect"].double == 0.75)
        #expect(try await explained(chain, "linear", of: "ao")["apportioned"].bool == false)
    }

    @Test func `Conversions without touchpoints and refunds of nobody stay unattributed in models of all paths`()
        async throws
    {
        let events =
            chain + [
                make("no", "order_completed", 3, customer: "customer_id:n", money: "7 JPY"),
                make("r", "order_refunded", 4, customer: nil, money: "2 EUR"),
            ]
        try await withStore(events) { store async throws in
            for model in ["markov", "shapley"] {
                let rest = try await store.credits(model)["(unattributed)"]
                #expect(rest == "1.0 -2.00 EUR, 7 JPY", "\(model)")
            }
        }
    }

    @Test func `Paths are listed by conversions, with what they were worth and how often they failed`() async throws {
        let more = [
            make("e1", "ad_clicked", 0, customer: "customer_id:e", channel: "x"),
            make("eo", "order_completed", 3, customer: "customer_id:e", money: "9 JPY"),
        ]
        try await withStore(chain + more) { store async throws in
            var query = AttributionQuery()
            func rows(_ answer: JSON) -> [String] {
                answer["paths"].list.map {
                    $0["path"].list.compactMap(\.text).joined(separator: ">")
                        + " \($0["conversions"].int ?? -1) \($0["value"].money) \($0["nulls"].int ?? -1)"
                }
            }
            let all = try await store.ask(.paths(query, limit: nil))
            #expect(rows(all) == ["x 2 5.01 EUR, 9 JPY 0", "x>y 1 10.00 EUR 0", "y 0  1"])
            #expect(all["nulls"].int == 1 && all["pending"].int == 2 && all["total"].int == 3)
            #expect(rows(try await store.ask(.paths(query, limit: 1))) == ["x 2 5.01 EUR, 9 JPY 0"])
            query.conversion = "deal_won"
            let none = try await store.ask(.paths(query, limit: nil))
            #expect(rows(none) == ["x 0  2", "x>y 0  1", "y 0  1"])
        }
    }

    @Test func `Credits are converted by the rate of their conversion, to the smallest unit`() async throws {
        let touches = ["a", "b", "c"].enumerated().map { make("t\($0)", "ad_clicked", Double($0), channel: $1) }
        let events =
            touches + [
                make("o1", "order_completed", 3, money: "10.00 USD", ["fx_rate": "0.9173", "order_id": "1"]),
                make("o2", "order_completed", 4, money: "1.00 EUR"), make("o3", "order_completed", 5, money: "70 JPY"),
                make("o4", "order_completed", 6, money: "3 GBP", ["fx_rate": "1.1", "fx_currency": "USD"]),
            ]
        let refund = make("r", "order_refunded", 7, money: "10.00 USD", ["order_id": "1"])
        var query = AttributionQuery()
        query.models = ["linear", "last", "shapley", "markov"]
        query.currency = "EUR"
        try await withStore(events) { store async throws in
            let answer = try await store.ask(.attribution(query))
            // 10.00 · 0.9173 = 9.173, which is 9.17. Shared as the credits 3.34, 3.33, 3.33 are: 3.06278, 3.05361, 3.05361,
            // so a cent is left for the second.
            #expect(answer["converted"].money == "10.17 EUR")
            #expect(answer["unconverted"].money == "3.00 GBP, 70 JPY")
            #expect(answer["warnings"].list.map { $0["count"].int } == [2])
            let linear = answer["models"].first("model", "linear")["rows"].list
            #expect(linear.map(\.["converted"].money) == ["3.40 EUR", "3.39 EUR", "3.38 EUR"])
            #expect(answer["models"].first("model", "last")["rows"].first("key", "c")["converted"].money == "10.17 EUR")
            for model in answer["models"].list {
                let cents = model["rows"].list.reduce(0.0) {
                    $0 + (Double($1["converted"][0]["amount"].text ?? "0") ?? .nan)
                }
                #expect(abs(cents - 10.17) < 1e-9, "\(model["model"])")
            }
            query.currency = "EURO"
            let wrong = query
            await #expect(throws: RihlaError.self) { try await store.ask(.attribution(wrong)) }
            query.currency = "EUR"
        }
        let known = query
        try await withStore(events + [refund]) { store async throws in
            let answer = try await store.ask(.attribution(known))
            #expect(answer["converted"].money == "1.00 EUR")
            let linear = answer["models"].first("model", "linear")["rows"].list
            #expect(linear.map(\.["converted"].money) == ["0.34 EUR", "0.33 EUR", "0.33 EUR"])
        }
    }
}
