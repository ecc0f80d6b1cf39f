// Attribution by a list of one's own: shares by place in the path, or another model's weights multiplied by channel and type.
// Only the proportions of what the user gives count, so nothing needs to add up to one.

/// The weights of a path, and whether they had to be those of the linear model because all of its own were zero.
package struct CustomWeights: Hashable, Sendable {
    /// A weight for each touch.
    package var weights: [Int64]
    /// Whether the linear model stood in.
    package var isLinear: Bool

    /// Weights that are not all zero.
    init(_ weights: [Int64]) {
        self.weights = weights
        isLinear = false
    }

    fileprivate init(orLinear weights: [Int64]) {
        isLinear = !weights.isEmpty && !weights.contains { $0 > 0 }
        self.weights = isLinear ? Array(repeating: 1, count: weights.count) : weights
    }
}

/// Shares by place: a list from the start of the path, a list to its end, and the rest for all touches in neither.
///
/// A touch of a short path that is in both lists has both shares; places that the path does not have drop out. With one share
/// at each end and the rest to one, this is the position model.
package struct CustomPlaces: Hashable, Sendable {
    private let start: [Int64]
    private let end: [Int64]
    private let rest: Int64

    /// Shares in any one unit, 0…10^9 each; the last of `end` is the last touch's.
    package init(start: [Int64], end: [Int64], rest: Int64) {
        precondition(
            (start + end + [rest]).allSatisfy { (0...1_000_000_000).contains($0) },
            "The shares \(start), \(end) and \(rest) must lie between 0 and 1000000000."
        )
        self.start = start
        self.end = end
        self.rest = rest
    }

    /// The weights of a path of `count` touches.
    package func weights(count: Int) -> CustomWeights {
        // Each of the others has rest / others: all weights are times others.
        let others = count - start.count - end.count
        let scale = Int64(max(others, 1))
        let weights = (0..<count).map { index in
            let fromEnd = index - count + end.count
            if index >= start.count, fromEnd < 0 { return rest }
            return ((index < start.count ? start[index] : 0) + (fromEnd >= 0 ? end[fromEnd] : 0)) * scale
        }
        return CustomWeights(orLinear: weights)
    }
}

/// Multipliers by channel and by type that another model's weights are taken times; what is not named has 1.
package struct CustomMultipliers<Key: Hashable & Sendable>: Hashable, Sendable {
    private let channels: [Key: Int64]
    private let types: [Key: Int64]

    /// A multiplier of 1: they are in millionths.
    package static var one: Int64 { 1_000_000 }

    /// Multipliers in millionths, from 0 to a thousand times.
    package init(channels: [Key: Int64], types: [Key: Int64]) {
        for multiplier in [channels.values, types.values].joined() {
            precondition(
                (0...1_000 * Self.one).contains(multiplier),
                "A multiplier of \(multiplier) millionths is not between 0 and a thousand times."
            )
        }
        self.channels = channels
        self.types = types
    }

    /// The weights `base` of a path's touches, at most 2^62 each, times the multipliers of each touch's channel and type.
    package func weights(base: [Int64], channels: [Key], types: [Key]) -> CustomWeights {
        precondition(base.count == channels.count && base.count == types.count, "Each touch has a channel and a type.")
        let products = base.indices.map { index in
            let channel = self.channels[channels[index]] ?? Self.one
            let type = self.types[types[index]] ?? Self.one
            return Int128(base[index]) * Int128(channel) * Int128(type)
        }
        return CustomWeights(orLinear: CustomMultipliers.narrowed(products))
    }

    /// The same proportions in lowest terms; rounded to 62 bits when they still have more.
    private static func narrowed(_ weights: [Int128]) -> [Int64] {
        let divisor = weights.reduce(Int128(0)) { greatestCommonDivisor($0, $1) }
        guard divisor > 0 else { return weights.map { _ in 0 } }
        let lowest = weights.map { $0 / divisor }
        let excess = 128 - (lowest.max() ?? 0).leadingZeroBitCount - 62
        guard excess > 0 else { return lowest.map { Int64($0) } }
        let half = Int128(1) << Int128(excess - 1)
        return lowest.map { Int64(($0 + half) >> Int128(excess)) }
    }
}
