// Answers questions: from stored views when they speak of now, from a fold into memory when they have bounds. Both give the
// same rows, so the answers below do not know which it was.
public import JourneyEvents
public import JourneyLog
public import JourneyProjections
public import JourneyRules

/// Answers queries over one store.
public struct QueryRunner: Sendable {
    let log: EventLog
    let engine: ProjectionEngine
    /// The rules of the store over time.
    public let history: RulesHistory
    let latest = LatestInstant()

    /// A runner over an open log and its views.
    public init(log: EventLog, engine: ProjectionEngine, history: RulesHistory) {
        self.log = log
        self.engine = engine
        self.history = history
    }

    /// The read models of a store with these rules.
    public static func projections(_ rules: RuleSet) -> [any Projection] {
        [CustomerProjection(rules), DealProjection(rules), AttributionProjection(rules)]
    }

    /// The views that a query reads; they must have caught up before ``answer(_:bounds:)``.
    public static func views(of query: Query) -> [String] {
        switch query {
        case .timeline, .identity, .trace, .scores, .explainScore: []
        case .diff: ["customers", "attribution"]
        case .customer, .customers, .stages, .explainStage: ["customers"]
        case .funnel(let funnel): funnel.steps.isEmpty ? ["customers"] : []
        case .attribution, .paths, .channels, .explainCredit, .cohorts: ["attribution"]
        case .explainFunnel: []
        case .kpis: ["customers", "deals", "attribution"]
        case .budget: ["attribution"]
        case .bottlenecks(let bottlenecks): bottlenecks.views
        case .deals: ["deals"]
        case .deal: ["deals", "attribution"]
        }
    }

    /// Answers a query; without a bound on what was known, at the position `settled`, where the views stand (nil: the head).
    public func answer(_ query: Query, bounds: QueryBounds, settled: Position? = nil) throws -> Answer {
        let frame = try QueryFrame(self, bounds, settled: settled)
        var answer: Answer
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
        case .deals(let limit): answer = try frame.deals(limit: limit)
        case .deal(let id): answer = try frame.deal(id)
        case .cohorts(let cohorts): answer = try frame.cohorts(cohorts)
        case .bottlenecks(let bottlenecks): answer = try frame.bottlenecks(bottlenecks)
        case .explainFunnel(let name, let funnel): answer = try frame.explainFunnel(name, funnel)
        case .diff(let diff):
            var other = bounds
            if let rules = diff.rules { other.rules = rules } else { other.asAt = diff.from }
            let side = try QueryFrame(self, other, settled: frame.through, parked: frame.parked)
            answer =
                try diff.rules == nil
                ? QueryFrame.diff(side, frame, diff) : QueryFrame.diff(frame, side, diff)
        case .trace(let event): answer = try frame.trace(event)
        case .channels(let channels): answer = try frame.channels(channels)
        case .kpis(let kpis):
            answer = try frame.kpis(kpis) { asOf in
                var other = bounds
                other.asOf = Timestamp(milliseconds: asOf)
                return try QueryFrame(self, other, settled: frame.through, parked: frame.parked)
            }
        case .budget(let budget): answer = try frame.budget(budget)
        case .scores(let scores): answer = try frame.scores(scores)
        case .explainScore(let name): answer = try frame.explainScore(name)
        case .explainStage(let name): answer = try frame.explainStage(name)
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
