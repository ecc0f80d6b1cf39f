// Who comes back: one pass over the events, customer by customer, and the money of the view `attribution`.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    /// More cells than this are refused.
    private static let mostCells = 1_000_000

    func cohorts(_ query: CohortQuery) throws -> Answer {
        try check(query.by, "period of cohorts", in: CalendarPeriods.Unit.allCases.map(\.rawValue))
        let unit = CalendarPeriods.Unit(rawValue: query.by) ?? .month
        let retention = try Retention(query.retention, self)
        guard query.days.allSatisfy({ (0...36_500).contains($0) }), query.periods ?? 0 >= 0 else {
            throw RihlaError(.usage, "days and periods of cohorts are counted from 0 on, days up to 36500")
        }
        let event = try query.event.map { try eventType($0) }
        let activity = Set(try query.activity.map { try eventType($0) })
        let qualifies = compiled.typeNames.map { event == nil || $0 == event }
        let isActivity = compiled.typeNames.map { activity.isEmpty || activity.contains($0) }
        let wanted = zip(qualifies, isActivity).map { $0 || $1 }
        let asOf = try latest()
        let zone = query.zone ?? rules.timeZone
        let earliest = min(try self.earliest(wanted), asOf)
        let periods = try CalendarPeriods(unit, zone: zone, covering: earliest...asOf)
        // Days are needed where they are counted, and cost one entry each.
        let days = retention == .calendar ? periods : try CalendarPeriods(.day, zone: zone, covering: earliest...asOf)
        var count = CohortCount(query, retention, periods: periods, days: days, asOf: asOf)
        var lifecycle = LifecycleCounts(periods: periods, asOf: asOf)
        var firsts: [UInt32: Int64] = [:]
        var ranges = try journeys(types: wanted)
        while let part = try ranges.next() {
            var start = 0
            for end in part.ends where start < end {
                let events = part.events[start..<end]
                start = end
                let times = events.filter { isActivity[Int($0.type)] }.map(\.occurredAt)
                lifecycle.add(activity: times)
                guard let first = events.first(where: { qualifies[Int($0.type)] })?.occurredAt,
                    first >= query.from?.rawValue ?? .min, first < query.to?.rawValue ?? .max
                else { continue }
                firsts[person(of: events[events.startIndex])] = first
                count.add(first: first, activity: times)
            }
        }
        try addRevenue(to: &count, firsts)
        let cells = count.cohorts.reduce(0) { sum, cohort in
            sum + min(periods.count - cohort.index, min(query.periods ?? .max, .max - 1) + 1)
        }
        guard retention != .calendar || cells <= QueryFrame.mostCells else {
            throw RihlaError(
                .usage,
                "the cohorts have \(cells) periods",
                hint: "limit them with --periods, --from and --to, or take longer ones"
            )
        }
        return answer(query, count, lifecycle, try recurringRevenue(by: unit, zone: zone))
    }

    /// When the first of the events happened that belong to a customer and have one of the types.
    func earliest(_ types: [Bool]) throws -> Int64 {
        var earliest = Int64.max
        try log.scanFolds(after: 0, through: bounds.through.rawValue) { event in
            guard event.customer != 0, event.occurredAt < earliest, bounds.contains(event),
                Int(event.type) < types.count, types[Int(event.type)]
            else { return }
            earliest = event.occurredAt
        }
        return earliest
    }

    /// Sales when they were made, money back when it went back.
    private func addRevenue(to count: inout CohortCount, _ firsts: [UInt32: Int64]) throws {
        try each(AttributionProjection(rules)) { customer, bytes in
            guard let first = firsts[customer] else { return }
            let record = try AttributionRecord(bytes)
            func add(_ micros: Int128, _ currency: Currency, _ scale: UInt8, _ time: Int64) {
                count.add(.init(currency: currency, micros: micros, scale: scale), at: time, first: first)
            }
            for conversion in record.conversions {
                guard let amount = conversion.amount else { continue }
                if conversion.worth(before: nil).counts { count.addOrder(at: conversion.at, first: first) }
                add(amount.micros, amount.currency, amount.scale, conversion.at)
                for change in conversion.changes { add(change.micros, amount.currency, change.scale, change.at) }
            }
            for refund in record.unmatched {
                add(refund.amount.micros, refund.amount.currency, refund.amount.scale, refund.at)
            }
        }
    }

    private func answer(
        _ query: CohortQuery,
        _ count: CohortCount,
        _ lifecycle: LifecycleCounts,
        _ recurring: RecurringRevenue?
    ) -> Answer {
        var answer = Answer("cohorts")
        let periods = count.periods
        var payload: [JSONValue] = []
        var rows: [[JSONValue]] = []
        var values: [[JSONValue]] = []
        for (cohort, size) in count.cohorts {
            let name = JSONValue.string(periods.name(of: cohort))
            var list: [JSONValue] = []
            for cell in count.cells(of: cohort, limit: query.periods) {
                let cells: [JSONValue] = [
                    .int(cell.k), .count(cell.eligible), .count(cell.active),
                    .number(Ratio.of(cell.active, cell.eligible)), cell.revenue.json,
                ]
                rows.append([name, .count(size)] + cells)
                list.append(
                    .object(zip(["k", "eligible", "active", "rate", "revenue"], cells).map { .init($0, $1) })
                )
            }
            let (historic, simple) = (
                count.lifetimeValue(of: cohort, size: size).json, count.simpleLifetimeValue(of: cohort)
            )
            values.append([name, .count(size), historic] + simple.cells)
            payload.append(
                .object([
                    .init("cohort", name), .init("starts", .string(periods.firstDate(of: cohort))),
                    .init("size", .count(size)), .init("ltv", historic), .init("ltv_simple", simple.json),
                    .init("periods", .array(list)),
                ])
            )
        }
        let states = ["period", "new", "returning", "resurrecting", "dormant"]
        let (from, to) = (query.from?.rawValue ?? .min, query.to?.rawValue ?? .max)
        let changes: [[JSONValue]] = lifecycle.counts.enumerated().compactMap { index, count in
            let range = periods.range(of: index)
            guard count != .init(), range.upperBound > from, range.lowerBound < to else { return nil }
            return [
                .string(periods.name(of: index)), .count(count.new), .count(count.returning),
                .count(count.resurrecting), .count(count.dormant),
            ]
        }
        let subscriptions = recurring?.answer(from: from, to: to)
        switch query.rows {
        case .cohorts:
            answer.columns = [.init("cohort")]
            answer.columns += ["size", "k", "eligible", "active", "rate", "revenue"].map { .init($0, number: true) }
            answer.rows = rows
        case .values:
            answer.columns = SimpleLifetimeValue.columns
            answer.rows = values
        case .lifecycle:
            answer.columns = states.map { .init($0, number: $0 != "period") }
            answer.rows = changes
        case .recurring:
            answer.columns = RecurringRevenue.columns
            answer.rows = subscriptions?.rows ?? []
        }
        answer.payload = [
            .init("period", .string(query.by)), .init("retention", .string(query.retention)),
            .init("event", .text(query.event)), .init("activity", .array(query.activity.map { .string($0) })),
            .init("zone", .string(query.zone ?? rules.timeZone)), .init("cohorts", .array(payload)),
            .init("lifecycle", .array(changes.map { .object(zip(states, $0).map { .init($0, $1) }) })),
            .init("recurring", .array(subscriptions?.list ?? [])),
        ]
        let customers = count.cohorts.reduce(0) { $0 + $1.size }
        answer.notes =
            query.rows == .recurring && recurring == nil
            ? ["nobody has a subscription: there is no event subscription_started, _renewed or _changed"]
            : ["\(customers) customers in \(count.cohorts.count) cohort\(count.cohorts.count == 1 ? "" : "s")"]
        if query.rows == .values {
            answer.notes.append(
                "ltv is what a customer has brought; ltv_simple is a formula: aov x frequency x lifetime, by \(query.by)"
            )
        }
        return answer
    }
}
