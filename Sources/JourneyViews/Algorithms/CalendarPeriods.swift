// Days, ISO weeks, months and quarters of a time zone. The start of every period in a range is worked out once, so that an
// event costs a binary search.
internal import JourneyEvents

/// The periods of one kind that cover a range of time.
struct CalendarPeriods: Hashable, Sendable {
    /// How long a period is.
    enum Unit: String, Hashable, Sendable, CaseIterable {
        case day
        /// ISO 8601: from Monday.
        case week
        case month
        case quarter
    }

    let unit: Unit
    /// The first instant of each period, ascending; the last one is the end of the last period.
    private let starts: [Int64]
    /// The number of the first period: days, weeks, months or quarters since the one of 1970-01-01.
    private let first: Int64

    /// The periods from that of the lower bound to that of the upper bound, both included. O(days in the range).
    ///
    /// - Throws: `usage` for a zone that does not exist.
    init(_ unit: Unit, zone: String, covering range: ClosedRange<Int64>) throws {
        let range = range.clamped(to: ZoneOffsets.representable)
        // The first and the last period may reach a quarter beyond the range.
        let quarter: Int64 = 93 * 86_400_000
        let offsets = try ZoneOffsets(
            zone: zone,
            covering: (range.lowerBound - quarter)...(range.upperBound + quarter)
        )
        self.unit = unit
        first = CalendarPeriods.number(unit, ofDay: offsets.day(of: range.lowerBound))
        let last = CalendarPeriods.number(unit, ofDay: offsets.day(of: range.upperBound))
        starts = (first...(last + 1)).map {
            offsets.instant(ofLocal: CalendarPeriods.firstDay(unit, of: $0) * 86_400_000)
        }
    }

    /// How many there are.
    var count: Int { starts.count - 1 }

    /// The period of an instant; nil outside the range. O(log count).
    func index(of time: Int64) -> Int? {
        // Of a date that a zone skipped (Samoa, 2011-12-30) nothing is left: the period after it has the same start.
        let index = starts.upperBound(of: time) - 1
        return index >= 0 && index < count ? index : nil
    }

    /// From the first instant of a period to the first of the next.
    func range(of index: Int) -> Range<Int64> { starts[index]..<starts[index + 1] }

    /// The date of the first day, for example `2026-01-05`.
    func firstDate(of index: Int) -> String {
        CalendarPeriods.text(ofDay: CalendarPeriods.firstDay(unit, of: first + Int64(index)))
    }

    /// How many periods of its unit lie between that of 1970-01-01 and one of these.
    func number(of index: Int) -> Int64 { first + Int64(index) }

    /// The date of the last day, for example `2026-01-11`.
    func lastDate(of index: Int) -> String {
        CalendarPeriods.text(ofDay: CalendarPeriods.firstDay(unit, of: first + Int64(index) + 1) - 1)
    }

    /// The name of a period: `2026-01-05`, `2026-W02`, `2026-01`, `2026-Q1`.
    func name(of index: Int) -> String {
        let day = CalendarPeriods.firstDay(unit, of: first + Int64(index))
        let (year, month, _) = Timestamp.civil(fromDays: day)
        switch unit {
        case .day: return CalendarPeriods.text(ofDay: day)
        case .week:
            // A week belongs to the year of its Thursday.
            let thursday = Timestamp.civil(fromDays: day + 3).year
            let newYear = Timestamp.daysFromCivil(year: thursday, month: 1, day: 1)
            return CalendarPeriods.padded(thursday, 4) + "-W" + CalendarPeriods.padded((day + 3 - newYear) / 7 + 1, 2)
        case .month: return CalendarPeriods.padded(year, 4) + "-" + CalendarPeriods.padded(month, 2)
        case .quarter: return CalendarPeriods.padded(year, 4) + "-Q\((month - 1) / 3 + 1)"
        }
    }

    /// The number of the period of a local day.
    static func number(_ unit: Unit, ofDay day: Int64) -> Int64 {
        switch unit {
        case .day: return day
        // 1970-01-01 was a Thursday.
        case .week: return (day + 3).floorDivided(by: 7).quotient
        case .month, .quarter:
            let (year, month, _) = Timestamp.civil(fromDays: day)
            let months = (year - 1970) * 12 + month - 1
            return unit == .month ? months : months.floorDivided(by: 3).quotient
        }
    }

    /// The first local day of a period.
    static func firstDay(_ unit: Unit, of number: Int64) -> Int64 {
        switch unit {
        case .day: return number
        case .week: return number * 7 - 3
        case .month, .quarter:
            let (years, month) = (unit == .month ? number : number * 3).floorDivided(by: 12)
            return Timestamp.daysFromCivil(year: 1970 + years, month: month + 1, day: 1)
        }
    }

    private static func text(ofDay day: Int64) -> String {
        let (year, month, day) = Timestamp.civil(fromDays: day)
        return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2)
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
