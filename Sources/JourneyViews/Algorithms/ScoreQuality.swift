// How good a score is: whether it puts those who convert before those who do not, and, for a probability, whether it is right.
internal import Foundation

/// Figures of a score over customers whose outcome is known.
struct ScoreQuality: Hashable, Sendable {
    /// P(score of a converter > score of another) + ½ P(equal); ½ is no better than chance. The rank formula (Hanley and
    /// McNeil, 1982).
    let auc: Double
    /// Mean of (p − outcome)² (Brier, 1950); nil for a score that is no probability.
    let brier: Double?
    /// Mean of −ln of the probability given to what happened, with p held to 1e-15…1 − 1e-15; nil likewise.
    let logLoss: Double?
    /// Expected calibration error: the gap between mean p and rate over ten bins of equal count, weighted; nil likewise.
    let calibrationError: Double?
    /// For the best tenth, two tenths, … the rate over the rate of all. Equal scores at a cut count by their share.
    let lift: [Double]

    /// One of the ten bins.
    struct Bin: Hashable, Sendable {
        var count: Int
        var mean: Double
        var rate: Double
    }
    /// The bins, from the lowest p; a bin without rows is left out. Empty for a score that is no probability.
    let bins: [Bin]

    /// Nil when all or none convert: then there is nothing to tell apart. Of equal probabilities the earlier row is put
    /// into the lower bin. O(n log n).
    init?(scores: [Double], outcomes: [Bool], isProbability: Bool) {
        let count = scores.count
        let positive = outcomes.count { $0 }
        guard count == outcomes.count, positive > 0, positive < count else { return nil }
        let order = scores.indices.sorted { scores[$0] != scores[$1] ? scores[$0] < scores[$1] : $0 < $1 }
        auc = ScoreQuality.auc(order, scores, outcomes, positive)
        lift = ScoreQuality.lift(order.reversed(), scores, outcomes, positive)
        guard isProbability else {
            (brier, logLoss, calibrationError, bins) = (nil, nil, nil, [])
            return
        }
        var squares = 0.0
        var logarithms = 0.0
        for index in order {
            let miss = scores[index] - (outcomes[index] ? 1 : 0)
            squares += miss * miss
            let p = min(max(scores[index], 1e-15), 1 - 1e-15)
            logarithms -= outcomes[index] ? log(p) : log1p(-p)
        }
        brier = squares / Double(count)
        logLoss = logarithms / Double(count)
        bins = (0..<10).compactMap { bin in
            let rows = order[(bin * count / 10)..<((bin + 1) * count / 10)]
            guard !rows.isEmpty else { return nil }
            return Bin(
                count: rows.count,
                mean: rows.reduce(0) { $0 + scores[$1] } / Double(rows.count),
                rate: Double(rows.count { outcomes[$0] }) / Double(rows.count)
            )
        }
        calibrationError = bins.reduce(0) { $0 + Double($1.count) / Double(count) * abs($1.mean - $1.rate) }
    }

    /// Equal scores share the mean of their ranks.
    private static func auc(_ order: [Int], _ scores: [Double], _ outcomes: [Bool], _ positive: Int) -> Double {
        // Twice the rank, so that half ranks are whole numbers.
        var ranks = 0
        var from = 0
        while from < order.count {
            var end = from
            var hits = 0
            while end < order.count, scores[order[end]] == scores[order[from]] {
                hits += outcomes[order[end]] ? 1 : 0
                end += 1
            }
            ranks += hits * (from + 1 + end)
            from = end
        }
        let negative = order.count - positive
        return Double(ranks - positive * (positive + 1)) / Double(2 * positive * negative)
    }

    private static func lift(_ order: [Int], _ scores: [Double], _ outcomes: [Bool], _ positive: Int) -> [Double] {
        let base = Double(positive) / Double(order.count)
        return (1...10).map { tenth in
            let size = (order.count * tenth + 9) / 10
            let cut = scores[order[size - 1]]
            var hits = 0.0
            var from = 0
            while from < order.count, scores[order[from]] > cut {
                hits += outcomes[order[from]] ? 1 : 0
                from += 1
            }
            var end = from
            var equal = 0
            while end < order.count, scores[order[end]] == cut {
                equal += outcomes[order[end]] ? 1 : 0
                end += 1
            }
            hits += Double(equal) * Double(size - from) / Double(end - from)
            return hits / Double(size) / base
        }
    }
}
