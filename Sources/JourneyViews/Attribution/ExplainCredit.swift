// One conversion's credit: the events that make its value and its path, with weight and share of each touchpoint.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    /// Replaying the listed events alone gives the same credits: the touchpoints, the conversion, the event of its deal
    /// that stated the amount, and what took value back.
    func explainCredit(conversion name: String, model: String) throws -> Answer {
        guard let model = try attributionModels([model], halfLife: nil).first else { throw unknown("model", model) }
        let (record, conversion, person) = try conversion(named: name)
        let credits = try credits(of: conversion, in: record, by: model)
        let worth = conversion.worth(before: nil)
        var positions = credits.map(\.touch.position) + conversion.changes.map(\.position) + [conversion.position]
        if conversion.amountPosition > 0 { positions.append(conversion.amountPosition) }
        let events = try log.events(at: Set(positions).sorted())
        let byPosition = Dictionary(uniqueKeysWithValues: events.map { ($0.position.rawValue, $0) })
        func event(_ position: UInt64) -> JSONValue { byPosition[position].map { .raw($0.json) } ?? .null }
        var answer = Answer("explain")
        answer.columns = [
            .init("position", number: true), .init("occurred_at"), .init("type"), .init("channel"),
            .init("weight", number: true), .init("credit", number: true),
        ]
        var list: [JSONValue] = []
        for credit in credits {
            let channel = JSONValue.string(try channelName(credit.touch.channel))
            answer.rows.append([
                .count(credit.touch.position), time(credit.touch.at), .text(byPosition[credit.touch.position]?.type),
                channel, .double(credit.weight), credit.money,
            ])
            list.append(
                .object([
                    .init("event", event(credit.touch.position)), .init("channel", channel),
                    .init("weight", .double(credit.weight)), .init("credit", credit.money),
                ])
            )
        }
        let value = conversion.amount.map {
            MoneySum.json(worth.micros, $0.currency, scale: UInt8(worth.digits))
        }
        answer.payload = [
            .init("subject", .string("credit")), .init("model", .string(model.name)),
            .init("conversion", event(conversion.position)), .init("counts", .bool(worth.counts)),
            .init("value", value ?? .null),
            .init("amount_from", conversion.amountPosition > 0 ? event(conversion.amountPosition) : .null),
            .init("reversals", .array(conversion.changes.map { event($0.position) })), .init("touches", .array(list)),
            .init("identity", .array(try identityEvents(of: person))),
        ]
        if credits.isEmpty {
            answer.notes = ["no touchpoint inside the look-back window: the value is \(CreditKeys.unattributed)"]
        }
        return answer
    }

    /// The conversion with this event id, else the one at this position.
    private func conversion(named name: String) throws -> (
        AttributionRecord, AttributionRecord.Conversion, person: UInt32
    ) {
        let isConversion = compiled.types.map { $0.conversion != nil }
        var candidates: [FoldEvent] = []
        try log.scanFolds(after: 0, through: through.rawValue) { event in
            if Int(event.type) < isConversion.count, isConversion[Int(event.type)], bounds.contains(event) {
                candidates.append(event)
            }
        }
        let ids = try log.properties([EventLog.idKey], at: candidates.map(\.position))
        var named = zip(candidates, ids).filter { $1[EventLog.idKey] == name }.map(\.0)
        if let position = UInt64(name) { named += candidates.filter { $0.position == position } }
        let projection = AttributionProjection(rules)
        for event in named {
            var record: AttributionRecord?
            if event.customer == 0 {
                record = try nobody(projection)
            } else if let bytes = try row(projection, person(of: event)) {
                record = try AttributionRecord(bytes.span)
            }
            if let record, let found = record.conversions.first(where: { $0.position == event.position }) {
                return (record, found, person(of: event))
            }
        }
        throw unknown("conversion", name)
    }
}
