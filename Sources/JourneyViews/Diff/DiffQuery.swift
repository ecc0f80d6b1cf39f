// What other rules would change, and what has changed between two positions: two points of view, folded one after the other
// and compared customer by customer and conversion by conversion.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    /// The differences from one point of view to another, under one model. What is equal in both is not listed.
    static func diff(_ before: QueryFrame, _ after: QueryFrame, _ query: DiffQuery) throws -> Answer {
        let models = (try before.model(query.model), try after.model(query.model))
        try before.checkOrder(query.order)
        var answer = Answer("diff")
        func side(_ frame: QueryFrame) -> JSONValue {
            .object([
                .init("position", .count(frame.through.rawValue)), .init("rules", .string(frame.rules.hash)),
            ])
        }
        answer.columns = [.init("what"), .init("key"), .init("before"), .init("after")]
        let wantsCredits = !models.0.isTotal
        let (old, new) = (
            try DiffSide(before, query.identity, wantsCredits: wantsCredits),
            try DiffSide(after, query.identity, wantsCredits: wantsCredits)
        )
        let stages = try StageChanges(old, new).changes.map { name, before, after in
            answer.rows.append([.string("customer"), .string(name), before, after])
            return JSONValue.object([
                .init("customer", .string(name)), .init("stage_before", before), .init("stage_after", after),
            ])
        }
        answer.payload = [.init("model", .string(query.model))]
        if models.0.needsNulls { answer.payload.append(.init("order", .count(query.order))) }
        answer.payload += [
            .init("identity", .string(query.identity.rawValue)), .init("before", side(before)),
            .init("after", side(after)), .init("customers", .array(stages)),
        ]
        if case (.touch(let first), .touch(let second)) = (models.0.kind, models.1.kind) {
            try answer.add(try CreditChanges(old, new, models: (first, second)), stages.count, after.log)
        } else {
            answer.add(try TotalChanges(before, after, query), stages.count, query.model)
        }
        return answer
    }
}

extension Answer {
    /// A channel's credits on both sides as a row of the table and as an object.
    private mutating func addChannel(
        _ what: String,
        _ key: String,
        _ channel: String,
        _ before: (conversions: Double, value: MoneySum),
        _ after: (conversions: Double, value: MoneySum)
    ) -> JSONValue {
        func cell(_ side: (conversions: Double, value: MoneySum)) -> JSONValue {
            let count = JSONValue.double((side.conversions * 10_000).rounded() / 10_000)
            return .string("\(count.text) conversions, " + side.value.text)
        }
        rows.append([.string(what), .string(key), cell(before), cell(after)])
        return .object([
            .init("channel", .string(channel)), .init("conversions_before", .double(before.conversions)),
            .init("conversions_after", .double(after.conversions)), .init("value_before", before.value.json),
            .init("value_after", after.value.json),
        ])
    }

    /// Adds what differs by a model that weighs the touchpoints of one path.
    fileprivate mutating func add(_ credits: CreditChanges, _ customers: Int, _ log: LogSnapshot) throws {
        let channels = credits.channels.map { name, before, after in
            addChannel(
                "channel",
                name,
                name,
                (before.conversions.value, before.value),
                (after.conversions.value, after.value)
            )
        }
        let conversions = try credits.conversions(log).map { event, before, after in
            func cell(_ credit: ConversionCredit?) -> JSONValue { credit.map { .string($0.text) } ?? .null }
            rows.append([.string("conversion"), .string(event.id), cell(before), cell(after)])
            return JSONValue.object([
                .init("id", .string(event.id)), .init("source", .string(event.source)),
                .init("customer", .text(event.customer)), .init("before", before?.json ?? .null),
                .init("after", after?.json ?? .null),
            ])
        }
        payload += [.init("channels", .array(channels)), .init("conversions", .array(conversions))]
        notes = ["\(customers) customers, \(channels.count) channels and \(conversions.count) conversions differ"]
    }

    /// Adds what differs by a model of all paths, which has no credit of single conversions to compare.
    fileprivate mutating func add(_ credits: TotalChanges, _ customers: Int, _ model: String) {
        let channels = credits.channels.map { change in
            addChannel(
                "channel",
                change.channel,
                change.channel,
                (change.before.conversions, change.before.value),
                (change.after.conversions, change.after.value)
            )
        }
        let types = credits.types.map { conversion, changes in
            let list = changes.map { change in
                addChannel(
                    "conversion type",
                    conversion + ": " + change.channel,
                    change.channel,
                    (change.before.conversions, change.before.value),
                    (change.after.conversions, change.after.value)
                )
            }
            return JSONValue.object([.init("conversion", .string(conversion)), .init("channels", .array(list))])
        }
        payload += [
            .init("channels", .array(channels)), .init("conversions", .null), .init("conversion_types", .array(types)),
        ]
        notes = [
            "\(customers) customers and \(channels.count) channels differ",
            "\(model) credits channels in total: single conversions and the credits of customers are not compared",
        ]
    }
}

/// The customers whose stage differs.
private struct StageChanges {
    /// By name; null where a side does not know the customer, or no event of it has a stage.
    var changes: [(name: String, before: JSONValue, after: JSONValue)] = []

    init(_ before: DiffSide, _ after: DiffSide) throws {
        let (old, new) = (before.stages, after.stages)
        let (before, after) = (before.frame, after.frame)
        let isSame = before.rules.stages == after.rules.stages
        var found: [(UInt32, JSONValue, JSONValue)] = []
        for key in 0..<max(old.count, new.count) {
            let (a, b) = (key < old.count ? Int(old[key]) : 0, key < new.count ? Int(new[key]) : 0)
            if a == b, isSame { continue }
            let (from, to) = (before.stageName(a), after.stageName(b))
            if from != to { found.append((UInt32(key), from, to)) }
        }
        let names = try after.texts(.customer, found.map(\.0))
        changes = found.map { (names[$0.0] ?? "", $0.1, $0.2) }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}

extension MoneySum {
    /// The sums for people.
    fileprivate var text: String {
        parts.isEmpty
            ? "0"
            : parts.map { MoneySum.decimal($0.micros, $0.currency, scale: $0.scale) + " " + $0.currency.code }
                .joined(separator: ", ")
    }
}
