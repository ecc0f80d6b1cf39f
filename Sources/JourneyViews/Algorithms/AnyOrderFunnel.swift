// Steps in any order: the largest number of distinct steps that distinct events make inside some window.

/// Matches steps in any order.
struct AnyOrderFunnel: FunnelEngine {
    private let steps: [UInt64]
    private let all: UInt64
    private let window: Int64

    init(steps: [UInt64], window: Int64) {
        self.steps = steps
        self.window = window
        all = steps.reduce(0, |)
    }

    /// The level, and the earliest attempt that has it: it starts as early as possible and ends as early as possible.
    ///
    /// A window is looked at only when it holds events for more steps than the best so far: O(n·m) for steps that share no
    /// events, and O(m²) more for each such window otherwise, times the kinds in it.
    func match(times: [Int64], kinds: [UInt64], from: Int64, to: Int64) -> FunnelResult {
        var result = FunnelResult.none(steps: steps.count)
        let events = times.indices.filter { kinds[$0] & all != 0 }
        var counts: [UInt64: Int] = [:]
        var end = 0
        for (place, first) in events.enumerated() where result.level < steps.count {
            while end < events.count, times[events[end]] - times[first] <= window {
                counts[kinds[events[end]], default: 0] += 1
                end += 1
            }
            if times[first] >= from, times[first] < to, bound(counts) > result.level {
                attempt(events[place..<end], kinds, &result)
            }
            counts[kinds[first], default: 1] -= 1
            if counts[kinds[first]] == 0 { counts[kinds[first]] = nil }
        }
        return result
    }

    /// No matching has more steps than this.
    private func bound(_ counts: [UInt64: Int]) -> Int {
        let present = counts.keys.reduce(0, |)
        return min(steps.count { $0 & present != 0 }, counts.values.reduce(0, +))
    }

    private func attempt(_ events: ArraySlice<Int>, _ kinds: [UInt64], _ result: inout FunnelResult) {
        var matching = StepMatching(steps: steps)
        var tried: [Int] = []
        var refused: Set<UInt64> = []
        for event in events where matching.size < steps.count && !refused.contains(kinds[event]) {
            // A kind that cannot add a step now cannot later: what is in use stays in use.
            if !matching.add(kind: kinds[event]) { refused.insert(kinds[event]) }
            tried.append(event)
        }
        guard matching.size > result.level else { return }
        result.level = matching.size
        result.indices = matching.eventOfStep.map { $0.map { tried[$0] } }
        result.start = events.first
    }
}
