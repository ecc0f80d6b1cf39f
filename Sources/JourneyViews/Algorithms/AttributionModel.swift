// How a conversion's value is shared among the touchpoints of its path. Weights are whole numbers, so that shares are exact.

/// A rule that gives each touchpoint of a path a weight.
public enum AttributionModel: Hashable, Sendable {
    /// All to the first.
    case first
    /// All to the last.
    case last
    /// All to the last that is not direct; to the last when all are.
    case lastNonDirect
    /// The same to each.
    case linear
    /// Fixed shares, in 10^-9, to the first and the last; the rest evenly to those between.
    case position(first: Int64, last: Int64)
    /// Half the weight for each half-life of age, in milliseconds.
    case timeDecay(halfLife: Int64)

    /// The names on the command line.
    public static let names = ["first", "last", "last-non-direct", "linear", "position", "time-decay"]

    /// The model with a name; nil for an unknown one. `halfLife` is in milliseconds, shares are 0…1.
    public init?(name: String, halfLife: Int64, first: Double = 0.4, last: Double = 0.4) {
        switch name {
        case "first": self = .first
        case "last": self = .last
        case "last-non-direct": self = .lastNonDirect
        case "linear": self = .linear
        case "position":
            self = .position(first: Int64((first * 1e9).rounded()), last: Int64((last * 1e9).rounded()))
        case "time-decay": self = .timeDecay(halfLife: halfLife)
        default: return nil
        }
    }

    /// The name on the command line.
    public var name: String {
        switch self {
        case .first: "first"
        case .last: "last"
        case .lastNonDirect: "last-non-direct"
        case .linear: "linear"
        case .position: "position"
        case .timeDecay: "time-decay"
        }
    }

    /// The one touchpoint that gets everything; nil when the model shares, or for an empty path.
    public func only(count: Int, isDirect: (Int) -> Bool) -> Int? {
        guard count > 0 else { return nil }
        switch self {
        case .first: return 0
        case .last: return count - 1
        case .lastNonDirect: return (0..<count).last { !isDirect($0) } ?? count - 1
        case .linear, .position, .timeDecay: return count == 1 ? 0 : nil
        }
    }

    /// The weights of a path's touchpoints.
    ///
    /// - Parameters:
    ///   - times: When each happened, ascending, milliseconds.
    ///   - isDirect: Whether each is direct.
    ///   - conversion: When the conversion happened.
    public func weights(times: [Int64], isDirect: [Bool], conversion: Int64) -> [Int64] {
        let count = times.count
        var weights = [Int64](repeating: 0, count: count)
        guard count > 0 else { return weights }
        switch self {
        case .first: weights[0] = 1
        case .last: weights[count - 1] = 1
        case .lastNonDirect: weights[isDirect.lastIndex(of: false) ?? count - 1] = 1
        case .linear: weights = Array(repeating: 1, count: count)
        case .position(let first, let last):
            if count == 1 { return [1] }
            if count == 2 { return first + last == 0 ? [1, 1] : [first, last] }
            // Over a common denominator of (count - 2) × 10^9.
            weights = Array(repeating: 1_000_000_000 - first - last, count: count)
            weights[0] = first * Int64(count - 2)
            weights[count - 1] = last * Int64(count - 2)
        case .timeDecay(let halfLife):
            return AttributionModel.decay(times, halfLife: halfLife)
        }
        return weights
    }

    /// `w_i = 2^(-(age_i - age_min)/h)` over their sum, each rounded to a whole multiple of 2^-48. The smallest age is
    /// taken off first, so that nothing underflows and the conversion's own time cancels out.
    static func decay(_ times: [Int64], halfLife: Int64) -> [Int64] {
        guard let latest = times.last, halfLife > 0 else { return Array(repeating: 1, count: times.count) }
        let raw = times.map { ExactExponential.halves(of: latest - $0, halfLife: halfLife) }
        let sum = raw.reduce(0, +)
        return raw.map { Int64(($0 / sum * 281_474_976_710_656).rounded()) }
    }
}

/// Powers of two from IEEE additions and multiplications alone, so that every platform gives the same bits (a C library's
/// `exp2` need not).
enum ExactExponential {
    /// `2^(-age/halfLife)` for ages of zero and above; relative error below 1e-15.
    static func halves(of age: Int64, halfLife: Int64) -> Double {
        let (whole, part) = age.quotientAndRemainder(dividingBy: halfLife)
        guard whole < 1_000 else { return 0 }
        // exp(-x) for 0 <= x < ln 2 by its Taylor series, from the smallest term on.
        let x = Double(part) / Double(halfLife) * 0.693_147_180_559_945_3
        var sum = 1.0
        var term = 22.0
        while term >= 1 {
            sum = 1 - x / term * sum
            term -= 1
        }
        return Double(sign: .plus, exponent: -Int(whole), significand: sum)
    }
}
