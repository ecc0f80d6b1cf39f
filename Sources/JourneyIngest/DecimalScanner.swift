// Exact decimals: digits as written become an integer and a scale; nothing goes through binary floating point.

enum DecimalScanner {
    /// Reads `-12.50` in `bytes[range]`: an optional minus, digits, and at most six digits after a point. Nil for any other
    /// text, and for a number that does not fit 64 bits in units of 10^-6.
    static func parse(_ bytes: Span<UInt8>, _ range: Range<Int>) -> (units: Int64, scale: UInt8)? {
        var at = range.lowerBound
        let negative = at < range.upperBound && bytes[at] == 45
        if negative { at += 1 }
        var units: Int64 = 0
        var digits = 0
        var scale: UInt8 = 0
        var isFraction = false
        while at < range.upperBound {
            let byte = bytes[at]
            if byte == 46, !isFraction, digits > 0 {
                isFraction = true
                guard at + 1 < range.upperBound else { return nil }
            } else if byte &- 48 < 10 {
                if isFraction {
                    scale += 1
                    guard scale <= 6 else { return nil }
                }
                let (tens, overflow) = units.multipliedReportingOverflow(by: 10)
                let (sum, carry) = tens.addingReportingOverflow(Int64(byte &- 48))
                guard !overflow, !carry else { return nil }
                units = sum
                digits += 1
            } else {
                return nil
            }
            at += 1
        }
        guard digits > 0 else { return nil }
        var finest = units
        for _ in scale..<6 {
            let (product, overflow) = finest.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            finest = product
        }
        return (negative ? -units : units, scale)
    }
}
