// One deal with its history, and who earned it.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections

extension QueryFrame {
    func deal(_ id: String, zone: String?) throws -> Answer {
        guard let symbol = try log.symbol(.deal, id) else { throw unknown("deal", id) }
        // All deals: whether one is stuck is measured by the others.
        let book = try dealBook()
        guard let record = book.deals.first(where: { $0.key == symbol })?.record else { throw unknown("deal", id) }
        let now = try latest()
        var answer = Answer("deal")
        let members = dealMembers(
            id,
            record,
            customer: record.customer == 0 ? nil : try log.symbolText(.customer, record.customer),
            account: record.account == 0 ? nil : try log.symbolText(.account, record.account),
            dwell: book.dwell,
            now: now,
            today: try today(zone: zone)
        )
        let slips = record.slips(.month).count
        let history = try dealHistory(symbol)
        answer.payload = members
        answer.payload += [
            .init("reason", .text(record.reason)),
            .init("stages", .array(record.stays.map { stayJSON($0, now: now) })),
            .init("amounts", .array(record.amounts.map(amountJSON))),
            .init("close_dates", changes(record.closeDates, "expected_close")),
            .init("objections", .array(record.objections.map { objectionJSON($0, of: record) })),
            .init("credits", .array(try record.wins.flatMap { try credits(of: $0) })),
            .init("anomalies", changes(record.anomalies, "what")),
            .init("states", .array(record.states.map(stateJSON))),
            .init("owners", changes(record.owners, "owner")),
            .init("time_in_stage", timeInStage(record, now: now)),
            .init("slips", .count(slips)),
            .init(
                "stuck_limit",
                book.dwell.limit(of: record).map { limit in
                    .object([.init("n", .count(limit.n)), .init("p90_seconds", .double(limit.seconds))])
                } ?? .null
            ),
            .init("history", .array(history.map(\.json))),
        ]
        // For people: what the deal is, then what happened, one line each.
        answer.columns = [.init("field"), .init("value")]
        answer.rows = (members + [.init("reason", .text(record.reason)), .init("slips", .count(slips))]).map {
            [.string($0.key), $0.value]
        }
        answer.rows += history.map { [.string("#\($0.event.position.rawValue)"), .string($0.line)] }
        return answer
    }

    private func stateJSON(_ change: DealRecord.StateChange) -> JSONValue {
        .object([
            .init("at", time(change.at)), .init("position", .count(change.position)),
            .init("state", .string(change.state.name)), .init("reason", .text(change.reason)),
        ])
    }

    /// Visits of each stage and the time in it, in the order of the first visits.
    private func timeInStage(_ record: DealRecord, now: Int64) -> JSONValue {
        var order: [String] = []
        var totals: [String: (visits: Int, milliseconds: Int64)] = [:]
        for stay in record.stays {
            if totals[stay.stage] == nil { order.append(stay.stage) }
            totals[stay.stage, default: (0, 0)].visits += 1
            totals[stay.stage, default: (0, 0)].milliseconds += (stay.left ?? now) - stay.entered
        }
        return .array(
            order.map { stage in
                let total = totals[stage] ?? (0, 0)
                return .object([
                    .init("stage", .string(stage)), .init("visits", .count(total.visits)),
                    .init("seconds", .double(Double(total.milliseconds) / 1_000)),
                ])
            }
        )
    }

    private func stayJSON(_ stay: DealRecord.Stay, now: Int64) -> JSONValue {
        .object([
            .init("stage", .string(stay.stage)), .init("entered_at", time(stay.entered)),
            .init("left_at", time(stay.left)),
            .init("seconds", .double(Double((stay.left ?? now) - stay.entered) / 1_000)),
            .init("position", .count(stay.position)),
        ])
    }

    private func amountJSON(_ change: DealRecord.AmountChange) -> JSONValue {
        let amount = change.amount
        return .object([
            .init("at", time(change.at)), .init("position", .count(change.position)),
            .init("amount", .string(MoneySum.decimal(amount.micros, amount.currency, scale: amount.scale))),
            .init("currency", .string(amount.currency.code)),
        ])
    }

    private func changes(_ list: [DealRecord.Change], _ key: String) -> JSONValue {
        .array(
            list.map {
                .object([
                    .init("at", time($0.at)), .init("position", .count($0.position)), .init(key, .string($0.text)),
                ])
            }
        )
    }

    /// What is open when the deal closes was not resolved.
    private func objectionJSON(_ objection: DealRecord.Objection, of deal: DealRecord) -> JSONValue {
        let isLeftOpen = objection.resolved == nil && deal.state != .open
        return .object([
            .init("objection", .text(objection.id)), .init("category", .text(objection.category)),
            .init("raised_at", time(objection.raised)), .init("resolved_at", time(objection.resolved)),
            .init("outcome", isLeftOpen ? .string("unresolved") : .text(objection.outcome)),
            .init("position", .count(objection.position)),
        ])
    }

    /// The touchpoints before a win with equal shares of it (the model `linear`, which leaves none out). A win that was
    /// taken back has none.
    private func credits(of win: DealRecord.Win) throws -> [JSONValue] {
        guard win.customer != 0, let event = try log.folds(at: [win.position]).first,
            let bytes = try row(AttributionProjection(rules), person(of: event))
        else { return [] }
        let record = try AttributionRecord(bytes.span)
        guard let conversion = record.conversions.first(where: { $0.position == win.position }),
            conversion.worth(before: nil).counts
        else { return [] }
        let path = try path(of: conversion, in: record)
        let weights = [Int64](repeating: 1, count: path.indices.count)
        var campaigns = try Campaigns(log, compiled)
        let touches = path.indices.lazy.map { record.touches[$0] }
        try campaigns.derive(at: touches.filter { $0.campaign == 0 }.map(\.position))
        return try credits(of: conversion, in: record, path, weights).map { credit in
            .object([
                .init("conversion", .count(win.position)), .init("model", .string(AttributionModel.linear.name)),
                .init("position", .count(credit.touch.position)), .init("at", time(credit.touch.at)),
                .init("channel", .string(try channelName(credit.touch.channel))),
                .init("campaign", .text(campaigns.name(given: credit.touch.campaign, at: credit.touch.position))),
                .init("weight", .double(credit.weight)), .init("credit", credit.money),
            ])
        }
    }
}
