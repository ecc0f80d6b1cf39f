// What follows what: the directly-follows graph of process mining, with the times between. It equals that of pm4py.

/// Edges between activities that follow each other in a case, filled one case at a time.
struct DirectlyFollowsGraph<Activity: Hashable & Comparable & Sendable>: Sendable {
    /// From one activity to the next.
    struct Pair: Hashable, Comparable, Sendable {
        var from: Activity
        var to: Activity
        static func < (a: Pair, b: Pair) -> Bool { a.from != b.from ? a.from < b.from : a.to < b.to }
    }

    /// The times on one edge, milliseconds.
    struct Edge: Hashable, Sendable {
        var pair: Pair
        var count: Int
        var sum: Int128
        var mean: Double
        /// Of an even number the mean of the two in the middle.
        var median: Double
        var p75: Double
        var p90: Double
        var min: Int64
        var max: Int64
    }

    /// How often one whole path was taken.
    struct Variant: Hashable, Sendable {
        var path: [Activity]
        var count: Int
    }

    private var durations: [Pair: [Int64]] = [:]
    private var paths: [[Activity]: Int] = [:]
    /// How many cases begin with each activity.
    private(set) var starts: [Activity: Int] = [:]
    /// How many cases end with each activity.
    private(set) var ends: [Activity: Int] = [:]

    init() {}

    /// Adds the events of one case, in journey order. A case without events adds nothing.
    mutating func add(_ events: [(activity: Activity, time: Int64)]) {
        guard let first = events.first, let last = events.last else { return }
        starts[first.activity, default: 0] += 1
        ends[last.activity, default: 0] += 1
        paths[events.map(\.activity), default: 0] += 1
        for (before, after) in zip(events, events.dropFirst()) {
            durations[Pair(from: before.activity, to: after.activity), default: []].append(after.time - before.time)
        }
    }

    /// All edges, ascending by pair. O(n log n).
    var edges: [Edge] {
        durations.map { pair, times in
            let sorted = times.sorted()
            let sum = sorted.reduce(Int128(0)) { $0 + Int128($1) }
            let values = sorted.map(Double.init)
            return Edge(
                pair: pair,
                count: sorted.count,
                sum: sum,
                mean: Double(sum) / Double(sorted.count),
                median: Distribution.percentile(values, 0.5) ?? 0,
                p75: Distribution.percentile(values, 0.75) ?? 0,
                p90: Distribution.percentile(values, 0.9) ?? 0,
                min: sorted[0],
                max: sorted[sorted.count - 1]
            )
        }
        .sorted { $0.pair < $1.pair }
    }

    /// All paths, the most frequent first; of equally frequent ones the lesser first.
    var variants: [Variant] {
        paths.map { Variant(path: $0.key, count: $0.value) }
            .sorted { $0.count != $1.count ? $0.count > $1.count : $0.path.lexicographicallyPrecedes($1.path) }
    }
}
