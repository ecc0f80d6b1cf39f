// Counts of a funnel by group, and the answer that they make.
internal import JourneyEvents

/// Counts of one group of a funnel.
struct FunnelGroup {
    private(set) var reached: [Int]
    private(set) var inProgress = 0
    /// Customers whose every attempt was void; they are in no other number.
    private(set) var excluded = 0
    private(set) var fromPrevious: [Distribution]
    private(set) var fromFirst: [Distribution]

    init(steps: Int) {
        reached = Array(repeating: 0, count: steps)
        fromPrevious = Array(repeating: Distribution(), count: steps)
        fromFirst = fromPrevious
    }

    /// Adds somebody who got to step `level`.
    mutating func add(level: Int, isOpen: Bool) {
        for step in 0..<level { reached[step] += 1 }
        if level < reached.count, isOpen { inProgress += 1 }
    }

    /// Adds somebody who may have left steps out: times are from the step that was made before.
    mutating func add(_ outcome: FunnelOutcome, optional: [Bool]) {
        if outcome.isExcluded {
            excluded += 1
            return
        }
        if outcome.isOpen { inProgress += 1 }
        var before: Int64?
        var first: Int64?
        for step in reached.indices where outcome.reached(step, optional) {
            reached[step] += 1
            guard let time = outcome.times[step] else { continue }
            if step > 0 {
                addTime(to: step, fromPrevious: before.map { time - $0 }, fromFirst: first.map { time - $0 })
            }
            before = time
            first = first ?? time
        }
    }

    mutating func addTime(to step: Int, fromPrevious: Int64?, fromFirst: Int64?) {
        if let fromPrevious { self.fromPrevious[step].add(fromPrevious) }
        if let fromFirst { self.fromFirst[step].add(fromFirst) }
    }

    mutating func add(_ other: FunnelGroup) {
        inProgress += other.inProgress
        excluded += other.excluded
        for step in reached.indices {
            reached[step] += other.reached[step]
            fromPrevious[step].add(other.fromPrevious[step])
            fromFirst[step].add(other.fromFirst[step])
        }
    }

    /// Share of those who reached a step among those who reached the required one before it and the first; nil for 0/0.
    func rates(_ step: Int, _ optional: [Bool]) -> (step: Double?, overall: Double?) {
        let previous = optional[..<step].lastIndex(of: false) ?? 0
        return (Ratio.of(reached[step], reached[previous]), Ratio.of(reached[step], reached[0]))
    }
}

/// The funnel of every group.
struct FunnelReport {
    let mode: String
    let window: Int64?
    let steps: [String]
    /// Which steps may be left out.
    let optional: [Bool]
    var groups: [String: FunnelGroup] = [:]

    mutating func add(_ outcome: FunnelOutcome) {
        groups[outcome.group, default: FunnelGroup(steps: steps.count)].add(outcome, optional: optional)
    }

    /// The groups, those that more entered first, ties by name.
    private var ordered: [(name: String, group: FunnelGroup)] {
        groups.map { (name: $0.key, group: $0.value) }
            .sorted {
                let (a, b) = ($0.group.reached.first ?? 0, $1.group.reached.first ?? 0)
                return a != b ? a > b : $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
            }
    }

    var answer: Answer {
        var answer = Answer("funnel")
        answer.columns = [
            .init("group"), .init("step", number: true), .init("name"), .init("reached", number: true),
            .init("step_rate", number: true), .init("overall_rate", number: true),
        ]
        var payload: [JSONValue] = []
        for (name, group) in ordered {
            var list: [JSONValue] = []
            for index in steps.indices {
                let rates = group.rates(index, optional)
                let cells: [JSONValue] = [
                    .count(index + 1), .string(steps[index]), .count(group.reached[index]), .number(rates.step),
                    .number(rates.overall),
                ]
                answer.rows.append([.string(name)] + cells)
                list.append(
                    .object(
                        zip(answer.columns.dropFirst(), cells).map { .init($0.name, $1) } + [
                            .init("from_previous", index == 0 ? .null : group.fromPrevious[index].json),
                            .init("from_first", index == 0 ? .null : group.fromFirst[index].json),
                        ]
                    )
                )
            }
            payload.append(
                .object([
                    .init("group", .string(name)), .init("entered", .count(group.reached.first ?? 0)),
                    .init("in_progress", .count(group.inProgress)), .init("excluded", .count(group.excluded)),
                    .init("steps", .array(list)),
                ])
            )
        }
        answer.payload = [
            .init("mode", .string(mode)),
            .init("window_seconds", window.map { .double(Double($0) / 1_000) } ?? .null),
            .init("groups", .array(payload)),
        ]
        return answer
    }
}
