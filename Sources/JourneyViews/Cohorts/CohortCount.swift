// Counts of a cohort report, filled one customer at a time: by calendar periods, or by days after one's own first event.
internal import JourneyEvents

/// The cells of a cohort report.
struct CohortCount {
    /// One cell.
    struct Cell {
        var k: Int64
        var eligible: Int
        var active: Int
        var revenue: MoneySum
    }

    let periods: CalendarPeriods
    private let retention: Retention
    private let offsets: [Int64]
    private let days: CalendarPeriods
    private var grid: CohortGrid
    private var byDay: [Int: DayRetention] = [:]
    private var revenue: [Int: [MoneySum]] = [:]
    private var totals: [Int: MoneySum] = [:]
    private var simple: [Int: SimpleLifetimeValue] = [:]
    /// The first period that has not ended.
    private let ended: Int

    init(_ query: CohortQuery, _ retention: Retention, periods: CalendarPeriods, days: CalendarPeriods, asOf: Int64) {
        self.periods = periods
        self.retention = retention
        self.days = days
        offsets = query.days
        grid = CohortGrid(periods: periods, asOf: asOf)
        ended = (0..<periods.count).first { periods.range(of: $0).upperBound > asOf } ?? periods.count
    }

    /// The cohorts that have customers, ascending.
    var cohorts: [(index: Int, size: Int)] {
        grid.sizes.enumerated().filter { $0.element > 0 }.map { (index: $0.offset, size: $0.element) }
    }

    mutating func add(first: Int64, activity: [Int64]) {
        grid.add(first: first, activity: activity)
        if let cohort = periods.index(of: first) {
            let active = Set(activity.compactMap { periods.index(of: $0) }.filter { $0 >= cohort })
            simple[cohort, default: SimpleLifetimeValue()].add(periods: active, ended: ended)
        }
        guard case .days(let rule) = retention, let cohort = periods.index(of: first) else { return }
        byDay[
            cohort,
            default: DayRetention(days: days, asOf: grid.asOf, offsets: offsets, rule: rule)
        ].add(first: first, activity: activity)
    }

    mutating func add(_ part: MoneySum.Part, at time: Int64, first: Int64) {
        if let cohort = periods.index(of: first) {
            totals[cohort, default: MoneySum()].add(part.micros, part.currency, scale: part.scale)
            if hasEnded(time, cohort) { simple[cohort, default: SimpleLifetimeValue()].add(part) }
        }
        guard case .days(let rule) = retention else { return grid.add(part, at: time, first: first) }
        guard let cohort = periods.index(of: first), let start = days.index(of: first), let day = days.index(of: time)
        else { return }
        var sums = revenue.removeValue(forKey: cohort) ?? Array(repeating: MoneySum(), count: offsets.count)
        for (index, offset) in offsets.enumerated() where rule.contains(Int64(day - start), from: offset) {
            sums[index].add(part.micros, part.currency, scale: part.scale)
        }
        revenue[cohort] = sums
    }

    /// Adds an order that was not taken back by a reopening.
    mutating func addOrder(at time: Int64, first: Int64) {
        guard let cohort = periods.index(of: first), hasEnded(time, cohort) else { return }
        simple[cohort, default: SimpleLifetimeValue()].addOrder()
    }

    /// Whether an instant is in a period of the cohort, its own or a later one, that has ended.
    private func hasEnded(_ time: Int64, _ cohort: Int) -> Bool {
        periods.index(of: time).map { $0 >= cohort && $0 < ended } ?? false
    }

    /// What the formula says of a cohort's customers.
    func simpleLifetimeValue(of cohort: Int) -> SimpleLifetimeValue { simple[cohort] ?? SimpleLifetimeValue() }

    /// What a customer of a cohort has brought so far, by currency, rounded to the currency's minor unit.
    func lifetimeValue(of cohort: Int, size: Int) -> MoneySum {
        var value = MoneySum()
        for part in totals[cohort]?.parts ?? [] {
            guard let each = MoneyMetrics.lifetimeValue(part.micros, of: size, in: part.currency) else { continue }
            value.add(each, part.currency, scale: UInt8(part.currency.minorDigits))
        }
        return value
    }

    /// The cells of a cohort, by calendar at most `limit` periods after its own.
    func cells(of cohort: Int, limit: Int?) -> [Cell] {
        guard case .days = retention else {
            return (0..<min(periods.count - cohort, min(limit ?? .max, .max - 1) + 1)).map { k in
                let cell = grid.cell(cohort: cohort, k)
                let eligible = grid.eligible(cohort: cohort, k)
                return Cell(k: Int64(k), eligible: eligible, active: cell.active, revenue: cell.revenue)
            }
        }
        let counts = byDay[cohort]?.counts ?? []
        let sums = revenue[cohort] ?? Array(repeating: MoneySum(), count: offsets.count)
        return counts.indices.map { index in
            Cell(
                k: offsets[index],
                eligible: counts[index].eligible,
                active: counts[index].active,
                revenue: sums[index]
            )
        }
    }
}

extension ReturnRule {
    /// Whether day `day` counts for day k.
    func contains(_ day: Int64, from k: Int64) -> Bool {
        switch self {
        case .exact: day == k
        case .unbounded: day >= k
        case .bracket(let length): day >= k && day < k + length
        }
    }
}
