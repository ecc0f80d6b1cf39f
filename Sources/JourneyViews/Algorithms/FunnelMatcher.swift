// How far one customer gets through ordered steps within a window that starts at the first. Distinct events make distinct
// steps; events of one instant may be taken in the order of the steps. This is ClickHouse's `windowFunnel` with
// `strict_once` (and `strict_increase` for strictly rising times).

/// Matches the events of one customer against steps.
public struct FunnelMatcher: Sendable {
    /// For each step, the kinds of events that it takes, as a set of bits.
    let steps: [UInt64]
    /// From the first step to the last, inclusive.
    let window: Int64
    /// Whether times must rise strictly from step to step.
    let isStrictTime: Bool
    /// For each level the latest start that has reached it so far; kept from call to call.
    private var starts: [Int64]
    private static let none = Int64.min

    /// A matcher of at most 64 kinds and at least one step.
    public init(steps: [UInt64], window: Int64, isStrictTime: Bool) {
        self.steps = steps
        self.window = window
        self.isStrictTime = isStrictTime
        starts = Array(repeating: FunnelMatcher.none, count: steps.count + 1)
    }

    /// How far somebody got.
    public struct Result: Hashable, Sendable {
        /// The number of steps that were reached.
        public var level: Int
        /// Which events they were, for the earliest attempt that reaches the level and each step as early as possible.
        public var indices: [Int]
    }

    /// The best level over all attempts that start at `from` or later and before `to`. `times` ascend; `kinds[i]` is the
    /// bit of event i.
    ///
    /// For each level the latest start that reaches it is kept: no other start can reach further later. O(n·m) when no
    /// instant has several events.
    public mutating func match(times: [Int64], kinds: [UInt64], from: Int64 = .min, to: Int64 = .max) -> Result {
        for index in starts.indices { starts[index] = FunnelMatcher.none }
        var level = 0
        var reachedAt = FunnelMatcher.none
        var index = 0
        while index < times.count {
            let time = times[index]
            var end = index + 1
            var union = kinds[index]
            while end < times.count, times[end] == time {
                union |= kinds[end]
                end += 1
            }
            // From the highest level down, so that what this instant adds is not built upon by this instant.
            var reached = min(level, steps.count - 1)
            while reached >= 0 {
                defer { reached -= 1 }
                guard steps[reached] & union != 0 else { continue }
                let start = reached == 0 ? (time >= from && time < to ? time : FunnelMatcher.none) : starts[reached]
                guard start != FunnelMatcher.none, time - start <= window else { continue }
                let gained =
                    end - index == 1 || isStrictTime ? 1 : longestRun(Array(kinds[index..<end]), from: reached)
                for step in (reached + 1)...(reached + gained) where start > starts[step] { starts[step] = start }
                if reached + gained > level {
                    level = reached + gained
                    reachedAt = time
                }
            }
            index = end
        }
        guard level > 0 else { return Result(level: 0, indices: []) }
        return Result(level: level, indices: attempt(times, kinds, level, reachedAt, from, to))
    }

    /// How many steps in a row, from step `from` on, distinct events of these kinds can make.
    private func longestRun(_ kinds: [UInt64], from: Int) -> Int {
        guard from < steps.count, !kinds.isEmpty else { return 0 }
        var best = 0
        var tried: UInt64 = 0
        for (index, kind) in kinds.enumerated() where steps[from] & kind != 0 && tried & kind == 0 {
            // Events of one kind are interchangeable: one of each is enough.
            tried |= kind
            var rest = kinds
            rest.remove(at: index)
            best = max(best, 1 + longestRun(rest, from: from + 1))
            if best == steps.count - from { break }
        }
        return best
    }

    /// The events of the earliest start that reaches `level`, each step as early as possible.
    ///
    /// `reachedAt` is when the level was first reached: an earlier completion does not exist, so a start further back than
    /// the window cannot reach it, and any start since then can, by the events that completed it.
    private func attempt(
        _ times: [Int64],
        _ kinds: [UInt64],
        _ level: Int,
        _ reachedAt: Int64,
        _ from: Int64,
        _ to: Int64
    ) -> [Int] {
        var used: [Int] = []
        used.reserveCapacity(level)
        for start in times.indices
        where steps[0] & kinds[start] != 0 && times[start] >= from && times[start] < to
            && reachedAt - times[start] <= window
        {
            used.append(start)
            if search(times, kinds, level, &used) { return used }
            used.removeAll(keepingCapacity: true)
        }
        return []
    }

    /// Completes the steps in `used` to `level`; false, with `used` as it was, when that is not possible.
    private func search(_ times: [Int64], _ kinds: [UInt64], _ level: Int, _ used: inout [Int]) -> Bool {
        guard used.count < level else { return true }
        let previous = used[used.count - 1]
        let last = times[previous]
        var index = previous
        // Events of one instant may be taken in the order of the steps.
        while index > 0, times[index - 1] == last { index -= 1 }
        var tried: UInt64 = 0
        while index < times.count, times[index] - times[used[0]] <= window {
            let kind = kinds[index]
            let isLater = isStrictTime ? times[index] > last : times[index] >= last
            if isLater, steps[used.count] & kind != 0, tried & kind == 0, !used.contains(index) {
                tried |= kind
                used.append(index)
                if search(times, kinds, level, &used) { return true }
                used.removeLast()
            }
            index += 1
        }
        return false
    }
}
