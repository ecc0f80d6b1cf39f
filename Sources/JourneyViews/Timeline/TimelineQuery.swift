// Every event of a customer, a deal or an account in journey order, each with what the rules make of it.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension TimelineSubject {
    fileprivate var kind: String {
        switch self {
        case .customer: "customer"
        case .deal: "deal"
        case .account: "account"
        }
    }
}

/// What the rules make of one event of a journey.
struct DerivedFacts {
    /// Given, or derived for a touchpoint.
    var channel: String?
    /// Given, or derived.
    var campaign: String?
    /// The stage after the event, 1…; 0 for none.
    var stage = 0
    var isTouch = false
    /// The name of the conversion definition that it meets.
    var conversion: String?
    var session = 0
}

extension QueryFrame {
    func timeline(_ subject: TimelineSubject, from: Timestamp?, to: Timestamp?, limit: Int?) throws -> Answer {
        let (name, folds, warnings) = try events(of: subject)
        guard !folds.isEmpty else { throw unknown(subject.kind, name) }
        let shown = folds.lazy.filter {
            $0.occurredAt >= from?.rawValue ?? .min && $0.occurredAt < to?.rawValue ?? .max
        }
        let page = limit.map { Array(shown.prefix($0)) } ?? Array(shown)
        let facts = try facts(folds, of: subject)
        let events = Dictionary(
            uniqueKeysWithValues: try log.events(at: page.map(\.position).sorted()).map { ($0.position.rawValue, $0) }
        )
        var answer = Answer("timeline")
        answer.warnings = warnings
        answer.columns = [
            .init("event"), .init("occurred_at"), .init("type"), .init("channel"), .init("campaign"), .init("deal"),
            .init("amount", number: true), .init("stage"), .init("id"),
        ]
        answer.rowsAreObjects = true
        for fold in page {
            guard let event = events[fold.position] else { continue }
            let facts = facts[fold.position] ?? DerivedFacts()
            let json = String(event.json.dropLast()) + ",\"derived\":" + derivedJSON(facts).text + "}"
            answer.rows.append([
                .raw(json), .time(event.occurredAt), .string(event.type), .text(facts.channel), .text(facts.campaign),
                .text(event.deal), .text(event.amount.map { $0.decimal + " " + $0.currency.code }),
                stageName(facts.stage), .string(event.id),
            ])
        }
        let rest = folds.count - page.count
        answer.notes = ["\(page.count) events of \(name)" + (rest > 0 ? "; \(rest) more are not shown" : "")]
        answer.payload = [
            .init(subject.kind, .object([.init(subject.kind, .string(name))])),
            .init("events", .array(answer.rows.map { $0[0] })),
        ]
        return answer
    }

    private func events(of subject: TimelineSubject) throws -> (name: String, [FoldEvent], [Answer.Warning]) {
        if case .customer(let name) = subject {
            let person = try person(name)
            return (person.name, try journey(of: person.key), person.warnings)
        }
        let (name, positions) = try positions(of: subject)
        let folds = try log.folds(at: positions).filter { bounds.contains($0) }.sorted(by: FoldEvent.inJourneyOrder)
        return (name, folds, [])
    }

    private func positions(of subject: TimelineSubject) throws -> (name: String, [UInt64]) {
        switch subject {
        case .customer(let name): return (name, [])
        case .deal(let id):
            guard let symbol = try log.symbol(.deal, id) else { throw unknown("deal", id) }
            return (id, try log.positions(.deal, symbol, through: through))
        case .account(let id):
            guard try log.symbol(.account, id) != nil else { throw unknown("account", id) }
            var positions: [UInt64] = []
            try log.scan(after: .start, through: through) {
                if $0.account == id { positions.append($0.position.rawValue) }
                return true
            }
            return (id, positions)
        }
    }

    /// Facts by position. Sessions and stages are a customer's, so for a deal or an account the whole journeys of its
    /// customers are walked; an event of nobody has neither.
    func facts(_ folds: [FoldEvent], of subject: TimelineSubject) throws -> [UInt64: DerivedFacts] {
        var byPosition: [UInt64: DerivedFacts] = [:]
        func add(_ events: [FoldEvent]) throws {
            for (event, facts) in zip(events, try derive(events)) { byPosition[event.position] = facts }
        }
        if case .customer = subject {
            try add(folds)
            return byPosition
        }
        for person in Set(folds.map { self.person(of: $0) }).sorted() where person != 0 {
            try add(try journey(of: person))
        }
        let given = try texts(.channel, folds.map(\.channel))
        let campaigns = try campaigns(of: folds)
        for event in folds where event.customer == 0 {
            byPosition[event.position] = DerivedFacts(
                channel: given[event.channel],
                campaign: campaigns.name(given: event.campaign, at: event.position),
                conversion: compiled.type(event).conversion.map { rules.conversions[$0].name }
            )
        }
        return byPosition
    }

    private func campaigns(of folds: [FoldEvent]) throws -> Campaigns {
        var campaigns = try Campaigns(log, compiled)
        try campaigns.derive(at: folds.lazy.filter { $0.campaign == 0 }.map(\.position))
        return campaigns
    }

    /// What the rules make of each event of one customer's journey.
    func derive(_ folds: [FoldEvent]) throws -> [DerivedFacts] {
        let projection = try CustomerProjection(rules).prepared(for: log)
        let wanted = folds.filter { projection.readsProperties(of: $0) }.map(\.position).sorted()
        let properties = try PropertyTable(reading: log, keys: projection.propertyKeys, positions: wanted)
        var walker = JourneyWalker(compiled, properties)
        var fold = CustomerFold(compiled, properties)
        let given = try texts(.channel, folds.map(\.channel))
        let campaigns = try campaigns(of: folds)
        return folds.map { event in
            let derived = walker.next(event)
            fold.add(event)
            var facts = DerivedFacts(stage: fold.stage(), isTouch: derived.isTouch, session: derived.session)
            facts.campaign = campaigns.name(given: event.campaign, at: event.position)
            if derived.isTouch, derived.channel & CompiledRules.derived != 0 {
                facts.channel = compiled.channelName(derived.channel, [])
            } else {
                facts.channel = given[event.channel]
            }
            if case .made(let made) = derived.conversion { facts.conversion = rules.conversions[made.definition].name }
            return facts
        }
    }

    func derivedJSON(_ facts: DerivedFacts) -> JSONValue {
        .object([
            .init("channel", .text(facts.channel)), .init("campaign", .text(facts.campaign)),
            .init("stage", stageName(facts.stage)), .init("touch", .bool(facts.isTouch)),
            .init("conversion", .text(facts.conversion)),
            .init("session", facts.session > 0 ? .count(facts.session) : .null),
        ])
    }
}
