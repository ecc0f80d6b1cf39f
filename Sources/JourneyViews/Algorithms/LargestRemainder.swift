// Money is split without losing a unit: shares are rounded down, and what is left goes to the largest remainders.

/// Splits whole numbers by weights (Hamilton's method).
public enum LargestRemainder {
    /// The parts of `total`, in the order of `weights`; they sum to `total`. Ties go to the earlier weight; a negative total
    /// is the mirror of the positive one; weights that are all zero count as equal. O(n log n).
    ///
    /// `weights` must not be negative; `|total| × weight` must fit 127 bits, which any 64-bit amount and 48-bit weight does.
    public static func split(_ total: Int128, weights: [Int64]) -> [Int128] {
        guard !weights.isEmpty else { return [] }
        if total < 0 { return split(-total, weights: weights).map { -$0 } }
        if weights.count == 1 { return [total] }
        if weights[0] > 0, weights.allSatisfy({ $0 == weights[0] }) { return evenly(total, weights.count) }
        let sum = weights.reduce(Int128(0)) { $0 + Int128($1) }
        guard sum > 0 else { return evenly(total, weights.count) }
        var parts: [Int128] = []
        parts.reserveCapacity(weights.count)
        var remainders: [(remainder: Int128, index: Int)] = []
        remainders.reserveCapacity(weights.count)
        var left = total
        for (index, weight) in weights.enumerated() {
            let (quotient, remainder) = (total * Int128(weight)).quotientAndRemainder(dividingBy: sum)
            parts.append(quotient)
            left -= quotient
            remainders.append((remainder, index))
        }
        if left > 0 {
            remainders.sort { $0.remainder != $1.remainder ? $0.remainder > $1.remainder : $0.index < $1.index }
            for entry in remainders.prefix(Int(left)) { parts[entry.index] += 1 }
        }
        return parts
    }

    private static func evenly(_ total: Int128, _ count: Int) -> [Int128] {
        let (quotient, remainder) = total.quotientAndRemainder(dividingBy: Int128(count))
        var parts = [Int128](repeating: quotient, count: count)
        for index in 0..<Int(remainder) { parts[index] += 1 }
        return parts
    }
}
