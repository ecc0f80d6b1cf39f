// Where journeys take long and where they end: dwell times of steps (or of the edges between them), what is stuck, and which
// dwells are out of the ordinary.
internal import Foundation

/// Dwell times by step, filled one stay at a time. A step may as well be an edge.
struct Bottlenecks<Step: Hashable & Comparable & Sendable>: Sendable {
    /// How it goes at one step. Times are in milliseconds.
    struct Row: Hashable, Sendable {
        var step: Step
        /// Stays that were left for another step.
        var count: Int
        /// Mean and percentiles of the dwells of those stays; nil when there are none.
        var mean: Double?
        var p50: Double?
        var p75: Double?
        var p90: Double?
        /// Open stays that last longer than `p90`.
        var stuck: Int
        /// Stays that were left after a dwell out of the ordinary.
        var outliers: Int
        /// Cases that ended here, and those that are stuck.
        var dropped: Int
        /// Dwell at this step over the dwell at all steps; nil when nobody has waited anywhere.
        var waitShare: Double?
    }

    private struct Stays {
        var dwells: [Int64] = []
        var open: [Int64] = []
        var ended = 0
    }

    private var stays: [Step: Stays] = [:]

    init() {}

    /// A stay that was left for another step after this long.
    mutating func add(_ step: Step, dwell: Int64) { stays[step, default: Stays()].dwells.append(dwell) }
    /// A stay that still lasts, and how long by now.
    mutating func add(_ step: Step, openFor age: Int64) { stays[step, default: Stays()].open.append(age) }
    /// A case that ended at this step.
    mutating func addEnd(_ step: Step) { stays[step, default: Stays()].ended += 1 }

    /// One row for each step, ascending. Open stays are in no percentile: those are of completed dwells. O(n log n).
    var rows: [Row] {
        let total = stays.values.reduce(Int128(0)) { $1.dwells.reduce($0) { $0 + Int128($1) } }
        return stays.keys.sorted().map { step in
            let here = stays[step] ?? Stays()
            let sorted = here.dwells.sorted().map(Double.init)
            let p90 = Distribution.percentile(sorted, 0.9)
            let sum = here.dwells.reduce(Int128(0)) { $0 + Int128($1) }
            let limit = DwellOutliers.limit(here.dwells)
            let stuck = p90.map { limit in here.open.count { Double($0) > limit } } ?? 0
            return Row(
                step: step,
                count: sorted.count,
                mean: sorted.isEmpty ? nil : Double(sum) / Double(sorted.count),
                p50: Distribution.percentile(sorted, 0.5),
                p75: Distribution.percentile(sorted, 0.75),
                p90: p90,
                stuck: stuck,
                outliers: limit.map { limit in sorted.count { $0 > limit } } ?? 0,
                dropped: here.ended + stuck,
                waitShare: Ratio.of(sum, total)
            )
        }
    }

    /// Dwells of a step above this, in milliseconds, are out of the ordinary; nil when there are none.
    func outlierLimit(_ step: Step) -> Double? { DwellOutliers.limit(stays[step]?.dwells ?? []) }
}

/// Which dwell times are out of the ordinary.
enum DwellOutliers {
    /// Dwells above this are. From 20 on Tukey's upper fence of their logarithms, since dwell times are skewed: Q3 + 1.5 IQR
    /// (Exploratory Data Analysis, 1977); with fewer the 95th percentile. Dwells below a millisecond count as one.
    static func limit(_ dwells: [Int64]) -> Double? {
        let sorted = dwells.sorted().map { Double(max($0, 1)) }
        guard sorted.count >= 20 else { return Distribution.percentile(sorted, 0.95) }
        let logarithms = sorted.map { log($0) }
        guard let q1 = Distribution.percentile(logarithms, 0.25), let q3 = Distribution.percentile(logarithms, 0.75)
        else {
            return nil
        }
        // A hair above, so that a dwell that equals the fence does not lie beyond it by rounding.
        return exp(q3 + 1.5 * (q3 - q1)) * (1 + 1e-12)
    }
}
