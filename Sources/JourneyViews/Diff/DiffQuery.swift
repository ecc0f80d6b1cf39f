// What other rules would change, and what has changed between two positions: two points of view, folded one after the other
// and compared customer by customer and conversion by conversion.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    /// The differences from one point of view to another, under one model. What is equal in both is not listed.
    static func diff(_ before: QueryFrame, _ after: QueryFrame, model: String) throws -> Answer {
        let (old, new) = (try DiffSide(before), try DiffSide(after))
        let customers = try StageChanges(old, new)
        let credits = try CreditChanges(old, new, model: model)
        var answer = Answer("diff")
        func side(_ frame: QueryFrame) -> JSONValue {
            .object([
                .init("position", .count(frame.through.rawValue)), .init("rules", .string(frame.rules.hash)),
            ])
        }
        answer.columns = [.init("what"), .init("key"), .init("before"), .init("after")]
        let stages = customers.changes.map { name, before, after in
            answer.rows.append([.string("customer"), .string(name), before, after])
            return JSONValue.object([
                .init("customer", .string(name)), .init("stage_before", before), .init("stage_after", after),
            ])
        }
        let channels = credits.channels.map { name, before, after in
            func cell(_ tally: CreditTally) -> JSONValue {
                .string("\(tally.conversions.value) conversions, " + tally.value.text)
            }
            answer.rows.append([.string("channel"), .string(name), cell(before), cell(after)])
            return JSONValue.object([
                .init("channel", .string(name)), .init("conversions_before", .double(before.conversions.value)),
                .init("conversions_after", .double(after.conversions.value)),
                .init("value_before", before.value.json), .init("value_after", after.value.json),
            ])
        }
        let conversions = try credits.conversions(after.log).map { event, before, after in
            func cell(_ credit: ConversionCredit?) -> JSONValue { credit.map { .string($0.text) } ?? .null }
            answer.rows.append([.string("conversion"), .string(event.id), cell(before), cell(after)])
            return JSONValue.object([
                .init("id", .string(event.id)), .init("source", .string(event.source)),
                .init("customer", .text(event.customer)), .init("before", before?.json ?? .null),
                .init("after", after?.json ?? .null),
            ])
        }
        answer.payload = [
            .init("model", .string(model)), .init("before", side(before)), .init("after", side(after)),
            .init("customers", .array(stages)), .init("channels", .array(channels)),
            .init("conversions", .array(conversions)),
        ]
        answer.notes = [
            "\(stages.count) customers, \(channels.count) channels and \(conversions.count) conversions differ"
        ]
        return answer
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
