// What sales learnt, by what brought people in: how leads and deals ended and why, what was objected and preferred, and
// whether sales said what marketing had promised.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// Tallies by key, and of all once.
private struct FeedbackCount {
    var total = FeedbackTally()
    var byKey: [TextKey: FeedbackTally] = [:]
    var spellings = Spellings()

    mutating func add(to keys: [TextKey], _ body: (inout FeedbackTally) -> Void) {
        body(&total)
        for key in keys { body(&byKey[key, default: FeedbackTally()]) }
    }

    mutating func addReason(_ reason: String?, won: Bool, to keys: [TextKey]) {
        let key = reason.flatMap { spellings.key($0) } ?? .none
        add(to: keys) { tally in
            if won { tally.winReasons[key, default: 0] += 1 } else { tally.lossReasons[key, default: 0] += 1 }
        }
    }

    mutating func add(_ fold: ObjectionFold, isDeal: Bool, to keys: (RaisedObjection) -> [TextKey]) {
        var seen: Set<TextKey> = []
        for objection in fold.raised {
            let isNew = isDeal && seen.insert(objection.category).inserted
            add(to: keys(objection)) { tally in
                tally.objections[objection.category, default: .init()].raised += 1
                if isNew { tally.objections[objection.category]?.deals += 1 }
            }
        }
    }
}

extension QueryFrame {
    func feedback(_ query: FeedbackQuery) throws -> Answer {
        var dimension = try OriginDimension(query.by, self)
        var count = FeedbackCount()
        var leads: [(person: UInt32, event: FoldEvent)] = []
        var mqls: [(person: UInt32, event: FoldEvent)] = []
        let origins = try origins(&dimension, model: query.model) { person, events in
            func first(_ effect: Effect) -> FoldEvent? { events.first { compiled.type($0).effect == effect } }
            if let lead = first(.leadCreated) { leads.append((person, lead)) }
            if let mql = first(.mqlReached) { mqls.append((person, mql)) }
        }
        for (person, event) in leads { count.add(to: origins.keys(of: person, at: event)) { $0.leads += 1 } }
        for (person, event) in mqls { count.add(to: origins.keys(of: person, at: event)) { $0.mqls += 1 } }
        let dealKeys = try addDeals(to: &count, origins)
        try addWords(to: &count, origins, dealKeys, dimension)
        return answer(query, count, lookback: origins.lookback)
    }

    /// Adds deals and their objections, and the objections of no deal; gives what each deal is laid to.
    private func addDeals(to count: inout FeedbackCount, _ origins: TouchOrigins) throws -> [UInt32: [TextKey]] {
        let objectionKeys = try ObjectionKeys(self)
        var dealKeys: [UInt32: [TextKey]] = [:]
        try eachDeal(properties: ObjectionKeys.names) { deal in
            let keys = origins.keys(of: deal.person, at: deal.opening)
            dealKeys[deal.key] = keys
            let record = deal.record
            count.add(to: keys) { tally in
                tally.deals.add(record.state)
                if record.state == .won, let amount = record.amount { tally.revenue.add(amount) }
            }
            if record.state != .open { count.addReason(record.reason, won: record.state == .won, to: keys) }
            let fold = ObjectionFold(deal.events, compiled, deal.properties, objectionKeys, of: record)
            count.add(fold, isDeal: true) { _ in keys }
        }
        for (person, fold) in try objectionsWithoutDeal(objectionKeys) {
            count.add(fold, isDeal: false) { origins.keys(of: person, at: $0.event) }
        }
        return dealKeys
    }

    /// Adds what was heard and said: sales events count for their deal's keys, else for those of their customer then;
    /// marketing events for their own.
    private func addWords(
        to count: inout FeedbackCount,
        _ origins: TouchOrigins,
        _ dealKeys: [UInt32: [TextKey]],
        _ dimension: OriginDimension
    ) throws {
        let sales = SalesSide(compiled)
        func keys(_ event: FoldEvent) -> [TextKey] {
            if event.deal != 0, let keys = dealKeys[event.deal] { return keys }
            return origins.keys(of: person(of: event), at: event)
        }
        try eachText(in: ["preference", "preferences"], where: sales.contains) { event, texts in
            let person = person(of: event)
            for key in Set(texts.compactMap { count.spellings.key($0) }) {
                count.add(to: keys(event)) { $0.preferences[key, default: .init()].add(person) }
            }
        }
        var promises: [(event: FoldEvent, messages: Set<TextKey>)] = []
        try eachText(in: ["messages"]) { event, texts in
            let messages = Set(texts.compactMap { count.spellings.key($0) })
            guard sales.contains(event) else { return promises.append((event, messages)) }
            for message in messages { count.add(to: keys(event)) { $0.used[message, default: 0] += 1 } }
        }
        var dimension = dimension
        try dimension.read(promises.lazy.map(\.event))
        for (event, messages) in promises {
            let key = dimension.key(event) ?? .none
            for message in messages { count.add(to: [key]) { $0.promised[message, default: 0] += 1 } }
        }
    }

    private func answer(_ query: FeedbackQuery, _ count: FeedbackCount, lookback: Int64) -> Answer {
        let rows = count.byKey.sorted { a, b in
            let (p, q) = (a.value, b.value)
            // What is laid to nothing comes last.
            if (a.key == .none) != (b.key == .none) { return b.key == .none }
            if p.deals.won != q.deals.won { return p.deals.won > q.deals.won }
            if p.deals.all != q.deals.all { return p.deals.all > q.deals.all }
            return p.leads != q.leads ? p.leads > q.leads : a.key < b.key
        }
        let numbers = Set(FeedbackTally.figures + FeedbackTally.messages)
        var answer = Answer("feedback")
        answer.columns = [.init(query.by)]
        answer.columns += (FeedbackTally.figures + FeedbackTally.texts + FeedbackTally.messages).map {
            .init($0, number: numbers.contains($0))
        }
        answer.rows = rows.map { [.string($0.key.text)] + $0.value.cells(count.spellings) }
        answer.payload = [
            .init("by", .string(query.by)), .init("model", .string(query.model)),
            .init("lookback_seconds", .double(Double(lookback) / 1_000)),
            .init("total", .object(count.total.members(count.spellings))),
            .init(
                "rows",
                .array(
                    rows.map {
                        .object([.init(query.by, .string($0.key.text))] + $0.value.members(count.spellings))
                    }
                )
            ),
        ]
        let window = lookback == 0 ? "at any time" : "in the \(DurationText.text(milliseconds: lookback))"
        answer.notes =
            rows.isEmpty
            ? ["nothing from sales yet: ingest lead_created, deal_created, deal_won, deal_lost and objection_raised"]
            : [
                "a lead or deal counts for the \(query.by) of \(query.model == "any" ? "each" : "the \(query.model)") "
                    + "marketing touchpoint \(window) before it",
                "what goes with a campaign is correlation, not cause",
            ]
        return answer
    }
}
