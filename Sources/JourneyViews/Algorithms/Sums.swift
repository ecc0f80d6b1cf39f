// Sums that do not depend on the order in which their parts come.
internal import JourneyEvents

/// Sums of money by currency: exact, in units of 10^-6. Few currencies come together, so a list is faster than a table.
struct MoneySum: Hashable, Sendable {
    /// The sum of one currency, with the finest scale that a part had.
    struct Part: Hashable, Sendable {
        var currency: Currency
        var micros: Int128
        var scale: UInt8
    }

    /// Ascending by currency.
    private(set) var parts: [Part] = []

    mutating func add(_ micros: Int128, _ currency: Currency, scale: UInt8) {
        var index = 0
        while index < parts.count, parts[index].currency < currency { index += 1 }
        if index < parts.count, parts[index].currency == currency {
            parts[index].micros += micros
            parts[index].scale = max(parts[index].scale, scale)
        } else {
            parts.insert(Part(currency: currency, micros: micros, scale: scale), at: index)
        }
    }

    mutating func add(_ amount: Amount) { add(amount.micros, amount.currency, scale: amount.scale) }

    mutating func add(_ other: MoneySum) {
        for part in other.parts { add(part.micros, part.currency, scale: part.scale) }
    }

    /// A list of `{amount, currency}`, ascending by currency, with the digits of the finest part and at least those of the
    /// currency's minor unit.
    var json: JSONValue { .array(parts.map { MoneySum.json($0.micros, $0.currency, scale: $0.scale) }) }

    static func json(_ micros: Int128, _ currency: Currency, scale: UInt8) -> JSONValue {
        .object([
            .init("amount", .string(decimal(micros, currency, scale: scale))),
            .init("currency", .string(currency.code)),
        ])
    }

    static func json(_ amount: Amount) -> JSONValue { json(amount.micros, amount.currency, scale: amount.scale) }

    /// The digits of an amount: those that it was given with, and at least those of the currency's minor unit.
    static func decimal(_ micros: Int128, _ currency: Currency, scale: UInt8) -> String {
        let digits = max(Int(scale), currency.minorDigits)
        return decimalText(units: micros / Int128(PowersOfTen[6 - digits]), scale: digits)
    }
}

/// A sum of shares of conversions. Each share is rounded once, to a multiple of 2^-64, and then added as a whole number:
/// a million shares cannot be off by more than 3e-14, in any order.
struct ShareSum: Hashable, Sendable {
    private var parts: Int128 = 0
    private static let one = Int128(1) << 64

    /// Adds `sign × weight / total`; the weight is at most 2^62.
    mutating func add(_ weight: Int64, over total: Int64, sign: Int128 = 1) {
        guard weight != 0, total > 0 else { return }
        if weight == total {
            parts += sign * ShareSum.one
        } else {
            parts += sign * ((Int128(weight) << 64 + Int128(total / 2)) / Int128(total))
        }
    }

    mutating func add(_ other: ShareSum) { parts += other.parts }

    /// Adds a number of conversions that was worked out elsewhere, to the nearest multiple of 2^-64.
    mutating func add(_ conversions: Double) {
        parts += Int128(exactly: (conversions * 18_446_744_073_709_551_616).rounded()) ?? 0
    }

    var isZero: Bool { parts == 0 }
    var value: Double { Double(parts) / 18_446_744_073_709_551_616 }
}

/// A distribution of durations.
struct Distribution: Sendable {
    private var milliseconds: [Int64] = []

    mutating func add(_ value: Int64) { milliseconds.append(value) }
    mutating func add(_ other: Distribution) { milliseconds += other.milliseconds }

    /// Linear interpolation at rank p·(n-1) of ascending values; nil for none.
    static func percentile(_ sorted: [Double], _ p: Double) -> Double? {
        guard !sorted.isEmpty else { return nil }
        let rank = p * Double(sorted.count - 1)
        let low = Int(rank)
        let high = min(low + 1, sorted.count - 1)
        return sorted[low] + (sorted[high] - sorted[low]) * (rank - Double(low))
    }

    /// The value in seconds at a rank; nil for none.
    func seconds(at p: Double) -> Double? {
        Distribution.percentile(milliseconds.sorted().map { Double($0) / 1_000 }, p)
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
