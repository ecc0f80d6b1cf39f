// Money keeps every digit, and currencies are those of ISO 4217.
import Foundation
import JourneyEvents
import TestSupport
import Testing

@Suite struct AmountTests {
    @Test(arguments: [
        (Int128(0), 0, "0"), (1_250, 2, "12.50"), (-5, 3, "-0.005"), (5, 1, "0.5"), (-100, 2, "-1.00"), (7, 0, "7"),
        (Int128(Int64.min), 6, "-9223372036854.775808"), (Int128.min, 0, "-170141183460469231731687303715884105728"),
    ])
    func `a decimal has all its digits`(units: Int128, scale: Int, text: String) {
        #expect(decimalText(units: units, scale: scale) == text)
    }

    @Test func `decimals are those of Foundation`() throws {
        var random = SplitMix.fresh()
        for _ in 0..<2_000 {
            let units = Int64.random(in: -1_000_000_000_000...1_000_000_000_000, using: &random)
            let scale = Int.random(in: 0...6, using: &random)
            let expected = Decimal(units) / pow(Decimal(10), scale)
            let text = decimalText(units: Int128(units), scale: scale)
            #expect(Decimal(string: text) == expected, "seed \(random.seed)")
            #expect((text.split(separator: ".").dropFirst().first?.count ?? 0) == scale)
        }
    }

    @Test func `micros are exact at the ends`() throws {
        let euro = try #require(Currency("EUR"))
        #expect(Amount(units: .max, scale: 0, currency: euro).micros == Int128(Int64.max) * 1_000_000)
        #expect(Amount(units: -1, scale: 6, currency: euro).micros == -1)
        #expect(Amount(units: 1_250, scale: 2, currency: euro).decimal == "12.50")
    }

    @Test(arguments: [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("ISK", 0), ("USD", 2)])
    func `an assigned code is a currency with its minor unit`(code: String, digits: Int) throws {
        let currency = try #require(Currency(code))
        #expect(currency.code == code)
        #expect(currency.minorDigits == digits)
    }

    @Test(arguments: ["", "eur", "EU", "EURO", "ZZZ", "E€R", "DEM", "XXX"])
    func `anything else is none`(code: String) { #expect(Currency(code) == nil) }
}
