// Steps that follow each other with nothing between. Another event ends the attempt, and the next first step starts a new
// one, as in PostHog (ClickHouse's `strict_order` stops for good; see `ClickHouseStrictOrder`). Events of one instant have no
// order of their own: the order that serves the customer best is taken.

/// Matches steps without other events between.
struct StrictFunnel: FunnelEngine {
    private let steps: [UInt64]
    private let window: Int64

    init(steps: [UInt64], window: Int64) {
        self.steps = steps
        self.window = window
    }

    /// One run: the groups that it used, from which level to which.
    private typealias Run = [(group: Int, range: Range<Int>)]

    /// O(n·m), as long as few events share an instant: a run has at most m events. All events of the journey are needed,
    /// with kind 0 for those of no step.
    func match(times: [Int64], kinds: [UInt64], from: Int64, to: Int64) -> FunnelResult {
        let groups = InstantGroups(times: times, kinds: kinds)
        var best: Run = []
        var level = 0
        for start in 0..<groups.count where groups.unions[start] & steps[0] != 0 && level < steps.count {
            guard groups.times[start] >= from, groups.times[start] < to else { continue }
            // Any number of the steps that the first instant can make may come last in it; most of them first, so that
            // of equal levels the earlier times win.
            for count in stride(from: length(in: start, from: 0, groups, kinds), to: 0, by: -1) {
                let run = run([(start, 0..<count)], groups, kinds)
                let reached = run.last?.range.upperBound ?? 0
                if reached > level {
                    best = run
                    level = reached
                }
            }
        }
        return result(best, level, groups, kinds)
    }

    /// Continues a run for as long as whole instants fit.
    private func run(_ begun: Run, _ groups: InstantGroups, _ kinds: [UInt64]) -> Run {
        var run = begun
        while let (last, done) = run.last, let first = run.first?.group {
            let group = last + 1
            guard group < groups.count, done.upperBound < steps.count,
                groups.times[group] - groups.times[first] <= window
            else { break }
            let count = length(in: group, from: done.upperBound, groups, kinds)
            guard count > 0 else { break }
            run.append((group, done.upperBound..<(done.upperBound + count)))
            if count < groups.ranges[group].count { break }
        }
        return run
    }

    /// How many steps in a row, from a level on, the events of an instant can make.
    private func length(in group: Int, from level: Int, _ groups: InstantGroups, _ kinds: [UInt64]) -> Int {
        if groups.ranges[group].count == 1 {
            return level < steps.count && steps[level] & groups.unions[group] != 0 ? 1 : 0
        }
        let events = groups.candidates(group, kinds, taking: .max, limit: steps.count)
        var matching = StepMatching(steps: steps, kinds: events.map { kinds[$0] })
        var count = 0
        while level + count < steps.count, matching.match(step: level + count) { count += 1 }
        return count
    }

    private func result(_ run: Run, _ level: Int, _ groups: InstantGroups, _ kinds: [UInt64]) -> FunnelResult {
        var result = FunnelResult.none(steps: steps.count)
        result.level = level
        for (group, range) in run {
            let events = groups.events(of: Array(steps[range]), in: group, kinds)
            for (step, event) in zip(range, events) { result.indices[step] = event }
        }
        result.start = result.indices[0]
        return result
    }
}

/// ClickHouse's `windowFunnel` with `strict_order`, for comparison with figures made there.
enum ClickHouseStrictOrder {
    /// The level: it stops at the first event after a first step that no step takes, and never starts again; one event may
    /// be two steps. O(n·m).
    static func level(steps: [UInt64], window: Int64, times: [Int64], kinds: [UInt64]) -> Int {
        var list: [(time: Int64, step: Int)] = []
        for index in times.indices {
            let matching = steps.indices.filter { steps[$0] & kinds[index] != 0 }
            list += (matching.isEmpty ? [-1] : matching).map { (times[index], $0) }
        }
        list.sort { $0 < $1 }
        /// The first step's time of the chain that last reached each step.
        var starts = [Int64?](repeating: nil, count: steps.count)
        var hasStarted = false
        for (time, step) in list {
            if step < 0 {
                if hasStarted { break }
                continue
            }
            if step == 0 {
                starts[0] = time
                hasStarted = true
            } else if let start = starts[step - 1] {
                guard time - start <= window else { continue }
                starts[step] = start
                if step + 1 == steps.count { return steps.count }
            } else if hasStarted {
                return starts.firstIndex { $0 == nil } ?? steps.count
            }
        }
        return (starts.lastIndex { $0 != nil } ?? -1) + 1
    }
}
