// Attribution by Shapley value (1953) of the game v(S) = what the paths whose channels all lie in S brought. Each path is a
// game that only the set of its own channels wins, which they share evenly; the value of a sum of games is the sum of
// values. So φ_c is the sum, over the paths that contain c, of what each brought over the number of its distinct channels.

/// The Shapley values of channels: linear attribution over the distinct channels of each path.
///
/// Neither the order of touches, nor repeats, nor paths without a conversion have any influence. O(touches) but for sorting.
package struct ShapleyModel: Sendable {
    /// The conversions that each channel earned: exact, whole numbers by the number of channels that share them.
    let conversionSums: [FractionSum]
    /// What each channel earned of the value: numerators by denominator, exact.
    private let valueParts: [[Int: Int128]]
    /// The conversions of paths without touches, which no channel earned.
    package let unattributedConversions: Int
    /// The value of all paths with touches, and of those without.
    private let total: Int128
    private let untouched: Int128

    /// The values of `paths`, whose channels are below `channels`.
    package init(paths: [PathCount], channels: Int) {
        var conversionSums = [FractionSum](repeating: FractionSum(), count: channels)
        var valueParts = [[Int: Int128]](repeating: [:], count: channels)
        var unattributedConversions = 0
        var total: Int128 = 0
        var untouched: Int128 = 0
        for path in paths {
            let distinct = Set(path.channels)
            guard !distinct.isEmpty else {
                unattributedConversions += path.conversions
                untouched += path.value
                continue
            }
            total += path.value
            for channel in distinct {
                conversionSums[channel].add(Int64(path.conversions), over: Int64(distinct.count))
                valueParts[channel][distinct.count, default: 0] += path.value
            }
        }
        self.conversionSums = conversionSums
        self.valueParts = valueParts
        self.unattributedConversions = unattributedConversions
        self.total = total
        self.untouched = untouched
    }

    /// The conversions that each channel earned.
    package var conversionCredits: [Double] { conversionSums.map(\.value) }

    /// The value split once over the channels: each has its Shapley value rounded down, and the units left go to the largest
    /// remainders, ties to the lower channel. A negative total is the mirror of the positive one.
    package var split: ChannelSplit {
        guard total < 0 else {
            return ChannelSplit(channels: WholeParts.split(total, valueParts), unattributed: untouched)
        }
        let mirrored = valueParts.map { $0.mapValues { -$0 } }
        return ChannelSplit(channels: WholeParts.split(-total, mirrored).map { -$0 }, unattributed: untouched)
    }
}

/// Rounds sums of fractions to whole numbers by the largest remainder. ``LargestRemainder`` splits by whole weights; these
/// are shares themselves, over several denominators.
private enum WholeParts {
    /// The parts of `total`, whose exact shares are sums of numerators by denominator and add up to it.
    static func split(_ total: Int128, _ shares: [[Int: Int128]]) -> [Int128] {
        guard !shares.isEmpty else { return [] }
        let common = commonDenominator(Set(shares.flatMap(\.keys)))
        var parts: [Int128] = []
        var remainders: [(remainder: Int128, index: Int)] = []
        for (index, share) in shares.enumerated() {
            var whole: Int128 = 0
            var rest: Int128 = 0
            for (denominator, numerator) in share {
                let (quotient, remainder) = numerator.flooringDivision(by: Int128(denominator))
                whole += quotient
                rest += remainder * common / Int128(denominator)
            }
            let (carried, remainder) = rest.flooringDivision(by: common)
            parts.append(whole + carried)
            remainders.append((remainder, index))
        }
        let left = total - parts.reduce(0, +)
        remainders.sort { $0.remainder != $1.remainder ? $0.remainder > $1.remainder : $0.index < $1.index }
        for entry in remainders.prefix(Int(left)) { parts[entry.index] += 1 }
        return parts
    }

    /// The least common multiple while it is below 2^100, which holds for all denominators up to 60 and leaves room for the
    /// sums. Beyond, 2^64: each fraction is then rounded down to a multiple of 2^-64, which can only decide between
    /// remainders that are equal to about 19 digits.
    private static func commonDenominator(_ denominators: Set<Int>) -> Int128 {
        var common: Int128 = 1
        for denominator in denominators {
            let shared = greatestCommonDivisor(common, Int128(denominator))
            let (product, overflows) = (common / shared).multipliedReportingOverflow(by: Int128(denominator))
            guard !overflows, product < Int128(1) << 100 else { return Int128(1) << 64 }
            common = product
        }
        return common
    }
}

extension Int128 {
    /// Quotient rounded down, remainder from zero on.
    fileprivate func flooringDivision(by divisor: Int128) -> (quotient: Int128, remainder: Int128) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
