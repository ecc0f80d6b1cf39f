// The calendar of a report: the period that it is about, the one before, and those that its trend shows.
internal import JourneyEvents
internal import JourneyRules

/// The periods of one report.
struct ReportPeriods {
    /// How many periods a trend and the cohorts have.
    static let trendLength = 12

    let unit: CalendarPeriods.Unit
    let zone: String
    /// The moment of the report.
    let instant: Int64
    private let calendar: CalendarPeriods
    private let current: Int
    private let localInstant: Int64

    /// The periods around the latest moment that a question knows of; nil when nothing has happened.
    init?(_ query: ReportQuery, _ frame: QueryFrame) throws {
        let units: [CalendarPeriods.Unit] = [.week, .month, .quarter]
        try frame.check(query.period, "period of reports", in: units.map(\.rawValue))
        unit = CalendarPeriods.Unit(rawValue: query.period) ?? .week
        zone = query.zone ?? frame.rules.timeZone
        let latest = try frame.latest()
        // The zone is checked also where there is nothing to say.
        let instant = min(max(latest, ZoneOffsets.representable.lowerBound), ZoneOffsets.representable.upperBound)
        let days: Int64 = unit == .week ? 7 : unit == .month ? 31 : 92
        let first = instant - Int64(ReportPeriods.trendLength) * days * 86_400_000
        let calendar = try CalendarPeriods(unit, zone: zone, covering: first...instant)
        guard latest != .min else { return nil }
        // The first instant of a period belongs to the report of the one that has just ended: `--as-of 2026-03-01` has
        // nothing of March but that instant.
        guard let current = calendar.index(of: instant - 1), current > 0 else { return nil }
        self.instant = instant
        self.calendar = calendar
        self.current = current
        localInstant = try ZoneOffsets(zone: zone, covering: instant...instant).local(instant)
    }

    /// The period that the report is about.
    var now: Range<Int64> { calendar.range(of: current) }
    /// The period before it.
    var before: Range<Int64> { calendar.range(of: current - 1) }
    /// The first day of the period, and the first one after it.
    var days: (first: String, next: String) { (calendar.firstDate(of: current), calendar.firstDate(of: current + 1)) }
    /// The number of the period, as its unit counts them.
    var number: Int64 { calendar.number(of: current) }
    /// Whether nothing more can happen in the period.
    var isOver: Bool { instant >= now.upperBound - 1 }
    /// The periods of a trend, the report's own last.
    var trend: Range<Int> { max(0, current - ReportPeriods.trendLength + 1)..<(current + 1) }
    /// The day on which the trend begins.
    var trendStart: (time: Int64, day: String) {
        (calendar.range(of: trend.lowerBound).lowerBound, calendar.firstDate(of: trend.lowerBound))
    }

    /// The index of an instant among the periods of the trend.
    func index(of time: Int64) -> Int? {
        guard let index = calendar.index(of: time), trend.contains(index) else { return nil }
        return index - trend.lowerBound
    }

    func name(_ index: Int) -> String { calendar.name(of: trend.lowerBound + index) }
    func range(_ index: Int) -> Range<Int64> { calendar.range(of: trend.lowerBound + index) }

    /// What the report says of its own time.
    var json: [JSONValue.Member] {
        func object(_ index: Int, _ range: Range<Int64>) -> [JSONValue.Member] {
            [
                .init("name", .string(calendar.name(of: index))),
                .init("first_day", .string(calendar.firstDate(of: index))),
                .init("last_day", .string(calendar.lastDate(of: index))),
                .init("from", .time(Timestamp(milliseconds: range.lowerBound))),
                .init("to", .time(Timestamp(milliseconds: range.upperBound))),
            ]
        }
        return [
            .init(
                "period",
                .object(
                    [.init("unit", .string(unit.rawValue))] + object(current, now) + [.init("complete", .bool(isOver))]
                )
            ),
            .init("before", .object(object(current - 1, before))),
            .init("zone", .string(zone)),
            .init("local_time", .string(String(Timestamp(milliseconds: localInstant).rfc3339.prefix(16)))),
        ]
    }
}
