// Questions over the view `deals`.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections

/// How long deals stay in the stages of their pipelines, by the stays that are over.
struct StageDwell {
    private struct Place: Hashable {
        var pipeline: String
        var stage: String
    }
    private var dwells: [Place: Distribution] = [:]
    private var limits: [Place: Double] = [:]

    init(_ deals: some Sequence<DealRecord>) {
        for deal in deals {
            for stay in deal.stays {
                guard let left = stay.left else { continue }
                dwells[Place(pipeline: deal.pipeline, stage: stay.stage), default: Distribution()]
                    .add(left - stay.entered)
            }
        }
        limits = dwells.compactMapValues { $0.seconds(at: 0.9) }
    }

    /// Whether an open deal is in its stage for longer than nine of ten others were. Never where no stay is over yet.
    func isStuck(_ deal: DealRecord, now: Int64) -> Bool {
        guard deal.state == .open, let stay = deal.stays.last, stay.left == nil,
            let limit = limits[Place(pipeline: deal.pipeline, stage: stay.stage)]
        else { return false }
        return Double(now - stay.entered) / 1_000 > limit
    }
}

extension DealRecord {
    /// Whether it is open after the day on which it should have closed (a UTC date, or a time that starts with one).
    func isOverdue(now: Int64) -> Bool {
        guard state == .open, let date = expectedClose?.prefix(10), date.utf8.count == 10 else { return false }
        let isDate = date.utf8.enumerated().allSatisfy { index, byte in
            index == 4 || index == 7 ? byte == 45 : byte >= 48 && byte <= 57
        }
        return isDate && date < Timestamp(milliseconds: now).rfc3339.prefix(10)
    }
}

extension QueryFrame {
    func time(_ milliseconds: Int64?) -> JSONValue { .time(milliseconds.map { Timestamp(milliseconds: $0) }) }

    /// Every deal inside the bounds, by symbol.
    func allDeals() throws -> [(key: UInt32, record: DealRecord)] {
        var found: [(key: UInt32, record: DealRecord)] = []
        try each(DealProjection(rules)) { key, bytes in found.append((key, try DealRecord(bytes))) }
        return found
    }

    func dealMembers(
        _ id: String,
        _ record: DealRecord,
        customer: String?,
        account: String?,
        dwell: StageDwell,
        now: Int64
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
            .init("overdue", .bool(record.isOverdue(now: now))),
            .init("stuck", .bool(dwell.isStuck(record, now: now))),
        ]
    }

    func deals(limit: Int?) throws -> Answer {
        let now = try latest()
        let all = try allDeals()
        let ids = try texts(.deal, all.map(\.key))
        var found = all.map { (id: ids[$0.key] ?? "", record: $0.record) }
        let dwell = StageDwell(found.lazy.map(\.record))
        var states = [0, 0, 0]
        for entry in found { states[entry.record.state.rawValue] += 1 }
        // The newest first; a deal without a date last.
        found.sort {
            let (a, b) = ($0.record.created ?? .min, $1.record.created ?? .min)
            return a != b ? a > b : $0.id.utf8.lexicographicallyPrecedes($1.id.utf8)
        }
        let page = limit.map { Array(found.prefix($0)) } ?? found
        let customers = try texts(.customer, page.map(\.record.customer))
        let accounts = try texts(.account, page.map(\.record.account))
        var answer = Answer("deals")
        let objects = page.map {
            dealMembers(
                $0.id,
                $0.record,
                customer: customers[$0.record.customer],
                account: accounts[$0.record.account],
                dwell: dwell,
                now: now
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
        ]
        answer.notes = ["\(found.count) deals: \(states[0]) open, \(states[1]) won, \(states[2]) lost"]
        return answer
    }
}
