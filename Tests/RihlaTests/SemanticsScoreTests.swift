// Lead scores: by rules and by a model, with reasons that replay and figures of quality.
import JourneyEvents
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

private let document = """
    scoring:
      fit:
        - {name: large, property: employees, min: 200, points: 40}
        - {name: near, property: country, in: [SA, AE], points: 25}
      engagement:
        - {name: visit, type: page_viewed, points: 10, half_life: 10d, per_day: 2, group: web}
        - {name: ad, type: ad_clicked, property: outcome, is: "yes", points: 8, group: web}
        - {name: demo, type: demo_held, points: 50, step: {percent: 50, every: 30d}}
        - {name: gone, type: email_unsubscribed, points: -30}
      caps: {web: 30, engagement: 70}
      mql: 60
      horizon: 10d

    """

@Suite(.serialized)
struct SemanticsScoreTests {
    private func rules() throws -> RuleSet { try RuleSet(yaml: document, path: "rules") }

    private func score(_ events: [Event], asOf days: Double) async throws -> JSON {
        let bounds = bounds(asOf: instant(days), rules: try rules())
        return try await withStore(events) { try await $0.ask(.explainScore("customer_id:a"), bounds) }
    }

    @Test func `engagement halves with each half-life and counts so many events a day`() async throws {
        let visits = [0.0, 0.1, 0.2].map { make("v\($0)", "page_viewed", $0) }
        // Two of the first day count: 20 points at once, at their times.
        let now = try await score(visits, asOf: 0.2)
        #expect(abs((now["engagement"].double ?? 0) - 20) < 0.3)
        let later = try await score(Array(visits.prefix(1)), asOf: 10)
        #expect(later["engagement"].double == 5)
    }

    @Test func `points fade by steps, groups and the whole have caps, and nothing is below zero`() async throws {
        let demo = make("d", "demo_held", 0)
        #expect(try await score([demo], asOf: 29)["engagement"].double == 50)
        #expect(try await score([demo], asOf: 30)["engagement"].double == 25)
        #expect(try await score([demo], asOf: 60)["engagement"].double == 0)
        let ads = (0..<5).map { make("a\($0)", "ad_clicked", Double($0), ["outcome": "yes"]) }
        #expect(try await score(ads, asOf: 10)["engagement"].double == 30)
        let both = try await score(ads + [make("d", "demo_held", 9)], asOf: 10)
        #expect(both["engagement"].double == 70 && both["grade"].text == "C1")
        #expect(both["mql_at"].list.map(\.text) == [instant(9).rfc3339])
        let gone = try await score([make("u", "email_unsubscribed", 0)], asOf: 1)
        #expect(gone["engagement"].double == 0 && gone["reasons"].list.count == 2)
    }

    @Test func `fit is what was said last, and does not fade`() async throws {
        let said = [
            make("1", "lead_created", 0, ["employees": "500", "country": "SA"]),
            make("2", "form_submitted", 5, ["employees": "20"]),
        ]
        #expect(try await score(said, asOf: 4)["fit"].double == 65)
        #expect(try await score(said, asOf: 400)["fit"].double == 25)
        #expect(try await score(said, asOf: 4)["grade"].text == "A3")
    }

    @Test func `customers come best first, each with grade and reasons, and the customer's record has the score`()
        async throws
    {
        let events = [
            make("1", "demo_held", 0, customer: "customer_id:b"), make("2", "page_viewed", 0),
            make("3", "page_viewed", 0, customer: "customer_id:c"),
        ]
        try await withStore(events) { store async throws in
            var query = ScoreQuery()
            query.top = 2
            let answer = try await store.ask(.scores(query), bounds(rules: try rules()))
            #expect(answer["total"].int == 3)
            let rows = answer["customers"].list
            #expect(rows.map(\.["customer"].text) == ["customer_id:b", "customer_id:a"])
            #expect(rows[0]["reasons"][0]["rule"].text == "demo" && rows[0]["reasons"][0]["points"].double == 50)
            let customer = try await store.ask(.customer("customer_id:b"), bounds(rules: try rules()))
            #expect(customer["score"]["engagement"].double == 50 && customer["score"]["grade"].text == "C2")
            #expect(try await store.ask(.customer("customer_id:b"))["score"].isNull)
        }
    }

    /// Customers who visit five times and mostly buy, and others who visit once and mostly do not, in three periods.
    private func history() -> [Event] {
        var events: [Event] = []
        for number in 0..<90 {
            let (name, start) = ("customer_id:n\(number)", Double(number / 30) * 10)
            let isKeen = number % 3 == 0
            for visit in 0..<(isKeen ? 5 : 1) {
                events.append(make("\(number)-\(visit)", "page_viewed", start + Double(visit), customer: name))
            }
            guard isKeen ? number % 5 != 0 : number % 7 == 0 else { continue }
            events.append(make("\(number)-o", "order_completed", start + 15, customer: name, money: "1 EUR"))
        }
        return events
    }

    @Test func `the model learns from earlier time and is judged on later, the same each time`() async throws {
        let events = history()
        var query = ScoreQuery()
        query.by = "model"
        let question = query
        let rules = try rules()
        let answer = try await withStore(events) { try await $0.ask(.scores(question), bounds(rules: rules)) }
        let quality = answer["quality"]
        let training = quality["training"]
        #expect(training["customers"].int ?? 0 > 20 && quality["customers"].int ?? 0 > 20)
        let isEarlier = (training["at"].text ?? "") < (quality["at"].text ?? "")
        #expect(isEarlier)
        #expect(quality["auc"].double ?? 0 > 0.6 && quality["brier"].double ?? 1 < 0.25)
        #expect(quality["lift"].list.count == 10 && training["weights"].list.count == 8)
        #expect(answer["customers"].list.allSatisfy { (0...1).contains($0["probability"].double ?? 2) })
        let again = try await withStore(events) { try await $0.ask(.scores(question), bounds(rules: rules)) }
        #expect(again == answer)
    }

    @Test func `a score by rules has a rank quality and no probability figures, and none where nobody converts`()
        async throws
    {
        let rules = try rules()
        try await withStore(history()) { store async throws in
            let quality = try await store.ask(.scores(ScoreQuery()), bounds(rules: rules))["quality"]
            #expect(quality["auc"].double ?? 0 > 0.6 && quality["brier"].isNull && quality["log_loss"].isNull)
        }
        try await withStore([make("1", "page_viewed", 0), make("2", "page_viewed", 40)]) { store async throws in
            for by in ["rules", "model"] {
                var query = ScoreQuery()
                query.by = by
                let quality = try await store.ask(.scores(query), bounds(rules: rules))["quality"]
                #expect(quality["auc"].isNull && quality["lift"].list.isEmpty)
            }
        }
    }

    @Test func `promise 15: the events behind a score, replayed alone, give the same score`() async throws {
        var random = SplitMix.fresh()
        let rules = try rules()
        for _ in 0..<2 {
            var events = randomEvents(70, &random)
            for index in events.indices where index % 4 == 0 {
                let employees = String(Int.random(in: 100...300, using: &random))
                events[index].properties.append(.init(key: "employees", json: JSONValue.string(employees).text))
            }
            let all = events
            let end = events.map(\.occurredAt).max() ?? instant(0)
            for name in Set(all.compactMap(\.customer)).sorted() {
                let question = bounds(asOf: end, rules: rules)
                let explain = try await withStore(all) { try await $0.ask(.explainScore(name), question) }
                let behind = Set(explain["reasons"].list.compactMap { $0["event"]["id"].text })
                guard !behind.isEmpty else { continue }
                let ids = behind.union(explain["identity"].list.compactMap { $0["id"].text })
                let alone = all.filter { ids.contains($0.id) }
                let again = try await withStore(alone) { try await $0.ask(.explainScore(name), question) }
                for key in ["fit", "engagement", "grade"] {
                    #expect(again[key] == explain[key], "seed \(random.seed) \(name) \(key)")
                }
                let sum = explain["reasons"].list.reduce(0.0) { $0 + ($1["points"].double ?? 0) }
                let points = (explain["fit"].double ?? 0) + (explain["engagement"].double ?? 0)
                #expect(abs(sum - points) < 1e-9, "seed \(random.seed) \(name)")
            }
        }
    }

    @Test func `promises 9 and 10: scores do not depend on arrival, and ask as of any instant`() async throws {
        var random = SplitMix.fresh()
        let events = randomEvents(80, &random)
        let rules = try rules()
        var model = ScoreQuery()
        model.by = "model"
        let queries: [Query] = [.scores(ScoreQuery()), .scores(model), .explainScore("customer_id:a")]
        let expected = try await withStore(events) { try await $0.answers(queries, bounds(rules: rules)) }
        for arrival in [permuted(events, &random), events + events.prefix(30)] {
            let found = try await withStore(arrival, size: 17) { try await $0.answers(queries, bounds(rules: rules)) }
            #expect(difference(found, expected, queries) == nil, "seed \(random.seed)")
        }
        let time = events[50].occurredAt
        let known = events.filter { $0.occurredAt <= time }
        let then = try await withStore(known) { try await $0.answers(queries, bounds(rules: rules)) }
        let now = try await withStore(events) { try await $0.answers(queries, bounds(asOf: time, rules: rules)) }
        #expect(difference(now, then, queries) == nil, "seed \(random.seed)")
    }
}
