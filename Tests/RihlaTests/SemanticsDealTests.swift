// What deals and funnels of steps mean, to the edges.
import Foundation
import JourneyEvents
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

private func funnel(_ steps: [String], _ change: (inout FunnelQuery) -> Void = { _ in }) -> Query {
    var query = FunnelQuery()
    query.steps = steps
    change(&query)
    return .funnel(query)
}

// One after the other: each store takes address space for its maps, and hundreds at once take all of it.
@Suite(.serialized)
struct SemanticsDealTests {
    @Test func `A deal's answer has the keys and figures of the contract`() async throws {
        let events = [
            make("t1", "ad_clicked", 0, channel: "search", campaign: "spring"), make("t2", "demo_held", 0.5),
            make(
                "c",
                "deal_created",
                1,
                deal: "d",
                account: "acme",
                money: "100 EUR",
                ["owner": "amira", "close_date": "2026-01-05", "stage": "prospecting"]
            ),
            make("s1", "deal_stage_changed", 2, deal: "d", ["to": "negotiation"]),
            make("s1b", "deal_stage_changed", 2.5, deal: "d", ["to": "negotiation"]),
            make("m", "deal_amount_changed", 3, deal: "d", money: "90.5 EUR"),
            make("o", "objection_raised", 3, deal: "d", ["objection_id": "o1", "category": "price"]),
            make("o2", "objection_raised", 3.1, deal: "d", ["objection_id": "o2", "category": "timing"]),
            make("r", "objection_resolved", 3.5, deal: "d", ["objection_id": "o1", "outcome": "overcome"]),
            make("k", "deal_close_date_changed", 4, deal: "d", ["value": "2026-02-01"]),
            make("w", "deal_won", 5, deal: "d", ["reason": "fit"]), make("w2", "deal_won", 6, deal: "d"),
        ]
        try await withStore(events) { store async throws in
            let answer = try await store.answer(.deal("d"))
            #expect(
                answer.payload.map(\.key) == [
                    "deal", "customer", "account", "pipeline", "stage", "state", "amount", "currency", "created_at",
                    "closed_at", "expected_close", "owner", "age_seconds", "overdue", "stuck", "reason", "stages",
                    "amounts", "close_dates", "objections", "credits", "anomalies", "states", "owners", "time_in_stage",
                    "slips", "stuck_limit", "history",
                ]
            )
            let json = try JSON(answer)
            #expect(json["customer"].text == "customer_id:a" && json["account"].text == "acme")
            #expect(json["amount"].text == "90.50" && json["currency"].text == "EUR")
            #expect(json["age_seconds"].double == 345_600)
            #expect(json["overdue"].bool == false && json["stuck"].bool == false)
            #expect(json["stages"].list.map { $0["seconds"].double } == [86_400, 3 * 86_400])
            #expect(json["amounts"].list.map(\.money) == ["100.00 EUR", "90.50 EUR"])
            #expect(json["close_dates"].list.map { $0["expected_close"].text } == ["2026-01-05", "2026-02-01"])
            #expect(json["objections"].list.map { $0["outcome"].text } == ["overcome", "unresolved"])
            #expect(json["credits"].list.map { $0["credit"].money } == ["45.25 EUR", "45.25 EUR"])
            #expect(json["credits"].list.map { $0["channel"].text } == ["search", "demo"])
            #expect(json["anomalies"].list.map { $0["what"].text } == ["deal_won on a deal that is won"])
            let list = try await store.answer(.deals(limit: nil))
            #expect(try JSON(list)["deals"][0]["account"].text == "acme")
            #expect(list.columns.map(\.name) == Array(answer.payload.map(\.key).prefix(15)))
        }
    }

    @Test func `An open deal past its date is overdue, and stuck after nine tenths of the others`() async throws {
        var events: [Event] = []
        for index in 1...10 {
            let deal = "d\(index)"
            events.append(make("c\(index)", "deal_created", 0, deal: deal, ["stage": "closing"]))
            events.append(make("l\(index)", "deal_lost", Double(index), deal: deal))
        }
        events.append(make("c", "deal_created", 1, deal: "open", ["stage": "closing", "close_date": "2026-01-10"]))
        try await withStore(events) { store async throws in
            // 9.1 days is the ninth tenth of 1…10.
            for (days, overdue, stuck) in [(9.9, false, false), (10.05, true, false), (10.2, true, true)] {
                let deals = try await store.ask(.deals(limit: nil), bounds(asOf: instant(days)))
                let row = deals["deals"].first("deal", "open")
                #expect(row["overdue"].bool == overdue, "\(days)")
                if days > 10 { #expect(row["stuck"].bool == stuck, "\(days)") }
                let one = try await store.ask(.deal("open"), bounds(asOf: instant(days)))
                #expect(one["stuck"].bool == row["stuck"].bool)
            }
            #expect(try await store.ask(.deals(limit: 1))["by_state"]["lost"].int == 10)
            #expect(try await store.ask(.deals(limit: 1))["deals"].list.map { $0["deal"].text } == ["open"])
        }
    }

    @Test func `Deals without customer or date count in the states`() async throws {
        let events = [
            make("w", "deal_won", 1, customer: nil, deal: "n", money: "5 EUR"),
            make("m", "deal_amount_changed", 1, deal: "undated", money: "5 EUR"),
        ]
        try await withStore(events) { store async throws in
            let deals = try await store.ask(.deals(limit: nil))
            #expect(deals["by_state"]["won"].int == 1 && deals["by_state"]["open"].int == 1)
            #expect(deals["deals"][0]["customer"].isNull && deals["deals"][0]["created_at"].isNull)
            #expect(deals["deals"][0]["age_seconds"].isNull)
        }
    }

    @Test func `Steps of distinct events within the window, re-entered at will`() async throws {
        let events = [
            make("a1", "ad_clicked", 0, channel: "search"), make("a2", "form_submitted", 40),
            make("a3", "ad_clicked", 41, channel: "social"), make("a4", "form_submitted", 71),
            make("b1", "ad_clicked", 0, customer: "customer_id:b", channel: "search"),
            make("c1", "form_submitted", 0, customer: "customer_id:c"),
            make("d1", "ad_clicked", 70, customer: "customer_id:d", channel: "search"),
        ]
        try await withStore(events) { store async throws in
            let all = try await store.ask(funnel(["ad_clicked", "form_submitted"]))
            #expect(all["mode"].text == "ordered" && all["window_seconds"].double == 2_592_000)
            let group = all["groups"][0]
            #expect(group["group"].text == "all" && group["entered"].int == 3 && group["in_progress"].int == 1)
            #expect(group["excluded"].int == 0)
            #expect(group["steps"].list.map { $0["reached"].int } == [3, 1])
            #expect(group["steps"][0]["from_previous"].isNull)
            #expect(group["steps"][1]["from_first"]["mean"].double == 2_592_000)
            let by = try await store.ask(funnel(["ad_clicked", "form_submitted"]) { $0.by = "channel" })
            #expect(by["groups"].list.map { $0["group"].text } == ["search", "social"])
            #expect(by["groups"][1]["steps"][1]["reached"].int == 1)
            let entries = try await store.ask(
                funnel(["ad_clicked", "form_submitted"]) { ($0.from, $0.to) = (instant(41), instant(42)) }
            )
            #expect(entries["groups"][0]["steps"].list.map { $0["reached"].int } == [1, 1])
        }
    }

    @Test func `One event is one step, and strict time wants later instants`() async throws {
        let events = [make("a", "ad_clicked", 1), make("b", "form_submitted", 1)]
        try await withStore(events) { store async throws in
            func reached(_ steps: [String], _ mode: String) async throws -> [Int?] {
                let answer = try await store.ask(funnel(steps) { $0.mode = mode })
                return answer["groups"][0]["steps"].list.map { $0["reached"].int }
            }
            #expect(try await reached(["ad_clicked", "ad_clicked"], "ordered") == [1, 0])
            #expect(try await reached(["form_submitted", "ad_clicked"], "ordered") == [1, 1])
            #expect(try await reached(["form_submitted", "ad_clicked"], "strict-time") == [1, 0])
        }
    }

    @Test func `A window is over when its last instant has come`() async throws {
        let events = [make("a", "ad_clicked", 0), make("b", "spend_recorded", 30, customer: nil)]
        try await withStore(events) { store async throws in
            let steps = funnel(["ad_clicked", "form_submitted"])
            #expect(try await store.ask(steps)["groups"][0]["in_progress"].int == 0)
            #expect(try await store.ask(steps, bounds(asOf: instant(29.99)))["groups"][0]["in_progress"].int == 1)
        }
    }

    @Test func `A breakdown takes the derived channel of the first step, and none for what is no touchpoint`()
        async throws
    {
        let events = [
            make("p", "page_viewed", 0, ["url": "https://a.example/?utm_source=google&utm_medium=cpc"]),
            make("b", "lead_created", 0), make("c", "form_submitted", 1),
        ]
        try await withStore(events) { store async throws in
            let views = try await store.ask(funnel(["page_viewed", "form_submitted"]) { $0.by = "channel" })
            #expect(views["groups"].list.map { $0["group"].text } == ["paid_search"])
            let leads = try await store.ask(funnel(["lead_created", "form_submitted"]) { $0.by = "channel" })
            #expect(leads["groups"].list.map { $0["group"].text } == ["(none)"])
            let campaigns = try await store.ask(funnel(["page_viewed"]) { $0.by = "campaign" })
            #expect(campaigns["groups"].list.map { $0["group"].text } == ["(none)"])
        }
    }

    @Test func `Steps go by alias; unknown types are refused with the nearest`() async throws {
        let rules = try RuleSet(yaml: "aliases: {order: order_completed}", path: "test")
        let events = [make("a", "order_completed", 0), make("b", "order", 1), make("c", "odd_type", 2)]
        try await withStore(events) { store async throws in
            for steps in [["order", "order"], ["order_completed", "order"]] {
                let answer = try await store.ask(funnel(steps), bounds(rules: rules))
                #expect(answer["groups"][0]["steps"].list.map { $0["reached"].int } == [1, 1])
                #expect(answer["groups"][0]["steps"].list.map { $0["name"].text } == steps)
            }
            #expect(try await store.ask(funnel(["odd_type"]))["groups"][0]["entered"].int == 1)
            let error = await #expect(throws: RihlaError.self) { try await store.answer(funnel(["ad_click"])) }
            #expect(error?.hint == "did you mean \"ad_clicked\"?")
            let mode = await #expect(throws: RihlaError.self) {
                try await store.answer(funnel(["ad_clicked"]) { $0.mode = "orderd" })
            }
            #expect(mode?.hint == "did you mean \"ordered\"?")
        }
    }
}
