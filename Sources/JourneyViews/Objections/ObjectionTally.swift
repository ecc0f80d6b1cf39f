// What is counted of objections, and the rates that it gives.
internal import JourneyEvents

/// Deals that ended one way or the other.
struct DealOutcomes: Hashable, Sendable {
    var open = 0
    var won = 0
    var lost = 0

    var closed: Int { won + lost }
    var all: Int { open + won + lost }
    /// Won of those that closed; nil for none.
    var winRate: Double? { Ratio.of(won, closed) }
    var interval: WilsonInterval? { WilsonInterval(successes: won, cases: closed) }

    mutating func add(_ state: DealRecord.State) {
        switch state {
        case .open: open += 1
        case .won: won += 1
        case .lost: lost += 1
        }
    }
}

/// What is counted of one category.
struct ObjectionTally {
    /// Fewer closed deals say nothing of a difference.
    static let leastForLift = 10

    var raised = 0
    var recurrences = 0
    var resolved = 0
    var unresolved = 0
    var open = 0
    /// Each deal once, however often it came up.
    var deals = DealOutcomes()

    mutating func add(_ objection: RaisedObjection) {
        raised += 1
        if objection.isRecurrence { recurrences += 1 }
        switch objection.state {
        case .open: open += 1
        case .resolved: resolved += 1
        case .unresolved: unresolved += 1
        }
    }

    /// The win rate less that of all deals; nil where too few closed.
    func lift(over base: DealOutcomes) -> Double? {
        guard deals.closed >= ObjectionTally.leastForLift, let rate = deals.winRate, let all = base.winRate else {
            return nil
        }
        return rate - all
    }
}

/// Objections by category, among some deals.
struct ObjectionGroup {
    var base = DealOutcomes()
    private(set) var categories: [TextKey: ObjectionTally] = [:]

    /// Adds the objections of one deal (nil: of none); each category counts the deal once.
    mutating func add(_ objections: some Sequence<RaisedObjection>, of state: DealRecord.State?) {
        var seen: Set<TextKey> = []
        for objection in objections {
            categories[objection.category, default: ObjectionTally()].add(objection)
            if let state, seen.insert(objection.category).inserted {
                categories[objection.category]?.deals.add(state)
            }
        }
    }

    /// Those raised most first.
    var sorted: [(category: TextKey, tally: ObjectionTally)] {
        categories.map { (category: $0.key, tally: $0.value) }.sorted {
            $0.tally.raised != $1.tally.raised ? $0.tally.raised > $1.tally.raised : $0.category < $1.category
        }
    }

    static let columns = [
        "category", "raised", "recurrences", "resolved", "unresolved", "open", "deals", "n", "won", "lost", "win_rate",
        "lift", "low", "high",
    ]

    /// The figures of each category in order of ``columns``.
    func rows(base: DealOutcomes) -> [[JSONValue]] {
        sorted.map { category, tally in
            [
                .string(category.text), .count(tally.raised), .count(tally.recurrences), .count(tally.resolved),
                .count(tally.unresolved), .count(tally.open), .count(tally.deals.all), .count(tally.deals.closed),
                .count(tally.deals.won), .count(tally.deals.lost), .number(tally.deals.winRate),
                .number(tally.lift(over: base)), .number(tally.deals.interval?.low),
                .number(tally.deals.interval?.high),
            ]
        }
    }
}

extension [JSONValue] {
    /// A row as an object of its columns.
    func object(_ columns: [String]) -> JSONValue { .object(zip(columns, self).map { .init($0, $1) }) }
}
