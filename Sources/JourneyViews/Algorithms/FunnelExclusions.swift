// Events that must not happen on the way: one between two steps voids the attempt. A customer with another, clean attempt
// still counts; PostHog takes the customer out altogether.

/// An event that voids an attempt when it happens between two steps.
struct FunnelExclusion: Hashable, Sendable {
    /// The kinds of events that are excluded, as a set of bits.
    var kinds: UInt64
    /// Once this step was made (1 is the first) …
    var after: Int
    /// … and until this one was.
    var before: Int
}

/// Where excluded events lie in a journey.
struct FunnelExclusions {
    /// For each level, the first group at or after a group that holds an event excluded at that level; empty when none is.
    private var next: [[Int]]

    /// O(groups × levels that know an exclusion).
    init(_ exclusions: [FunnelExclusion], steps: Int, _ groups: InstantGroups) {
        next = (0..<max(steps, 1)).map { level in
            let kinds = exclusions.filter { $0.after <= level && level < $0.before }.reduce(0) { $0 | $1.kinds }
            return kinds == 0 ? [] : groups.next(with: kinds)
        }
    }

    /// The first group from `group` on with an event that is excluded while an attempt stands at `level`; nil for none.
    func first(from group: Int, at level: Int) -> Int? {
        guard level < next.count, group < next[level].count else { return nil }
        let found = next[level][group]
        return found < next[level].count - 1 ? found : nil
    }
}

extension InstantGroups {
    /// For each group, and one past the last, the first group from there on with one of the kinds; `count` for none.
    func next(with kinds: UInt64) -> [Int] {
        var result = [Int](repeating: count, count: count + 1)
        for group in stride(from: count - 1, through: 0, by: -1) {
            result[group] = unions[group] & kinds != 0 ? group : result[group + 1]
        }
        return result
    }
}
