// Exact proportions in lowest terms need the greatest common divisor of wide whole numbers.

/// Euclid's; of zero and n it is n.
func greatestCommonDivisor(_ a: Int128, _ b: Int128) -> Int128 {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return a
}
