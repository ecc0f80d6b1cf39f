// How far one customer came in a funnel, with the events that make the steps.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    /// The level of a customer and the events that make it; folded alone they give the same level. Of a customer whose every
    /// attempt is void these are all events of steps and exclusions.
    func explainFunnel(_ name: String, _ query: FunnelQuery) throws -> Answer {
        try checkIdentity(query)
        guard !query.steps.isEmpty else {
            throw RihlaError(
                .usage,
                "a funnel needs steps to be explained",
                hint: "name them with --steps; `rihla explain stage` explains the lifecycle"
            )
        }
        var query = query
        query.by = nil
        let person = try person(name)
        let text = person.name
        let folds = try journey(of: person.key)
        guard !folds.isEmpty else { throw unknown("customer", Identifier(name)?.description ?? name) }
        let plan = try FunnelPlan(query, self)
        var run = try FunnelRun(query, plan, self)
        let outcome = try run.outcomes(folds, ends: [folds.count]).first
        var roles: [(event: FoldEvent, step: Int?, rule: String)] = []
        if let outcome, !outcome.isExcluded {
            for (step, event) in outcome.events.enumerated() {
                if let event { roles.append((event, step + 1, "step \(step + 1): \(plan.steps[step].name)")) }
            }
        } else if outcome != nil {
            for (event, places) in zip(folds, try run.places(folds)) where !places.isEmpty {
                let voids = places.filter { $0 >= plan.steps.count }.map { plan.exclusions[$0 - plan.steps.count] }
                let rule = voids.first.map { "excluded from step \($0.after) to step \($0.before): \($0.step.name)" }
                roles.append((event, nil, rule ?? "a step of an attempt that is void"))
            }
        }
        roles.sort { FoldEvent.inJourneyOrder($0.event, $1.event) }
        let events = try log.events(at: roles.map(\.event.position).sorted())
        let byPosition = Dictionary(uniqueKeysWithValues: events.map { ($0.position.rawValue, $0) })
        var answer = Answer("explain")
        answer.warnings = person.warnings
        answer.columns = [
            .init("position", number: true), .init("occurred_at"), .init("type"), .init("step", number: true),
            .init("rule"),
        ]
        var list: [JSONValue] = []
        for (fold, step, rule) in roles {
            guard let event = byPosition[fold.position] else { continue }
            let step: JSONValue = step.map { .count($0) } ?? .null
            answer.rows.append([
                .count(fold.position), .time(event.occurredAt), .string(event.type), step, .string(rule),
            ])
            list.append(.object([.init("event", .raw(event.json)), .init("step", step), .init("rule", .string(rule))]))
        }
        let state = outcome?.state(plan.optional) ?? "not_entered"
        answer.payload = [
            .init("subject", .string("funnel")), .init("customer", .string(text)),
            .init("value", .count(outcome?.level ?? 0)), .init("state", .string(state)),
            .init("mode", .string(query.mode)), .init("window_seconds", .double(Double(plan.window) / 1_000)),
            .init("steps", .array(plan.steps.map { .string($0.name) })), .init("events", .array(list)),
            .init("identity", .array(try identityEvents(of: person.key))),
        ]
        answer.notes = ["step \(outcome?.level ?? 0) of \(plan.steps.count): \(state)"]
        return answer
    }
}
