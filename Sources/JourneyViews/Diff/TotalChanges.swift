// Channels whose credits by a model of all paths differ between two points of view: of all conversions together, and of each
// type of conversion by itself.
internal import JourneyEvents
internal import JourneyRules

/// The differences in credits of a model that has none of single conversions.
struct TotalChanges {
    /// What a channel has on either side.
    struct Change {
        var channel: String
        var before: CreditRow
        var after: CreditRow
    }

    /// Of all conversions together, by channel.
    let channels: [Change]
    /// Of each type of conversion by itself, where there are conversions of several types; by the type's first name.
    let types: [(conversion: String, changes: [Change])]

    init(_ before: QueryFrame, _ after: QueryFrame, _ query: DiffQuery) throws {
        let (old, new) = (TotalSide(before, query), TotalSide(after, query))
        channels = TotalChanges.compare(try old.rows(nil).rows, try new.rows(nil).rows)
        var types: [(conversion: String, changes: [Change])] = []
        var kinds = 0
        for name in Set(old.conversions + new.conversions).sorted() {
            let (then, now) = (try old.rows(name), try new.rows(name))
            if then.conversions > 0 || now.conversions > 0 { kinds += 1 }
            types.append((name, TotalChanges.compare(then.rows, now.rows)))
        }
        self.types = kinds > 1 ? types.filter { !$0.changes.isEmpty } : []
    }

    private static func compare(_ before: [CreditRow], _ after: [CreditRow]) -> [Change] {
        var byName: [String: Change] = [:]
        func nothing(_ name: String) -> Change {
            let row = CreditRow(key: name, conversions: 0)
            return Change(channel: name, before: row, after: row)
        }
        for row in before { byName[row.key, default: nothing(row.key)].before = row }
        for row in after { byName[row.key, default: nothing(row.key)].after = row }
        return byName.values.filter {
            $0.before.conversions != $0.after.conversions || $0.before.value.json != $0.after.value.json
        }.sorted { $0.channel.utf8.lexicographicallyPrecedes($1.channel.utf8) }
    }
}

/// One side's credits.
private struct TotalSide {
    let frame: QueryFrame
    let query: DiffQuery
    /// The first name of each type of conversion that the side's rules know.
    let conversions: [String]

    init(_ frame: QueryFrame, _ query: DiffQuery) {
        self.frame = frame
        self.query = query
        var seen: Set<String> = []
        conversions = frame.rules.conversions.filter { seen.insert(frame.rules.resolved($0.type)).inserted }.map(\.name)
    }

    /// The rows of one type of conversion, or of all; none for a type that the side does not know.
    func rows(_ conversion: String?) throws -> (rows: [CreditRow], conversions: Int) {
        if let conversion, !conversions.contains(conversion) { return ([], 0) }
        let model = try frame.model(query.model)
        var attribution = AttributionQuery()
        (attribution.conversion, attribution.identity) = (conversion, query.identity)
        let found = try frame.gather(attribution, [model], wantsPaths: true, wantsNulls: model.needsNulls)
        let total = TotalModels(found.credits.table, names: found.credits.keys.rankedNames)
        return (total.rows(of: model, order: query.order), found.credits.conversions)
    }
}
