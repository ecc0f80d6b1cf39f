// How many months the customers of a channel take to bring back what it cost.
import JourneyEvents
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

@Suite(.serialized)
struct SemanticsPaybackTests {
    private func spent(_ money: String, _ channel: String = "search", _ days: Double = 1) -> Event {
        make("s-\(channel)-\(money)", "spend_recorded", days, customer: nil, channel: channel, money: money)
    }

    /// a buys after search: 100 at once, 50 after 31 days; b after search and social: 60 at once.
    private let events = [
        make("a1", "ad_clicked", 0, channel: "search"),
        make("ao", "order_completed", 5, money: "100 EUR", ["order_id": "1"]),
        make("ao2", "order_completed", 36, money: "50 EUR", ["order_id": "2"]),
        make("b1", "ad_clicked", 1, customer: "b", channel: "search"),
        make("b2", "ad_clicked", 2, customer: "b", channel: "social"),
        make("bo", "order_completed", 6, customer: "b", money: "60 EUR", ["order_id": "3"]),
    ]
    /// 20 of the 50 go back after 65 days, which is in the third month.
    private let refund = make("ar", "order_refunded", 70, money: "20 EUR", ["order_id": "2"])

    /// `MONTHS` or the reason, of a channel.
    private func payback(
        _ events: [Event],
        _ channel: String = "search",
        model: String = "linear",
        at question: QueryBounds = QueryBounds(),
        _ change: (inout ChannelQuery) -> Void = { _ in }
    ) async throws -> String? {
        var query = ChannelQuery()
        query.model = model
        change(&query)
        return try await withStore(events) { store async throws in
            let row = try await store.ask(.channels(query), question)["rows"].first("channel", channel)
            #expect(row["payback_months"].isNull != row["payback_reason"].isNull, "\(row)")
            return row["payback_months"].int.map { "\($0)" } ?? row["payback_reason"].text
        }
    }

    @Test func `the first purchases may pay a channel back at once`() async throws {
        // 100 and half of 60.
        #expect(try await payback(events + [spent("130 EUR")]) == "0")
        #expect(try await payback(events + [spent("30 EUR", "social")], "social") == "0")
    }

    @Test func `later purchases count with the share of the first, by months of the customer's age`() async throws {
        #expect(try await payback(events + [spent("130.01 EUR")]) == "2")
        #expect(try await payback(events + [spent("180 EUR")]) == "2")
        #expect(try await payback(events + [spent("180.01 EUR")]) == "not_yet")
    }

    @Test func `a purchase exactly 30 days old is of the first month, one later of the second`() async throws {
        for (days, months) in [(35.0, "1"), (35.001, "2"), (5, "0")] {
            let more = make("more", "order_completed", days, money: "9 EUR")
            let found = try await payback(Array(events.prefix(2)) + [more, spent("109 EUR")], model: "last")
            #expect(found == months, "\(days)")
        }
    }

    @Test func `only the margin of revenue pays back`() async throws {
        #expect(try await payback(events + [spent("78 EUR")]) { $0.margin = 0.6 } == "0")
        #expect(try await payback(events + [spent("78.01 EUR")]) { $0.margin = 0.6 } == "2")
        #expect(try await payback(events + [spent("108.01 EUR")]) { $0.margin = 0.6 } == "not_yet")
    }

    @Test(arguments: [0, -0.5, 1.01, .nan, 1e-9]) func `a margin that is no part of revenue is refused`(
        _ margin: Double
    )
        async throws
    {
        await #expect(throws: RihlaError.self) { try await payback(events) { $0.margin = margin } }
    }

    @Test func `what is undone by a refund is not paid back, until it is again`() async throws {
        let cost = spent("170 EUR")
        #expect(try await payback(events + [cost]) == "2")
        #expect(try await payback(events + [cost, refund]) == "not_yet")
        // 30 more after 96 days.
        let more = make("ao3", "order_completed", 101, money: "30 EUR")
        #expect(try await payback(events + [cost, refund, more]) == "4")
        #expect(try await payback(events + [spent("150 EUR"), refund]) == "2")
        // As of the time before the refund.
        #expect(try await payback(events + [cost, refund], at: bounds(asOf: instant(69))) == "2")
    }

    @Test func `without spend there is nothing to pay back`() async throws {
        #expect(try await payback(events) == "no_spend")
        #expect(try await payback(events + [spent("0 EUR")]) == "no_spend")
        #expect(try await payback(events + [spent("-5 EUR")]) == "no_spend")
        let alone = make("z", "order_completed", 1, customer: "z", money: "1 EUR")
        #expect(try await payback(events + [alone, spent("9 EUR")], "(unattributed)") == "no_spend")
    }

    @Test func `spend that won no customer has nobody to pay it back`() async throws {
        #expect(try await payback(events + [spent("9 EUR", "tv")], "tv") == "no_customers")
    }

    @Test func `spend in two currencies cannot be compared, and revenue counts in the currency of the spend`()
        async throws
    {
        #expect(try await payback(events + [spent("9 EUR"), spent("9 USD")]) == "several_currencies")
        #expect(try await payback(events + [spent("9 USD")]) == "not_yet")
    }

    @Test func `a period has the spend and the new customers of it, and their revenue up to now`() async throws {
        let early = { (query: inout ChannelQuery) in query.to = instant(5.5) }
        // a alone; what a brings later counts.
        #expect(try await payback(events + [spent("100 EUR")], "search", early) == "0")
        #expect(try await payback(events + [spent("150 EUR")], "search", early) == "2")
        #expect(try await payback(events + [spent("151 EUR")], "search", early) == "not_yet")
        // b alone: a, who bought before, is no customer of the period.
        let late = { (query: inout ChannelQuery) in query.from = instant(5.5) }
        #expect(try await payback(events + [spent("31 EUR", "search", 6)], "search", late) == "not_yet")
        #expect(try await payback(events + [spent("30 EUR", "search", 6)], "search", late) == "0")
    }

    @Test func `a refund without a sale is money back from the customer`() async throws {
        let stray = make("stray", "order_refunded", 10, money: "1 EUR", ["order_id": "unknown"])
        #expect(try await payback(events + [stray, spent("129.50 EUR")]) == "2")
        #expect(try await payback(events + [spent("129.50 EUR")]) == "0")
    }

    @Test func `a deal that was reopened brought nothing and won nobody`() async throws {
        let deal = [
            make("t", "ad_clicked", 0, customer: "d", channel: "fair"),
            make("w", "deal_won", 1, customer: "d", deal: "d1", money: "9 EUR"),
            make("r", "deal_reopened", 2, customer: "d", deal: "d1"), spent("5 EUR", "fair"),
        ]
        #expect(try await payback(deal, "fair") == "no_customers")
        let again = make("w2", "deal_won", 50, customer: "d", deal: "d1", money: "8 EUR")
        let touch = make("t2", "ad_clicked", 49, customer: "d", channel: "fair")
        // The first purchase is the second win.
        #expect(try await payback(deal + [touch, again], "fair") == "0")
        #expect(try await payback(deal + [touch, again, spent("4 EUR", "fair")], "fair") == "not_yet")
    }

    @Test func `by shapley each customer is shared evenly, by markov all are shared out in total`() async throws {
        let paths = [
            make("r1", "ad_clicked", 0, customer: "r", channel: "y"),
            make("q1", "ad_clicked", 40, customer: "q", channel: "x"),
            make("qo", "order_completed", 42, customer: "q", money: "5.01 EUR"),
            make("p1", "ad_clicked", 40, customer: "p", channel: "x"),
            make("p2", "ad_clicked", 41, customer: "p", channel: "y"),
            make("po", "order_completed", 42, customer: "p", money: "10.00 EUR"),
        ]
        // Markov: 3/5 and 2/5 of 15.01, which are 9.01 and 6.00.
        for (cost, channel, found) in [
            ("9.01 EUR", "x", "0"), ("9.02 EUR", "x", "not_yet"), ("6 EUR", "y", "0"), ("6.01 EUR", "y", "not_yet"),
        ] {
            #expect(try await payback(paths + [spent(cost, channel)], channel, model: "markov") == found, "\(cost)")
        }
        // Shapley: 5.01 + 10 / 2 and 10 / 2.
        for (cost, channel, found) in [
            ("10.01 EUR", "x", "0"), ("10.02 EUR", "x", "not_yet"), ("5 EUR", "y", "0"), ("5.01 EUR", "y", "not_yet"),
        ] {
            #expect(try await payback(paths + [spent(cost, channel)], channel, model: "shapley") == found, "\(cost)")
        }
    }
}
