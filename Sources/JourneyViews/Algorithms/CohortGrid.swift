// Who comes back: customers by the calendar period of their first qualifying event, and how many of each cohort were active in
// the periods after it. A period counts only those customers for whom it has begun (right-censoring).
internal import JourneyEvents

/// A grid of cohorts by periods, filled one customer at a time.
struct CohortGrid: Sendable {
    /// One cohort in one period.
    struct Cell: Sendable {
        /// Distinct customers who were active.
        var active = 0
        /// Their revenue in the period.
        var revenue = MoneySum()
    }

    /// Periods that cover all that is added.
    let periods: CalendarPeriods
    /// Nothing after this instant counts.
    let asOf: Int64
    /// Customers by cohort.
    private(set) var sizes: [Int]
    private var cells: [[Int: Cell]]

    init(periods: CalendarPeriods, asOf: Int64) {
        self.periods = periods
        self.asOf = asOf
        sizes = Array(repeating: 0, count: periods.count)
        cells = Array(repeating: [:], count: periods.count)
    }

    /// Adds a customer. O(activity + revenue).
    ///
    /// - Parameters:
    ///   - first: The first qualifying event, which puts the customer into a cohort.
    ///   - activity: When the customer was active, in any order; repeats count once.
    ///   - revenue: Sales and refunds; refunds are negative.
    mutating func add(first: Int64, activity: [Int64], revenue: [(time: Int64, amount: Amount)] = []) {
        guard first <= asOf, let cohort = periods.index(of: first) else { return }
        sizes[cohort] += 1
        var seen: Set<Int> = []
        for time in activity where time <= asOf {
            guard let period = periods.index(of: time), period >= cohort, seen.insert(period).inserted else { continue }
            cells[cohort][period - cohort, default: Cell()].active += 1
        }
        for (time, amount) in revenue {
            add(.init(currency: amount.currency, micros: amount.micros, scale: amount.scale), at: time, first: first)
        }
    }

    /// Adds revenue of a customer whose first qualifying event is known; what came before the cohort's period has no cell.
    mutating func add(_ part: MoneySum.Part, at time: Int64, first: Int64) {
        guard time <= asOf, let cohort = periods.index(of: first), let period = periods.index(of: time),
            period >= cohort
        else { return }
        cells[cohort][period - cohort, default: Cell()].revenue.add(part.micros, part.currency, scale: part.scale)
    }

    /// What a cohort did `k` periods after its own; period 0 is the cohort's own.
    func cell(cohort: Int, _ k: Int) -> Cell { cells[cohort][k] ?? Cell() }

    /// How many customers of a cohort have seen the beginning of the period `k` after their own: all or none.
    func eligible(cohort: Int, _ k: Int) -> Int {
        cohort + k < periods.count && periods.range(of: cohort + k).lowerBound <= asOf ? sizes[cohort] : 0
    }

    /// Active customers over eligible ones; nil while nobody is eligible.
    func rate(cohort: Int, _ k: Int) -> Double? {
        Ratio.of(cell(cohort: cohort, k).active, eligible(cohort: cohort, k))
    }
}

/// What counts as coming back on day k.
enum ReturnRule: Hashable, Sendable {
    /// Active on day k.
    case exact
    /// Active on day k or any day after.
    case unbounded
    /// Active on one of `days` days from day k on.
    case bracket(days: Int64)
}

/// How many customers come back on the days after their own first.
struct DayRetention: Sendable {
    /// How many customers have reached day k, and how many of them came back.
    struct Count: Hashable, Sendable {
        var eligible = 0
        var active = 0
    }

    /// Days of the report's zone that cover all that is added.
    let days: CalendarPeriods
    /// Nothing after this instant counts.
    let asOf: Int64
    /// The days that are asked for.
    let offsets: [Int64]
    let rule: ReturnRule
    /// By offset.
    private(set) var counts: [Count]

    init(days: CalendarPeriods, asOf: Int64, offsets: [Int64], rule: ReturnRule) {
        self.days = days
        self.asOf = asOf
        self.offsets = offsets
        self.rule = rule
        counts = Array(repeating: Count(), count: offsets.count)
    }

    /// Adds a customer. A customer whose day k lies after `asOf` is in neither number. O(activity × offsets).
    mutating func add(first: Int64, activity: [Int64]) {
        guard first <= asOf, let start = days.index(of: first), let today = days.index(of: asOf) else { return }
        let active = Set(activity.filter { $0 <= asOf }.compactMap { days.index(of: $0) }.map { Int64($0 - start) })
        for (index, offset) in offsets.enumerated() where Int64(start) + offset <= Int64(today) {
            counts[index].eligible += 1
            let isBack =
                switch rule {
                case .exact: active.contains(offset)
                case .unbounded: active.contains { $0 >= offset }
                case .bracket(let length): active.contains { $0 >= offset && $0 < offset + length }
                }
            if isBack { counts[index].active += 1 }
        }
    }
}

/// Who is new, stays, comes back and goes, period by period (the four states of PostHog's lifecycle report).
struct LifecycleCounts: Sendable {
    /// One period.
    struct Count: Hashable, Sendable {
        /// Active for the first time.
        var new = 0
        /// Active now and in the period before.
        var returning = 0
        /// Active now, not in the period before, but earlier.
        var resurrecting = 0
        /// Active in the period before and not now.
        var dormant = 0
    }

    /// Periods that cover all that is added.
    let periods: CalendarPeriods
    /// Nothing after this instant counts; nobody is dormant in a period that has not begun.
    let asOf: Int64
    /// By period.
    private(set) var counts: [Count]

    init(periods: CalendarPeriods, asOf: Int64) {
        self.periods = periods
        self.asOf = asOf
        counts = Array(repeating: Count(), count: periods.count)
    }

    /// Adds a customer by when they were active. O(n log n).
    mutating func add(activity: [Int64]) {
        let active = Set(activity.filter { $0 <= asOf }.compactMap { periods.index(of: $0) })
        guard let first = active.min() else { return }
        for period in active {
            if period == first {
                counts[period].new += 1
            } else if active.contains(period - 1) {
                counts[period].returning += 1
            } else {
                counts[period].resurrecting += 1
            }
            let next = period + 1
            if next < counts.count, !active.contains(next), periods.range(of: next).lowerBound <= asOf {
                counts[next].dormant += 1
            }
        }
    }
}

/// ClickHouse's `retention`: whether the first condition held, and with it each of the others, in any order in time.
enum ConditionRetention {
    /// `conditions[i]` says whether condition i held for a customer at any time.
    static func results(_ conditions: [Bool]) -> [Bool] { conditions.map { $0 && conditions[0] } }
}
