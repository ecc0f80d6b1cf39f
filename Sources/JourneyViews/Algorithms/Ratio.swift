// Rates: nothing over nothing is no number, and it is not zero.

/// Quotients that may be missing.
enum Ratio {
    /// `part / whole`; nil when the whole is zero.
    static func of(_ part: Int, _ whole: Int) -> Double? { whole == 0 ? nil : Double(part) / Double(whole) }
    /// `part / whole` of exact sums in the same unit; nil when the whole is zero.
    static func of(_ part: Int128, _ whole: Int128) -> Double? { whole == 0 ? nil : Double(part) / Double(whole) }
}
