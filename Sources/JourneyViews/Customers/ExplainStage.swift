// The stage of a customer, with the events and rules behind it.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    /// The stage of a customer with every event that can raise or lower it, and every one that has a say in who the customer
    /// is; folded alone they give the same stage.
    func explainStage(_ name: String) throws -> Answer {
        let person = try person(name)
        let folds = try journey(of: person.key)
        guard !folds.isEmpty else { throw unknown("customer", Identifier(name)?.description ?? name) }
        let relevant = folds.filter { event in
            let type = compiled.type(event)
            return type.stage > 0 || type.effect != nil || type.conversion != nil
        }
        let derived = try derive(relevant)
        let events = try log.events(at: relevant.map(\.position).sorted())
        let byPosition = Dictionary(uniqueKeysWithValues: events.map { ($0.position.rawValue, $0) })
        var answer = Answer("explain")
        answer.warnings = person.warnings
        answer.columns = [
            .init("position", number: true), .init("occurred_at"), .init("type"), .init("rule"), .init("stage"),
        ]
        var list: [JSONValue] = []
        for (fold, facts) in zip(relevant, derived) {
            guard let event = byPosition[fold.position] else { continue }
            let type = compiled.type(fold)
            let rule =
                "types.\(compiled.name(of: type))"
                + (type.stage > 0 ? ": stage \(rules.stages[type.stage - 1])" : "")
                + (type.effect.map { ", effect \($0.rawValue)" } ?? "")
            let stage = stageName(facts.stage)
            answer.rows.append([
                .count(fold.position), .time(event.occurredAt), .string(event.type), .string(rule), stage,
            ])
            list.append(
                .object([.init("event", .raw(event.json)), .init("rule", .string(rule)), .init("stage", stage)])
            )
        }
        let value = stageName(derived.last?.stage ?? 0)
        answer.payload = [
            .init("subject", .string("stage")), .init("customer", .string(person.name)), .init("value", value),
            .init("events", .array(list)), .init("identity", .array(try identityEvents(of: person.key))),
        ]
        answer.notes = ["the stage is \(stringValue(ofJSON: value.text) ?? "none")"]
        return answer
    }
}
