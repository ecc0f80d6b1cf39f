// What each channel costs and brings.
import JourneyEvents
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

@Suite(.serialized)
struct SemanticsChannelTests {
    /// Two customers: one of search alone, one of search and social.
    private let events = [
        make("i1", "ad_impression", 0, customer: nil, channel: "search"),
        make("i2", "ad_impression", 0, channel: "search"), make("a1", "ad_clicked", 0, channel: "search"),
        make("b1", "ad_clicked", 1, customer: "customer_id:b", channel: "search"),
        make("b2", "ad_clicked", 2, customer: "customer_id:b", channel: "social"),
        make("al", "lead_created", 3), make("bl", "lead_created", 3, customer: "customer_id:b"),
        make("bl2", "lead_created", 4, customer: "customer_id:b"),
        make("bm", "mql_reached", 4, customer: "customer_id:b"),
        make("ao", "order_completed", 5, money: "100 EUR", ["order_id": "1"]),
        make("ao2", "order_completed", 6, money: "50 EUR", ["order_id": "2"]),
        make("bo", "order_completed", 6, customer: "customer_id:b", money: "60 EUR", ["order_id": "3"]),
        make("ar", "order_refunded", 7, money: "50 EUR", ["order_id": "2"]),
        make(
            "s1",
            "spend_recorded",
            8,
            customer: nil,
            channel: "search",
            money: "100 EUR",
            [
                "from": "2026-01-01", "to": "2026-01-03",
            ]
        ), make("s2", "spend_recorded", 8, customer: nil, channel: "tv", money: "7 EUR"),
        make("s3", "spend_recorded", 8, channel: "search", money: "999 EUR"),
    ]

    private func rows(_ store: JourneyStore, _ change: (inout ChannelQuery) -> Void = { _ in }) async throws -> JSON {
        var query = ChannelQuery()
        query.model = "linear"
        change(&query)
        return try await store.ask(.channels(query))["rows"]
    }

    @Test func `leads, customers and revenue are shared by the model, spend and impressions are the channel's own`()
        async throws
    {
        try await withStore(events) { store async throws in
            let rows = try await rows(store)
            let search = rows.first("channel", "search")
            #expect(search["impressions"].int == 2 && search["touches"].int == 2)
            #expect(search["leads"].double == 1.5 && search["mqls"].double == 0.5)
            #expect(search["customers"].double == 1.5)
            #expect(search["revenue"].money == "130.00 EUR" && search["spend"].money == "100.00 EUR")
            // 100 / 1.5, and 130 / 100.
            #expect(search["cac"].money == "66.67 EUR" && search["roas"].double == 1.3)
            // 100 / 1.5 leads.
            #expect(search["cost_per_lead"].money == "66.67 EUR")
            let social = rows.first("channel", "social")
            #expect(social["customers"].double == 0.5 && social["revenue"].money == "30.00 EUR")
        }
    }

    @Test func `zero spend has neither cost nor return, spend without customers costs nothing each`() async throws {
        try await withStore(events) { store async throws in
            let rows = try await rows(store)
            let social = rows.first("channel", "social")
            #expect(social["cac"].list.isEmpty && social["cost_per_lead"].list.isEmpty && social["roas"].isNull)
            let tv = rows.first("channel", "tv")
            #expect(tv["spend"].money == "7.00 EUR" && tv["cac"].list.isEmpty && tv["roas"].double == 0)
        }
    }

    @Test func `spend is spread over its days by largest remainder, and a period has its days`() async throws {
        try await withStore(events) { store async throws in
            var parts: [String] = []
            for day in 0..<4 {
                let rows = try await rows(store) {
                    ($0.from, $0.to) = (instant(Double(day)), instant(Double(day + 1)))
                }
                parts.append(rows.first("channel", "search")["spend"].money)
            }
            #expect(parts == ["33.34 EUR", "33.33 EUR", "33.33 EUR", ""])
            // In Riyadh the days begin three hours earlier.
            let shifted = try await rows(store) {
                $0.zone = "Asia/Riyadh"
                ($0.from, $0.to) = (instant(-0.125), instant(0.875))
            }
            #expect(shifted.first("channel", "search")["spend"].money == "33.34 EUR")
        }
    }

    @Test func `a customer is new in the period of the first purchase alone`() async throws {
        try await withStore(events) { store async throws in
            let rows = try await rows(store) { ($0.from, $0.to) = (instant(5.5), instant(30)) }
            let search = rows.first("channel", "search")
            #expect(search["customers"].double == 0.5)
            // 50 and 30 came in the period, and 50 went back.
            #expect(search["revenue"].money == "30.00 EUR")
        }
    }

    @Test func `what no touchpoint earned is a row of its own, so that rows add up`() async throws {
        let alone = make("o", "order_completed", 1, customer: "customer_id:z", money: "5 EUR")
        try await withStore(events + [alone]) { store async throws in
            let rest = try await rows(store).first("channel", "(unattributed)")
            #expect(rest["customers"].double == 1 && rest["revenue"].money == "5.00 EUR")
            let total = try await rows(store).list.reduce(0.0) { $0 + ($1["customers"].double ?? 0) }
            #expect(total == 3)
        }
    }

    @Test func `a deal that was reopened made no customer`() async throws {
        let deal = [
            make("t", "ad_clicked", 0, customer: "customer_id:d", channel: "fair"),
            make("w", "deal_won", 1, customer: "customer_id:d", deal: "d1", money: "9 EUR"),
            make("r", "deal_reopened", 2, customer: "customer_id:d", deal: "d1"),
        ]
        try await withStore(deal) { store async throws in
            let fair = try await rows(store).first("channel", "fair")
            #expect(fair["customers"].double == 0 && fair["touches"].int == 1)
        }
    }
}
