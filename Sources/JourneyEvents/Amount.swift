// Money is an exact decimal and a currency; binary floating point never holds it.

/// An amount of money: `units` × 10^-`scale` of `currency`. Nothing is rounded on the way in.
public struct Amount: Hashable, Sendable {
    /// The decimal's digits as an integer.
    public var units: Int64
    /// How many of the digits stand after the decimal point, 0...6; kept as written ("12.50" has 2).
    public var scale: UInt8
    /// The ISO 4217 code.
    public var currency: Currency
    /// An amount from its parts.
    public init(units: Int64, scale: UInt8, currency: Currency) {
        self.units = units
        self.scale = scale
        self.currency = currency
    }
    /// The amount in units of 10^-6, the finest that a store holds.
    public var micros: Int128 { Int128(units) * Int128(PowersOfTen[6 - Int(scale)]) }
    /// The decimal as it was written, for example "12.50".
    public var decimal: String { decimalText(units: Int128(units), scale: Int(scale)) }
}

/// An ISO 4217 currency code: three capital letters, packed.
public struct Currency: RawRepresentable, Hashable, Comparable, Sendable {
    /// The three ASCII letters, the first in the highest byte.
    public var rawValue: UInt32
    /// Wraps a packed code.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// The currency with this code, nil unless it is an assigned ISO 4217 code in capital letters.
    public init?(_ code: String) {
        let bytes = Array(code.utf8)
        guard bytes.count == 3, let currency = Currency(bytes[0], bytes[1], bytes[2]) else { return nil }
        self = currency
    }
    /// The currency with these letters, nil unless the code is assigned.
    public init?(_ a: UInt8, _ b: UInt8, _ c: UInt8) {
        rawValue = UInt32(a) << 16 | UInt32(b) << 8 | UInt32(c)
        guard Currency.minorUnits[rawValue] != nil else { return nil }
    }
    /// The three letters.
    public var code: String {
        String(
            decoding: [UInt8(rawValue >> 16 & 255), UInt8(rawValue >> 8 & 255), UInt8(rawValue & 255)],
            as: UTF8.self
        )
    }
    /// Digits of the minor unit: 2 for EUR, 0 for JPY, 3 for KWD.
    public var minorDigits: Int { Int(Currency.minorUnits[rawValue] ?? 2) }
    /// Orders by code.
    public static func < (lhs: Currency, rhs: Currency) -> Bool { lhs.rawValue < rhs.rawValue }

    /// ISO 4217:2015 list one with its amendments: the assigned codes by digits of their minor unit.
    private static let minorUnits: [UInt32: UInt8] = {
        let lists: [(UInt8, String)] = [
            (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
            (3, "BHD IQD JOD KWD LYD OMR TND"),
            (4, "CLF UYW"),
            (
                2,
                """
                AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF \
                CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ \
                GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK \
                MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB \
                SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN \
                UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
                """
            ),
        ]
        var table: [UInt32: UInt8] = [:]
        for (digits, codes) in lists {
            for code in codes.split(separator: " ") {
                table[code.utf8.reduce(0) { $0 << 8 | UInt32($1) }] = digits
            }
        }
        return table
    }()
}

/// 10^0 ... 10^18.
public let PowersOfTen: [Int64] = (0...18).map { exponent in (0..<exponent).reduce(Int64(1)) { value, _ in value * 10 }
}

/// The decimal text of `units` × 10^-`scale`, with exactly `scale` digits after the point.
public func decimalText(units: Int128, scale: Int) -> String {
    guard scale > 0 else { return String(units) }
    var digits = String(units.magnitude)
    if digits.count <= scale { digits = String(repeating: "0", count: scale + 1 - digits.count) + digits }
    let split = digits.index(digits.endIndex, offsetBy: -scale)
    return (units < 0 ? "-" : "") + digits[..<split] + "." + digits[split...]
}
