// Lifetime value by the formula AOV × frequency × lifetime: what customers of a cohort would bring if they went on as they did.
// It is a formula, not what was, and stands beside the historic value.
internal import JourneyEvents

/// What the formula is made of, over the periods of a cohort that have ended.
struct SimpleLifetimeValue {
    /// Why there is no value.
    enum Gap: String {
        /// No order in a period that has ended.
        case noOrders = "no_orders"
        /// Nobody was active in a period that has ended, so that there is no frequency.
        case noActivity = "no_activity"
        /// No two periods after each other have ended, so that nobody could be lost.
        case noChurnYet = "no_churn_yet"
        /// Nobody was lost: a lifetime without end.
        case noChurn = "no_churn"
    }

    /// Conversions that were not taken back by a reopening.
    private(set) var orders = 0
    /// What they brought, less what went back.
    private(set) var revenue = MoneySum()
    /// Customers active in a period, summed over the periods.
    private(set) var active = 0
    /// Those of them whose next period has ended too.
    private(set) var atRisk = 0
    /// Those who were not active in that next period.
    private(set) var lost = 0

    mutating func addOrder() { orders += 1 }
    mutating func add(_ money: MoneySum.Part) { revenue.add(money.micros, money.currency, scale: money.scale) }

    /// Adds a customer by the periods of activity; `ended` is the first period that has not ended.
    mutating func add(periods: Set<Int>, ended: Int) {
        for period in periods where period < ended {
            active += 1
            guard period + 1 < ended else { continue }
            atRisk += 1
            if !periods.contains(period + 1) { lost += 1 }
        }
    }

    /// Orders of an active customer in a period.
    var frequency: Double? { Ratio.of(orders, active) }
    /// The part of active customers who are not active in the next period.
    var churn: Double? { Ratio.of(lost, atRisk) }
    /// 1 / churn: how many periods a customer stays.
    var lifetime: Double? { lost > 0 ? Ratio.of(atRisk, lost) : nil }

    var gap: Gap? {
        if orders == 0 { return .noOrders }
        if active == 0 { return .noActivity }
        if atRisk == 0 { return .noChurnYet }
        return lost == 0 ? .noChurn : nil
    }

    /// Net revenue / orders, by currency; none without orders.
    var averageOrder: MoneySum { rounded { MoneyMetrics.nearest($0, $1, over: Int128(orders)) } }

    /// The value, by currency; none where there is a gap. Orders cancel out: revenue × at risk / (active × lost), so that it is
    /// rounded once.
    var value: MoneySum {
        guard gap == nil else { return MoneySum() }
        let (atRisk, divisor) = (Int128(atRisk), Int128(active) * Int128(lost))
        return rounded { MoneyMetrics.nearest($0 * atRisk, $1, over: divisor) }
    }

    /// A figure of each currency to its minor unit.
    private func rounded(_ figure: (Int128, Currency) -> Int128) -> MoneySum {
        var sum = MoneySum()
        for part in revenue.parts where orders > 0 {
            sum.add(figure(part.micros, part.currency), part.currency, scale: UInt8(part.currency.minorDigits))
        }
        return sum
    }
}

extension SimpleLifetimeValue {
    static let columns: [Answer.Column] =
        [.init("cohort"), .init("size", number: true), .init("ltv", number: true), .init("ltv_simple", number: true)]
        + ["orders", "aov", "frequency", "churn", "lifetime"].map { .init($0, number: true) } + [.init("reason")]

    /// The value and what it is made of, as cells from `ltv_simple` on.
    var cells: [JSONValue] {
        [
            gap == nil ? value.json : .null, .count(orders), orders > 0 ? averageOrder.json : .null, .number(frequency),
            .number(churn), .number(lifetime), .text(gap?.rawValue),
        ]
    }

    /// The value as an object that says what it is.
    var json: JSONValue {
        let names = ["value"] + SimpleLifetimeValue.columns.dropFirst(4).map(\.name)
        return .object(
            [.init("formula", .string("aov x frequency x lifetime"))] + zip(names, cells).map { .init($0, $1) }
        )
    }
}
