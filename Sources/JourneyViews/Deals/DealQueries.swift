// Questions over the view `deals`.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections

extension QueryFrame {
    private func time(_ milliseconds: Int64?) -> JSONValue { .time(milliseconds.map { Timestamp(milliseconds: $0) }) }

    private func members(_ id: String, _ record: DealRecord, now: Int64) throws -> [JSONValue.Member] {
        let end = record.closed ?? now
        let isOverdue =
            record.state == .open
            && (record.expectedClose.map { $0 < Timestamp(milliseconds: now).rfc3339.prefix(10) } ?? false)
        return [
            .init("deal", .string(id)),
            .init("customer", .text(record.customer == 0 ? nil : try log.symbolText(.customer, record.customer))),
            .init("pipeline", .string(record.pipeline)),
            .init("stage", .text(record.stage)),
            .init("state", .string(record.state.name)),
            .init("amount", .text(record.amount?.decimal)),
            .init("currency", .text(record.amount?.currency.code)),
            .init("created_at", time(record.created)),
            .init("closed_at", time(record.closed)),
            .init("expected_close", .text(record.expectedClose)),
            .init("owner", .text(record.owner)),
            .init("age_seconds", record.created.map { .double(Double(end - $0) / 1_000) } ?? .null),
            .init("overdue", .bool(isOverdue)),
        ]
    }

    func deals(limit: Int?) throws -> Answer {
        let names = try log.symbolTexts(.deal)
        let now = try latest()
        var found: [(id: String, record: DealRecord)] = []
        try each(DealProjection(rules)) { key, bytes in found.append((names[Int(key) - 1], try DealRecord(bytes))) }
        var states = [0, 0, 0]
        for entry in found { states[entry.record.state.rawValue] += 1 }
        // The newest first; a deal without a date last.
        found.sort {
            let (a, b) = ($0.record.created ?? .min, $1.record.created ?? .min)
            return a != b ? a > b : $0.id.utf8.lexicographicallyPrecedes($1.id.utf8)
        }
        let page = limit.map { Array(found.prefix($0)) } ?? found
        var answer = Answer("deals")
        let objects = try page.map { try members($0.id, $0.record, now: now) }
        answer.columns = [
            .init("deal"), .init("customer"), .init("pipeline"), .init("stage"), .init("state"),
            .init("amount", number: true), .init("currency"), .init("created_at"), .init("closed_at"),
            .init("expected_close"), .init("owner"), .init("age_seconds", number: true), .init("overdue"),
        ]
        answer.rows = objects.map { $0.map(\.value) }
        answer.payload = [
            .init("total", .count(found.count)),
            .init(
                "by_state",
                .object([
                    .init("open", .count(states[0])), .init("won", .count(states[1])), .init("lost", .count(states[2])),
                ])
            ),
            .init("deals", .array(objects.map { .object($0) })),
        ]
        answer.notes = ["\(found.count) deals: \(states[0]) open, \(states[1]) won, \(states[2]) lost"]
        return answer
    }

    func deal(_ id: String) throws -> Answer {
        guard let symbol = try log.symbol(.deal, id), let bytes = try row(DealProjection(rules), symbol) else {
            throw unknown("deal", id)
        }
        let record = try DealRecord(bytes.span)
        let now = try latest()
        func changes(_ list: [DealRecord.Change], _ key: String) -> JSONValue {
            .array(
                list.map {
                    .object([
                        .init("at", time($0.at)), .init("position", .count($0.position)), .init(key, .string($0.text)),
                    ])
                }
            )
        }
        var answer = Answer("deal")
        answer.payload = try members(id, record, now: now)
        answer.payload += [
            .init("reason", .text(record.reason)),
            .init(
                "stages",
                .array(
                    record.stays.map { stay in
                        .object([
                            .init("stage", .string(stay.stage)), .init("entered_at", time(stay.entered)),
                            .init("left_at", time(stay.left)),
                            .init("seconds", .double(Double((stay.left ?? now) - stay.entered) / 1_000)),
                        ])
                    }
                )
            ),
            .init("amounts", changes(record.amounts, "amount")),
            .init("close_dates", changes(record.closeDates, "expected_close")),
            .init("objections", changes(record.objections, "category")),
            .init("anomalies", changes(record.anomalies, "what")),
        ]
        answer.columns = [.init("field"), .init("value")]
        answer.rows = answer.payload.map { [.string($0.key), $0.value] }
        return answer
    }
}
