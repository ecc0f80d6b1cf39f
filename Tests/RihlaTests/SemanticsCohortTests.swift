// What cohorts and bottlenecks mean: known answers through the questions, and the edges by hand.
import Foundation
import JourneyEvents
import JourneyLog
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

private func cohorts(_ change: (inout CohortQuery) -> Void = { _ in }) -> Query {
    var query = CohortQuery()
    change(&query)
    return .cohorts(query)
}

private func bottlenecks(_ over: String, _ types: [String] = []) -> Query {
    var query = BottleneckQuery()
    query.over = over
    query.types = types
    return .bottlenecks(query)
}

// One after the other: each store takes address space for its maps, and hundreds at once take all of it.
@Suite(.serialized)
struct SemanticsCohortTests {
    @Test func `cdnow: sizes, retention and revenue of the cohorts are the published ones`() async throws {
        let expected = try JSON(file: "cdnow/expected.json")
        try await withStore([]) { store async throws in
            var options = IngestOptions()
            options.mapping = TestData.path("cdnow/mapping.yaml")
            _ = try await store.ingest([TestData.path("cdnow/cdnow_sample.csv")], options: options)
            let answer = try await store.ask(cohorts())
            #expect(answer["cohorts"].list.count == 3)
            for cohort in answer["cohorts"].list {
                let name = try #require(cohort["cohort"].text)
                #expect(cohort["size"].int == expected["cohorts_by_first_month"][name].int)
                let active = expected["retention_active_customers_by_cohort_and_month"][name].list.map(\.int)
                #expect(cohort["periods"].list.map { $0["active"].int } == active)
                #expect(cohort["periods"].list.allSatisfy { $0["eligible"] == cohort["size"] })
                let revenue = cohort["periods"].list.reduce(Decimal(0)) {
                    $0 + (Decimal(string: $1["revenue"][0]["amount"].text ?? "0") ?? 0)
                }
                #expect(revenue == Decimal(string: expected["revenue_by_cohort_usd"][name].text ?? ""))
            }
            // Who is active in a month is new, returns or comes back in it.
            for change in answer["lifecycle"].list {
                let parts = ["new", "returning", "resurrecting"].compactMap { change[$0].int }.reduce(0, +)
                let month = try #require(change["period"].text)
                let index = try #require(Int(month.suffix(2))) + (month.hasPrefix("1998") ? 12 : 0)
                let active = answer["cohorts"].list.prefix(index).enumerated().reduce(0) { sum, cohort in
                    sum + (cohort.element["periods"][index - 1 - cohort.offset]["active"].int ?? 0)
                }
                #expect(parts == active, "\(month)")
            }
            #expect(answer["lifecycle"].list.count == 18)
        }
    }

    /// Starts of months of 2026 as days since its first.
    private let february = 31.0, march = 59.0, april = 90.0

    private func recurring(_ events: [Event], _ change: @escaping (inout CohortQuery) -> Void = { _ in }) async throws
        -> [JSON]
    {
        var found: [JSON] = []
        try await withStore(events) { store async throws in
            found = try await store.ask(cohorts(change))["recurring"].list
        }
        return found
    }

    @Test func `churn, GRR and NRR are of those who were there at the start of the month`() async throws {
        let events = [
            make("1", "subscription_started", 5, customer: "a", money: "100 EUR"),
            make("2", "subscription_started", 6, customer: "b", money: "50 EUR"),
            make("3", "subscription_started", 7, customer: "c", money: "80 EUR"),
            make("4", "subscription_started", 8, customer: "d", money: "20 EUR"),
            // February: a pays more, b less, c leaves, d stays, e is new.
            make("5", "subscription_changed", february + 1, customer: "a", money: "130 EUR"),
            make("6", "subscription_renewed", february + 2, customer: "b", money: "40.50 EUR"),
            make("7", "subscription_cancelled", february + 3, customer: "c"),
            make("8", "subscription_started", february + 4, customer: "e", money: "500 EUR"),
            make("9", "page_viewed", march + 1, customer: "a"),
        ]
        let months = try await recurring(events)
        #expect(months.map { $0["period"].text } == ["2026-01", "2026-02", "2026-03"])
        #expect(months[0]["customers"].int == 0)
        #expect(months[0]["churn"].isNull)
        #expect(months[0]["revenue"][0]["new"].text == "250.00")
        #expect(months[0]["revenue"][0]["grr"].isNull)
        #expect(months[1]["customers"].int == 4)
        #expect(months[1]["lost"].int == 1)
        #expect(months[1]["churn"].double == 0.25)
        let money = months[1]["revenue"][0]
        let names = ["start", "new", "expansion", "contraction", "churned"]
        #expect(names.map { money[$0].text } == ["250.00", "500.00", "30.00", "9.50", "80.00"])
        #expect(money["grr"].double == 160.5 / 250)
        #expect(money["nrr"].double == 190.5 / 250)
        #expect(months[2]["customers"].int == 4)
        #expect(months[2]["revenue"][0]["start"].text == "690.50")
        #expect(months[2]["revenue"][0]["nrr"].double == 1)
        let later = try await recurring(events) { $0.from = instant(self.march) }
        #expect(later.map { $0["period"].text } == ["2026-03"])
    }

    @Test func `subscriptions of one customer are told apart, and currencies too`() async throws {
        let months = try await recurring([
            make("1", "subscription_started", 1, money: "10 EUR", ["subscription_id": "x"]),
            make("2", "subscription_started", 2, money: "30 USD", ["subscription_id": "y"]),
            // Of two changes in a month the end counts: y is down to 20 dollars. A renewal without an amount keeps it.
            make("3", "subscription_changed", february + 1, money: "70 USD", ["subscription_id": "y"]),
            make("4", "subscription_changed", february + 2, money: "20 USD", ["subscription_id": "y"]),
            make("5", "subscription_renewed", february + 3, ["subscription_id": "x"]),
            // One of two ends: the customer stays. Then all end.
            make("6", "subscription_cancelled", march + 1, ["subscription_id": "x"]),
            make("7", "subscription_cancelled", march + 2, ["subscription_id": "unknown"]),
            make("8", "customer_churned", april + 1),
        ])
        #expect(months.map { $0["lost"].int } == [0, 0, 0, 1])
        #expect(months.map { $0["customers"].int } == [0, 1, 1, 1])
        func values(_ month: Int, _ name: String) -> [String?] { months[month]["revenue"].list.map { $0[name].text } }
        #expect(values(1, "currency") == ["EUR", "USD"])
        #expect(values(1, "contraction") == ["0.00", "10.00"])
        #expect(values(1, "expansion") == ["0.00", "0.00"])
        #expect(values(2, "churned") == ["10.00", "0.00"])
        #expect(values(3, "currency") == ["USD"])
        #expect(values(3, "churned") == ["20.00"])
    }

    @Test func `a subscription that ends and comes back in another month is lost, then new`() async throws {
        let months = try await recurring([
            make("0", "subscription_cancelled", 0.5),
            make("1", "subscription_started", 1, money: "10 EUR"),
            make("2", "subscription_cancelled", february + 1),
            make("3", "subscription_started", march + 1, money: "10 EUR"),
            make("4", "subscription_cancelled", march + 2),
            make("5", "subscription_started", march + 3, money: "10 EUR"),
        ])
        #expect(months.map { $0["lost"].int } == [0, 1, 0])
        #expect(months.map { $0["revenue"][0]["new"].text } == ["10.00", "0.00", "10.00"])
        #expect(try await recurring([make("1", "page_viewed", 1), make("2", "customer_churned", 2)]).isEmpty)
    }

    @Test func `lifetime value is all that a cohort brought over its size`() async throws {
        let events = [
            make("1", "order_completed", 1, customer: "a", money: "100 EUR", ["order_id": "o1"]),
            make("2", "order_refunded", february + 1, customer: "a", money: "0.01 EUR", ["order_id": "o1"]),
            make("3", "page_viewed", 2, customer: "b"),
            make("4", "page_viewed", 3, customer: "c"),
            make("5", "order_completed", march, customer: "d", money: "7 USD"),
        ]
        try await withStore(events) { store async throws in
            let list = try await store.ask(cohorts())["cohorts"].list
            // 99.99 / 3 = 33.33.
            #expect(list.map { $0["ltv"][0]["amount"].text } == ["33.33", "7.00"])
            #expect(list.map { $0["ltv"].list.count } == [1, 1])
        }
    }

    /// The users of the vectors, at noon.
    private func users(_ json: JSON) throws -> [Event] {
        try json["events"].list.enumerated().map { index, entry in
            var event = make("\(index)", entry[2].text ?? "", 0, customer: "customer_id:\(entry[0].int ?? -1)")
            event.occurredAt = try #require(Timestamp(rfc3339: (entry[1].text ?? "") + "T12:00:00Z"))
            return event
        }
    }

    @Test func `weekly and n-day retention equal DuckDB and ClickHouse`() async throws {
        let json = try JSON(file: "vectors/retention.json")
        let end = try #require(Timestamp(rfc3339: "2026-04-14T23:59:59.999Z"))
        try await withStore(try users(json)) { store async throws in
            func ask(_ retention: String) async throws -> JSON {
                try await store.ask(
                    cohorts {
                        ($0.by, $0.retention, $0.event) = ("week", retention, "signup")
                        ($0.activity, $0.periods) = (["login", "purchase"], 9)
                        $0.days = json["n_day"].list.compactMap { $0["k"].int }.map(Int64.init)
                    },
                    bounds(asOf: end)
                )["cohorts"]
            }
            let weeks = try await ask("calendar")
            #expect(weeks.list.map { $0["starts"] } == json["cohort_size"].list.map { $0[0] })
            #expect(weeks.list.map { $0["size"] } == json["cohort_size"].list.map { $0[1] })
            var found: [String: Int] = [:]
            for cohort in weeks.list {
                for cell in cohort["periods"].list where cell["active"].int != 0 {
                    found["\(cohort["starts"]) \(cell["k"])"] = cell["active"].int
                }
            }
            let expected = json["weekly_active"].list.map { ("\($0[0]) \($0[1])", $0[2].int ?? 0) }
            #expect(found == Dictionary(uniqueKeysWithValues: expected))
            for (retention, key) in [("n-day", "exact_day"), ("unbounded", "unbounded"), ("bracket:7", "bracket_7d")] {
                let answer = try await ask(retention)
                for (index, row) in json["n_day"].list.enumerated() {
                    func sum(_ key: String) -> Int {
                        answer.list.reduce(0) { $0 + ($1["periods"][index][key].int ?? 0) }
                    }
                    #expect(sum("active") == row[key].int && sum("eligible") == 40, "\(retention) \(row)")
                }
            }
        }
    }

    @Test func `periods are those of the zone; money goes back when it goes back`() async throws {
        // 2026-02-01 01:00 in Riyadh is still January in UTC.
        let events = [
            make("a", "ad_clicked", 30.92), make("o", "order_completed", 40, money: "100 EUR", ["order_id": "1"]),
            make("r", "order_refunded", 70, money: "30 EUR", ["order_id": "1"]),
        ]
        try await withStore(events) { store async throws in
            let utc = try await store.ask(cohorts())["cohorts"]
            #expect(utc.list.map { $0["cohort"].text } == ["2026-01"])
            #expect(utc[0]["periods"].list.map { $0["revenue"].money } == ["", "100.00 EUR", "-30.00 EUR"])
            let riyadh = try await store.ask(cohorts { $0.zone = "Asia/Riyadh" })["cohorts"]
            #expect(riyadh.list.map { $0["cohort"].text } == ["2026-02"])
            #expect(riyadh[0]["periods"].list.map { $0["revenue"].money } == ["100.00 EUR", "-30.00 EUR"])
            let rules = try RuleSet(yaml: "time_zone: Asia/Riyadh", path: "test")
            let ruled = try await store.ask(cohorts(), bounds(rules: rules))["cohorts"]
            #expect(ruled == riyadh)
            let days = try await store.ask(cohorts { ($0.retention, $0.days) = ("bracket:5", [0, 6, 10, 36, 40]) })
            let cells = days["cohorts"][0]["periods"].list
            #expect(cells.map { $0["revenue"].money } == ["", "100.00 EUR", "100.00 EUR", "-30.00 EUR", "-30.00 EUR"])
            #expect(cells.map { $0["active"].int } == [1, 1, 1, 1, 1])
            let error = await #expect(throws: RihlaError.self) {
                try await store.answer(cohorts { $0.zone = "Asia/Riyad" })
            }
            #expect(error?.code == .usage)
        }
    }

    @Test func `a range selects first events, not first events within it`() async throws {
        let events = [
            make("1", "ad_clicked", 0), make("2", "ad_clicked", 10), make("3", "ad_clicked", 10, customer: "user_id:b"),
        ]
        try await withStore(events) { store async throws in
            let answer = try await store.ask(cohorts { $0.from = instant(5) })
            #expect(answer["cohorts"][0]["size"].int == 1)
            let none = try await store.ask(cohorts(), bounds(asOf: instant(-5)))
            #expect(none["cohorts"].list.isEmpty && none["lifecycle"].list.isEmpty)
            let huge = [make("old", "ad_clicked", -500_000, customer: "user_id:c")]
            try await withStore(events + huge) { store async throws in
                let error = await #expect(throws: RihlaError.self) {
                    try await store.answer(
                        cohorts { ($0.by, $0.activity) = ("day", ["page_viewed"]) },
                        bounds: bounds(asOf: instant(700_000))
                    )
                }
                #expect(error?.hint?.contains("--periods") == true)
                let few = try await store.ask(cohorts { ($0.by, $0.periods) = ("day", 1) })
                #expect(few["cohorts"].list.map { $0["periods"].list.count } == [2, 2, 1])
            }
        }
    }

    @Test func `the graph over types equals pm4py's`() async throws {
        let json = try JSON(file: "vectors/dfg.json")
        var events: [Event] = []
        for entry in json["log"].list {
            for pair in entry["events"].list {
                let name = "\(entry["case"])-\(events.count)"
                let hours = pair[1].double ?? 0
                events.append(make(name, pair[0].text ?? "", hours / 24, customer: "user_id:\(entry["case"])"))
            }
        }
        try await withStore(events) { store async throws in
            let answer = try await store.ask(bottlenecks("types"))
            func key(_ edge: JSON) -> String { "\(edge["from"]) \(edge["to"])" }
            let edges = Dictionary(uniqueKeysWithValues: answer["edges"].list.map { (key($0), $0) })
            #expect(edges.count == json["dfg"].list.count)
            for edge in json["dfg"].list { #expect(edges[key(edge)]?["n"] == edge["count"]) }
            for edge in json["performance_seconds"].list {
                let time = try #require(edges[key(edge)])["time"]
                for (ours, theirs) in [("mean", "mean"), ("p50", "median"), ("min", "min"), ("max", "max")] {
                    #expect(time[ours] == edge[theirs], "\(key(edge)) \(ours)")
                }
            }
            #expect(answer["starts"].counts == json["start_activities"].counts)
            #expect(answer["ends"].counts == json["end_activities"].counts)
            let variants = Set(answer["variants"].list.map { "\($0["path"]) \($0["n"])" })
            #expect(variants == Set(json["variants"].list.map { "\($0["path"]) \($0["count"])" }))
            #expect(answer["cases"].int == 6)
            let some = try await store.ask(bottlenecks("types", ["lead_created", "deal_won"]))
            #expect(some["edges"].list.map(key) == ["lead_created deal_won"])
            let shares = answer["nodes"].list.compactMap { $0["wait_share"].double }
            #expect(abs(shares.reduce(0, +) - 1) < 1e-12 && shares == shares.sorted(by: >))
        }
    }

    @Test func `stages of deals: dwell, stuck, lost, and visits`() async throws {
        var events: [Event] = []
        // Ten deals are in `demo` for 1 to 10 days; the odd ones are lost there, the others move on and are won a day later.
        for number in 1...10 {
            let (deal, days) = ("d\(number)", Double(number))
            events.append(make("c\(number)", "deal_created", 0, deal: deal, ["stage": "demo"]))
            if number % 2 == 1 {
                events.append(make("l\(number)", "deal_lost", days, deal: deal))
            } else {
                events.append(make("s\(number)", "deal_stage_changed", days, deal: deal, ["to": "contract"]))
                events.append(make("w\(number)", "deal_won", days + 1, deal: deal))
            }
        }
        // Open for 20 and for 2 days: one is stuck, since nine of ten take at most 9.1 days.
        events.append(make("x", "deal_created", 0, deal: "x", ["stage": "demo"]))
        events.append(make("y", "deal_created", 18, deal: "y", ["stage": "demo"]))
        events.append(make("z", "page_viewed", 20))
        try await withStore(events) { store async throws in
            let answer = try await store.ask(bottlenecks("deals"))
            #expect(answer["cases"].int == 12)
            let demo = answer["nodes"].first("step", "demo")
            #expect(demo["n"].int == 12 && demo["dwell"]["n"].int == 10)
            #expect(abs((demo["dwell"]["p90"].double ?? 0) - 9.1 * 86_400) < 1e-6)
            #expect(demo["stuck"].int == 1 && demo["dropped"].int == 6)
            #expect(demo["wait_share"].double == 55.0 / 60)
            #expect(
                answer["edges"].list.map { "\($0["from"]) \($0["to"]) \($0["n"])" } == [
                    "contract won 5.0", "demo contract 5.0", "demo lost 5.0",
                ]
            )
            #expect(answer["ends"].counts == ["lost": 5, "won": 5, "demo": 2])
            let before = try await store.ask(bottlenecks("deals"), bounds(asOf: instant(0)))
            #expect(before["nodes"].list.map { $0["dwell"]["p50"] } == [.null])
        }
    }

    @Test func `stages of customers: a skipped stage has no stay, who fell back was lost there`() async throws {
        let events = [
            make("a1", "ad_clicked", 0), make("a2", "form_submitted", 1), make("a3", "order_completed", 4),
            make("b1", "ad_clicked", 0, customer: "user_id:b"),
            make("b2", "deal_created", 2, customer: "user_id:b", deal: "d"),
            make("b3", "deal_lost", 3, customer: "user_id:b", deal: "d"),
        ]
        try await withStore(events) { store async throws in
            let answer = try await store.ask(bottlenecks("stages"))
            let edges = answer["edges"].list.map { "\($0["from"]) \($0["to"]) \($0["time"]["mean"])" }
            #expect(
                Set(edges) == [
                    "awareness interest 86400.0", "interest purchase 259200.0", "awareness decision 172800.0",
                ]
            )
            #expect(answer["nodes"].first("step", "consideration") == .missing)
            #expect(answer["nodes"].first("step", "decision")["dropped"].int == 1)
            #expect(answer["nodes"].first("step", "awareness")["wait_share"].double == 0.5)
            let error = await #expect(throws: RihlaError.self) { try await store.answer(bottlenecks("deal")) }
            #expect(error?.hint == "did you mean \"deals\"?")
        }
    }
}
