// Sums that do not depend on the order in which their parts come.
internal import JourneyEvents

/// Sums of money by currency: exact, in units of 10^-6.
struct MoneySum: Hashable, Sendable {
    private(set) var byCurrency: [Currency: (micros: Int128, scale: UInt8)] = [:]

    mutating func add(_ micros: Int128, _ currency: Currency, scale: UInt8) {
        let known = byCurrency[currency] ?? (0, 0)
        byCurrency[currency] = (known.micros + micros, max(known.scale, scale))
    }

    mutating func add(_ amount: Amount) { add(amount.micros, amount.currency, scale: amount.scale) }

    /// A list of `{amount, currency}`, ascending by currency, with the digits of the finest part and at least those of the
    /// currency's minor unit.
    var json: JSONValue {
        .array(
            byCurrency.keys.sorted().compactMap { currency in
                byCurrency[currency].map { MoneySum.json($0.micros, currency, scale: $0.scale) }
            }
        )
    }

    static func json(_ micros: Int128, _ currency: Currency, scale: UInt8) -> JSONValue {
        let digits = max(Int(scale), currency.minorDigits)
        return .object([
            .init("amount", .string(decimalText(units: micros / Int128(PowersOfTen[6 - digits]), scale: digits))),
            .init("currency", .string(currency.code)),
        ])
    }

    static func == (a: MoneySum, b: MoneySum) -> Bool { a.json == b.json }
    func hash(into hasher: inout Hasher) { hasher.combine(json) }
}

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

/// A distribution of durations.
struct Distribution: Sendable {
    private var milliseconds: [Int64] = []

    mutating func add(_ value: Int64) { milliseconds.append(value) }

    /// Linear interpolation at rank p·(n-1) of ascending values; nil for none.
    static func percentile(_ sorted: [Double], _ p: Double) -> Double? {
        guard !sorted.isEmpty else { return nil }
        let rank = p * Double(sorted.count - 1)
        let low = Int(rank)
        let high = min(low + 1, sorted.count - 1)
        return sorted[low] + (sorted[high] - sorted[low]) * (rank - Double(low))
    }

    /// `{n, mean, p50, p75, p90}` in seconds.
    var json: JSONValue {
        let seconds = milliseconds.sorted().map { Double($0) / 1_000 }
        let total = milliseconds.reduce(Int128(0)) { $0 + Int128($1) }
        let mean = milliseconds.isEmpty ? nil : Double(total) / Double(milliseconds.count) / 1_000
        return .object([
            .init("n", .count(seconds.count)), .init("mean", .number(mean)),
            .init("p50", .number(Distribution.percentile(seconds, 0.5))),
            .init("p75", .number(Distribution.percentile(seconds, 0.75))),
            .init("p90", .number(Distribution.percentile(seconds, 0.9))),
        ])
    }
}
