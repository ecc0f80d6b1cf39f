// The open deals of a report: by stage of their pipeline and by age, and the oldest of them.
internal import JourneyEvents
internal import JourneyLog

extension QueryFrame {
    /// Days from creation at which the next class of age begins.
    private static let ages: [Int64] = [15, 30, 60, 90]
    private static let oldest = 10

    /// Open deals by stage and age: `ages[{from_days,to_days}], stages[{pipeline,stage,open,amount[],overdue,stuck,ages[]}],
    /// oldest[]`.
    func openDeals(_ book: DealBook, zone: String?) throws -> [JSONValue.Member] {
        let (now, today) = (try latest(), try today(zone: zone))
        let open = book.deals.filter { $0.record.state == .open }
        let groups = Dictionary(grouping: open) { StagePlace($0.record, book.stages) }
        let stages = groups.sorted { $0.key < $1.key }.map { place, deals in
            // The last class is of deals whose creation nobody told.
            var counts = Array(repeating: 0, count: QueryFrame.ages.count + 2)
            for deal in deals {
                guard let created = deal.record.created else {
                    counts[counts.count - 1] += 1
                    continue
                }
                let days = (now - created).floorDivided(by: 86_400_000).quotient
                counts[QueryFrame.ages.upperBound(of: days)] += 1
            }
            return JSONValue.object([
                .init("pipeline", .string(place.pipeline)), .init("stage", .text(place.stage)),
                .init("open", .count(deals.count)), .init("amount", ReportFacts.amount(deals).json),
                .init("overdue", .count(deals.filter { $0.record.isOverdue(today: today) }.count)),
                .init("stuck", .count(deals.filter { book.dwell.isStuck($0.record, now: now) }.count)),
                .init("ages", .array(counts.map { .count($0) })),
            ])
        }
        let bounds: [JSONValue] = [.int(0)] + QueryFrame.ages.map { .int($0) }
        let classes = zip(bounds, Array(bounds.dropFirst()) + [.null]).map { from, to in
            JSONValue.object([.init("from_days", from), .init("to_days", to)])
        }
        let oldest = open.sorted {
            let (a, b) = ($0.record.created ?? .max, $1.record.created ?? .max)
            return a != b ? a < b : $0.id.utf8.lexicographicallyPrecedes($1.id.utf8)
        }.prefix(QueryFrame.oldest)
        return [
            .init("open", .count(open.count)), .init("ages", .array(classes)), .init("stages", .array(stages)),
            .init("oldest", .array(try dealObjects(Array(oldest), book.dwell, zone: zone))),
        ]
    }
}

/// A stage of a pipeline, in the order in which deals go through them.
private struct StagePlace: Hashable, Comparable {
    var pipeline: String
    var order: Int
    var stage: String?

    init(_ deal: DealRecord, _ stages: [String: [String]]) {
        pipeline = deal.pipeline
        stage = deal.stage
        order = stages[deal.pipeline]?.firstIndex { $0 == deal.stage } ?? .max
    }

    static func < (a: StagePlace, b: StagePlace) -> Bool {
        if a.pipeline != b.pipeline { return a.pipeline.utf8.lexicographicallyPrecedes(b.pipeline.utf8) }
        if a.order != b.order { return a.order < b.order }
        return (a.stage ?? "").utf8.lexicographicallyPrecedes((b.stage ?? "").utf8)
    }
}
