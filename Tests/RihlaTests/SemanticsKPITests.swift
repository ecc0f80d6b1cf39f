// Key figures by hand: the cases that docs/semantics/kpis.md speaks of.
import JourneyEvents
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

@Suite(.serialized)
struct SemanticsKPITests {
    private func ask(
        _ events: [Event],
        asOf: Timestamp? = nil,
        _ change: (inout KPIQuery) -> Void = { _ in }
    ) async throws -> JSON {
        var query = KPIQuery()
        change(&query)
        return try await withStore(events) { try await $0.ask(.kpis(query), bounds(asOf: asOf)) }
    }

    /// The last instant of January 2026.
    private let end = Timestamp(milliseconds: instant(31).rawValue - 1)

    @Test func `A store without events has no period and no figures`() async throws {
        let answer = try await ask([])
        #expect(answer["period"].isNull && answer["before"].isNull)
        #expect(answer["marketing"] == .object([:]) && answer["sales"] == .object([:]))
    }

    @Test func `A running period is compared with the same time of the one before, and with its whole`() async throws {
        let events = [
            make("a", "page_viewed", -30), make("b", "page_viewed", -5), make("c", "page_viewed", 1),
            make("d", "page_viewed", 2), make("e", "page_viewed", 3),
        ]
        let visits = try await ask(events)["marketing"]["visits"]
        #expect(visits["value"].int == 3 && visits["before"]["value"].int == 2)
        // Until 4 December 00:00 there was the visit of 2 December alone.
        #expect(visits["before_to_date"]["value"].int == 1 && visits["change"].int == 2)
        let rates = (0..<5).flatMap { number in
            let won = number < 2 ? "deal_won" : "deal_lost"
            let before = number < 3 ? "deal_won" : "deal_lost"
            return [make("n\(number)", won, 1, deal: "n\(number)"), make("b\(number)", before, -9, deal: "b\(number)")]
        }
        // Two fifths after three fifths are a fifth less, not 0.19999999999999996.
        #expect(try await ask(rates, asOf: end)["sales"]["win_rate"]["change"].double == -0.2)
        let complete = try await ask(events, asOf: end)
        #expect(complete["before_to_date"].isNull && complete["period"]["complete"].bool == true)
        #expect(complete["marketing"]["visits"]["change"].int == 1)
    }

    @Test func `A period is one of the zone, and the time to date is that of its clock`() async throws {
        // 31 January 22:00 UTC is 1 February in Riyadh.
        let events = [make("a", "page_viewed", 30.9), make("b", "page_viewed", 0.1)]
        let riyadh = try await ask(events) { $0.zone = "Asia/Riyadh" }
        #expect(riyadh["period"]["name"].text == "2026-02" && riyadh["marketing"]["visits"]["value"].int == 1)
        #expect(riyadh["period"]["from"].text == "2026-01-31T21:00:00.000Z")
        #expect(riyadh["before_to_date"]["until"].text == "2025-12-31T21:36:00.000Z")
        let utc = try await ask(events)
        #expect(utc["period"]["name"].text == "2026-01" && utc["marketing"]["visits"]["value"].int == 2)
        // The night of the change of the clocks: 12:00 by the clock in both weeks.
        let weeks = try await ask([make("c", "page_viewed", 90.0 - 1.0 / 12)]) {
            ($0.zone, $0.period) = ("Europe/Berlin", "week")
        }
        #expect(
            weeks["period"]["name"].text == "2026-W14" && weeks["period"]["until"].text == "2026-03-31T22:00:00.000Z"
        )
        #expect(weeks["before_to_date"]["until"].text == "2026-03-24T23:00:00.000Z")
    }

    @Test func `Nothing over nothing is null, and does not change`() async throws {
        let answer = try await ask([make("a", "lead_created", 1)], asOf: end)
        for (section, name) in [
            ("marketing", "engagement_rate"), ("marketing", "email_open_rate"), ("marketing", "mql_share"),
            ("marketing", "loyalty"), ("sales", "win_rate"), ("sales", "retention"), ("sales", "churn"),
            ("shared", "sla_kept"), ("shared", "deals_from_marketing"),
        ] {
            let figure = answer[section][name]
            #expect(figure["value"].isNull && figure["denominator"].int == 0 && figure["change"].isNull, "\(name)")
        }
        #expect(answer["shared"]["acquisition_cost"]["value"].list.isEmpty)
        #expect(answer["marketing"]["dwell_seconds"]["value"]["p50"].isNull)
    }

    @Test func `An e-mail is opened once, by people, or by a click; machines open nothing`() async throws {
        func mail(_ id: String, _ type: String, _ at: Double, _ mail: String, machine: String? = nil) -> Event {
            var properties = ["email_id": mail]
            properties["machine_open"] = machine
            return make(id, type, at, properties)
        }
        let events = [
            mail("d1", "email_delivered", 1, "m1"), mail("d2", "email_delivered", 1, "m2"),
            mail("d3", "email_delivered", 1, "m3"), mail("d4", "email_delivered", 1, "m4"),
            mail("o1", "email_opened", 2, "m1"), mail("o2", "email_opened", 3, "m1"),
            mail("o3", "email_opened", 2, "m2", machine: "true"), mail("c3", "email_clicked", 2, "m3"),
            // Opened in February: January's figures are those of its end.
            mail("o4", "email_opened", 33, "m4"),
        ]
        let marketing = try await ask(events, asOf: end)["marketing"]
        #expect(
            marketing["email_open_rate"]["value"].double == 0.5 && marketing["email_click_rate"]["value"].double == 0.25
        )
        let february = try await ask(events)["marketing"]["email_open_rate"]
        #expect(february["value"].isNull && february["before"]["value"].double == 0.5)
    }

    @Test func `A deal that was reopened is neither won nor lost, and its stage was not left`() async throws {
        func deal(_ id: String, _ type: String, _ at: Double, _ deal: String, money: String? = nil, _ to: String? = nil)
            -> Event
        {
            make(id, type, at, deal: deal, money: money, to.map { ["to": $0] } ?? [:])
        }
        let events = [
            deal("c1", "deal_created", 1, "d1", money: "100 EUR"),
            deal("s1", "deal_stage_changed", 3, "d1", "presentation"),
            deal("w1", "deal_won", 5, "d1", money: "120 EUR"),
            deal("c2", "deal_created", 1, "d2", money: "50 EUR"), deal("w2", "deal_won", 6, "d2"),
            deal("r2", "deal_reopened", 7, "d2"),
            deal("c3", "deal_created", 2, "d3"), deal("s3", "deal_stage_changed", 3, "d3", "negotiation"),
            deal("b3", "deal_stage_changed", 4, "d3", "presentation"), deal("l3", "deal_lost", 9, "d3"),
        ]
        let sales = try await ask(events, asOf: end)["sales"]
        #expect(sales["deals_won"]["value"].int == 1 && sales["win_rate"]["value"].double == 0.5)
        #expect(sales["average_deal"]["value"].money == "120.00 EUR")
        #expect(sales["time_to_close_seconds"]["value"]["p50"].double == 345_600)
        #expect(sales["revenue"]["gross"].money == "170.00 EUR" && sales["revenue"]["back"].money == "-50.00 EUR")
        func stage(_ name: String) -> String {
            let stage = sales["stages"].first("stage", name)
            return "\(stage["numerator"].int ?? -1)/\(stage["denominator"].int ?? -1)"
        }
        // d1 and d3 went on from prospecting; d2 is back in it. Of presentation one was won and one lost.
        #expect(stage("prospecting") == "2/2" && stage("presentation") == "1/2" && stage("negotiation") == "0/1")
        #expect(sales["stages"].list.count == 3)
    }

    @Test func `Refunds lower the order that they name, and the revenue of their own period`() async throws {
        let events = [
            make("o1", "order_completed", -5, money: "80 EUR", ["order_id": "1"]),
            make("o2", "order_completed", 2, money: "100 EUR", ["order_id": "2"]),
            make("o3", "order_completed", 3, money: "50.01 EUR", ["order_id": "3"]),
            make("r1", "order_refunded", 4, money: "30 EUR", ["order_id": "1"]),
            make("r2", "order_refunded", 5, money: "20 EUR", ["order_id": "2"]),
            make("r3", "order_refunded", 6, money: "7 EUR"),
            make("x", "order_completed", 7, customer: nil, money: "9 JPY"),
        ]
        let sales = try await ask(events, asOf: end)["sales"]
        #expect(sales["average_order_gross"]["value"].money == "75.01 EUR, 9 JPY")
        // (100 - 20 + 50.01) / 2 = 65.005, away from zero.
        #expect(sales["average_order_net"]["value"].money == "65.01 EUR, 9 JPY")
        #expect(sales["revenue"]["value"].money == "93.01 EUR, 9 JPY" && sales["revenue"]["back"].money == "-57.00 EUR")
        #expect(sales["orders"]["value"].int == 3 && sales["orders"]["before"]["value"].int == 1)
        #expect(sales["revenue"]["change"].money == "13.01 EUR, 9 JPY")
    }

    @Test func `What sales touched itself, and direct visits, do not come of marketing`() async throws {
        func customer(_ name: String, _ touch: String, _ at: Double, channel: String?) -> [Event] {
            [
                make(
                    name + "t",
                    touch,
                    at,
                    customer: "customer_id:" + name,
                    channel: channel,
                    ["outcome": "connected"]
                ),
                make(name + "c", "deal_created", 20, customer: "customer_id:" + name, deal: name, money: "10 EUR"),
                make(name + "w", "deal_won", 21, customer: "customer_id:" + name, deal: name),
            ]
        }
        let events =
            customer("a", "ad_clicked", 1, channel: "search") + customer("b", "call_made", 1, channel: nil)
            + customer("c", "page_viewed", 1, channel: nil) + customer("d", "ad_clicked", -11, channel: "search")
            + customer("e", "ad_clicked", -9, channel: "search")
        let shared = try await ask(events, asOf: end)["shared"]
        // Of d's click 31 days had passed, of e's 29 to the deal and 30 to the win: the end of the window is in it.
        #expect(shared["deals_from_marketing"]["numerator"].int == 2 && shared["deals_created"]["value"].int == 5)
        #expect(shared["pipeline_from_marketing"]["value"].money == "20.00 EUR")
        #expect(shared["revenue_from_marketing"]["value"].money == "20.00 EUR")
        #expect(shared["revenue_share_from_marketing"]["value"][0]["share"].double == 0.4)
    }

    @Test func `Who bought before is retained by activity and lost by churning`() async throws {
        func order(_ id: String, _ at: Double, _ who: String) -> Event {
            make(id, "order_completed", at, customer: "customer_id:" + who, money: "1 EUR")
        }
        func event(_ id: String, _ type: String, _ at: Double, _ who: String) -> Event {
            make(id, type, at, customer: "customer_id:" + who)
        }
        let events = [
            order("a1", -20, "a"), order("a2", 3, "a"), order("b1", -20, "b"), event("b2", "customer_churned", 4, "b"),
            order("c1", -50, "c"), event("c2", "page_viewed", 5, "c"), order("d1", -20, "d"),
            event("d2", "customer_churned", -10, "d"), order("e1", 6, "e"), order("e2", 7, "e"),
        ]
        let answer = try await ask(events, asOf: end)
        // Active in December: a, b, d; in January too: a, b.
        let retention = answer["sales"]["retention"]
        #expect(retention["numerator"].int == 2 && retention["denominator"].int == 3)
        // Customers on 1 January: a, b, c (d had churned); lost: b.
        #expect(answer["sales"]["churn"]["numerator"].int == 1 && answer["sales"]["churn"]["denominator"].int == 3)
        // Of the buyers a and e, a had bought before.
        #expect(answer["marketing"]["loyalty"]["value"].double == 0.5)
        #expect(answer["shared"]["new_customers"]["value"].int == 1)
    }

    @Test func `The service level is kept by hand-offs that are decided, of the period that they were made in`()
        async throws
    {
        // 2026-01-05 is a Monday; 9.375 is 09:00.
        func lead(_ name: String, _ at: Double, accepted: Double?, called: Double?) -> [Event] {
            let who = "customer_id:" + name
            return [
                make(name + "h", "lead_handed_off", at, customer: who, ["owner": "amira"]),
                accepted.map { make(name + "a", "lead_accepted", $0, customer: who, ["owner": "amira"]) },
                called.map { make(name + "c", "call_made", $0, customer: who, ["owner": "amira"]) },
            ].compactMap(\.self)
        }
        let nine = 4.375
        let hour = 1.0 / 24
        let events =
            lead("a", nine, accepted: nine + 4 * hour, called: nine + 8 * hour)
            + lead("b", nine, accepted: nine + 5 * hour, called: nine + 6 * hour)
            + lead("c", nine + 25, accepted: nil, called: nil)
            // Friday 16:00 to Monday 11:00: three hours.
            + lead("d", 8 + 16 * hour, accepted: 11 + 11 * hour, called: nil)
        let shared = try await ask(events, asOf: instant(nine + 25 + hour))["shared"]
        #expect(shared["sla_accept_kept"]["numerator"].int == 2 && shared["sla_accept_kept"]["denominator"].int == 3)
        #expect(shared["sla_contact_kept"]["numerator"].int == 2 && shared["sla_contact_kept"]["denominator"].int == 3)
        #expect(shared["sla_kept"]["numerator"].int == 1 && shared["sla_kept"]["denominator"].int == 3)
        #expect(shared["sla_open"]["value"].int == 1)
    }

    @Test func `Segments go by the last value, add up without nobody, and have no spend`() async throws {
        let events = [
            make("a1", "trial_started", 1, ["plan": "free"]), make("a2", "account_created", 2, ["plan": "team"]),
            make("b1", "page_viewed", 2, customer: "customer_id:b"),
            make("o1", "order_completed", 3, money: "10 EUR"),
            make("o2", "order_completed", 3, customer: "customer_id:b", money: "5 EUR"),
            make("o3", "order_completed", 3, customer: nil, money: "1 EUR"),
            make("s", "spend_recorded", 4, customer: nil, channel: "search", money: "7 EUR"),
        ]
        let answer = try await ask(events, asOf: end) { $0.segment = "property:plan" }
        #expect(answer["segments"].list.compactMap(\.["segment"].text) == ["(none)", "team"])
        let team = answer["segments"].first("segment", "team")
        #expect(team["sales"]["revenue"]["value"].money == "10.00 EUR" && team["customers"].int == 1)
        #expect(team["shared"]["spend"]["value"].isNull && team["shared"]["acquisition_cost"]["value"].isNull)
        #expect(answer["sales"]["revenue"]["value"].money == "16.00 EUR")
        #expect(answer["shared"]["acquisition_cost"]["value"].money == "3.50 EUR")
    }

    @Test func `The example of the page is what the store says`() async throws {
        func of(_ who: String, _ id: String, _ type: String, _ at: Double, money: String? = nil, channel: String? = nil)
            -> Event
        {
            make(id, type, at, customer: "customer_id:" + who, channel: channel, money: money, ["order_id": "a"])
        }
        let minute = 1.0 / 1_440
        let events = [
            of("a", "a0", "order_completed", -10, money: "1 EUR"),
            of("b", "b0", "order_completed", -10, money: "1 EUR"),
            of("a", "a1", "page_viewed", 1.375), of("a", "a2", "page_viewed", 1.375 + 10 * minute),
            of("a", "a3", "order_completed", 2, money: "100 EUR"), of("a", "a4", "order_refunded", 8, money: "20 EUR"),
            of("c", "c1", "ad_clicked", 4 + 600 * minute, channel: "search"),
            of("c", "c2", "order_completed", 5, money: "50 EUR"),
            make(
                "s",
                "spend_recorded",
                30,
                customer: nil,
                channel: "search",
                money: "30 EUR",
                ["from": "2026-01-01", "to": "2026-01-31"]
            ),
        ]
        let answer = try await ask(events, asOf: end)
        let (marketing, sales, shared) = (answer["marketing"], answer["sales"], answer["shared"])
        #expect(marketing["visits"]["value"].int == 2 && marketing["visitors"]["value"].int == 2)
        #expect(marketing["new_audience"]["value"].int == 1 && marketing["engagement_rate"]["value"].double == 0.5)
        #expect(marketing["dwell_seconds"]["value"]["mean"].double == 600)
        #expect(marketing["loyalty"]["value"].double == 0.5 && sales["retention"]["value"].double == 0.5)
        #expect(sales["average_order_gross"]["value"].money == "75.00 EUR")
        #expect(sales["average_order_net"]["value"].money == "65.00 EUR")
        #expect(sales["revenue"]["value"].money == "130.00 EUR")
        #expect(shared["revenue_from_marketing"]["value"].money == "50.00 EUR")
        let share = shared["revenue_share_from_marketing"]["value"][0]["share"].double ?? 0
        #expect((share * 10_000).rounded() == 3_846)
        #expect(shared["new_customers"]["value"].int == 1)
        #expect(shared["acquisition_cost"]["value"].money == "30.00 EUR")
        let early = try await ask(events, asOf: instant(6))
        #expect(early["sales"]["revenue"]["value"].money == "150.00 EUR")
        #expect(early["before_to_date"]["until"].text == "2025-12-07T00:00:00.000Z")
    }

    @Test(arguments: ["channel", "property:", "plan"])
    func `Customers are split by a property alone`(segment: String) async throws {
        let error = await #expect(throws: RihlaError.self) { try await ask([]) { $0.segment = segment } }
        #expect(error?.code == .usage && error?.hint?.contains("property:NAME") == true)
    }

    @Test func `Periods are weeks, months and quarters, two of them at least`() async throws {
        let day = await #expect(throws: RihlaError.self) { try await ask([]) { $0.period = "day" } }
        let one = await #expect(throws: RihlaError.self) { try await ask([]) { $0.periods = 1 } }
        #expect(day?.code == .usage && one?.code == .usage)
    }
}
