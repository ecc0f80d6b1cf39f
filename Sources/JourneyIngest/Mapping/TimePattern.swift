// A date pattern such as `yyyy-MM-dd HH:mm:ss`, compiled to tokens. Two letters mean two digits, one letter means one or
// two; nothing may stand before or after.
internal import JourneyEvents

/// A compiled date pattern.
struct TimePattern: Sendable {
    private enum Token: Sendable {
        case literal(UInt8)
        case year(digits: Int)
        case month(digits: Int)
        /// English, short or long.
        case monthName
        case day(digits: Int)
        case hour(digits: Int)
        case halfDayHour(digits: Int)
        case halfDay
        case minute(digits: Int)
        case second(digits: Int)
        case fraction(digits: Int)
        case offset
        case weekday
    }
    /// The pattern as written.
    let source: String
    private var tokens: [Token] = []

    /// Compiles a pattern; nil when it has letters that mean nothing, no year, or an open quote.
    init?(_ text: String) {
        source = text
        let letters = Array(text.utf8)
        var at = 0
        while at < letters.count {
            let letter = letters[at]
            if letter == 39 {
                guard let close = letters[(at + 1)...].firstIndex(of: 39) else { return nil }
                if close == at + 1 { tokens.append(.literal(39)) }
                tokens += letters[(at + 1)..<close].map { .literal($0) }
                at = close + 1
                continue
            }
            guard letter | 32 >= 97, letter | 32 <= 122, letter != UInt8(ascii: "T") else {
                tokens.append(.literal(letter))
                at += 1
                continue
            }
            var count = 1
            while at + count < letters.count, letters[at + count] == letter { count += 1 }
            guard let token = TimePattern.token(letter, count) else { return nil }
            tokens.append(token)
            at += count
        }
        guard tokens.contains(where: { if case .year = $0 { true } else { false } }) else { return nil }
    }

    /// Whether a text of this pattern says a day and nothing of its time.
    var isDate: Bool {
        tokens.allSatisfy { token in
            switch token {
            case .literal, .year, .month, .monthName, .day, .weekday: true
            default: false
            }
        }
    }

    private static func token(_ letter: UInt8, _ count: Int) -> Token? {
        switch (letter, count) {
        case (UInt8(ascii: "y"), 1), (UInt8(ascii: "y"), 4), (UInt8(ascii: "u"), 4): .year(digits: 4)
        case (UInt8(ascii: "y"), 2): .year(digits: 2)
        case (UInt8(ascii: "M"), 1...2): .month(digits: count)
        case (UInt8(ascii: "M"), 3...4): .monthName
        case (UInt8(ascii: "d"), 1...2): .day(digits: count)
        case (UInt8(ascii: "H"), 1...2): .hour(digits: count)
        case (UInt8(ascii: "h"), 1...2): .halfDayHour(digits: count)
        case (UInt8(ascii: "a"), 1): .halfDay
        case (UInt8(ascii: "m"), 1...2): .minute(digits: count)
        case (UInt8(ascii: "s"), 1...2): .second(digits: count)
        case (UInt8(ascii: "S"), 1...9): .fraction(digits: count)
        case (UInt8(ascii: "X"), 1...3), (UInt8(ascii: "x"), 1...3), (UInt8(ascii: "Z"), 1...5): .offset
        case (UInt8(ascii: "E"), 1...4): .weekday
        default: nil
        }
    }

    /// The date and time that a text says, as if it were UTC, and its offset when it has one. Nil for any other text.
    func read(_ bytes: Span<UInt8>, _ range: Range<Int>) -> (milliseconds: Int64, offset: Int64?)? {
        var text = PatternText(at: range.lowerBound, end: range.upperBound)
        var (year, month, day) = (Int64(0), Int64(1), Int64(1))
        var (hour, minute, second, milliseconds) = (Int64(0), Int64(0), Int64(0), Int64(0))
        var halfDayHour: Int64?
        var isAfternoon = false
        var offset: Int64?
        for token in tokens {
            switch token {
            case .literal(let byte): guard text.take(bytes, byte) else { return nil }
            case .year(let digits):
                guard let value = text.number(bytes, digits, atLeast: digits) else { return nil }
                // Two digits: 1969 to 2068, as POSIX has it.
                year = digits == 4 ? value : value + (value < 69 ? 2_000 : 1_900)
            case .month(let digits):
                guard let value = text.number(bytes, 2, atLeast: digits) else { return nil }
                month = value
            case .monthName:
                guard let value = text.monthName(bytes) else { return nil }
                month = value
            case .day(let digits):
                guard let value = text.number(bytes, 2, atLeast: digits) else { return nil }
                day = value
            case .hour(let digits):
                guard let value = text.number(bytes, 2, atLeast: digits), value < 24 else { return nil }
                hour = value
            case .halfDayHour(let digits):
                guard let value = text.number(bytes, 2, atLeast: digits), value >= 1, value <= 12 else { return nil }
                halfDayHour = value % 12
            case .halfDay:
                guard let value = text.halfDay(bytes) else { return nil }
                isAfternoon = value
            case .minute(let digits):
                guard let value = text.number(bytes, 2, atLeast: digits), value < 60 else { return nil }
                minute = value
            case .second(let digits):
                guard let value = text.number(bytes, 2, atLeast: digits), value < 60 else { return nil }
                second = value
            case .fraction(let digits):
                guard let value = text.number(bytes, digits, atLeast: digits) else { return nil }
                let nanos = value * PowersOfTen[9 - digits]
                guard nanos % 1_000_000 == 0 else { return nil }
                milliseconds = nanos / 1_000_000
            case .offset:
                guard let value = text.offset(bytes) else { return nil }
                offset = value
            case .weekday: guard text.word(bytes) >= 2 else { return nil }
            }
        }
        guard text.at == text.end, month >= 1, month <= 12, day >= 1,
            day <= Timestamp.daysInMonth(year: year, month: month)
        else { return nil }
        if let halfDayHour { hour = halfDayHour + (isAfternoon ? 12 : 0) }
        let days = Timestamp.daysFromCivil(year: year, month: month, day: day)
        let ofDay = ((hour * 60 + minute) * 60 + second) * 1_000 + milliseconds
        return (days * 86_400_000 + ofDay, offset)
    }
}

/// The text that a pattern reads, front to back.
private struct PatternText {
    var at: Int
    let end: Int
    private static let months = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december",
    ].map { Array($0.utf8) }

    init(at: Int, end: Int) {
        self.at = at
        self.end = end
    }

    mutating func take(_ bytes: Span<UInt8>, _ byte: UInt8) -> Bool {
        guard at < end, bytes[at] == byte else { return false }
        at += 1
        return true
    }

    /// Between `least` and `most` digits.
    mutating func number(_ bytes: Span<UInt8>, _ most: Int, atLeast least: Int) -> Int64? {
        var value: Int64 = 0
        var count = 0
        while count < most, at < end, bytes[at] &- 48 < 10 {
            value = value * 10 + Int64(bytes[at] &- 48)
            at += 1
            count += 1
        }
        return count >= least ? value : nil
    }

    /// Skips letters and says how many there were.
    mutating func word(_ bytes: Span<UInt8>) -> Int {
        let start = at
        while at < end, (bytes[at] | 32) &- 97 < 26 { at += 1 }
        return at - start
    }

    mutating func monthName(_ bytes: Span<UInt8>) -> Int64? {
        let start = at
        let count = word(bytes)
        guard count >= 3 else { return nil }
        let name = (start..<at).map { bytes[$0] | 32 }
        let index = PatternText.months.firstIndex { ($0 == name) || (count == 3 && $0.starts(with: name)) }
        return index.map { Int64($0 + 1) }
    }

    mutating func halfDay(_ bytes: Span<UInt8>) -> Bool? {
        guard at + 2 <= end, bytes[at + 1] | 32 == 109 else { return nil }
        defer { at += 2 }
        return switch bytes[at] | 32 {
        case 97: false
        case 112: true
        default: nil
        }
    }

    /// `Z`, `+hh`, `+hhmm` or `+hh:mm`, in milliseconds.
    mutating func offset(_ bytes: Span<UInt8>) -> Int64? {
        if take(bytes, 90) || take(bytes, 122) { return 0 }
        let isWest = at < end && bytes[at] == 45
        guard isWest || (at < end && bytes[at] == 43) else { return nil }
        at += 1
        guard let hours = number(bytes, 2, atLeast: 2), hours < 24 else { return nil }
        let hasColon = take(bytes, 58)
        var minutes: Int64 = 0
        if hasColon || (at < end && bytes[at] &- 48 < 10) {
            guard let value = number(bytes, 2, atLeast: 2), value < 60 else { return nil }
            minutes = value
        }
        return (hours * 60 + minutes) * 60_000 * (isWest ? -1 : 1)
    }
}
