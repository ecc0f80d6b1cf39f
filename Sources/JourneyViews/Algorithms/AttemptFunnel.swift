// Ordered steps with exclusions and optional steps. Each instant with a first step starts an attempt; the attempt takes each
// later step as early as possible. An excluded event strictly between two of its steps, or within the window after the step
// at which it stopped, makes it void: what shares an instant with a step is not between.

/// Matches ordered steps attempt by attempt.
struct AttemptFunnel: FunnelEngine {
    private let definition: FunnelDefinition
    private let isStrictTime: Bool
    /// For each level, the steps that may be next: optional ones, up to and with the first that is required.
    private let choices: [Range<Int>]

    init(_ definition: FunnelDefinition) {
        self.definition = definition
        isStrictTime = definition.mode == .strictTime
        let count = definition.steps.count
        choices = (0...count).map { level in
            let required = (level..<count).first { definition.optional & (1 << UInt64($0)) == 0 }
            return level..<min((required ?? count - 1) + 1, count)
        }
    }

    /// One attempt: the groups that it used and the steps that each made.
    private struct Attempt {
        var level = 0
        var isVoid = false
        var taken: [(group: Int, steps: [Int])] = []
    }

    /// O(n·m), as long as few events share an instant: jumps lead from each step to the next.
    func match(times: [Int64], kinds: [UInt64], from: Int64, to: Int64) -> FunnelResult {
        let groups = InstantGroups(times: times, kinds: kinds)
        let next = definition.steps.map { groups.next(with: $0) }
        let excluded = FunnelExclusions(definition.exclusions, steps: definition.steps.count, groups)
        var best = Attempt()
        var voided = 0
        var start = next[0][0]
        while start < groups.count {
            defer { start = next[0][start + 1] }
            guard groups.times[start] >= from, groups.times[start] < to else { continue }
            let attempt = self.attempt(start, groups, kinds, next, excluded)
            if attempt.isVoid {
                voided = max(voided, attempt.level)
            } else if attempt.level > best.level {
                best = attempt
            }
        }
        return result(best, voided, groups, kinds)
    }

    private func attempt(
        _ start: Int,
        _ groups: InstantGroups,
        _ kinds: [UInt64],
        _ next: [[Int]],
        _ excluded: FunnelExclusions
    ) -> Attempt {
        var attempt = Attempt()
        var group = start
        while true {
            let made = steps(in: group, from: attempt.level, groups, kinds)
            guard let last = made.last else { break }
            attempt.taken.append((group, made))
            attempt.level = last + 1
            let following = choices[attempt.level].map { next[$0][group + 1] }.min() ?? groups.count
            let isNext = following < groups.count && isWithin(following, start, groups)
            if let foe = excluded.first(from: group + 1, at: attempt.level), isWithin(foe, start, groups),
                !isNext || foe < following
            {
                attempt.isVoid = true
            }
            guard isNext else { break }
            group = following
        }
        return attempt
    }

    private func isWithin(_ group: Int, _ start: Int, _ groups: InstantGroups) -> Bool {
        groups.times[group] - groups.times[start] <= definition.window
    }

    /// The steps that the events of one instant make, ascending: as far as possible, then as many optional ones as possible.
    private func steps(in group: Int, from level: Int, _ groups: InstantGroups, _ kinds: [UInt64]) -> [Int] {
        if isStrictTime || groups.ranges[group].count == 1 {
            return choices[level].last { definition.steps[$0] & groups.unions[group] != 0 }.map { [$0] } ?? []
        }
        let events = groups.candidates(group, kinds, taking: .max, limit: definition.steps.count)
        var matching = StepMatching(steps: definition.steps, kinds: events.map { kinds[$0] })
        var made: [Int] = []
        var end = level
        // The required steps in a row, then the last optional one that follows them.
        while let required = choices[end].last, definition.optional & (1 << UInt64(required)) == 0,
            matching.match(step: required)
        {
            made.append(required)
            end = required + 1
        }
        if let optional = choices[end].last(where: { isOptional($0) && matching.match(step: $0) }) {
            made.append(optional)
            end = optional + 1
        }
        for step in level..<end where isOptional(step) && !made.contains(step) && matching.match(step: step) {
            made.append(step)
        }
        return made.sorted()
    }

    private func isOptional(_ step: Int) -> Bool { definition.optional & (1 << UInt64(step)) != 0 }

    private func result(_ best: Attempt, _ voided: Int, _ groups: InstantGroups, _ kinds: [UInt64]) -> FunnelResult {
        var result = FunnelResult.none(steps: definition.steps.count)
        result.level = best.level
        result.voidedLevel = voided
        for (group, steps) in best.taken {
            let events = groups.events(of: steps.map { definition.steps[$0] }, in: group, kinds)
            for (step, event) in zip(steps, events) { result.indices[step] = event }
        }
        result.start = result.indices[0]
        return result
    }
}
