// Quotients of money that are rounded once, in whole numbers.
internal import JourneyEvents

enum SalesVelocity {
    /// `micros × factor / divisor` to the nearest minor unit of the currency, halves away from zero; nil for a divisor of zero
    /// or a product beyond 127 bits.
    static func rounded(_ micros: Int128, _ factor: Int128, over divisor: Int128, _ currency: Currency) -> Amount? {
        guard divisor > 0 else { return nil }
        let common = max(1, greatestCommonDivisor(factor.magnitude == 0 ? divisor : abs(factor), divisor))
        let (product, overflows) = micros.multipliedReportingOverflow(by: factor / common)
        let unit = Int128(PowersOfTen[6 - currency.minorDigits])
        let (below, alsoOverflows) = (divisor / common).multipliedReportingOverflow(by: unit)
        guard !overflows, !alsoOverflows else { return nil }
        let (quotient, remainder) = product.quotientAndRemainder(dividingBy: below)
        let isMore = remainder.magnitude >= below.magnitude - remainder.magnitude
        let whole = isMore ? quotient + (product < 0 ? -1 : 1) : quotient
        return Int64(exactly: whole).map {
            Amount(units: $0, scale: UInt8(currency.minorDigits), currency: currency)
        }
    }
}
