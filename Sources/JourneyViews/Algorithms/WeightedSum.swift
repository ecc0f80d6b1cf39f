// Sums of amounts times probabilities: fractions are added up exactly and rounded once, and what the sum has beyond the rounded
// down parts goes to the parts with the largest remainders.
internal import JourneyEvents

/// A probability as a fraction of whole numbers in lowest terms.
struct Probability: Hashable, Sendable {
    let numerator: Int64
    let denominator: Int64

    /// `part` of `whole`, which must be positive.
    init(_ part: Int64, of whole: Int64) {
        let divisor = Int64(max(1, greatestCommonDivisor(Int128(part), Int128(whole))))
        numerator = part / divisor
        denominator = whole / divisor
    }

    /// A decimal as rules give it, to nine places.
    init(_ value: Double) { self.init(Int64((value * 1_000_000_000).rounded()), of: 1_000_000_000) }

    static let certain = Probability(1, of: 1)
    static let none = Probability(0, of: 1)

    var value: Double { Double(numerator) / Double(denominator) }
    /// Whether it is at least `part` of `whole`.
    func isAtLeast(_ part: Int64, of whole: Int64) -> Bool {
        Int128(numerator) * Int128(whole) >= Int128(part) * Int128(denominator)
    }
}

/// Splits a weighted sum.
enum WeightedSum {
    /// Whole parts that add up to Σ amount × probability rounded to the nearest whole number, halves up. Each is its own
    /// product rounded down or up; ties of remainders go to the earlier. O(n log n).
    static func split(_ products: [(amount: Int128, probability: Probability)]) -> [Int128] {
        var parts: [Int128] = []
        var remainders: [(index: Int, remainder: Int128, denominator: Int128)] = []
        parts.reserveCapacity(products.count)
        for (index, product) in products.enumerated() {
            let denominator = Int128(product.probability.denominator)
            let value = product.amount * Int128(product.probability.numerator)
            let (quotient, remainder) = value.flooringDivision(by: denominator)
            parts.append(quotient)
            if remainder > 0 { remainders.append((index, remainder, denominator)) }
        }
        let left = rounded(remainders.map { ($0.remainder, $0.denominator) })
        remainders.sort { a, b in
            let (first, second) = (a.remainder * b.denominator, b.remainder * a.denominator)
            return first != second ? first > second : a.index < b.index
        }
        for entry in remainders.prefix(Int(left)) { parts[entry.index] += 1 }
        return parts
    }

    /// The sum of proper fractions to the nearest whole number. It is exact while their common denominator fits; beyond that
    /// each counts as a multiple of 2^-60.
    private static func rounded(_ fractions: [(Int128, Int128)]) -> Int128 {
        var common: Int128? = 1
        for denominator in Set(fractions.map { $0.1 }).sorted() {
            guard let known = common else { break }
            let factor = denominator / greatestCommonDivisor(known, denominator)
            let (product, overflows) = known.multipliedReportingOverflow(by: factor)
            common = overflows || product > Int128.max >> 40 ? nil : product
        }
        let scale = common ?? Int128(1) << 60
        let sum = fractions.reduce(Int128(0)) { sum, fraction in
            sum + (common == nil ? fraction.0 * scale / fraction.1 : fraction.0 * (scale / fraction.1))
        }
        return (2 * sum + scale) / (2 * scale)
    }
}

extension Int128 {
    /// Quotient towards negative infinity, and the remainder from 0 on.
    fileprivate func flooringDivision(by divisor: Int128) -> (Int128, Int128) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

/// Amounts of deals, weighted, by currency: each currency is rounded to the finer of its minor unit and its amounts' scale.
struct WeightedMoney {
    private var products: [Currency: [(amount: Amount, probability: Probability, item: Int)]] = [:]

    /// Adds an amount; `item` is the caller's number for it.
    mutating func add(_ amount: Amount, _ probability: Probability, item: Int) {
        products[amount.currency, default: []].append((amount, probability, item))
    }

    /// The sums, and the share of each item that has one.
    func total() -> (sum: MoneySum, shares: [Int: Amount]) {
        var sum = MoneySum()
        var shares: [Int: Amount] = [:]
        for (currency, list) in products {
            let digits = list.reduce(currency.minorDigits) { max($0, Int($1.amount.scale)) }
            let unit = Int128(PowersOfTen[6 - digits])
            let parts = WeightedSum.split(list.map { ($0.amount.micros / unit, $0.probability) })
            for (product, part) in zip(list, parts) {
                sum.add(part * unit, currency, scale: UInt8(digits))
                shares[product.item] = Int64(exactly: part).map {
                    Amount(units: $0, scale: UInt8(digits), currency: currency)
                }
            }
        }
        return (sum, shares)
    }
}
