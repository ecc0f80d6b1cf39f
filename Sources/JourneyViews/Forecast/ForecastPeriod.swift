// One period of a forecast, added up deal by deal.
internal import JourneyEvents

/// How sure it is that a deal brings its amount; each deal is in one category.
enum ForecastCategory: String, CaseIterable {
    case closed, commit
    case bestCase = "best_case"
    case pipeline

    /// The category of an open deal: commit from 70 % on, best case from 40 % on.
    init(_ probability: Probability) {
        self = probability.isAtLeast(7, of: 10) ? .commit : probability.isAtLeast(4, of: 10) ? .bestCase : .pipeline
    }
}

/// What is expected of a number of deals.
struct ForecastSum {
    /// A deal that is in it.
    struct Item {
        var id: String
        var deal: DealRecord
        var category: ForecastCategory
        var probability: Probability
    }

    private(set) var items: [Item] = []
    private var weighted = WeightedMoney()

    /// Adds a deal that was won in the period, or is expected to close in it.
    mutating func add(_ id: String, _ deal: DealRecord, _ probability: Probability) {
        let isWon = deal.state == .won
        let probability = isWon ? .certain : probability
        let category = isWon ? ForecastCategory.closed : ForecastCategory(probability)
        items.append(Item(id: id, deal: deal, category: category, probability: probability))
        if let amount = deal.amount { weighted.add(amount, probability, item: items.count - 1) }
    }

    func amount(_ category: ForecastCategory? = nil) -> MoneySum {
        var sum = MoneySum()
        for item in items where category == nil || item.category == category {
            if let amount = item.deal.amount { sum.add(amount) }
        }
        return sum
    }

    /// The weighted sum, and the part of each deal in it.
    var total: (sum: MoneySum, shares: [Int: Amount]) { weighted.total() }

    /// `{deals, amount, weighted}`.
    var json: JSONValue {
        .object([
            .init("deals", .count(items.count)), .init("amount", amount().json), .init("weighted", total.sum.json),
        ])
    }
}

/// Deals that were expected to close in a period when it began, and did not.
struct Slippage {
    private(set) var deals = 0
    private(set) var amount = MoneySum()
    /// Changes of a close date to a later period that were made in this one.
    var moves = 0

    /// Whether a deal slipped out of a period: it was open before its start with a close date in it, and was open at its end;
    /// while the period lasts, it is open now with a date after it.
    ///
    /// - Parameters:
    ///   - range: The instants of the period.
    ///   - number: The number of the period, as `unit` counts them.
    static func isSlipped(
        _ deal: DealRecord,
        out range: Range<Int64>,
        number: Int64,
        unit: CalendarPeriods.Unit,
        now: Int64
    ) -> Bool {
        func period(_ date: String?) -> Int64? {
            date.flatMap { LocalDay.number($0) }.map { CalendarPeriods.number(unit, ofDay: $0) }
        }
        guard deal.state(before: range.lowerBound) == .open,
            period(deal.expectedClose(before: range.lowerBound)) == number
        else { return false }
        if now >= range.upperBound { return deal.state(before: range.upperBound) == .open }
        return deal.state == .open && period(deal.expectedClose).map { $0 > number } ?? false
    }

    /// Adds a deal that slipped, with what it was worth before the period started.
    mutating func add(_ deal: DealRecord, before start: Int64) {
        deals += 1
        if let promised = deal.amount(before: start) { amount.add(promised) }
    }

    var json: JSONValue {
        .object([
            .init("deals", .count(deals)), .init("amount", amount.json), .init("moves", .count(moves)),
        ])
    }
}
