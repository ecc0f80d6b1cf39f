// What stands in the way of deals, what answers it, who else is looked at, and what people ask again and again.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    func objections(_ query: ObjectionQuery) throws -> Answer {
        try check(query.by, "breakdown of objections", in: ObjectionQuery.dimensions)
        let origins = query.by == "campaign" ? try origins(by: "campaign", model: OriginModel.last.rawValue) : nil
        let keys = try ObjectionKeys(self)
        var count = ObjectionCount(by: query.by)
        try eachDeal(properties: ObjectionKeys.names) { deal in
            let fold = ObjectionFold(deal.events, compiled, deal.properties, keys, of: deal.record)
            count.add(deal, fold, keys, campaigns: origins?.keys(of: deal.person, at: deal.opening) ?? [])
        }
        for (person, fold) in try objectionsWithoutDeal(keys) {
            var campaigns: Set<TextKey> = []
            if let origins {
                for objection in fold.raised { campaigns.formUnion(origins.keys(of: person, at: objection.event)) }
            }
            count.add(fold, campaigns: campaigns)
        }
        return answer(query, count, try questions())
    }

    /// Objections that name no deal, by customer.
    func objectionsWithoutDeal(_ keys: ObjectionKeys) throws -> [(person: UInt32, fold: ObjectionFold)] {
        var byPerson: [UInt32: [FoldEvent]] = [:]
        try log.scanFolds(after: 0, through: through.rawValue) { event in
            guard event.deal == 0, bounds.contains(event) else { return }
            switch compiled.type(event).effect {
            case .objectionRaised, .objectionResolved: byPerson[person(of: event), default: []].append(event)
            default: break
            }
        }
        let symbols = try propertyKeys(ObjectionKeys.names)
        let positions = byPerson.values.joined().map(\.position).sorted()
        let properties = try PropertyTable(reading: log, keys: symbols, positions: positions)
        return byPerson.sorted { $0.key < $1.key }.map { person, events in
            (person, ObjectionFold(events.sorted(by: FoldEvent.inJourneyOrder), compiled, properties, keys))
        }
    }

    /// What people asked, by the properties `question` and `questions` of any event.
    private func questions() throws -> [[JSONValue]] {
        struct Asked {
            var count = 0
            var customers: Set<UInt32> = []
            var last = Int64.min
        }
        var spellings = Spellings()
        var asked: [TextKey: Asked] = [:]
        try eachText(in: ["question", "questions"]) { event, texts in
            for key in Set(texts.compactMap { spellings.key($0) }) {
                var entry = asked[key] ?? Asked()
                entry.count += 1
                let person = person(of: event)
                if person != 0 { entry.customers.insert(person) }
                entry.last = max(entry.last, event.occurredAt)
                asked[key] = entry
            }
        }
        return asked.sorted { a, b in
            if a.value.count != b.value.count { return a.value.count > b.value.count }
            if a.value.customers.count != b.value.customers.count {
                return a.value.customers.count > b.value.customers.count
            }
            return a.key < b.key
        }.map { key, asked in
            [.string(spellings.label(key)), .count(asked.count), .count(asked.customers.count), time(asked.last)]
        }
    }

    private func answer(_ query: ObjectionQuery, _ count: ObjectionCount, _ questions: [[JSONValue]]) -> Answer {
        let questions = query.limit.map { Array(questions.prefix($0)) } ?? questions
        let categories = count.all.rows(base: count.all.base)
        let asked = ["question", "count", "customers", "last_asked_at"]
        var answer = Answer("objections")
        answer.payload = [
            .init("by", .string(query.by)), .init("base_win_rate", .number(count.all.base.winRate)),
            .init("won", .count(count.all.base.won)), .init("lost", .count(count.all.base.lost)),
            .init("open", .count(count.all.base.open)),
            .init("categories", .array(categories.map { $0.object(ObjectionGroup.columns) })),
        ]
        let groups = count.sorted
        if query.by != "category" {
            let list = groups.map { name, group -> JSONValue in
                let base = count.base(of: group)
                return .object([
                    .init(query.by, .string(name)), .init("base_win_rate", .number(base.winRate)),
                    .init("won", .count(base.won)), .init("lost", .count(base.lost)), .init("open", .count(base.open)),
                    .init("categories", .array(group.rows(base: base).map { $0.object(ObjectionGroup.columns) })),
                ])
            }
            answer.payload.append(.init("groups", .array(list)))
        }
        answer.payload += [
            .init("responses", .array(count.responseRows.map { $0.object(ObjectionCount.responseColumns) })),
            .init("competitors", .array(count.competitorRows.map { $0.object(ObjectionCount.competitorColumns) })),
            .init("questions", .array(questions.map { $0.object(asked) })),
        ]
        switch query.rows {
        case .categories where query.by == "category":
            answer.columns = ObjectionGroup.columns.map { .init($0, number: $0 != "category") }
            answer.rows = categories
        case .categories:
            answer.columns = [.init(query.by)] + ObjectionGroup.columns.map { .init($0, number: $0 != "category") }
            answer.rows = groups.flatMap { name, group in
                group.rows(base: count.base(of: group)).map { [.string(name)] + $0 }
            }
        case .responses:
            answer.columns = ObjectionCount.responseColumns.map { .init($0, number: $0 != "response") }
            answer.rows = count.responseRows
        case .competitors:
            answer.columns = ObjectionCount.competitorColumns.map { .init($0, number: $0 != "competitor") }
            answer.rows = count.competitorRows
        case .questions:
            answer.columns = asked.map { .init($0, number: $0 == "count" || $0 == "customers") }
            answer.rows = questions
        }
        answer.notes = notes(query, count, questions)
        return answer
    }

    private func notes(_ query: ObjectionQuery, _ count: ObjectionCount, _ questions: [[JSONValue]]) -> [String] {
        let base = count.all.base
        var notes: [String] = []
        if count.all.categories.isEmpty {
            notes.append("no objections yet: ingest objection_raised and objection_resolved with a deal and a category")
        }
        if query.rows == .questions, questions.isEmpty {
            notes.append(
                "no questions yet: write what people ask into the property `question` of calls, chats and forms"
            )
        }
        let rate = base.winRate.map { "\(($0 * 1_000).rounded() / 10) %" } ?? "not known yet"
        notes.append("base win rate \(rate): \(base.won) won, \(base.lost) lost, \(base.open) open")
        notes.append(
            "\(count.responseRows.count) responses (--responses), \(count.competitorRows.count) competitors "
                + "(--competitors), \(questions.count) questions (--questions)"
        )
        notes.append(
            "lift is shown from \(ObjectionTally.leastForLift) closed deals on, low and high bound the win rate (95 %)"
        )
        notes.append("correlation, not cause: an objection can come with deals that would have been lost anyway")
        return notes
    }
}
