// Every event of a customer, a deal or an account in journey order, each with what the rules make of it.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections

extension QueryFrame {
    func timeline(_ subject: TimelineSubject, from: Timestamp?, to: Timestamp?, limit: Int?) throws -> Answer {
        var positions: [UInt64] = []
        var header: JSONValue
        switch subject {
        case .customer(let name):
            positions = try log.positions(.customer, try customerSymbol(name), through: through)
            header = .object([.init("customer", .string(Identifier(name)?.description ?? name))])
        case .deal(let id):
            guard let symbol = try log.symbol(.deal, id) else { throw unknown("deal", id) }
            positions = try log.positions(.deal, symbol, through: through)
            header = .object([.init("deal", .string(id))])
        case .account(let id):
            guard try log.symbol(.account, id) != nil else { throw unknown("account", id) }
            try log.scan(after: .start, through: through) {
                if $0.account == id { positions.append($0.position.rawValue) }
                return true
            }
            header = .object([.init("account", .string(id))])
        }
        let folds = try log.folds(at: positions).filter { bounds.contains($0) }.sorted(by: FoldEvent.inJourneyOrder)
        guard !folds.isEmpty else { throw unknown("event of", "\(subject)") }
        let derived = try derive(folds)
        var events = Dictionary(
            uniqueKeysWithValues: try log.events(at: folds.map(\.position).sorted()).map { ($0.position.rawValue, $0) }
        )
        var answer = Answer("timeline")
        answer.columns = [
            .init("event"), .init("occurred_at"), .init("type"), .init("channel"), .init("campaign"), .init("deal"),
            .init("amount", number: true), .init("stage"), .init("id"),
        ]
        answer.rowsAreObjects = true
        var list: [JSONValue] = []
        for (fold, facts) in zip(folds, derived) {
            guard fold.occurredAt >= from?.rawValue ?? .min, fold.occurredAt < to?.rawValue ?? .max,
                let event = events.removeValue(forKey: fold.position)
            else { continue }
            if let limit, list.count >= limit { break }
            let json = JSONValue.raw(String(event.json.dropLast()) + ",\"derived\":" + facts.text + "}")
            list.append(json)
            answer.rows.append([
                json, .time(event.occurredAt), .string(event.type), facts["channel"] ?? .null, .text(event.campaign),
                .text(event.deal), .text(event.amount.map { $0.decimal + " " + $0.currency.code }),
                facts["stage"] ?? .null, .string(event.id),
            ])
        }
        if case .object(let members) = header, let first = members.first {
            answer.notes = ["\(list.count) events of \(first.key) \(first.value.text)"]
        }
        answer.payload = [.init("customer", header), .init("events", .array(list))]
        return answer
    }

    /// What the rules make of each event of a journey: channel, stage after it, touchpoint, conversion, session.
    func derive(_ folds: [FoldEvent]) throws -> [JSONValue] {
        let projection = try CustomerProjection(rules).prepared(for: log)
        let wanted = folds.filter { projection.readsProperties(of: $0) }.map(\.position).sorted()
        let properties = try PropertyTable(reading: log, keys: projection.propertyKeys, positions: wanted)
        var walker = JourneyWalker(compiled, properties)
        var fold = CustomerFold(compiled, properties)
        let given = try log.symbolTexts(.channel)
        return folds.map { event in
            let derived = walker.next(event)
            fold.add(event)
            let stage = fold.snapshot().stageNow
            return .object([
                .init(
                    "channel",
                    derived.isTouch
                        ? .string(compiled.channelName(derived.channel, given))
                        : event.channel > 0 ? .string(compiled.channelName(event.channel, given)) : .null
                ),
                .init("stage", stageName(stage)), .init("touch", .bool(derived.isTouch)),
                .init("conversion", .text(derived.conversionName(rules))),
                .init("session", derived.session > 0 ? .int(Int64(derived.session)) : .null),
            ])
        }
    }
}
