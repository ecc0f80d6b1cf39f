// Causes and effects of an event, as a tree from top to bottom: each event with its depth, and what the rules make of it.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    /// The whole that an event is part of. An event stands below the one that its `causation_id` names (of several with that
    /// id the one of its own source, else the first in journey order); the others are roots. All in journey order.
    func trace(_ name: String) throws -> Answer {
        let (targets, nodes) = try EventLinks(log, bounds).whole(of: name)
        guard !targets.isEmpty else { throw unknown("event", name) }
        let folds = try log.folds(at: nodes.map(\.position).sorted()).sorted(by: FoldEvent.inJourneyOrder)
        let events = Dictionary(
            uniqueKeysWithValues: try log.events(at: folds.map(\.position).sorted()).map { ($0.position.rawValue, $0) }
        )
        let facts = try facts(folds)
        var tree = TraceTree(folds.compactMap { events[$0.position] })
        tree.walk()
        var answer = Answer("trace")
        answer.columns = [
            .init("event"), .init("tree"), .init("occurred_at"), .init("type"), .init("customer"), .init("channel"),
            .init("stage"), .init("conversion"), .init("asked"),
        ]
        answer.rowsAreObjects = true
        var list: [JSONValue] = []
        for line in tree.lines {
            let event = tree.events[line.index]
            let facts = facts[event.position.rawValue] ?? DerivedFacts()
            let json = String(event.json.dropLast()) + ",\"derived\":" + derivedJSON(facts).text + "}"
            list.append(
                .object([
                    .init("depth", .count(line.depth)),
                    .init("asked", .bool(targets.contains(event.position.rawValue))),
                    .init("cause_missing", .bool(event.causation != nil && tree.cause[line.index] == nil)),
                    .init("event", .raw(json)),
                ])
            )
            answer.rows.append([
                .raw(json), .string(String(repeating: "  ", count: line.depth) + event.id), .time(event.occurredAt),
                .string(event.type), .text(event.customer), .text(facts.channel), stageName(facts.stage),
                .text(facts.conversion), .bool(targets.contains(event.position.rawValue)),
            ])
        }
        answer.payload = [.init("events", .array(list))]
        answer.notes = ["\(tree.events.count) events; the one that was asked for is marked"]
        return answer
    }

    /// What the rules make of some events, by position: the whole journeys of their customers are walked.
    private func facts(_ folds: [FoldEvent]) throws -> [UInt64: DerivedFacts] { try facts(folds, of: .account("")) }
}

/// Events below their causes.
private struct TraceTree {
    /// In journey order.
    let events: [Event]
    /// By index: the cause, and the effects in journey order.
    private(set) var cause: [Int: Int] = [:]
    private(set) var effects: [Int: [Int]] = [:]
    private(set) var roots: [Int] = []
    /// The tree from top to bottom.
    private(set) var lines: [(index: Int, depth: Int)] = []

    init(_ events: [Event]) {
        self.events = events
        var byID: [String: [Int]] = [:]
        for (index, event) in events.enumerated() { byID[event.id, default: []].append(index) }
        for (index, event) in events.enumerated().reversed() {
            let named = event.causation.flatMap { byID[$0] } ?? []
            let found = named.first { events[$0].source == event.source } ?? named.first
            // A circle of causes is cut at its first event in journey order, which is then a root.
            if let found, !isBelow(found, index) { cause[index] = found }
        }
        for index in events.indices {
            if let above = cause[index] { effects[above, default: []].append(index) } else { roots.append(index) }
        }
    }

    /// Whether an event is another one, or stands below it.
    private func isBelow(_ index: Int, _ other: Int) -> Bool {
        var at: Int? = index
        while let here = at {
            if here == other { return true }
            at = cause[here]
        }
        return false
    }

    mutating func walk() {
        var open = roots.reversed().map { (index: $0, depth: 0) }
        while let line = open.popLast() {
            lines.append(line)
            open += (effects[line.index] ?? []).reversed().map { (index: $0, depth: line.depth + 1) }
        }
    }
}
