// What the stage tables, win rates and paces of pipelines mean, and that they add up for every cut.
import Foundation
import JourneyEvents
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

func pipelineQuery(_ change: (inout PipelineQuery) -> Void = { _ in }) -> Query {
    var query = PipelineQuery()
    change(&query)
    return .pipeline(query)
}

extension JSON {
    /// A stage of a stage table as numbers: entered, advanced, moved back, won, lost, open.
    fileprivate var fates: [Int?] { ["entered", "advanced", "moved_back", "won", "lost", "open"].map { self[$0].int } }
}

/// Random deals with everything that makes stage tables hard: stages of no rule, ways back, reopenings, anomalies, deals that
/// nothing is known of, several pipelines and owners, and customers with touchpoints before and after.
private func randomDeals(_ count: Int, _ random: inout SplitMix) -> [Event] {
    var events: [Event] = []
    func pick<T>(_ values: [T]) -> T { values[Int.random(in: 0..<values.count, using: &random)] }
    for index in 0..<count {
        let customer: String? = pick(["customer_id:a", "email:b@b.example", "user_id:c", nil])
        let start = Double.random(in: 0...60, using: &random)
        let deal = "d\(index)"
        let money: String? = pick(["1000 EUR", "99.99 EUR", "70000 JPY", "0.001 KWD", nil])
        let pipeline = pick(["default", "partner", "own"])
        let stages = ["prospecting", "negotiation", "closing", "intro", "legal", "one", "two"]
        func add(_ type: String, _ day: Double, _ properties: [String: String] = [:], money: String? = nil) {
            let id = "\(deal)-\(events.count)"
            events.append(
                make(
                    id,
                    type,
                    start + day,
                    customer: customer,
                    deal: deal,
                    account: pick(["x", nil]),
                    money: money,
                    properties
                )
            )
        }
        if Bool.random(using: &random) {
            let touch = make(
                "t\(index)",
                "ad_clicked",
                start + pick([-3, 0, 2]),
                customer: customer,
                channel: pick(["search", "social"]),
                campaign: pick(["spring", nil])
            )
            events.append(touch)
        }
        if Int.random(in: 0..<8, using: &random) > 0 {
            add(
                "deal_created",
                0,
                [
                    "pipeline": pipeline, "stage": pick(stages), "owner": pick(["amira", "omar"]),
                    "product": pick(["p", "q"]),
                ],
                money: money
            )
        }
        for step in 0..<Int.random(in: 0...6, using: &random) {
            let day = Double(step + 1) * 2
            switch Int.random(in: 0..<8, using: &random) {
            case 0: add("deal_won", day, money: pick([money, nil]))
            case 1: add("deal_lost", day, ["region": "north"])
            case 2: add("deal_reopened", day)
            case 3: add("deal_owner_changed", day, ["owner": "lena"])
            case 4: add("deal_amount_changed", day, money: "5.5 EUR")
            default: add("deal_stage_changed", day, ["to": pick(stages), "region": pick(["south", "east"])])
            }
        }
    }
    return events
}

private let cuts = [nil, "owner", "channel", "campaign", "account", "product", "property:region", "property:nothing"]

@Suite(.serialized)
struct SemanticsPipelineTests {
    @Test func `Stage tables add up exactly for every cut of any deals`() async throws {
        var random = SplitMix.fresh()
        let events = permutedDeals(randomDeals(90, &random), &random)
        let rules = bounds(
            rules: try RuleSet(yaml: "pipelines: {own: {stages: [one, {name: two, probability: 0.3}]}}", path: "test")
        )
        try await withStore(events) { store async throws in
            let deals = try await store.ask(.deals(limit: nil), rules)
            let states = deals["by_state"].counts
            for by in cuts {
                let answer = try await store.ask(pipelineQuery { $0.by = by }, rules)
                var totals = ["open": 0, "won": 0, "lost": 0]
                var entered: [String: [String: Int]] = [:]
                var amounts: [String: Set<String>] = [:]
                for group in answer["pipelines"].list {
                    var sums = ["open": 0, "won": 0, "lost": 0]
                    for stage in group["stages"].list {
                        let fates = stage.fates.compactMap { $0 }
                        #expect(
                            fates.count == 6 && fates[0] == fates[1...].reduce(0, +),
                            "seed \(random.seed) \(stage)"
                        )
                        for key in sums.keys { sums[key, default: 0] += stage[key].int ?? 0 }
                        entered[group["pipeline"].text ?? "", default: [:]][stage["stage"].text ?? "", default: 0] +=
                            fates[0]
                        for part in stage["amount"].list {
                            amounts[part["currency"].text ?? "", default: []].insert("\(part)")
                        }
                    }
                    for (key, sum) in sums {
                        #expect(group[key].int == sum, "seed \(random.seed) \(by ?? "all") \(key)")
                        totals[key, default: 0] += sum
                    }
                    #expect(group["deals"].int == sums.values.reduce(0, +))
                }
                #expect(totals == states, "seed \(random.seed) \(by ?? "all")")
                // Groups add up to the whole, stage by stage.
                let whole = try await store.ask(pipelineQuery(), rules)
                for group in whole["pipelines"].list {
                    for stage in group["stages"].list {
                        let sum = entered[group["pipeline"].text ?? ""]?[stage["stage"].text ?? ""]
                        #expect(sum ?? 0 == stage["entered"].int, "seed \(random.seed) \(by ?? "all")")
                    }
                }
            }
        }
    }

    /// Arrival in any order that keeps the events of one instant in theirs.
    private func permutedDeals(_ events: [Event], _ random: inout SplitMix) -> [Event] { permuted(events, &random) }

    /// The worked example of the documentation.
    static let example: [Event] = [
        make("t1", "ad_clicked", 0, channel: "search", campaign: "spring"),
        make("a1", "deal_created", 1, deal: "a", money: "1000 EUR", ["stage": "prospecting", "owner": "amira"]),
        make("a2", "deal_stage_changed", 5, deal: "a", ["to": "presentation"]),
        make("a3", "deal_stage_changed", 7, deal: "a", ["to": "negotiation"]),
        make("a4", "deal_won", 11, deal: "a"),
        make("b1", "deal_created", 2, customer: "customer_id:b", deal: "b", money: "600 EUR", ["owner": "omar"]),
        make("b2", "deal_stage_changed", 4, customer: "customer_id:b", deal: "b", ["to": "presentation"]),
        make("b3", "deal_stage_changed", 6, customer: "customer_id:b", deal: "b", ["to": "prospecting"]),
        make("b4", "deal_lost", 12, customer: "customer_id:b", deal: "b"),
        make("c1", "deal_created", 3, customer: nil, deal: "c", money: "500 EUR", ["owner": "amira"]),
        make("c2", "deal_stage_changed", 4, customer: nil, deal: "c", ["to": "presentation"]),
        make("d1", "deal_created", 10, deal: "d", money: "300 EUR", ["owner": "omar", "close_date": "2026-01-25"]),
        make("z", "spend_recorded", 20, customer: nil),
    ]

    @Test func `The example of the documentation has the figures of the documentation`() async throws {
        try await withStore(SemanticsPipelineTests.example) { store async throws in
            let answer = try await store.ask(pipelineQuery())
            let all = answer["pipelines"][0]
            #expect(answer["pipelines"].list.count == 1 && all["group"].text == "all" && all["deals"].int == 4)
            let names = [
                "prospecting", "first_contact", "presentation", "objection_handling", "negotiation", "closing",
            ]
            #expect(all["stages"].list.map { $0["stage"].text } == names)
            #expect(all["stages"].list.map { $0["skipped"].int } == [0, 3, 0, 1, 0, 0])
            #expect(all["stages"][0].fates == [4, 2, 0, 0, 1, 1])
            #expect(all["stages"][2].fates == [3, 1, 1, 0, 0, 1])
            #expect(all["stages"][4].fates == [1, 0, 0, 1, 0, 0])
            // Left prospecting: a and c, which came further, and b, which came further before it went back.
            #expect(all["stages"].list.map { $0["rate"].double } == [1, 1, 0.5, 1, 1, nil])
            #expect(all["stages"][0]["dwell"]["n"].int == 4 && all["stages"][0]["dwell"]["mean"].double == 280_800)
            #expect(
                all["stages"][2]["amount"].money == "500.00 EUR" && all["stages"][2]["weighted"].money == "200.00 EUR"
            )
            #expect(all["stages"][0]["weighted"].money == "30.00 EUR")
            // c is in presentation for 16 days, the others were for 2; d is in prospecting for 10, p90 is 5.4.
            #expect(all["stages"].list.map { $0["stuck"].int } == [1, 0, 1, 0, 0, 0])
            #expect(all["won"].int == 1 && all["lost"].int == 1 && all["win_rate"].double == 0.5)
            #expect(all["won_amount"].money == "1000.00 EUR" && all["lost_amount"].money == "600.00 EUR")
            #expect(all["cycle"]["n"].int == 1 && all["cycle"]["p50"].double == 864_000)
            let euro = all["currencies"][0]
            #expect(euro["win_rate_amount"].double == 0.625 && euro["mean_cycle_days"].double == 10)
            #expect(all["velocity_per_day"].money == "100.00 EUR" && euro["mean_won"].money == "1000.00 EUR")
        }
    }

    @Test func `Groups are the owner now, the first touchpoint not after the deal, and the last value of a property`()
        async throws
    {
        let events =
            SemanticsPipelineTests.example + [
                make("o", "deal_owner_changed", 15, customer: nil, deal: "c", ["owner": "lena"]),
                make("late", "ad_clicked", 14, customer: "customer_id:b", channel: "social"),
                make("p1", "deal_stage_changed", 16, deal: "d", ["to": "presentation", "product": "x"]),
                make("p2", "proposal_sent", 15, deal: "d", ["product": "y", "seats": "{\"n\":1}"]),
            ]
        try await withStore(events) { store async throws in
            func groups(_ by: String) async throws -> [String: Int] {
                let groups = try await store.ask(pipelineQuery { $0.by = by })["pipelines"].list
                return Dictionary(uniqueKeysWithValues: groups.map { ($0["group"].text ?? "", $0["deals"].int ?? -1) })
            }
            #expect(try await groups("owner") == ["amira": 1, "omar": 2, "lena": 1])
            // The customer of b was first touched after the deal was there, c is nobody's.
            #expect(try await groups("channel") == ["search": 2, "(unattributed)": 2])
            #expect(try await groups("campaign") == ["spring": 2, "(unattributed)": 2])
            #expect(try await groups("product") == ["x": 1, "(none)": 3])
            #expect(try await groups("property:seats") == ["{\"n\":1}": 1, "(none)": 3])
            #expect(try await groups("account") == ["(none)": 4])
            for by in ["chanel", "property:", "region"] {
                let error = await #expect(throws: RihlaError.self) {
                    try await store.answer(pipelineQuery { $0.by = by })
                }
                #expect(error?.code == .usage)
            }
        }
    }

    @Test func `A range is about closing dates, or about creation with what is still open`() async throws {
        try await withStore(SemanticsPipelineTests.example) { store async throws in
            func counts(_ change: (inout PipelineQuery) -> Void) async throws -> [Int?] {
                let all = try await store.ask(pipelineQuery(change))["pipelines"][0]
                return [all["open"].int, all["won"].int, all["lost"].int]
            }
            #expect(try await counts { ($0.from, $0.to) = (instant(11), instant(12)) } == [2, 1, 0])
            #expect(try await counts { ($0.from, $0.to) = (instant(12), nil) } == [2, 0, 1])
            #expect(
                try await counts { ($0.date, $0.from, $0.to) = ("created", instant(1), instant(3)) } == [0, 1, 1]
            )
            #expect(try await counts { ($0.date, $0.from) = ("created", instant(3)) } == [2, 0, 0])
        }
    }

    @Test func `Won, reopened and lost is lost, and its cycle of an earlier win is gone`() async throws {
        let events = [
            make("c", "deal_created", 0, deal: "d", money: "100 EUR", ["stage": "closing"]),
            make("w", "deal_won", 5, deal: "d"), make("r", "deal_reopened", 8, deal: "d", ["stage": "negotiation"]),
            make("l", "deal_lost", 9, deal: "d", ["reason": "budget"]),
        ]
        try await withStore(events) { store async throws in
            let all = try await store.ask(pipelineQuery())["pipelines"][0]
            #expect(all["stages"].first("stage", "closing").fates == [1, 0, 1, 0, 0, 0])
            #expect(all["stages"].first("stage", "negotiation").fates == [1, 0, 0, 0, 1, 0])
            #expect(all["cycle"]["n"].int == 0 && all["velocity_per_day"].list.isEmpty)
            let early = try await store.ask(pipelineQuery(), bounds(asOf: instant(6)))["pipelines"][0]
            #expect(early["stages"].first("stage", "closing").fates == [1, 0, 0, 1, 0, 0])
            #expect(early["cycle"]["mean"].double == 432_000)
            let deal = try await store.ask(.deal("d"))
            #expect(deal["states"].list.map { $0["state"].text } == ["won", "open", "lost"])
            #expect(deal["reason"].text == "budget")
        }
    }

    @Test func `Stages of a kind close deals, and the event that says so too is no anomaly`() async throws {
        let rules = bounds(
            rules: try RuleSet(
                yaml: """
                    pipelines:
                      crm:
                        stages:
                          - {name: demo, probability: 0.5}
                          - {name: closed_won, kind: won}
                          - {name: closed_lost, kind: lost}
                    """,
                path: "test"
            )
        )
        var events: [Event] = []
        for deal in ["stage", "event", "both", "again", "wrong"] {
            events.append(make("c-\(deal)", "deal_created", 0, deal: deal, money: "10 EUR", ["pipeline": "crm"]))
        }
        let won = ["to": "closed_won"]
        events += [
            make("s1", "deal_stage_changed", 1, deal: "stage", won), make("e1", "deal_won", 1, deal: "event"),
            make("e2", "deal_stage_changed", 1, deal: "event", won),
            make("b1", "deal_stage_changed", 1, deal: "both", won),
            make("b2", "deal_won", 2, deal: "both", money: "12 EUR", ["reason": "fit"]),
            make("b3", "deal_won", 3, deal: "both"),
            make("a1", "deal_stage_changed", 1, deal: "again", ["to": "closed_lost"]),
            make("a2", "deal_reopened", 2, deal: "again"),
            make("w1", "deal_stage_changed", 1, deal: "wrong", ["to": "closed_lost"]),
            make("w2", "deal_won", 2, deal: "wrong"),
        ]
        try await withStore(events) { store async throws in
            for (id, state, stage, anomalies) in [
                ("stage", "won", "closed_won", 0), ("event", "won", "closed_won", 0), ("both", "won", "closed_won", 1),
                ("again", "open", "demo", 0), ("wrong", "lost", "closed_lost", 1),
            ] {
                let deal = try await store.ask(.deal(id), rules)
                #expect(deal["state"].text == state && deal["stage"].text == stage, "\(id)")
                #expect(deal["anomalies"].list.count == anomalies, "\(id)")
            }
            let both = try await store.ask(.deal("both"), rules)
            #expect(both["amount"].text == "12.00" && both["reason"].text == "fit")
            #expect(both["closed_at"].text == instant(1).rfc3339)
            let table = try await store.ask(pipelineQuery(), rules)["pipelines"][0]
            #expect(table["stages"].list.map { $0["stage"].text } == ["demo"])
            #expect(table["stages"][0].fates == [5, 0, 0, 3, 1, 1])
            #expect(try await store.ask(.deals(DealsQuery()), rules)["by_state"]["won"].int == 3)
        }
    }

    @Test func `An empty store says what to ingest`() async throws {
        try await withStore([make("a", "page_viewed", 0)]) { store async throws in
            for query in [pipelineQuery(), .forecast(ForecastQuery()), .deals(limit: nil)] {
                let answer = try await store.answer(query)
                #expect(answer.notes.first?.hasPrefix("no deals yet: ingest") == true)
                #expect(answer.warnings.isEmpty)
            }
            // Before the first event there is no now either, and at the ends of time there are fewer periods.
            var forecast = ForecastQuery()
            forecast.past = 2
            let nothing = try await store.ask(.forecast(forecast), bounds(asAt: 0))
            #expect(nothing["periods"].list.isEmpty && nothing["overdue"]["deals"].int == 0)
            let last = try await store.ask(
                .forecast(forecast),
                bounds(asOf: Timestamp(rfc3339: "9999-12-30T00:00:00Z"))
            )
            #expect(last["periods"].list.map { $0["period"].text } == ["9999-10", "9999-11", "9999-12"])
            let first = try await store.ask(
                .forecast(forecast),
                bounds(asOf: Timestamp(rfc3339: "0000-01-05T00:00:00Z"))
            )
            #expect(first["periods"].list.map { $0["period"].text } == ["0000-01", "0000-02", "0000-03"])
            let error = await #expect(throws: RihlaError.self) {
                try await store.answer(pipelineQuery { $0.pipeline = "defualt" })
            }
            #expect(error?.hint == "did you mean \"default\"?")
        }
    }
}
