// How sure a rate is: the score interval of Wilson (1927), which stays within 0…1 and holds for few cases and extreme rates.

/// The 95 % interval of a rate.
struct WilsonInterval: Hashable, Sendable {
    let low: Double
    let high: Double

    /// The interval for a number of successes among a number of cases; nil for no cases.
    ///
    /// (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n), with z = 1.959964. `successes` is 0…`cases`.
    init?(successes: Int, cases: Int) {
        guard cases > 0, (0...cases).contains(successes) else { return nil }
        let z = 1.959_963_984_540_054
        let n = Double(cases)
        let p = Double(successes) / n
        let middle = p + z * z / (2 * n)
        let half = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
        let scale = 1 + z * z / n
        // At the ends the bound is exact; rounding could miss it by a hair.
        low = successes == 0 ? 0 : (middle - half) / scale
        high = successes == cases ? 1 : (middle + half) / scale
    }
}
