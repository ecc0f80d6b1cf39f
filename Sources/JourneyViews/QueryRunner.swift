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
    let storeRules: RuleSet

    /// A runner over an open log and its views.
    public init(log: EventLog, engine: ProjectionEngine, rules: RuleSet) {
        self.log = log
        self.engine = engine
        storeRules = rules
    }

    /// The read models of a store with these rules.
    public static func projections(_ rules: RuleSet) -> [any Projection] {
        [CustomerProjection(rules), DealProjection(rules), AttributionProjection(rules)]
    }

    /// The views that a query reads; they must have caught up before ``answer(_:bounds:)``.
    public static func views(of query: Query) -> [String] {
        switch query {
        case .timeline: []
        case .customer, .customers, .stages, .explainStage: ["customers"]
        case .funnel(let funnel): funnel.steps.isEmpty ? ["customers"] : []
        case .attribution, .explainCredit: ["attribution"]
        case .deals, .deal: ["deals"]
        }
    }

    /// Answers a query; without a bound on what was known, at the position `settled`, where the views stand (nil: the head).
    public func answer(_ query: Query, bounds: QueryBounds, settled: Position? = nil) throws -> Answer {
        let frame = try QueryFrame(self, bounds, settled: settled)
        var answer: Answer
        switch query {
        case .timeline(let subject, let from, let to, let limit):
            answer = try frame.timeline(subject, from: from, to: to, limit: limit)
        case .customer(let name): answer = try frame.customer(name)
        case .customers(let stage, let after, let limit):
            answer = try frame.customers(stage: stage, after: after, limit: limit)
        case .stages: answer = try frame.stages()
        case .funnel(let funnel): answer = try frame.funnel(funnel)
        case .attribution(let attribution): answer = try frame.attribution(attribution)
        case .deals(let limit): answer = try frame.deals(limit: limit)
        case .deal(let id): answer = try frame.deal(id)
        case .explainStage(let name): answer = try frame.explainStage(name)
        case .explainCredit(let conversion, let model):
            answer = try frame.explainCredit(conversion: conversion, model: model)
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

/// One question's point of view: bounds, rules, and names.
struct QueryFrame {
    let log: EventLog
    let engine: ProjectionEngine
    let rules: RuleSet
    let compiled: CompiledRules
    let bounds: EventBounds
    let through: Position
    /// Whether the stored views answer, where they stand at `through`.
    let isStored: Bool
    /// The parked keys that the answer came upon.
    let parked = ParkedNotes()

    init(_ runner: QueryRunner, _ query: QueryBounds, settled: Position?) throws {
        log = runner.log
        engine = runner.engine
        rules = query.rules ?? runner.storeRules
        compiled = try CompiledRules(rules, log: log)
        switch query.asAt {
        case nil: through = settled ?? log.head.position
        case .position(let position): through = min(position, log.head.position)
        case .time(let time): through = try log.position(recordedAtOrBefore: time)
        }
        bounds = EventBounds(through: through, asOf: query.asOf)
        isStored = query.isNow && !log.isReadOnly
    }

    /// Visits the rows of a read model, in ascending order of key.
    func each(_ projection: any Projection, _ body: (UInt32, Span<UInt8>) throws -> Void) throws {
        let found =
            isStored
            ? try engine.eachRow(of: projection, bounds: bounds, body)
            : try engine.fold(projection, bounds: bounds, body)
        parked.add(projection.name, found)
    }

    /// The row of one key.
    func row(_ projection: any Projection, _ key: UInt32) throws -> [UInt8]? {
        let found = try engine.row(of: projection, key: key, bounds: bounds, stored: isStored)
        parked.add(projection.name, found.parked)
        return found.row
    }

    /// The symbol of a customer that has events inside the bounds.
    func customerSymbol(_ name: String) throws -> UInt32 {
        let text = Identifier(name)?.description ?? name
        guard let symbol = try log.symbol(.customer, text) else { throw unknown("customer", text) }
        return symbol
    }

    func unknown(_ kind: String, _ name: String) -> RihlaError {
        RihlaError(.notFound, "there is no \(kind) \"\(name)\" at position \(through.rawValue)")
    }

    func stageName(_ stage: Int) -> JSONValue {
        stage > 0 && stage <= rules.stages.count ? .string(rules.stages[stage - 1]) : .null
    }

    /// The latest instant that the question knows of.
    func latest() throws -> Int64 {
        if let asOf = bounds.asOf { return asOf.rawValue }
        var latest = Int64.min
        try log.scanFolds(after: 0, through: through.rawValue) { latest = max(latest, $0.occurredAt) }
        return latest
    }
}
