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

    /// A matcher of at most 64 kinds.
    public init(steps: [UInt64], window: Int64, isStrictTime: Bool) {
        self.steps = steps
        self.window = window
        self.isStrictTime = isStrictTime
    }

    /// How far somebody got.
    public struct Result: Hashable, Sendable {
        /// The number of steps that were reached.
        public var level: Int
        /// When each of them was, for the earliest attempt that reaches the level.
        public var times: [Int64]
    }

    /// The best level over all attempts. `times` ascend; `kinds[i]` is the bit of event i.
    ///
    /// For each level the latest start that reaches it is kept: no other start can reach further later. O(n·m) when no
    /// instant has several events.
    public func match(times: [Int64], kinds: [UInt64], entry: (Int64) -> Bool = { _ in true }) -> Result {
        var best = [Int64?](repeating: nil, count: steps.count + 1)
        var level = 0
        var index = 0
        while index < times.count {
            let time = times[index]
            var end = index
            while end < times.count, times[end] == time { end += 1 }
            var next = best
            for reached in stride(from: min(level, steps.count - 1), through: 0, by: -1) {
                let start = reached == 0 ? (entry(time) ? time : nil) : best[reached]
                guard let start, time - start <= window else { continue }
                let limit = isStrictTime ? 1 : steps.count - reached
                let gained = longestRun(Array(kinds[index..<end]), from: reached, limit: limit)
                guard gained > 0 else { continue }
                for step in (reached + 1)...(reached + gained) where start > next[step] ?? .min { next[step] = start }
                level = max(level, reached + gained)
            }
            best = next
            index = end
        }
        guard level > 0 else { return Result(level: 0, times: []) }
        return Result(level: level, times: attempt(times, kinds, level, entry))
    }

    /// How many steps in a row, from step `from` on, distinct events of these kinds can make.
    private func longestRun(_ kinds: [UInt64], from: Int, limit: Int) -> Int {
        guard limit > 0, from < steps.count else { return 0 }
        var best = 0
        var tried: UInt64 = 0
        for (index, kind) in kinds.enumerated() where steps[from] & kind != 0 && tried & kind == 0 {
            // Events of one kind are interchangeable: one of each is enough.
            tried |= kind
            var rest = kinds
            rest.remove(at: index)
            best = max(best, 1 + longestRun(rest, from: from + 1, limit: limit - 1))
            if best == min(limit, steps.count - from) { break }
        }
        return best
    }

    /// The times of the earliest start that reaches `level`, each step as early as possible.
    private func attempt(_ times: [Int64], _ kinds: [UInt64], _ level: Int, _ entry: (Int64) -> Bool) -> [Int64] {
        for start in times.indices where steps[0] & kinds[start] != 0 && entry(times[start]) {
            var found: [Int64]?
            search(times, kinds, [start], level, &found)
            if let found { return found }
        }
        return []
    }

    private func search(_ times: [Int64], _ kinds: [UInt64], _ used: [Int], _ level: Int, _ found: inout [Int64]?) {
        if used.count == level {
            found = used.map { times[$0] }
            return
        }
        let last = times[used[used.count - 1]]
        var index = used[used.count - 1]
        while index > 0, times[index - 1] == last { index -= 1 }
        var tried: Set<UInt64> = []
        while index < times.count, times[index] - times[used[0]] <= window {
            let kind = kinds[index]
            let isLater = isStrictTime ? times[index] > last : times[index] >= last
            if isLater, steps[used.count] & kind != 0, !used.contains(index), tried.insert(kind).inserted {
                search(times, kinds, used + [index], level, &found)
                if found != nil { return }
            }
            index += 1
        }
    }
}
