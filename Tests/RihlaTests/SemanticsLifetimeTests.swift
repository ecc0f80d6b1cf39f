// What a customer of a cohort would bring by the formula, beside what they have brought.
import JourneyEvents
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

@Suite(.serialized)
struct SemanticsLifetimeTests {
    /// a is active in January, February and March, b in January and February; "now" is in April.
    private let events = [
        make("a1", "order_completed", 1, money: "100 EUR"), make("a2", "order_completed", 32, money: "50 EUR"),
        make("a3", "page_viewed", 60),
        make("b1", "order_completed", 2, customer: "b", money: "30 EUR", ["order_id": "b"]),
        make("b2", "order_refunded", 40, customer: "b", money: "10 EUR", ["order_id": "b"]),
        make("z", "page_viewed", 95, customer: "z"),
    ]

    private func cohort(
        _ events: [Event],
        _ name: String = "2026-01",
        _ change: (inout CohortQuery) -> Void = { _ in }
    ) async throws -> JSON {
        var query = CohortQuery()
        change(&query)
        return try await withStore(events) { try await $0.ask(.cohorts(query)) }["cohorts"].first("cohort", name)
    }

    @Test func `the formula is average order, times orders of an active customer a month, times months`() async throws {
        let cohort = try await cohort(events)
        let simple = cohort["ltv_simple"]
        // 170 EUR of 3 orders; 5 active months; of 4 with a month after them 1 was the last.
        #expect(simple["orders"].int == 3 && simple["aov"].money == "56.67 EUR")
        #expect(simple["frequency"].double == 0.6 && simple["churn"].double == 0.25 && simple["lifetime"].double == 4)
        // 170 · 4 / 5; what was brought is 170 / 2.
        #expect(simple["value"].money == "136.00 EUR" && cohort["ltv"].money == "85.00 EUR")
        #expect(simple["formula"].text == "aov x frequency x lifetime" && simple["reason"].isNull)
    }

    @Test func `activity is what the report calls so`() async throws {
        let simple = try await cohort(events) { $0.activity = ["order_completed"] }["ltv_simple"]
        // Three active months, of which two were the last.
        #expect(simple["frequency"].double == 1 && simple["churn"].double == 2.0 / 3)
        #expect(simple["value"].money == "85.00 EUR")
    }

    @Test func `nothing of the running period counts, nor of the time before the cohort's own`() async throws {
        let more = [
            make("a4", "order_completed", 91, money: "1000 EUR"),
            make("b0", "order_completed", -20, customer: "b", money: "1000 EUR"),
        ]
        let simple = try await cohort(events + more) { $0.from = instant(0) }["ltv_simple"]
        // b's first event is in December now: a alone is left.
        #expect(simple["orders"].int == 2 && simple["aov"].money == "75.00 EUR")
        let first = { (query: inout CohortQuery) in query.event = "page_viewed" }
        let march = try await cohort(
            events + [more[0], make("end", "page_viewed", 125, customer: "z")],
            "2026-03",
            first
        )
        #expect(march["ltv_simple"]["orders"].int == 1 && march["ltv"].money == "1150.00 EUR")
    }

    @Test func `orders that were reopened or have no amount are none, refunds lower the average`() async throws {
        let deal = [
            make("c", "deal_created", 3, deal: "d", money: "9 EUR"), make("w", "deal_won", 4, deal: "d"),
            make("r", "deal_reopened", 5, deal: "d"), make("n", "order_completed", 6),
        ]
        let simple = try await cohort(events + deal)["ltv_simple"]
        #expect(simple["orders"].int == 3 && simple["aov"].money == "56.67 EUR")
    }

    @Test func `each currency has its part of the average of all orders`() async throws {
        let dollars = make("u", "order_completed", 7, money: "40 USD")
        let simple = try await cohort(events + [dollars])["ltv_simple"]
        #expect(simple["aov"].money == "42.50 EUR, 10.00 USD")
        // 170 · 4 / 5 and 40 · 4 / 5.
        #expect(simple["value"].money == "136.00 EUR, 32.00 USD")
    }

    @Test func `without a loss a lifetime has no end, and the value is null`() async throws {
        let simple = try await cohort(events.filter { $0.customer != "b" })["ltv_simple"]
        #expect(simple["churn"].double == 0 && simple["lifetime"].isNull && simple["value"].isNull)
        #expect(simple["reason"].text == "no_churn")
    }

    @Test func `without orders there is neither average nor value`() async throws {
        let simple = try await cohort(events, "2026-04")["ltv_simple"]
        #expect(simple["aov"].isNull && simple["value"].isNull && simple["reason"].text == "no_orders")
        let visits = [make("v", "page_viewed", 1), make("z", "page_viewed", 95, customer: "z")]
        #expect(try await cohort(visits)["ltv_simple"]["reason"].text == "no_orders")
    }

    @Test func `a cohort that has seen no second period end has no churn yet`() async throws {
        let simple = try await cohort(Array(events.prefix(2)))["ltv_simple"]
        #expect(simple["orders"].int == 1 && simple["churn"].isNull && simple["value"].isNull)
        #expect(simple["reason"].text == "no_churn_yet")
    }

    @Test func `without activity there is no frequency`() async throws {
        let simple = try await cohort(events.filter { $0.id != "a3" }) { $0.activity = ["page_viewed"] }["ltv_simple"]
        #expect(simple["frequency"].isNull && simple["reason"].text == "no_activity")
    }

    @Test func `rows of values have a cohort each`() async throws {
        var query = CohortQuery()
        query.rows = .values
        let answer = try await withStore(events) { try await $0.answer(.cohorts(query)) }
        #expect(answer.columns.map(\.name).prefix(4) == ["cohort", "size", "ltv", "ltv_simple"])
        #expect(answer.rows.map { $0[0] } == [.string("2026-01"), .string("2026-04")])
        #expect(answer.rows.allSatisfy { $0.count == answer.columns.count })
    }
}
