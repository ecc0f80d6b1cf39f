// How the main figures went over the last periods.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    /// New customers, conversions and deals of the last periods: `[{period,new_customers,conversions,deals_created,deals_won}]`.
    func trend(_ periods: ReportPeriods, _ facts: ReportFacts) throws -> JSONValue {
        let count = periods.trend.count
        var customers = Array(repeating: 0, count: count)
        var (conversions, created, won) = (customers, customers, customers)
        for first in facts.firsts { if let index = periods.index(of: first) { customers[index] += 1 } }
        for deal in facts.book.deals.lazy.map(\.record) {
            if let index = deal.created.flatMap({ periods.index(of: $0) }) { created[index] += 1 }
            if deal.state == .won, let index = deal.closed.flatMap({ periods.index(of: $0) }) { won[index] += 1 }
        }
        func add(_ record: AttributionRecord) {
            for conversion in record.conversions {
                for index in 0..<count {
                    let range = periods.range(index)
                    guard conversion.isTouched(from: range.lowerBound, to: range.upperBound) else { continue }
                    // What is reopened counts no more, in the period in which that came.
                    conversions[index] +=
                        (conversion.worth(before: range.upperBound).counts ? 1 : 0)
                        - (conversion.worth(before: range.lowerBound).counts ? 1 : 0)
                }
            }
        }
        let credits = AttributionProjection(rules)
        try each(credits) { _, bytes in add(try AttributionRecord(bytes)) }
        if let record = try nobody(credits) { add(record) }
        return .array(
            (0..<count).map { index in
                .object([
                    .init("period", .string(periods.name(index))), .init("new_customers", .count(customers[index])),
                    .init("conversions", .count(conversions[index])), .init("deals_created", .count(created[index])),
                    .init("deals_won", .count(won[index])),
                ])
            }
        )
    }
}
