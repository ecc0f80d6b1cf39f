// What subscriptions bring, period by period: who stayed, who left, and what those who were there at the start pay at the end.
internal import JourneyEvents

/// What a subscription event says.
struct SubscriptionChange {
    /// What it does.
    enum Kind {
        /// The subscription runs, and what is given of its amount holds from now on.
        case runs
        /// It ends.
        case ends
        /// All of the customer's end.
        case endsAll
    }

    var kind: Kind
    /// Tells the subscriptions of a customer apart; empty where it is not given.
    var subscription: String
    var at: Int64
    var amount: Amount?
}

/// Churn and revenue retention by calendar period, filled one customer at a time.
struct RecurringRevenue {
    /// The money of one currency.
    struct Flow {
        var retention = MoneyMetrics.Retention(start: 0)
        /// From customers who paid nothing in the currency at the start.
        var new: Int128 = 0
        var scale: UInt8 = 0
    }

    /// One period.
    struct Period {
        /// Customers with a subscription at the start.
        var customers = 0
        /// Those of them without one at the end.
        var lost = 0
        var flows: [Currency: Flow] = [:]
    }

    let calendar: CalendarPeriods
    private(set) var periods: [Period]

    init(_ calendar: CalendarPeriods) {
        self.calendar = calendar
        periods = Array(repeating: Period(), count: calendar.count)
    }

    /// Adds a customer's changes, ascending by time.
    mutating func add(_ changes: [SubscriptionChange]) {
        guard let first = changes.first, let start = calendar.index(of: first.at) else { return }
        var running: [String: Amount?] = [:]
        var sum = MoneySum()
        var next = 0
        for index in start..<calendar.count {
            let (had, before) = (!running.isEmpty, sum)
            let end = calendar.range(of: index).upperBound
            while next < changes.count, changes[next].at < end {
                running.apply(changes[next])
                next += 1
            }
            sum = running.values.reduce(into: MoneySum()) { sum, amount in
                // What is not paid is no revenue that could be kept or lost.
                if let amount, amount.micros > 0 { sum.add(amount) }
            }
            periods[index].add(had, before, hasNow: !running.isEmpty, sum)
            if running.isEmpty, next == changes.count { return }
        }
    }
}

extension [String: Amount?] {
    fileprivate mutating func apply(_ change: SubscriptionChange) {
        switch change.kind {
        case .runs: updateValue(change.amount ?? self[change.subscription] ?? nil, forKey: change.subscription)
        case .ends where self[change.subscription] != nil: removeValue(forKey: change.subscription)
        // An end that names none ends all; one of a subscription that does not run ends nothing.
        case .ends: if change.subscription.isEmpty { removeAll() }
        case .endsAll: removeAll()
        }
    }
}

extension RecurringRevenue.Period {
    fileprivate mutating func add(_ had: Bool, _ before: MoneySum, hasNow: Bool, _ after: MoneySum) {
        if had {
            customers += 1
            if !hasNow { lost += 1 }
        }
        for part in before.parts { flows[part.currency, default: .init()].lose(part, after.micros(part.currency)) }
        for part in after.parts { flows[part.currency, default: .init()].gain(part, before.micros(part.currency)) }
    }
}

extension RecurringRevenue.Flow {
    fileprivate mutating func lose(_ part: MoneySum.Part, _ after: Int128) {
        scale = max(scale, part.scale)
        retention.start += part.micros
        if after == 0 { retention.churn += part.micros } else { retention.contraction += max(part.micros - after, 0) }
    }

    fileprivate mutating func gain(_ part: MoneySum.Part, _ before: Int128) {
        scale = max(scale, part.scale)
        if before == 0 { new += part.micros } else { retention.expansion += max(part.micros - before, 0) }
    }
}
