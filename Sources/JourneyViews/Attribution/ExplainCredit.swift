// One conversion's credit: the events that make its value and its path, with weight and share of each touchpoint.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    /// Replaying the listed events alone gives the same credits: the touchpoints and those that the rules leave out of the
    /// path, the milestones, the conversion, the event of its deal that stated the amount, what took value back, and what
    /// cut the sessions of the path where another campaign does. A model of all paths has no credits of one conversion: its
    /// shares are apportioned over the path, and its inputs are listed.
    func explainCredit(conversion name: String, model: String, order: Int, _ view: IdentityView) throws -> Answer {
        try checkOrder(order)
        let model = try self.model(model)
        let (record, conversion, person) = try conversion(named: name, view)
        let path = try path(of: conversion, in: record)
        let weighing = try weigh(path, of: record, by: model, order: order, view)
        let credits = credits(of: conversion, in: record, path, weighing.weights)
        let worth = conversion.worth(before: nil)
        let leftOut = path.leftOut.map { record.touches[$0].position }
        let milestones = anchors(model.milestones, of: conversion, on: path)
        var positions = credits.map(\.touch.position) + conversion.changes.map(\.position) + [conversion.position]
        positions += leftOut + milestones.map(\.position)
        let starts = try sessionStarts(before: conversion, person, between: Set(positions))
        positions += starts
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
            .init("identity_view", .string(view.rawValue)),
            .init("conversion", event(conversion.position)), .init("counts", .bool(worth.counts)),
            .init("value", value ?? .null),
            .init("amount_from", conversion.amountPosition > 0 ? event(conversion.amountPosition) : .null),
            .init("reversals", .array(conversion.changes.map { event($0.position) })), .init("touches", .array(list)),
            .init("left_out", .array(leftOut.map(event))), .init("session_starts", .array(starts.map(event))),
            .init(
                "milestones",
                .array(
                    milestones.map { milestone in
                        .object([
                            .init("milestone", .string(milestone.name)), .init("event", event(milestone.position)),
                            .init("touch", .count(milestone.touch)),
                        ])
                    }
                )
            ), .init("apportioned", .bool(model.isTotal)),
            .init("identity", .array(try identityEvents(of: person))),
        ]
        if let inputs = weighing.inputs { answer.payload.append(.init("inputs", inputs)) }
        answer.notes = weighing.notes
        if credits.isEmpty {
            answer.notes = ["no touchpoint inside the look-back window: the value is \(CreditKeys.unattributed)"]
        }
        return answer
    }

    /// The milestones of a conversion with the places of their anchors in the path.
    private func anchors(
        _ milestones: [AnchoredModel.Milestone],
        of conversion: AttributionRecord.Conversion,
        on path: CreditPath
    )
        -> [(name: String, position: UInt64, touch: Int)]
    {
        milestones.compactMap { milestone in
            guard let anchor = conversion[milestone], let place = path.anchors[milestone] else { return nil }
            return (milestone.name, anchor.position, place)
        }
    }

    /// The events between the first one that is listed and the conversion that started sessions and are not listed. Only where another campaign starts one do they decide what is a touchpoint: without them, one of the same
    /// campaign before and after them would be in one session.
    private func sessionStarts(
        before conversion: AttributionRecord.Conversion,
        _ person: UInt32,
        between listed: Set<UInt64>
    ) throws -> [UInt64] {
        guard rules.session.startsOnNewCampaign, person != 0 else { return [] }
        let journey = try journey(of: person)
        let wanted = journey.filter { compiled.walkReadsProperties(of: $0) }.map(\.position).sorted()
        let properties = try PropertyTable(reading: log, keys: compiled.walkKeys, positions: wanted)
        var walker = JourneyWalker(compiled, properties)
        var starts: [UInt64] = []
        var (session, isInside) = (0, false)
        for event in journey {
            if event.position == conversion.position { break }
            let isListed = listed.contains(event.position)
            isInside = isInside || isListed
            let derived = walker.next(event)
            guard derived.session > session else { continue }
            session = derived.session
            if isInside, !isListed { starts.append(event.position) }
        }
        return starts
    }

    /// The conversion with this event id, else the one at this position.
    private func conversion(named name: String, _ view: IdentityView) throws -> (
        AttributionRecord, AttributionRecord.Conversion, person: UInt32
    ) {
        let isConversion = compiled.types.map { $0.conversion != nil }
        var candidates: [FoldEvent] = []
        try log.scanFolds(after: 0, through: through.rawValue) { event in
            if Int(event.type) < isConversion.count, isConversion[Int(event.type)], bounds.contains(event) {
                candidates.append(event)
            }
        }
        let ids = try log.properties([RecordPart.id], at: candidates.map(\.position))
        var named = zip(candidates, ids).filter { $1[RecordPart.id] == name }.map(\.0)
        if let position = UInt64(name) { named += candidates.filter { $0.position == position } }
        let projection = AttributionProjection(rules)
        for event in named {
            var record: AttributionRecord?
            if event.customer == 0 {
                record = try nobody(projection)
            } else if view == .asOfEvent {
                let records = try knownRecords(around: event, projection).map(\.record)
                record = records.first { $0.conversions.contains { $0.position == event.position } }
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
