// Answers questions: from stored views when they speak of now, from a fold into memory when they have bounds. Both give the
// same rows, so the answers below do not know which it was.
internal import JourneyEvents
public import JourneyLog
public import JourneyProjections
public import JourneyRules

/// Answers queries over one store.
public struct QueryRunner: Sendable {
    let engine: ProjectionEngine
    /// The rules of the store over time.
    public let history: RulesHistory
    let latest = LatestInstant()

    /// A runner over the views of a log.
    public init(engine: ProjectionEngine, history: RulesHistory) {
        self.engine = engine
        self.history = history
    }

    /// The read models of a store with these rules.
    public static func projections(_ rules: RuleSet) -> [any Projection] {
        [CustomerProjection(rules), DealProjection(rules), AttributionProjection(rules)]
    }

    /// The names of the properties that folds ask for again and again, few and short: what changes a stage or a deal, and names
    /// an owner or an order. The index keeps them beside the events.
    public static let keptProperties: Set<String> = [
        "category", "close_date", "objection_id", "order_id", "outcome", "owner", "pipeline", "reason", "score",
        "stage",
        "to", "value",
    ]

    /// The views that a query reads; they must have caught up before ``answer(_:bounds:)``.
    public static func views(of query: Query) -> [String] {
        switch query {
        case .timeline, .identity, .trace, .scores, .explainScore, .sla, .followUps: []
        case .diff: ["customers", "attribution"]
        case .customer, .customers, .stages, .explainStage: ["customers"]
        case .funnel(let funnel): funnel.steps.isEmpty ? ["customers"] : []
        case .attribution, .paths, .channels, .explainCredit, .cohorts: ["attribution"]
        case .explainFunnel: []
        case .kpis: ["customers", "deals", "attribution"]
        case .budget: ["attribution"]
        case .bottlenecks(let bottlenecks): bottlenecks.views
        case .deals, .forecast, .explainDeal, .objections, .feedback: ["deals"]
        case .conversions: ["attribution"]
        case .pipeline(let pipeline): pipeline.views
        case .report: ["customers", "deals", "attribution"]
        case .deal: ["deals", "attribution"]
        case .brief: ["customers", "deals"]
        }
    }

    /// Answers a query on a moment of the log.
    public func answer(_ query: Query, bounds: QueryBounds, at moment: LogSnapshot) throws -> Answer {
        let frame = try QueryFrame(self, bounds, at: moment)
        var answer: Answer
        /// What the question sees of what had happened by an earlier instant.
        func bounded(_ asOf: Int64) throws -> QueryFrame {
            var other = bounds
            other.asOf = Timestamp(milliseconds: asOf)
            return try QueryFrame(self, other, at: moment, parked: frame.parked)
        }
        switch query {
        case .timeline(let subject, let from, let to, let limit):
            answer = try frame.timeline(subject, from: from, to: to, limit: limit)
        case .identity(let name, let limit): answer = try frame.identity(of: name, limit: limit)
        case .customer(let name): answer = try frame.customer(name)
        case .customers(let stage, let after, let limit):
            answer = try frame.customers(stage: stage, after: after, limit: limit)
        case .stages: answer = try frame.stages()
        case .funnel(let funnel): answer = try frame.funnel(funnel)
        case .attribution(let attribution): answer = try frame.attribution(attribution)
        case .paths(let paths, let limit): answer = try frame.paths(paths, limit: limit)
        case .deals(let deals): answer = try frame.deals(deals)
        case .deal(let id, let zone): answer = try frame.deal(id, zone: zone)
        case .pipeline(let pipeline): answer = try frame.pipeline(pipeline)
        case .forecast(let forecast): answer = try frame.forecast(forecast)
        case .cohorts(let cohorts): answer = try frame.cohorts(cohorts)
        case .bottlenecks(let bottlenecks): answer = try frame.bottlenecks(bottlenecks)
        case .explainFunnel(let name, let funnel): answer = try frame.explainFunnel(name, funnel)
        case .diff(let diff):
            var other = bounds
            if let rules = diff.rules { other.rules = rules } else { other.asAt = diff.from }
            let side = try QueryFrame(self, other, at: moment, parked: frame.parked)
            answer =
                try diff.rules == nil
                ? QueryFrame.diff(side, frame, diff) : QueryFrame.diff(frame, side, diff)
        case .report(let report):
            let periods = try ReportPeriods(report, frame)
            // What the report of the period before said, of what is known now.
            let earlier = try periods.map { try bounded($0.now.lowerBound - 1) }
            answer = try frame.report(report, periods, before: earlier, at: bounded)
        case .trace(let event): answer = try frame.trace(event)
        case .channels(let channels): answer = try frame.channels(channels)
        case .objections(let objections): answer = try frame.objections(objections)
        case .feedback(let feedback): answer = try frame.feedback(feedback)
        case .conversions(let conversions):
            guard conversions.after <= frame.through else {
                throw RihlaError(
                    .usage,
                    "there is no position \(conversions.after.rawValue) yet: the last one is \(frame.through.rawValue)",
                    hint: "take the `next` of an earlier export of this store"
                )
            }
            // The same rules on both sides: a change of rules is nothing that an advertiser is told.
            var other = bounds
            (other.asAt, other.rules) = (.position(conversions.after), frame.rules)
            let before =
                conversions.after > .start
                ? try QueryFrame(self, other, at: moment, parked: frame.parked) : nil
            answer = try frame.conversions(conversions, before: before)
        case .kpis(let kpis):
            answer = try frame.kpis(kpis, at: bounded)
        case .budget(let budget): answer = try frame.budget(budget)
        case .scores(let scores): answer = try frame.scores(scores)
        case .sla(let sla): answer = try frame.sla(sla)
        case .followUps(let followUps): answer = try frame.followUps(followUps)
        case .brief(let name, let zone): answer = try frame.brief(name, zone: zone)
        case .explainScore(let name): answer = try frame.explainScore(name)
        case .explainStage(let name): answer = try frame.explainStage(name)
        case .explainDeal(let id): answer = try frame.explainDeal(id)
        case .explainCredit(let conversion, let model, let order, let identity):
            answer = try frame.explainCredit(conversion: conversion, model: model, order: order, identity)
        }
        answer.position = frame.through
        answer.asOf = bounds.asOf
        answer.asAt = bounds.asAt == nil ? nil : frame.through
        answer.rules = frame.rules.hash
        for (view, parked) in frame.parked.byView() {
            answer.found = true
            answer.warnings.append(
                .init(
                    code: "parked_keys",
                    message: "keys of the view \(view) wait; see `rihla projections`",
                    count: parked
                )
            )
        }
        return answer
    }
}
