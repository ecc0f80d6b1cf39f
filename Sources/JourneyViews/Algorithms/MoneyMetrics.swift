// Figures of what customers cost and bring. Money goes in and comes out as whole millionths of one currency; a figure over
// nothing is no figure.
internal import JourneyEvents

/// Cost and revenue figures.
enum MoneyMetrics {
    /// Customer acquisition cost: spend / new customers, to the nearest millionth; nil without new customers.
    static func acquisitionCost(spend: Int128, newCustomers: Int) -> Int128? {
        newCustomers > 0 ? rounded(spend, over: Int128(newCustomers)) : nil
    }

    /// Acquisition cost of a channel: spend / attributed new customers, which are fractions; nil for none.
    static func acquisitionCost(spend: Int128, attributedCustomers: Double) -> Int128? {
        guard attributedCustomers > 0 else { return nil }
        return Int128(exactly: (Double(spend) / attributedCustomers).rounded())
    }

    /// Return on ad spend: revenue / spend; nil without spend.
    static func returnOnSpend(revenue: Int128, spend: Int128) -> Double? { Ratio.of(revenue, spend) }

    /// Average order value, before and after refunds (which are given as a positive sum): nil without orders.
    static func averageOrder(revenue: Int128, refunds: Int128, orders: Int) -> (gross: Int128, net: Int128)? {
        guard orders > 0 else { return nil }
        return (rounded(revenue, over: Int128(orders)), rounded(revenue - refunds, over: Int128(orders)))
    }

    /// Historic lifetime value: net revenue to date / customers, to the nearest minor unit of the currency; nil without
    /// customers.
    static func lifetimeValue(_ revenue: Int128, of customers: Int, in currency: Currency) -> Int128? {
        customers > 0 ? nearest(revenue, currency, over: Int128(customers)) : nil
    }

    /// A quotient to the nearest minor unit of the currency; the divisor must not be zero.
    static func nearest(_ micros: Int128, _ currency: Currency, over divisor: Int128) -> Int128 {
        let unit = Int128(PowersOfTen[6 - currency.minorDigits])
        return rounded(micros, over: divisor * unit) * unit
    }

    /// Logo churn: customers lost in the period / customers at its start; nil without customers.
    static func churn(lost: Int, atStart: Int) -> Double? { Ratio.of(lost, atStart) }

    /// What the customers of the start of a period bring at its end; new customers are in none of the sums. All positive.
    struct Retention: Hashable, Sendable {
        /// Recurring revenue at the start.
        var start: Int128
        /// More from the same customers.
        var expansion: Int128 = 0
        /// Less from customers who stay.
        var contraction: Int128 = 0
        /// All from customers who left.
        var churn: Int128 = 0

        /// Gross revenue retention: (start − contraction − churn) / start; nil for a start of zero.
        var gross: Double? { Ratio.of(start - contraction - churn, start) }
        /// Net revenue retention: (start + expansion − contraction − churn) / start; nil for a start of zero.
        var net: Double? { Ratio.of(start + expansion - contraction - churn, start) }
    }

    /// Spends an amount evenly over days: whole units of the finer of the amount's scale and the currency's minor unit, what
    /// is left to the first days. Millionths by day, which add up to the amount; empty without days.
    static func daily(_ amount: Amount, days: Int) -> [Int128] {
        guard days > 0 else { return [] }
        let digits = max(Int(amount.scale), amount.currency.minorDigits)
        let unit = Int128(PowersOfTen[6 - digits])
        return LargestRemainder.split(amount.micros / unit, weights: Array(repeating: 1, count: days)).map { $0 * unit }
    }

    /// The nearest whole number, halves away from zero.
    private static func rounded(_ value: Int128, over divisor: Int128) -> Int128 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        guard 2 * remainder.magnitude >= divisor.magnitude else { return quotient }
        return quotient + (value < 0 ? -1 : 1)
    }
}
