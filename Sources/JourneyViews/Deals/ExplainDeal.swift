// The state, stage and amount of a deal, with the events and the rules behind them.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    /// The deal's values with every event that can change them; folded alone they give the same values.
    func explainDeal(_ id: String) throws -> Answer {
        guard let symbol = try log.symbol(.deal, id), let bytes = try row(DealProjection(rules), symbol) else {
            throw unknown("deal", id)
        }
        let deal = try DealRecord(bytes.span)
        let steps = try dealHistory(symbol).filter { DealStep.concerns($0.effect) }
        var answer = Answer("explain")
        answer.columns = [
            .init("position", number: true), .init("occurred_at"), .init("type"), .init("rule"), .init("state"),
            .init("stage"), .init("amount", number: true),
        ]
        var list: [JSONValue] = []
        for step in steps {
            let rule = rule(behind: step)
            let values = values(step.after)
            answer.rows.append(
                [
                    .count(step.event.position.rawValue), .time(step.event.occurredAt), .string(step.event.type),
                    .string(rule),
                ] + values.map(\.value)
            )
            list.append(
                .object([.init("event", .raw(step.event.json)), .init("rule", .string(rule))] + values)
            )
        }
        answer.payload = [
            .init("subject", .string("deal")), .init("deal", .string(id)), .init("value", .object(values(deal))),
            .init("events", .array(list)),
        ]
        answer.notes = [
            "the deal is \(deal.state.name), in stage \(deal.stage ?? "none"), "
                + (deal.amount.map { "worth " + DealStep.text($0) } ?? "without an amount")
        ]
        return answer
    }

    private func values(_ deal: DealRecord) -> [JSONValue.Member] {
        [
            .init("state", .string(deal.state.name)), .init("stage", .text(deal.stage)),
            .init("amount", deal.amount.map { MoneySum.json($0) } ?? .null),
        ]
    }

    private func rule(behind step: DealStep) -> String {
        var rule = "types.\(step.type)" + (step.effect.map { ": effect \($0.rawValue)" } ?? "")
        if let anomaly = step.anomaly { return rule + ", without effect: " + anomaly }
        guard let stage = step.changes.first(where: { $0.field == "stage" })?.to else { return rule }
        guard let listed = rules.pipelines[step.after.pipeline]?.stages.first(where: { $0.name == stage }) else {
            return rule + "; pipelines.\(step.after.pipeline) does not list the stage"
        }
        rule += "; pipelines.\(step.after.pipeline): \(stage), probability \(JSONValue.double(listed.probability).text)"
        return listed.kind == .open ? rule : rule + ", kind \(listed.kind.rawValue)"
    }
}
