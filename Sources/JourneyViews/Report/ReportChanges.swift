// What changed since the report of the period before: two points of view, customer by customer, deal by deal and channel by
// channel.
internal import JourneyEvents
internal import JourneyLog

/// The differences between two points of view.
struct ReportChanges {
    /// At most so many deals and channels are named; the numbers are of all.
    private static let named = 10
    let now: ReportFacts
    let before: ReportFacts
    let periods: ReportPeriods

    var json: JSONValue {
        get throws {
            let pairs = dealPairs
            return .object([
                .init("customers", stageMoves),
                .init("deals_won", try list(now.closed(.won))), .init("deals_lost", try list(now.closed(.lost))),
                .init("deals_slipped", try slipped),
                .init(
                    "deals_reopened",
                    try list(pairs.filter { $0.before.state != .open && $0.now.record.state == .open }.map(\.now))
                ),
                .init(
                    "deals_moved",
                    .count(
                        pairs.count { pair in
                            pair.now.record.state == .open && pair.before.state == .open
                                && pair.now.record.stage != pair.before.stage
                        }
                    )
                ),
                .init("model", .string(ReportQuery.model)), .init("channels", channelChanges),
            ])
        }
    }

    /// Customers whose stage is another one now; a stage of neither is not counted.
    private var stageMoves: JSONValue {
        var counts: [Move: Int] = [:]
        for (key, to) in now.stages.enumerated() where to > 0 && key < before.stages.count {
            let from = before.stages[key]
            if from > 0, from != to { counts[Move(from: Int(from), to: Int(to)), default: 0] += 1 }
        }
        let moves = counts.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
        return .object([
            .init("forward", .count(moves.reduce(0) { $0 + ($1.key.to > $1.key.from ? $1.value : 0) })),
            .init("back", .count(moves.reduce(0) { $0 + ($1.key.to < $1.key.from ? $1.value : 0) })),
            .init(
                "moves",
                .array(
                    moves.map {
                        .object([
                            .init("from", now.frame.stageName($0.key.from)),
                            .init("to", now.frame.stageName($0.key.to)), .init("customers", .count($0.value)),
                        ])
                    }
                )
            ),
        ])
    }

    /// The deals that both points of view know.
    private var dealPairs: [(before: DealRecord, now: DealBook.Entry)] {
        let earlier = Dictionary(before.book.deals.map { ($0.key, $0.record) }) { first, _ in first }
        return now.book.deals.compactMap { deal in earlier[deal.key].map { ($0, deal) } }
    }

    /// The deals that slipped out of the period, as forecasts have them.
    private var slipped: JSONValue {
        get throws {
            let deals = now.book.deals.filter { deal in
                Slippage.isSlipped(
                    deal.record,
                    out: periods.now,
                    number: periods.number,
                    unit: periods.unit,
                    now: periods.instant
                )
            }
            var sum = Slippage()
            for deal in deals { sum.add(deal.record, before: periods.now.lowerBound) }
            return try list(deals, amount: sum.amount)
        }
    }

    /// How many deals, what they are worth, and the first of them.
    private func list(_ deals: [DealBook.Entry], amount: MoneySum? = nil) throws -> JSONValue {
        .object([
            .init("deals", .count(deals.count)), .init("amount", (amount ?? ReportFacts.amount(deals)).json),
            .init("list", .array(try now.frame.named(deals, limit: ReportChanges.named, zone: periods.zone))),
        ])
    }

    private var channelChanges: JSONValue {
        let earlier = Dictionary(before.channels.map { ($0.key, $0.conversions) }) { first, _ in first }
        let later = Dictionary(now.channels.map { ($0.key, $0.conversions) }) { first, _ in first }
        let changes = Set(earlier.keys).union(later.keys).map { key in
            (key: key, before: earlier[key] ?? 0, now: later[key] ?? 0)
        }.filter { $0.before != $0.now }
        let sorted = changes.sorted {
            let (a, b) = (abs($0.now - $0.before), abs($1.now - $1.before))
            return a != b ? a > b : $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
        }
        return .array(
            sorted.prefix(ReportChanges.named).map {
                .object([
                    .init("channel", .string($0.key)), .init("before", .double($0.before)),
                    .init("now", .double($0.now)),
                ])
            }
        )
    }
}

/// From one stage to another.
private struct Move: Hashable, Comparable {
    var from: Int
    var to: Int

    static func < (a: Move, b: Move) -> Bool { a.from != b.from ? a.from < b.from : a.to < b.to }
}

extension QueryFrame {
    /// The first of some deals by when they were closed or created, the newest first, as the list of deals shows them.
    func named(_ deals: [DealBook.Entry], limit: Int, zone: String) throws -> [JSONValue] {
        let sorted = deals.sorted {
            let (a, b) = ($0.record.closed ?? $0.record.created ?? .min, $1.record.closed ?? $1.record.created ?? .min)
            return a != b ? a > b : $0.id.utf8.lexicographicallyPrecedes($1.id.utf8)
        }
        return try dealObjects(Array(sorted.prefix(limit)), StageDwell(EmptyCollection()), zone: zone)
    }

    func dealObjects(_ deals: [DealBook.Entry], _ dwell: StageDwell, zone: String?) throws -> [JSONValue] {
        let customers = try texts(.customer, deals.map(\.record.customer))
        let accounts = try texts(.account, deals.map(\.record.account))
        let (now, today) = (try latest(), try today(zone: zone))
        return deals.map {
            .object(
                dealMembers(
                    $0.id,
                    $0.record,
                    customer: customers[$0.record.customer],
                    account: accounts[$0.record.account],
                    dwell: dwell,
                    now: now,
                    today: today
                )
            )
        }
    }
}
