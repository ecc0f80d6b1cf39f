// Questions over the view `deals`.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    func time(_ milliseconds: Int64?) -> JSONValue { .time(milliseconds.map { Timestamp(milliseconds: $0) }) }

    func dealMembers(
        _ id: String,
        _ record: DealRecord,
        customer: String?,
        account: String?,
        dwell: StageDwell,
        now: Int64,
        today: Int64
    ) -> [JSONValue.Member] {
        [
            .init("deal", .string(id)), .init("customer", .text(customer)), .init("account", .text(account)),
            .init("pipeline", .string(record.pipeline)), .init("stage", .text(record.stage)),
            .init("state", .string(record.state.name)),
            .init(
                "amount",
                .text(record.amount.map { MoneySum.decimal($0.micros, $0.currency, scale: $0.scale) })
            ),
            .init("currency", .text(record.amount?.currency.code)), .init("created_at", time(record.created)),
            .init("closed_at", time(record.closed)), .init("expected_close", .text(record.expectedClose)),
            .init("owner", .text(record.owner)),
            // A deal that closed before it was created is that old: data says so, and nothing is clamped.
            .init(
                "age_seconds",
                record.created.map { .double(Double((record.closed ?? now) - $0) / 1_000) } ?? .null
            ),
            .init("overdue", .bool(record.isOverdue(today: today))),
            .init("stuck", .bool(dwell.isStuck(record, now: now))),
        ]
    }

    func deals(_ query: DealsQuery) throws -> Answer {
        let now = try latest()
        let today = try today(zone: query.zone)
        let book = try dealBook()
        try check(query.state, "state of deals", in: ["open", "won", "lost"])
        try checkPipeline(query.pipeline, book)
        let stages = Set(book.stages.values.joined()).union(rules.pipelines.values.flatMap { $0.stages.map(\.name) })
        try check(query.stage, "stage", in: stages.sorted())
        var found = book.deals.filter { entry in
            let deal = entry.record
            return (query.state == nil || deal.state.name == query.state)
                && (query.stage == nil || deal.stage == query.stage)
                && (query.pipeline == nil || deal.pipeline == query.pipeline)
                && (query.owner == nil || deal.owner == query.owner)
                && (!query.overdue || deal.isOverdue(today: today))
                && (!query.stuck || book.dwell.isStuck(deal, now: now))
        }
        var states = [0, 0, 0]
        for entry in found { states[entry.record.state.rawValue] += 1 }
        // The newest first; a deal without a date last.
        found.sort {
            let (a, b) = ($0.record.created ?? .min, $1.record.created ?? .min)
            return a != b ? a > b : $0.id.utf8.lexicographicallyPrecedes($1.id.utf8)
        }
        let page = query.limit.map { Array(found.prefix($0)) } ?? found
        let customers = try texts(.customer, page.map(\.record.customer))
        let accounts = try texts(.account, page.map(\.record.account))
        var answer = Answer("deals")
        let objects = page.map {
            dealMembers(
                $0.id,
                $0.record,
                customer: customers[$0.record.customer],
                account: accounts[$0.record.account],
                dwell: book.dwell,
                now: now,
                today: today
            )
        }
        answer.columns = [
            .init("deal"), .init("customer"), .init("account"), .init("pipeline"), .init("stage"), .init("state"),
            .init("amount", number: true), .init("currency"), .init("created_at"), .init("closed_at"),
            .init("expected_close"), .init("owner"), .init("age_seconds", number: true), .init("overdue"),
            .init("stuck"),
        ]
        answer.rows = objects.map { $0.map(\.value) }
        answer.payload = [
            .init("total", .count(found.count)),
            .init(
                "by_state",
                .object([
                    .init("open", .count(states[0])), .init("won", .count(states[1])), .init("lost", .count(states[2])),
                ])
            ),
            .init("deals", .array(objects.map { .object($0) })),
            .init("stuck_limits", stuckLimits(book)),
        ]
        answer.notes =
            book.deals.isEmpty
            ? [QueryFrame.noDeals]
            : ["\(found.count) deals: \(states[0]) open, \(states[1]) won, \(states[2]) lost"]
        return answer
    }

    static let noDeals =
        "no deals yet: ingest events that name a deal, such as deal_created, deal_stage_changed, deal_won and deal_lost"

    /// After how long deals are stuck in each stage, and by how many finished stays.
    private func stuckLimits(_ book: DealBook) -> JSONValue {
        .array(
            book.stages.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.flatMap { pipeline, stages in
                stages.compactMap { stage -> JSONValue? in
                    guard let limit = book.dwell.limits[PipelinePlace(pipeline: pipeline, stage: stage)] else {
                        return nil
                    }
                    return .object([
                        .init("pipeline", .string(pipeline)), .init("stage", .string(stage)),
                        .init("n", .count(limit.n)), .init("p90_seconds", .double(limit.seconds)),
                    ])
                }
            }
        )
    }
}
