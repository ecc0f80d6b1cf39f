// The dates of a deal: what it was at an earlier instant, and when it was expected to close.
internal import JourneyEvents

extension DealRecord {
    /// The state at the end of the time before an instant; nil while no event had named the deal.
    func state(before time: Int64) -> State? {
        guard firstEvent < time else { return nil }
        return states.last { $0.at < time }?.state ?? .open
    }

    /// The amount as said last before an instant.
    func amount(before time: Int64) -> Amount? { amounts.last { $0.at < time }?.amount }

    /// The expected close date as said last before an instant.
    func expectedClose(before time: Int64) -> String? { closeDates.last { $0.at < time }?.text }

    /// The day of the expected close date; nil without one, or for text that is no date.
    var expectedDay: Int64? { expectedClose.flatMap { LocalDay.number($0) } }

    /// Whether it is open after the day on which it should have closed.
    func isOverdue(today: Int64) -> Bool { state == .open && expectedDay.map { $0 < today } ?? false }

    /// The changes of the close date to a later period: each is the deal's slipping once.
    func slips(_ unit: CalendarPeriods.Unit) -> [Change] {
        let periods = closeDates.map { change in
            LocalDay.number(change.text).map { CalendarPeriods.number(unit, ofDay: $0) }
        }
        return closeDates.indices.dropFirst().compactMap { index in
            guard let old = periods[index - 1], let new = periods[index], new > old else { return nil }
            return closeDates[index]
        }
    }
}

/// Calendar dates without a time zone.
enum LocalDay {
    /// Days since 1970-01-01 of a date, or of a time that starts with one; nil for other text.
    static func number(_ text: String) -> Int64? {
        let bytes = Array(text.utf8.prefix(10))
        guard bytes.count == 10, bytes[4] == 45, bytes[7] == 45 else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            var value: Int64 = 0
            for byte in bytes[range] {
                guard (48...57).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 48)
            }
            return value
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), (1...12).contains(month),
            day >= 1, day <= Timestamp.daysInMonth(year: year, month: month)
        else { return nil }
        return Timestamp.daysFromCivil(year: year, month: month, day: day)
    }
}
