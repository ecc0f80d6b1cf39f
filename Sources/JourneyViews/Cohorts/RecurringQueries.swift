// The subscriptions of all customers, for the report of cohorts.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    /// Churn and revenue retention by calendar period; nil when nobody has a subscription.
    func recurringRevenue(by unit: CalendarPeriods.Unit, zone: String) throws -> RecurringRevenue? {
        let kinds = compiled.types.map { SubscriptionChange.Kind(compiled.name(of: $0), $0.effect) }
        let starts = kinds.map { $0 == .runs }
        guard starts.contains(true) else { return nil }
        let (earliest, asOf) = (try self.earliest(starts), try latest())
        guard earliest <= asOf else { return nil }
        var revenue = RecurringRevenue(try CalendarPeriods(unit, zone: zone, covering: earliest...asOf))
        let key = compiled.keys[.subscriptionID]
        var ranges = try journeys(types: kinds.map { $0 != nil })
        while let part = try ranges.next() {
            let properties = try PropertyTable(
                reading: log,
                keys: key == 0 ? [] : [key],
                positions: part.events.map(\.position)
            )
            var start = 0
            for end in part.ends {
                let changes = part.events[start..<end].compactMap { event in
                    kinds[Int(event.type)].map {
                        SubscriptionChange(
                            kind: $0,
                            subscription: properties.text(key, at: event.position) ?? "",
                            at: event.occurredAt,
                            amount: event.amount
                        )
                    }
                }
                // Nothing can end before something runs.
                revenue.add(Array(changes.drop { $0.kind != .runs }))
                start = end
            }
        }
        return revenue
    }
}

extension SubscriptionChange.Kind {
    fileprivate init?(_ type: String, _ effect: Effect?) {
        switch type {
        case "subscription_started", "subscription_renewed", "subscription_changed": self = .runs
        case "subscription_cancelled": self = .ends
        default:
            guard effect == .customerChurned else { return nil }
            self = .endsAll
        }
    }
}

extension RecurringRevenue {
    static let columns: [Answer.Column] =
        [.init("period"), .init("customers", number: true), .init("lost", number: true), .init("churn", number: true)]
        + [.init("currency")]
        + ["start", "new", "expansion", "contraction", "churned", "grr", "nrr"].map { .init($0, number: true) }

    /// The periods that touch a range of time: `period, customers, lost, churn, revenue[]`, and the same as rows of a
    /// table, one for each currency.
    func answer(from: Int64, to: Int64) -> (list: [JSONValue], rows: [[JSONValue]]) {
        var list: [JSONValue] = []
        var rows: [[JSONValue]] = []
        let names = RecurringRevenue.columns.map(\.name)
        for (index, period) in periods.enumerated() {
            let range = calendar.range(of: index)
            guard range.upperBound > from, range.lowerBound < to else { continue }
            let head: [JSONValue] = [
                .string(calendar.name(of: index)), .count(period.customers), .count(period.lost),
                .number(MoneyMetrics.churn(lost: period.lost, atStart: period.customers)),
            ]
            let flows = period.flows.sorted { $0.key < $1.key }.map { $1.values($0) }
            rows += flows.isEmpty ? [head + names[4...].map { _ in .null }] : flows.map { head + $0 }
            let money = flows.map { JSONValue.object(zip(names[4...], $0).map { .init($0, $1) }) }
            list.append(.object(zip(names, head).map { .init($0, $1) } + [.init("revenue", .array(money))]))
        }
        return (list, rows)
    }
}

extension RecurringRevenue.Flow {
    fileprivate func values(_ currency: Currency) -> [JSONValue] {
        [.string(currency.code)]
            + [retention.start, new, retention.expansion, retention.contraction, retention.churn]
            .map { .string(MoneySum.decimal($0, currency, scale: scale)) }
            + [.number(retention.gross), .number(retention.net)]
    }
}
