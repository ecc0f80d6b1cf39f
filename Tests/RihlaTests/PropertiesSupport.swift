// Random journeys with everything that makes them hard, every question there is, and answers without their positions.
import Foundation
import JourneyEvents
import JourneyLog
import JourneyRules
import JourneyViews
import Rihla
import TestSupport

/// Random events: a few customers and deals, ties, refunds in parts, reopenings, sessions, several currencies, events of
/// nobody and of unknown types, links of identifiers, some taken back, and a device that changes hands. They come in order of time; who permutes them keeps those of one instant in order.
func randomEvents(_ count: Int, _ random: inout SplitMix) -> [Event] {
    var at = 0.0
    var orders: [(id: String, customer: String?, currency: String)] = []
    return (0..<count).map { index in
        // A third happen at the instant of the one before, some days later, some minutes.
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 1: break
        case 2: at += Double.random(in: 0...9, using: &random)
        default: at += Double(Int.random(in: 1...45, using: &random)) / 1_440
        }
        func pick<T>(_ values: [T]) -> T { values[Int.random(in: 0..<values.count, using: &random)] }
        let id = "e\(index)"
        let customer: String? = pick([
            "customer_id:a", "customer_id:a", "email:b@b.example", "user_id:c", "device:t", nil,
        ])
        let deal = pick(["d1", "d2", "d3", "d4"])
        let currency = pick(["EUR", "JPY", "KWD"])
        let money = pick(["1", "100", "99.99", "0.001", "33.3333", "7.5"]) + " " + currency
        switch Int.random(in: 0..<18, using: &random) {
        case 0, 1:
            return make(
                id,
                "ad_clicked",
                at,
                customer: customer,
                channel: pick(["search", "social"]),
                campaign: pick(["x", nil])
            )
        case 2, 3:
            return make(
                id,
                pick(["page_viewed", "page_viewed", "product_added"]),
                at,
                customer: customer,
                [
                    "url": pick([
                        "https://a.example/", "https://a.example/?utm_source=google&utm_medium=cpc",
                        "https://a.example/?utm_campaign=y", "https://a.example/?utm_source=mail&utm_campaign=x",
                    ])
                ]
            )
        case 4: return make(id, "email_clicked", at, customer: customer)
        case 5: return make(id, "call_made", at, customer: customer, ["outcome": pick(["connected", "voicemail"])])
        case 6, 7:
            orders.append((id, customer, currency))
            var properties = ["order_id": id]
            if let rate = pick(["1.0842", "0.00617", "3", nil, "much"]) { properties["fx_rate"] = rate }
            return make(id, "order_completed", at, customer: customer, money: money, properties)
        case 8:
            let order = orders.isEmpty ? ("none", customer, currency) : pick(orders)
            let part = pick(["0.01", "1", "-3.3333", "50"]) + " " + order.2
            return make(id, "order_refunded", at, customer: order.1, money: part, ["order_id": order.0])
        case 9:
            return make(
                id,
                "deal_created",
                at,
                customer: customer,
                deal: deal,
                account: "acme",
                money: money,
                [
                    "stage": pick(["prospecting", "intro"]), "owner": pick(["amira", "omar"]),
                    "close_date": pick(["2026-01-09", "2026-02-01", "soon"]), "product": pick(["a", "b"]),
                ]
            )
        case 10:
            return make(
                id,
                "deal_stage_changed",
                at,
                customer: customer,
                deal: deal,
                ["to": pick(["negotiation", "closing", "legal"])]
            )
        case 11: return make(id, "deal_won", at, customer: customer, deal: deal, money: pick([money, nil]))
        case 12:
            return make(
                id,
                pick(["deal_lost", "deal_reopened", "deal_reopened", "deal_close_date_changed", "deal_owner_changed"]),
                at,
                customer: customer,
                deal: deal,
                ["value": pick(["2026-01-20", "2026-03-05"]), "owner": pick(["lena", "omar"]), "reason": "budget"]
            )
        case 13:
            return make(
                id,
                pick(["lead_disqualified", "nps_answered", "customer_churned", "objection_raised"]),
                at,
                customer: customer,
                deal: deal,
                ["score": "9", "objection_id": "o"]
            )
        case 14:
            let names = ["customer_id:a", "email:b@b.example", "user_id:c", "user_id:e", "device:t", "phone:+1"]
            var properties = ["b": pick(names)]
            if Bool.random(using: &random) { properties["a"] = pick(names) }
            return make(
                id,
                pick(["identity_linked", "identity_linked", "identity_linked", "identity_unlinked", "identity_blocked"]
                ),
                at,
                customer: pick(names),
                properties
            )
        case 15:
            return make(
                id,
                pick(["lead_handed_off", "lead_handed_off", "lead_accepted", "lead_rejected", "sales_email_sent"]),
                at,
                customer: customer,
                pick([["owner": "amira"], ["owner": "jonas"], [:]])
            )
        case 16:
            return make(
                id,
                pick(["follow_up_planned", "follow_up_planned", "follow_up_done"]),
                at,
                customer: customer,
                deal: pick([deal, nil]),
                pick([
                    ["follow_up_id": "f", "due_at": "2026-01-20"],
                    ["follow_up_id": "g", "due_at": "2026-01-10T09:00:00Z", "note": "call"], ["follow_up_id": "f"],
                ])
            )
        default:
            return make(
                id,
                pick(["spend_recorded", "brand_new_type", "lead_created"]),
                at,
                customer: customer,
                money: money
            )
        }
    }
}

/// Another order of arrival in which the events of one instant keep theirs.
func permuted(_ events: [Event], _ random: inout SplitMix) -> [Event] {
    var instants: [[Event]] = []
    for event in events.sorted(by: { $0.occurredAt < $1.occurredAt }) {
        if instants.last?.first?.occurredAt == event.occurredAt {
            instants[instants.count - 1].append(event)
        } else {
            instants.append([event])
        }
    }
    // Runs of events are drawn from the instants at random, each instant's own from front to back.
    var order = instants.indices.flatMap { Array(repeating: $0, count: instants[$0].count) }
    order.shuffle(using: &random)
    var next = Array(repeating: 0, count: instants.count)
    return order.map { instant in
        defer { next[instant] += 1 }
        return instants[instant][next[instant]]
    }
}

/// Every question about the customers, deals and conversions of some events.
func everyQuery(_ events: [Event]) -> [Query] {
    var queries: [Query] = [.customers(stage: nil, after: nil, limit: nil), .stages, .deals(limit: nil)]
    var attribution = AttributionQuery()
    attribution.models = ModelName.allCases.map(\.rawValue)
    for by in ["channel", "campaign", "type", "source-medium"] {
        attribution.by = by
        queries.append(.attribution(attribution))
    }
    queries.append(.paths(attribution, limit: nil))
    attribution.transforms = ["exposure", "remove_if_last_and_not_all(direct)"]
    attribution.currency = "EUR"
    attribution.order = 2
    queries.append(.attribution(attribution))
    attribution.countsPendingAsNull = true
    attribution.path = "reset"
    attribution.direct = "keep"
    attribution.lookbackMilliseconds = 0
    attribution.from = instant(5)
    attribution.to = instant(20)
    queries += [.attribution(attribution), .paths(attribution, limit: 3)]
    var funnel = FunnelQuery()
    queries.append(.funnel(funnel))
    funnel.by = "channel"
    queries.append(.funnel(funnel))
    funnel.steps = ["ad_clicked", "page_viewed", "order_completed"]
    queries.append(.funnel(funnel))
    funnel.mode = "strict-time"
    funnel.by = nil
    funnel.windowMilliseconds = 3 * day
    queries.append(.funnel(funnel))
    let funnels = everyFunnel()
    queries += funnels.map { .funnel($0) }
    queries += everyCohort() + everySale() + everyLearning()
    for over in ["stages", "deals", "types"] {
        var bottlenecks = BottleneckQuery()
        bottlenecks.over = over
        queries.append(.bottlenecks(bottlenecks))
    }
    for (turn, name) in Set(events.compactMap(\.customer)).sorted().enumerated() {
        queries.append(.explainFunnel(name, funnels[turn % funnels.count]))
    }
    var channels = ChannelQuery()
    channels.model = "linear"
    queries.append(.channels(channels))
    (channels.from, channels.to) = (instant(3), instant(30))
    queries.append(.channels(channels))
    (channels.model, channels.margin, channels.identity) = ("shapley", 0.4, .asOfEvent)
    queries.append(.channels(channels))
    (channels.model, channels.order, channels.from) = ("markov", 2, nil)
    queries.append(.channels(channels))
    queries += everyKnown()
    var report = ReportQuery()
    queries.append(.report(report))
    (report.period, report.zone, report.models) = ("month", "Asia/Riyadh", ["linear", "markov"])
    queries.append(.report(report))
    var kpis = KPIQuery()
    queries.append(.kpis(kpis))
    (kpis.period, kpis.periods, kpis.zone) = ("week", 3, "America/New_York")
    queries.append(.kpis(kpis))
    (kpis.period, kpis.periods, kpis.segment) = ("quarter", 2, "property:owner")
    queries.append(.kpis(kpis))
    var budget = BudgetQuery(total: "1000")
    (budget.currency, budget.period) = ("JPY", "week")
    queries.append(.budget(budget))
    var diff = DiffQuery()
    diff.rules = try? RuleSet(yaml: "attribution: {lookback: 1d}", path: "rules")
    queries.append(.diff(diff))
    var scores = ScoreQuery()
    queries.append(.scores(scores))
    scores.by = "model"
    queries.append(.scores(scores))
    var sla = SLAQuery()
    queries += [.sla(sla), .followUps(FollowUpQuery())]
    (sla.state, sla.from, sla.to) = ("breached", instant(2), instant(30))
    queries.append(.sla(sla))
    for event in events.prefix(3) { queries.append(.trace(event.id)) }
    queries.append(.identity(nil, limit: nil))
    for name in Set(events.compactMap(\.customer)).union(["user_id:e", "phone:+1"]).sorted() {
        queries += [.explainScore(name), .brief(name, zone: nil)]
        queries += [
            .identity(name, limit: nil), .customer(name), .timeline(.customer(name), from: nil, to: nil, limit: nil),
            .explainStage(name),
        ]
    }
    for deal in Set(events.compactMap(\.deal)).sorted() {
        queries += [.deal(deal), .explainDeal(deal), .timeline(.deal(deal), from: nil, to: nil, limit: nil)]
    }
    let models = ["time-decay", "full-path", "markov", "shapley"]
    for (index, event) in events.filter({ ["order_completed", "deal_won"].contains($0.type) }).enumerated() {
        queries.append(.explainCredit(conversion: event.id, model: models[index % models.count]))
        let then = models[(index + 1) % models.count]
        queries.append(.explainCredit(conversion: event.id, model: then, identity: .asOfEvent))
    }
    return queries
}

/// Reports of paths and credits by the links of each event's own time.
func everyKnown() -> [Query] {
    var attribution = AttributionQuery()
    attribution.models = ModelName.allCases.map(\.rawValue)
    attribution.identity = .asOfEvent
    var queries: [Query] = [.attribution(attribution), .paths(attribution, limit: nil)]
    attribution.path = "reset"
    attribution.by = "source-medium"
    attribution.to = instant(20)
    queries.append(.attribution(attribution))
    var diff = DiffQuery()
    (diff.rules, diff.identity) = (try? RuleSet(yaml: "attribution: {lookback: 1d}", path: "rules"), .asOfEvent)
    queries.append(.diff(diff))
    diff.model = "markov"
    return queries + [.diff(diff)]
}

/// Funnels of every mode, with conditions, exclusions, steps that may be left out, breakdowns, and lists of people.
func everyFunnel() -> [FunnelQuery] {
    func funnel(_ steps: String, _ change: (inout FunnelQuery) -> Void) -> FunnelQuery {
        var funnel = FunnelQuery()
        funnel.steps = FunnelQuery.list(steps)
        funnel.windowMilliseconds = 4 * day
        change(&funnel)
        return funnel
    }
    let steps = "ad_clicked,page_viewed,order_completed"
    return [
        funnel(steps) { ($0.mode, $0.by, $0.attribution) = ("any-order", "campaign", "last_touch") },
        funnel(steps) { $0.mode = "strict" },
        funnel("ad_clicked[channel=search],page_viewed?,order_completed") {
            $0.exclude = ["call_made[outcome=connected]"]
        },
        funnel(steps) { ($0.by, $0.attribution) = ("channel", "all_events") },
        funnel(steps) { ($0.by, $0.attribution, $0.exclude) = ("property:url", "step_2", ["email_clicked:2"]) },
        funnel(steps) { ($0.list, $0.by) = ("2:converted", "channel") },
        funnel(steps) { ($0.list, $0.from, $0.to) = ("order_completed:dropped", instant(2), instant(15)) },
    ]
}

/// Cohorts by month and by week, by calendar and by days.
func everyCohort() -> [Query] {
    var cohorts = CohortQuery()
    var queries = [Query.cohorts(cohorts)]
    (cohorts.by, cohorts.zone, cohorts.event) = ("week", "America/New_York", "ad_clicked")
    queries.append(.cohorts(cohorts))
    cohorts.activity = ["order_completed", "page_viewed"]
    cohorts.retention = "bracket:3"
    return queries + [.cohorts(cohorts)]
}

/// Pipelines by every cut, forecasts by every period, and deals that are open.
func everySale() -> [Query] {
    var queries: [Query] = []
    var pipeline = PipelineQuery()
    for by in [nil, "owner", "channel", "campaign", "account", "product", "property:reason"] {
        pipeline.by = by
        queries.append(.pipeline(pipeline))
    }
    (pipeline.date, pipeline.from, pipeline.to, pipeline.calibrated) = ("created", instant(2), instant(20), true)
    queries.append(.pipeline(pipeline))
    var forecast = ForecastQuery()
    (forecast.past, forecast.listsDeals) = (1, true)
    for period in ["week", "month", "quarter"] {
        forecast.period = period
        queries.append(.forecast(forecast))
    }
    var deals = DealsQuery()
    (deals.state, deals.owner) = ("open", "amira")
    queries.append(.deals(deals))
    return queries
}

/// An answer without what tells where and when events arrived.
func withoutPositions(_ json: String) -> String {
    var text = json
    let positions = /"(position|conversion|as_at|next)":\d+,?/
    let times = /"recorded_at":"[^"]*",?/
    text.replace(positions, with: "")
    text.replace(times, with: "")
    text.replace(/"as_(at|of)":(null|"[^"]*"),/, with: "")
    return text
}

extension JourneyStore {
    /// What the store says to each question; an error is its code.
    func answers(_ queries: [Query], _ bounds: QueryBounds = QueryBounds(), strip: Bool = true) async throws -> [String]
    {
        var answers: [String] = []
        for query in queries {
            do {
                let json = try await answer(query, bounds: bounds).json
                answers.append(strip ? withoutPositions(json) : json)
            } catch let error as RihlaError where error.code == .notFound {
                answers.append("not found")
            }
        }
        return answers
    }
}

/// The first question that two stores answer in two ways; nil when there is none.
func difference(_ a: [String], _ b: [String], _ queries: [Query]) -> String? {
    guard a.count == b.count else { return "\(a.count) answers and \(b.count)" }
    for index in a.indices where a[index] != b[index] {
        return "\(queries[index])\n\(a[index])\n\(b[index])"
    }
    return nil
}
