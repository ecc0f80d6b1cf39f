// What attribution means, to the edges.
import Foundation
import JourneyEvents
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

private let touches = [
    make("t1", "ad_clicked", 0, channel: "search", campaign: "spring"),
    make("t2", "email_clicked", 1),
    make("t3", "ad_clicked", 2, channel: "social"),
]

// One after the other: each store takes address space for its maps, and hundreds at once take all of it.
@Suite(.serialized)
struct SemanticsAttributionTests {
    @Test func `A conversion without touchpoints is unattributed, never dropped`() async throws {
        let events = [
            make("o", "order_completed", 3, money: "10 EUR"), make("n", "deal_won", 4, customer: nil, deal: "d"),
        ]
        try await withStore(events) { store async throws in
            let answer = try await store.ask(.attribution(AttributionQuery()))
            #expect(answer["conversions"].int == 2)
            #expect(answer["value"].money == "10.00 EUR")
            #expect(try await store.credits("last") == ["(unattributed)": "2.0 10.00 EUR"])
        }
    }

    @Test func `Linear splits cents by largest remainder, ties to the earlier`() async throws {
        try await withStore(touches + [make("o", "order_completed", 3, money: "1.00 EUR")]) { store async throws in
            let third = "0.3333333333333333"
            #expect(
                try await store.credits("linear") == [
                    "search": "\(third) 0.34 EUR", "email": "\(third) 0.33 EUR", "social": "\(third) 0.33 EUR",
                ]
            )
            #expect(try await store.credits("first")["search"] == "1.0 1.00 EUR")
            #expect(try await store.credits("last")["social"] == "1.0 1.00 EUR")
            #expect(try await store.credits("position")["email"] == "0.2 0.20 EUR")
        }
    }

    @Test func `The look-back window is inclusive and zero is unlimited`() async throws {
        let events = [
            make("far", "ad_clicked", 0, channel: "far"), make("edge", "ad_clicked", 1, channel: "edge"),
            make("o", "order_completed", 31, money: "1 EUR"),
        ]
        try await withStore(events) { store async throws in
            #expect(try await store.credits("first").keys.sorted() == ["edge"])
            #expect(try await store.credits("first") { $0.lookbackMilliseconds = 0 }["far"] == "1.0 1.00 EUR")
            #expect(
                try await store.credits("first") { $0.lookbackMilliseconds = 30 * day - 1 }
                    == ["(unattributed)": "1.0 1.00 EUR"]
            )
        }
    }

    @Test func `A touchpoint of the conversion's instant counts when it came before it`() async throws {
        let events = [
            make("before", "ad_clicked", 1, channel: "before"), make("o", "order_completed", 1, money: "1 EUR"),
            make("after", "ad_clicked", 1, channel: "after"),
        ]
        try await withStore(events) { store async throws in
            #expect(try await store.credits("linear") == ["before": "1.0 1.00 EUR"])
        }
    }

    @Test func `Direct is dropped unless all are direct, and kept on request`() async throws {
        let events = [
            make("t1", "ad_clicked", 0, channel: "search"), make("t2", "page_viewed", 1, ["url": "https://a.example/"]),
            make("o", "order_completed", 2, money: "2 EUR"),
            make("u1", "page_viewed", 1, customer: "b", ["url": "https://a.example/"]),
            make("u2", "order_completed", 2, customer: "b", money: "4 EUR"),
        ].map { event in
            var event = event
            if event.customer == "b" { event.customer = "customer_id:b" }
            return event
        }
        try await withStore(events) { store async throws in
            #expect(try await store.credits("last") == ["search": "1.0 2.00 EUR", "direct": "1.0 4.00 EUR"])
            #expect(try await store.credits("last") { $0.direct = "keep" }["direct"] == "2.0 6.00 EUR")
            let kept = try await store.credits("last-non-direct") { $0.direct = "keep" }
            #expect(kept == ["search": "1.0 2.00 EUR", "direct": "1.0 4.00 EUR"])
        }
    }

    @Test func `Overlapping paths share touchpoints, reset paths start after the conversion before`() async throws {
        let events = [
            make("t1", "ad_clicked", 0, channel: "one"), make("o1", "order_completed", 1, money: "1 EUR"),
            make("t2", "ad_clicked", 2, channel: "two"), make("o2", "order_completed", 3, money: "1 EUR"),
        ]
        try await withStore(events) { store async throws in
            #expect(try await store.credits("first") == ["one": "2.0 2.00 EUR", "two": "0.0 "])
            #expect(
                try await store.credits("first") { $0.path = "reset" } == [
                    "one": "1.0 1.00 EUR", "two": "1.0 1.00 EUR",
                ]
            )
        }
    }

    @Test func `A full refund in parts nets to zero per touchpoint`() async throws {
        let sale = touches + [make("o", "order_completed", 3, money: "10.00 EUR", ["order_id": "5"])]
        let parts = ["-3.33", "-0.01", "-1.67", "-4.99"].enumerated().map { index, amount in
            make("r\(index)", "order_refunded", 4 + Double(index), money: amount + " EUR", ["order_id": "5"])
        }
        try await withStore(sale + parts) { store async throws in
            for model in AttributionRule.pathModels {
                let credits = try await store.credits(model)
                #expect(credits.values.allSatisfy { $0.hasSuffix(" 0.00 EUR") || $0 == "0.0 " }, "\(model) \(credits)")
            }
            #expect(try await store.ask(.attribution(AttributionQuery()))["conversions"].int == 1)
            #expect(try await store.ask(.customer("a"))["revenue"].money == "0.00 EUR")
        }
    }

    @Test func `A refund counts at its own time, mirrored, and periods add up`() async throws {
        let events =
            touches + [
                make("o", "order_completed", 3, money: "1.00 EUR"),
                make("r", "order_refunded", 40, money: "0.50 EUR", cause: "o"),
            ]
        try await withStore(events) { store async throws in
            let whole = try await store.credits("linear")
            #expect(whole["search"]?.hasSuffix("0.17 EUR") == true)
            let january = try await store.credits("linear") { $0.to = instant(31) }
            #expect(january["search"]?.hasSuffix("0.34 EUR") == true)
            let february = try await store.credits("linear") { $0.from = instant(31) }
            #expect(
                february == ["search": "0.0 -0.17 EUR", "email": "0.0 -0.16 EUR", "social": "0.0 -0.17 EUR"]
            )
            #expect(try await store.credits("linear", bounds: bounds(asOf: instant(31))) == january)
        }
    }

    @Test func `A reopened deal nets to exactly zero and a new win has a path of its own`() async throws {
        let first =
            touches + [
                make("c", "deal_created", 2.5, deal: "d", money: "100 EUR"), make("w", "deal_won", 3, deal: "d"),
                make("x", "deal_reopened", 40, deal: "d"),
            ]
        try await withStore(first) { store async throws in
            #expect(try await store.credits("linear").isEmpty)
            #expect(try await store.ask(.customer("a"))["conversions"].int == 0)
            #expect(try await store.ask(.customer("a"))["revenue"].money == "0.00 EUR")
            let january = try await store.credits("last") { $0.to = instant(31) }
            #expect(january["social"] == "1.0 100.00 EUR")
            let february = try await store.credits("last") { $0.from = instant(31) }
            #expect(february["social"] == "-1.0 -100.00 EUR")
        }
        let second =
            first + [make("t4", "demo_held", 41, deal: "d"), make("w2", "deal_won", 42, deal: "d", money: "90 EUR")]
        try await withStore(second) { store async throws in
            for path in ["overlap", "reset"] {
                let credits = try await store.credits("first") {
                    $0.path = path
                    $0.lookbackMilliseconds = 0
                }
                #expect(credits["search"] == "1.0 90.00 EUR", "\(path) \(credits)")
            }
            #expect(try await store.credits("last")["demo"] == "1.0 90.00 EUR")
        }
    }

    @Test func `A won deal is worth the last amount that was stated before it`() async throws {
        let events = [
            make("t", "ad_clicked", 0, channel: "search"), make("c", "deal_created", 1, deal: "d", money: "100 EUR"),
            make("m", "deal_amount_changed", 2, deal: "d", money: "80 EUR"), make("w", "deal_won", 3, deal: "d"),
            make("late", "deal_amount_changed", 4, deal: "d", money: "1 EUR"),
            make("w2", "deal_won", 5, deal: "d", money: "500 EUR"),
        ]
        try await withStore(events) { store async throws in
            #expect(try await store.credits("last") == ["search": "1.0 80.00 EUR"])
            let explain = try await store.ask(.explainCredit(conversion: "w", model: "last"))
            #expect(explain["amount_from"]["id"].text == "m")
            #expect(explain["value"].money == "80.00 EUR")
        }
    }

    @Test(arguments: ["-2.50 EUR", "2.50 EUR"])
    func `A refund may be written with or without its sign; one that names no order is unattributed`(_ money: String)
        async throws
    {
        let events =
            touches + [
                make("o", "order_completed", 3, money: "10 EUR", ["order_id": "5"]),
                make("r1", "order_refunded", 4, money: money, ["order_id": "5"]),
                make("r2", "order_refunded", 4, money: money, ["order_id": "unknown"]),
                make("r3", "order_refunded", 4, customer: nil, money: money),
            ]
        try await withStore(events) { store async throws in
            #expect(
                try await store.credits("last")
                    == ["social": "1.0 7.50 EUR", "(unattributed)": "0.0 -5.00 EUR", "email": "0.0 ", "search": "0.0 "]
            )
            #expect(try await store.credits("last") { $0.conversion = "deal_won" } == [:])
            #expect(try await store.credits("last") { $0.conversion = "order" }["(unattributed)"] == "0.0 -5.00 EUR")
            #expect(try await store.ask(.customer("a"))["revenue"].money == "5.00 EUR")
        }
    }

    @Test func `A refund that is dated before its order still belongs to it`() async throws {
        let events =
            touches + [
                make("r", "order_refunded", 3, money: "4 EUR", ["order_id": "5"]),
                make("o", "order_completed", 3.5, money: "10 EUR", ["order_id": "5"]),
            ]
        try await withStore(events) { store async throws in
            #expect(try await store.credits("last")["social"] == "1.0 6.00 EUR")
            #expect(try await store.credits("last")["(unattributed)"] == nil)
        }
    }

    @Test func `Currencies stay apart and keep their digits`() async throws {
        let events =
            touches + [
                make("o1", "order_completed", 3, money: "1 JPY"), make("o2", "order_completed", 4, money: "0.001 EUR"),
                make("o3", "order_completed", 5, money: "1.000 KWD"),
            ]
        try await withStore(events) { store async throws in
            #expect(
                try await store.ask(.attribution(AttributionQuery()))["value"].money == "0.001 EUR, 1 JPY, 1.000 KWD"
            )
            let credits = try await store.credits("linear")
            #expect(credits["search"] == "1.0 0.001 EUR, 1 JPY, 0.334 KWD")
            #expect(credits["email"] == "1.0 0.000 EUR, 0 JPY, 0.333 KWD")
        }
    }

    @Test func `Credits go by campaign, type and source as well`() async throws {
        try await withStore(touches + [make("o", "order_completed", 3, money: "3 EUR")]) { store async throws in
            #expect(try await store.credits("linear") { $0.by = "campaign" }["spring"]?.hasSuffix(" 1.00 EUR") == true)
            #expect(try await store.credits("linear") { $0.by = "type" }["ad_clicked"]?.hasSuffix(" 2.00 EUR") == true)
            #expect(try await store.credits("linear") { $0.by = "source-medium" } == ["(none)": "1.0 3.00 EUR"])
        }
    }

    @Test func `Aliases stand for their type in conversions and keys`() async throws {
        let rules = try RuleSet(
            yaml: """
                aliases: {order: order_completed, click: ad_clicked}
                conversions: [{name: sale, type: order}]
                """,
            path: "test"
        )
        let events = [make("t", "click", 0, channel: "search"), make("o", "order", 1, money: "1 EUR")]
        try await withStore(events) { store async throws in
            #expect(
                try await store.credits("last", bounds: bounds(rules: rules)) { $0.by = "type" }
                    == ["ad_clicked": "1.0 1.00 EUR"]
            )
            for name in ["sale", "order", "order_completed"] {
                #expect(
                    try await store.credits("last", bounds: bounds(rules: rules)) { $0.conversion = name }.count == 1
                )
            }
        }
    }

    @Test func `A wrong word is refused with the nearest right one`() async throws {
        try await withStore(touches) { store async throws in
            func hint(_ change: (inout AttributionQuery) -> Void) async -> String? {
                var query = AttributionQuery()
                change(&query)
                do {
                    _ = try await store.answer(.attribution(query))
                    return nil
                } catch {
                    return (error as? RihlaError)?.hint
                }
            }
            #expect(await hint { $0.models = ["liner"] } == "did you mean \"linear\"?")
            #expect(await hint { $0.by = "chanel" } == "did you mean \"channel\"?")
            #expect(await hint { $0.path = "overlaps" } == "did you mean \"overlap\"?")
            #expect(await hint { $0.direct = "dropp" } == "did you mean \"drop\"?")
            #expect(await hint { $0.conversion = "deal_one" } == "did you mean \"deal_won\"?")
        }
    }
}
