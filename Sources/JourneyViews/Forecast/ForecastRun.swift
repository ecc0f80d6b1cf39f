// The periods of a forecast, filled one deal at a time.
internal import JourneyEvents

/// Where each deal belongs. An open deal is in exactly one of the periods, `before`, `later` and `undated`.
struct ForecastRun {
    let periods: CalendarPeriods
    private(set) var sums: [ForecastSum]
    private(set) var slipped: [Slippage]
    private(set) var before = ForecastSum()
    private(set) var later = ForecastSum()
    private(set) var undated = ForecastSum()
    /// Open deals whose date is over, wherever else they are.
    private(set) var overdue = ForecastSum()
    private let unit: CalendarPeriods.Unit
    /// The number of the first period.
    private let first: Int64
    private let now: Int64
    private let today: Int64

    /// - Parameter today: The local day of `now`.
    init(_ query: ForecastQuery, zone: String, now: Int64, today: Int64) throws {
        unit = CalendarPeriods.Unit(rawValue: query.period) ?? .month
        self.now = now
        self.today = today
        let current = CalendarPeriods.number(unit, ofDay: today)
        // A time inside the first period and one inside the last, wherever the zone is. Beyond year 9999 there are none.
        let known = ZoneOffsets.representable
        let ends = [current - Int64(query.past), current + Int64(query.periods) - 1].map { [unit] number in
            let time = (CalendarPeriods.firstDay(unit, of: number) + 3) * 86_400_000
            return max(known.lowerBound + 3 * 86_400_000, min(known.upperBound - 3 * 86_400_000, time))
        }
        first = CalendarPeriods.number(unit, ofDay: ends[0].floorDivided(by: 86_400_000).quotient)
        periods = try CalendarPeriods(unit, zone: zone, covering: ends[0]...ends[1])
        sums = Array(repeating: ForecastSum(), count: periods.count)
        slipped = Array(repeating: Slippage(), count: periods.count)
    }

    mutating func add(_ id: String, _ deal: DealRecord, _ probability: Probability) {
        switch deal.state {
        case .open: addOpen(id, deal, probability)
        case .won:
            if let index = deal.closed.flatMap({ periods.index(of: $0) }) { sums[index].add(id, deal, probability) }
        case .lost: break
        }
        for move in deal.slips(unit) {
            if let index = periods.index(of: move.at) { slipped[index].moves += 1 }
        }
        for index in 0..<periods.count {
            let range = periods.range(of: index)
            guard range.lowerBound <= now,
                Slippage.isSlipped(deal, out: range, number: first + Int64(index), unit: unit, now: now)
            else { continue }
            slipped[index].add(deal, before: range.lowerBound)
        }
    }

    private mutating func addOpen(_ id: String, _ deal: DealRecord, _ probability: Probability) {
        if deal.isOverdue(today: today) { overdue.add(id, deal, probability) }
        guard let day = deal.expectedDay else { return undated.add(id, deal, probability) }
        let index = CalendarPeriods.number(unit, ofDay: day) - first
        if index < 0 {
            before.add(id, deal, probability)
        } else if index < Int64(periods.count) {
            sums[Int(index)].add(id, deal, probability)
        } else {
            later.add(id, deal, probability)
        }
    }
}
