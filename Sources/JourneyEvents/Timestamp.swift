// Time is an instant in UTC milliseconds; text is RFC 3339. Calendar arithmetic is Howard Hinnant's
// `days_from_civil` (proleptic Gregorian), so that no calendar library is in the path of an event.

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
public struct Timestamp: RawRepresentable, Hashable, Comparable, Sendable {
    /// Milliseconds since 1970 UTC.
    public var rawValue: Int64
    /// Wraps milliseconds.
    public init(rawValue: Int64) { self.rawValue = rawValue }
    /// Wraps milliseconds.
    public init(milliseconds: Int64) { rawValue = milliseconds }
    /// Orders by time.
    public static func < (lhs: Timestamp, rhs: Timestamp) -> Bool { lhs.rawValue < rhs.rawValue }
    /// Before every event.
    public static let distantPast = Timestamp(rawValue: .min)
    /// After every event.
    public static let distantFuture = Timestamp(rawValue: .max)

    /// The times that RFC 3339 can write in UTC: from the first moment of the year 0 to the last of the year 9999.
    public static let writable = Timestamp(rawValue: -62_167_219_200_000)...Timestamp(rawValue: 253_402_300_799_999)

    /// Reads RFC 3339 with at most three decimals of a second; nil when the text is anything else.
    public init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        guard let value = Timestamp.parse(bytes.span, from: 0, to: bytes.count) else { return nil }
        rawValue = value
    }

    /// Reads RFC 3339 from `bytes[from..<to]`; milliseconds, or nil. `T`, `t` or a space may separate date and time;
    /// a leap second (60) is refused, since an instant in milliseconds cannot hold it, and so is a time that its offset carries
    /// out of the years 0000 to 9999 in UTC, since it could not be written again.
    public static func parse(_ bytes: Span<UInt8>, from: Int, to: Int) -> Int64? {
        guard to - from >= 20, from >= 0, to <= bytes.count else { return nil }
        func two(_ at: Int) -> Int64? {
            let a = bytes[at] &- 48
            let b = bytes[at + 1] &- 48
            return a < 10 && b < 10 ? Int64(a) * 10 + Int64(b) : nil
        }
        guard let century = two(from), let years = two(from + 2), bytes[from + 4] == 45,
            let month = two(from + 5), bytes[from + 7] == 45, let day = two(from + 8),
            bytes[from + 10] | 32 == 116 || bytes[from + 10] == 32,
            let hour = two(from + 11), bytes[from + 13] == 58, let minute = two(from + 14),
            bytes[from + 16] == 58, let second = two(from + 17)
        else { return nil }
        let year = century * 100 + years
        guard month >= 1, month <= 12, day >= 1, day <= daysInMonth(year: year, month: month),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var at = from + 19
        var fraction: Int64 = 0
        if bytes[at] == 46 {
            at += 1
            var digits = 0
            while at < to, bytes[at] &- 48 < 10 {
                fraction = fraction * 10 + Int64(bytes[at] &- 48)
                digits += 1
                guard digits <= 3 else { return nil }
                at += 1
            }
            guard digits > 0 else { return nil }
            fraction *= digits == 1 ? 100 : digits == 2 ? 10 : 1
        }
        guard at < to else { return nil }
        var offset: Int64 = 0
        if bytes[at] | 32 == 122 {
            guard at + 1 == to else { return nil }
        } else {
            guard at + 6 == to, bytes[at] == 43 || bytes[at] == 45, let hours = two(at + 1), bytes[at + 3] == 58,
                let minutes = two(at + 4), hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * 60_000 * (bytes[at] == 45 ? -1 : 1)
        }
        let days = daysFromCivil(year: year, month: month, day: day)
        let time = days * 86_400_000 + hour * 3_600_000 + minute * 60_000 + second * 1_000 + fraction - offset
        return writable.contains(Timestamp(rawValue: time)) ? time : nil
    }

    /// RFC 3339 in UTC with milliseconds, for example `2026-01-02T03:04:05.678Z`.
    public var rfc3339: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(24)
        appendRFC3339(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the RFC 3339 text to a buffer.
    public func appendRFC3339(to bytes: inout [UInt8]) {
        let (days, milliseconds) = rawValue.floorDivided(by: 86_400_000)
        let (year, month, day) = Timestamp.civil(fromDays: days)
        func pad(_ value: Int64, _ width: Int) {
            var divisor: Int64 = width == 4 ? 1_000 : width == 3 ? 100 : 10
            while divisor > 0 {
                bytes.append(UInt8(48 + value / divisor % 10))
                divisor /= 10
            }
        }
        pad(max(0, min(9_999, year)), 4)
        bytes.append(45)
        pad(month, 2)
        bytes.append(45)
        pad(day, 2)
        bytes.append(84)
        pad(milliseconds / 3_600_000, 2)
        bytes.append(58)
        pad(milliseconds / 60_000 % 60, 2)
        bytes.append(58)
        pad(milliseconds / 1_000 % 60, 2)
        bytes.append(46)
        pad(milliseconds % 1_000, 3)
        bytes.append(90)
    }

    /// Days since 1970-01-01 of a date of the proleptic Gregorian calendar.
    public static func daysFromCivil(year: Int64, month: Int64, day: Int64) -> Int64 {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The date of a number of days since 1970-01-01.
    public static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        let civilMonth = month < 10 ? month + 3 : month - 9
        return (yearOfEra + era * 400 + (civilMonth <= 2 ? 1 : 0), civilMonth, day)
    }

    /// How many days a month has.
    public static func daysInMonth(year: Int64, month: Int64) -> Int64 {
        switch month {
        case 2: (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension Int64 {
    /// Quotient rounded down, and the remainder that is never negative.
    public func floorDivided(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        var (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        if remainder < 0 {
            quotient -= 1
            remainder += divisor
        }
        return (quotient, remainder)
    }
}
