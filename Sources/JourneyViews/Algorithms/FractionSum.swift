// Fractions add up exactly when their numerators are kept apart by denominator.

/// A sum of fractions: whole numerators by denominator, added up at the end in ascending order of denominator.
struct FractionSum: Sendable {
    private var byDenominator: [Int64: Int128] = [:]

    mutating func add(_ numerator: Int64, over denominator: Int64) {
        guard numerator != 0 else { return }
        byDenominator[denominator, default: 0] += Int128(numerator)
    }

    /// Adds all parts of another sum.
    mutating func add(_ other: FractionSum) {
        for (denominator, numerator) in other.byDenominator { byDenominator[denominator, default: 0] += numerator }
    }

    /// The sum; its error is that of adding as many doubles as there are denominators.
    var value: Double {
        var sum = 0.0
        var lost = 0.0
        for denominator in byDenominator.keys.sorted() {
            // Whole part and rest apart, and the error of each addition carried along (Kahan).
            let numerator = byDenominator[denominator] ?? 0
            let (whole, rest) = numerator.quotientAndRemainder(dividingBy: Int128(denominator))
            let term = Double(whole) + Double(rest) / Double(denominator) - lost
            let next = sum + term
            lost = (next - sum) - term
            sum = next
        }
        return sum
    }
}
