// What one point of view says of a period: read once from the rows of the views, for the period and for the one before.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// One point of view and the period that it is about.
struct ReportFacts {
    let frame: QueryFrame
    let period: Range<Int64>
    /// Stages by symbol of the customer: 0 for none, −1 for nobody.
    private(set) var stages: [Int8]
    private(set) var newCustomers = 0
    private(set) var customers = 0
    let book: DealBook
    /// Conversions, value and credits of the period.
    let credits: Answer
    /// When each customer was first seen.
    private(set) var firsts: [Int64] = []

    init(_ frame: QueryFrame, _ period: Range<Int64>, models: [String]) throws {
        self.frame = frame
        self.period = period
        stages = Array(repeating: -1, count: frame.log.symbolCount(.customer) + 1)
        book = try frame.dealBook()
        var query = AttributionQuery()
        query.models = models
        query.from = Timestamp(milliseconds: period.lowerBound)
        query.to = Timestamp(milliseconds: period.upperBound)
        credits = try frame.attribution(query)
        try frame.each(CustomerProjection(frame.rules)) { key, bytes in
            let record = try CustomerRecord(bytes)
            stages[Int(key)] = Int8(clamping: record.stageNow)
            firsts.append(record.firstEvent)
            customers += 1
            if period.contains(record.firstEvent) { newCustomers += 1 }
        }
    }

    func member(_ key: String) -> JSONValue { credits.payload.first { $0.key == key }?.value ?? .null }

    /// Conversions by channel under the model of changes.
    var channels: [(key: String, conversions: Double)] {
        guard case .array(let models) = member("models"),
            let model = models.first(where: { $0["model"] == .string(ReportQuery.model) }),
            case .array(let rows) = model["rows"]
        else { return [] }
        return rows.compactMap { row in
            guard case .string(let key) = row["key"] else { return nil }
            switch row["conversions"] {
            case .double(let number): return (key, number)
            case .int(let number): return (key, Double(number))
            default: return nil
            }
        }
    }

    /// Deals that were closed in the period, by state.
    func closed(_ state: DealRecord.State) -> [DealBook.Entry] {
        book.deals.filter { $0.record.state == state && $0.record.closed.map(period.contains) == true }
    }

    static func amount(_ deals: some Sequence<DealBook.Entry>) -> MoneySum {
        deals.reduce(into: MoneySum()) { sum, deal in if let amount = deal.record.amount { sum.add(amount) } }
    }

    /// The figures of the period by name, in order.
    var figures: [(name: String, value: JSONValue)] {
        get throws {
            let (won, lost) = (closed(.won), closed(.lost))
            let open = book.deals.filter { $0.record.state == .open }
            return [
                ("events", .count(try frame.activity(in: period).events)), ("new_customers", .count(newCustomers)),
                ("conversions", member("conversions")), ("value", member("value")),
                ("deals_created", .count(book.deals.filter { $0.record.created.map(period.contains) == true }.count)),
                ("deals_won", .count(won.count)), ("won_amount", ReportFacts.amount(won).json),
                ("deals_lost", .count(lost.count)),
                ("win_rate", .number(Ratio.of(won.count, won.count + lost.count))),
                ("open_deals", .count(open.count)), ("open_amount", ReportFacts.amount(open).json),
            ]
        }
    }
}

extension QueryFrame {
    /// The events inside the bounds: all of them, and those of a period.
    func activity(in period: Range<Int64>) throws -> (all: Int, events: Int, last: UInt64, latest: Int64) {
        var found = (all: 0, events: 0, last: UInt64(0), latest: Int64.min)
        try log.scanFolds(after: 0, through: bounds.through.rawValue) { event in
            guard bounds.contains(event) else { return }
            found.all += 1
            if period.contains(event.occurredAt) { found.events += 1 }
            found.last = max(found.last, event.position)
            found.latest = max(found.latest, event.occurredAt)
        }
        return found
    }
}
