// What customers, stages, timelines and explanations mean, to the edges.
import Foundation
import JourneyEvents
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

private func keys(_ answer: Answer) -> [String] { answer.payload.map(\.key) }

/// The stage now and at its peak.
private func stage(_ events: [Event], _ rules: RuleSet? = nil) async throws -> String {
    try await withStore(events) { store async throws in
        let answer = try await store.ask(.customer("a"), bounds(rules: rules))
        return "\(answer["stage_now"].text ?? "-") \(answer["stage_peak"].text ?? "-")"
    }
}

// One after the other: each store takes address space for its maps, and hundreds at once take all of it.
@Suite(.serialized)
struct SemanticsCustomerTests {
    @Test func `A customer's answer has the keys and figures of the contract`() async throws {
        let events = [
            make("t", "ad_clicked", 0, channel: "search", campaign: "spring"),
            make("l", "lead_accepted", 0.5, ["owner": "amira"]), make("e", "email_clicked", 1),
            make("d", "deal_created", 1.5, deal: "z-1"),
            make("o", "order_completed", 2, deal: "a-2", money: "12.5 EUR"),
        ]
        try await withStore(events) { store async throws in
            let answer = try await store.answer(.customer("a"))
            #expect(
                keys(answer) == [
                    "customer", "identifiers", "stage_now", "stage_peak", "stage_since", "dormant_since",
                    "first_event_at", "last_event_at", "events", "touches", "first_touch", "last_touch", "deals",
                    "conversions", "revenue", "flags", "owner", "score",
                ]
            )
            let json = try JSON(answer)
            #expect(json["schema"].text == "rihla.customer/1")
            #expect(json["customer"].text == "customer_id:a")
            #expect(json["stage_now"].text == "purchase")
            #expect(json["stage_since"].text == "2026-01-03T00:00:00.000Z")
            #expect(json["dormant_since"].isNull)
            #expect(json["events"].int == 5 && json["touches"].int == 2 && json["conversions"].int == 1)
            #expect(json["first_touch"]["channel"].text == "search" && json["first_touch"]["campaign"].text == "spring")
            #expect(json["last_touch"]["channel"].text == "email" && json["last_touch"]["campaign"].isNull)
            #expect(json["deals"].list.map(\.text) == ["a-2", "z-1"])
            #expect(json["revenue"].money == "12.50 EUR")
            #expect(json["owner"].text == "amira")
        }
    }

    @Test func `A lost deal, a disqualified lead and a churned customer fall back; the peak stays`() async throws {
        let deal = [make("c", "deal_created", 0, deal: "d")]
        #expect(try await stage(deal) == "decision decision")
        #expect(try await stage(deal + [make("l", "deal_lost", 1, deal: "d")]) == "interest decision")
        let two = deal + [make("c2", "deal_stage_changed", 0.5, deal: "e", ["to": "x"])]
        #expect(try await stage(two + [make("l", "deal_lost", 1, deal: "d")]) == "decision decision")
        #expect(try await stage(deal + [make("q", "lead_disqualified", 1)]) == "awareness decision")
        #expect(try await stage(deal + [make("q", "subscription_cancelled", 1)]) == "interest decision")
        #expect(
            try await stage(deal + [make("q", "stage_set", 1, ["stage": "consideration"])]) == "consideration decision"
        )
    }

    @Test func `The higher stage of one instant wins, in any order of arrival`() async throws {
        let up = make("c", "deal_created", 1, deal: "d")
        let down = make("q", "lead_disqualified", 1)
        #expect(try await stage([up, down]) == "decision decision")
        #expect(try await stage([down, up]) == "decision decision")
    }

    @Test func `A second purchase, a renewal or a score of nine is loyalty`() async throws {
        let first = make("o1", "order_completed", 1)
        #expect(try await stage([first, make("o2", "order_completed", 2)]) == "loyalty loyalty")
        #expect(try await stage([first, make("n", "nps_answered", 2, ["score": "9"])]) == "loyalty loyalty")
        #expect(try await stage([first, make("n", "nps_answered", 2, ["score": "8"])]) == "purchase purchase")
        #expect(try await stage([first, make("n", "subscription_renewed", 2)]) == "loyalty loyalty")
        let reopened = [
            make("w", "deal_won", 1, deal: "d"), make("x", "deal_reopened", 2, deal: "d"),
            make("w2", "deal_won", 3, deal: "d"),
        ]
        #expect(try await stage(reopened) == "purchase purchase")
    }

    @Test func `Won before the first contact does not move the stage back`() async throws {
        let events = [
            make("w", "deal_won", 1, deal: "d", money: "5 EUR"), make("l", "lead_created", 3),
            make("c", "deal_created", 3, deal: "d"),
        ]
        #expect(try await stage(events) == "purchase purchase")
        try await withStore(events) { store async throws in
            let deal = try await store.ask(.deal("d"))
            #expect(deal["state"].text == "won")
            #expect(deal["age_seconds"].double == -172_800)
        }
    }

    @Test func `A refund of a deal and its reopening leave nothing, not less`() async throws {
        let events = [
            make("w", "deal_won", 1, deal: "d", money: "10 EUR"),
            make("r", "order_refunded", 2, money: "3 EUR", cause: "w"),
            make("x", "deal_reopened", 3, deal: "d"), make("r2", "order_refunded", 4, money: "1 EUR", cause: "w"),
        ]
        try await withStore(events) { store async throws in
            #expect(try await store.ask(.customer("a"))["revenue"].money == "-1.00 EUR")
            let report = try await store.ask(.attribution(AttributionQuery()))
            #expect(report["value"].money == "-1.00 EUR")
            #expect(report["conversions"].int == 0)
        }
    }

    @Test func `Customers come by name, in pages, by stage`() async throws {
        let events = ["c", "a", "b", "d"].map {
            make($0, $0 == "d" ? "deal_created" : "ad_clicked", 1, customer: "user_id:" + $0)
        }
        try await withStore(events) { store async throws in
            let first = try await store.ask(.customers(stage: nil, after: nil, limit: 2))
            #expect(first["total"].int == 4)
            #expect(first["customers"].list.map { $0["customer"].text } == ["user_id:a", "user_id:b"])
            let rest = try await store.ask(.customers(stage: nil, after: first["next"].text, limit: 2))
            #expect(rest["customers"].list.map { $0["customer"].text } == ["user_id:c", "user_id:d"])
            #expect(rest["next"].isNull)
            let decision = try await store.ask(.customers(stage: "decision", after: nil, limit: nil))
            #expect(decision["total"].int == 1)
            await #expect(throws: RihlaError.self) {
                try await store.answer(.customers(stage: "decisio", after: nil, limit: nil))
            }
        }
    }

    @Test func `Before everything answers are empty, and a named one is not found`() async throws {
        let events = [
            make("c", "deal_created", 1, deal: "d", account: "acme"), make("o", "order_completed", 2, money: "1 EUR"),
        ]
        let queries: [Query] = [
            .customers(stage: nil, after: nil, limit: nil), .stages, .funnel(FunnelQuery()),
            .attribution(AttributionQuery()), .deals(limit: nil),
        ]
        let named: [Query] = [
            .customer("a"), .deal("d"), .explainStage("a"), .explainCredit(conversion: "o", model: "last"),
            .timeline(.customer("a"), from: nil, to: nil, limit: nil),
            .timeline(.deal("d"), from: nil, to: nil, limit: nil),
            .timeline(.account("acme"), from: nil, to: nil, limit: nil),
        ]
        try await withStore(events) { store async throws in
            var steps = FunnelQuery()
            steps.steps = ["deal_created", "order_completed"]
            for limits in [bounds(asOf: instant(0)), bounds(asAt: 0)] {
                for query in queries + [.funnel(steps)] {
                    let answer = try await store.answer(query, bounds: limits)
                    #expect(answer.json.contains("\"warnings\":[]"))
                    #expect(!answer.json.contains("customer_id:a"))
                }
                for query in named {
                    let error = await #expect(throws: RihlaError.self) { try await store.answer(query, bounds: limits) }
                    #expect(error?.code == .notFound)
                }
                let funnel = try await store.ask(.funnel(steps), limits)
                #expect(funnel["groups"][0]["entered"].int == 0)
                #expect(funnel["groups"][0]["steps"][1]["step_rate"].isNull)
            }
            for query in named { #expect(try await store.answer(query).position == Position(2)) }
            let error = await #expect(throws: RihlaError.self) { try await store.answer(.customer("nobody")) }
            #expect(error?.code == .notFound)
        }
    }

    @Test func `Dormant since ninety days after the last event, when that has come`() async throws {
        let events = [make("a", "ad_clicked", 0), make("b", "ad_clicked", 90, customer: "customer_id:b")]
        try await withStore(events) { store async throws in
            #expect(try await store.ask(.customer("a"))["dormant_since"].text == "2026-04-01T00:00:00.000Z")
            #expect(try await store.ask(.customer("b"))["dormant_since"].isNull)
            #expect(try await store.ask(.customer("a"), bounds(asOf: instant(89.9)))["dormant_since"].isNull)
            #expect(try await store.ask(.customer("b"), bounds(asOf: instant(200)))["dormant_since"].text != nil)
        }
    }

    @Test func `The lifecycle counts skipped stages as passed and times only those that were entered`() async throws {
        let events = [
            make("a1", "ad_clicked", 0), make("a2", "form_submitted", 1), make("a3", "order_completed", 4),
            make("b1", "ad_clicked", 0, customer: "customer_id:b"),
            make("b2", "email_sent", 0, customer: "customer_id:c"),
            make("s", "spend_recorded", 0, customer: nil, money: "10 EUR"),
        ]
        try await withStore(events) { store async throws in
            let group = try await store.ask(.funnel(FunnelQuery()))["groups"][0]
            #expect(group["entered"].int == 2)
            #expect(group["steps"].list.map { $0["reached"].int } == [2, 1, 1, 1, 1, 0])
            #expect(group["steps"][1]["from_previous"]["mean"].double == 86_400)
            #expect(group["steps"][2]["from_previous"]["n"].int == 0)
            #expect(group["steps"][4]["from_previous"]["n"].int == 0)
            #expect(group["steps"][4]["from_first"]["p50"].double == 345_600)
            #expect(group["steps"][5]["step_rate"].double == 0)
            let stages = try await store.ask(.stages)
            #expect(stages["customers"].int == 3)
            #expect(stages["stages"].first("stage", "purchase")["now"].int == 1)
        }
    }

    @Test func `A timeline of a deal derives from the whole journey of its customer`() async throws {
        let events = [
            make("t", "ad_clicked", 0, channel: "search"), make("c", "deal_created", 1, deal: "d", account: "acme"),
            make("n", "deal_stage_changed", 2, customer: nil, deal: "d", ["to": "closing"]),
            make("o", "order_completed", 3), make("w", "deal_won", 4, deal: "d"),
        ]
        try await withStore(events) { store async throws in
            let deal = try await store.ask(.timeline(.deal("d"), from: nil, to: nil, limit: nil))
            #expect(deal["deal"]["deal"].text == "d")
            #expect(deal["events"].list.map { $0["id"].text } == ["c", "n", "w"])
            #expect(deal["events"].list.map { $0["derived"]["stage"].text } == ["decision", nil, "loyalty"])
            #expect(deal["events"][2]["derived"]["conversion"].text == "deal_won")
            let account = try await store.ask(.timeline(.account("acme"), from: nil, to: nil, limit: nil))
            #expect(account["events"].list.map { $0["id"].text } == ["c"])
            let part = try await store.ask(.timeline(.customer("a"), from: instant(1), to: instant(4), limit: 1))
            #expect(part["customer"]["customer"].text == "customer_id:a")
            #expect(part["events"].list.map { $0["id"].text } == ["c"])
            #expect(part["events"][0]["derived"]["session"].isNull)
        }
    }

    @Test func `Conversions of a stage of the user's own rules`() async throws {
        let rules = try RuleSet(
            yaml: """
                extends: none
                stages: [known, active]
                types: {seen: {stage: known}, used: {stage: active, touch: true}}
                conversions: [{name: used, type: used}]
                """,
            path: "test"
        )
        #expect(try await stage([make("s", "seen", 0), make("u", "used", 1)], rules) == "active active")
    }
}
