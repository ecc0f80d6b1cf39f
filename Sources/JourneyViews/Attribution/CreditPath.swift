// The touchpoints that one conversion's credit goes to, and what each of them gets.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// The path of one conversion; made once and filled for each.
struct CreditPath {
    /// Indices into the record's touchpoints.
    private(set) var indices: [Int] = []
    private(set) var times: [Int64] = []
    private(set) var isDirect: [Bool] = []

    /// Takes the path of a conversion; `dropsDirect` leaves direct touchpoints out unless all are.
    mutating func fill(
        _ record: borrowing AttributionRecord,
        _ conversion: AttributionRecord.Conversion,
        dropsDirect: Bool,
        _ rules: CompiledRules
    ) {
        indices.removeAll(keepingCapacity: true)
        times.removeAll(keepingCapacity: true)
        isDirect.removeAll(keepingCapacity: true)
        var others = false
        if dropsDirect {
            for index in conversion.first..<conversion.end where !rules.isDirect(record.touches[index].channel) {
                others = true
                break
            }
        }
        for index in conversion.first..<conversion.end {
            let direct = rules.isDirect(record.touches[index].channel)
            if others, direct { continue }
            indices.append(index)
            times.append(record.touches[index].at)
            isDirect.append(direct)
        }
    }

    func weights(_ model: AttributionModel, conversion: Int64) -> [Int64] {
        model.weights(times: times, isDirect: isDirect, conversion: conversion)
    }
}

/// One touchpoint's part of a conversion.
struct Credit {
    var touch: AttributionRecord.Touch
    /// 0…1.
    var weight: Double
    /// Money or null.
    var money: JSONValue
}

extension QueryFrame {
    /// What each touchpoint of a conversion gets, of what the conversion is worth in the end.
    func credits(
        of conversion: AttributionRecord.Conversion,
        in record: AttributionRecord,
        by model: AttributionModel
    ) throws -> [Credit] {
        var path = CreditPath()
        path.fill(record, conversion, dropsDirect: rules.attribution.direct == "drop", compiled)
        let weights = path.weights(model, conversion: conversion.at)
        let change = WorthChange(
            before: .init(),
            after: conversion.worth(before: nil),
            currency: conversion.amount?.currency
        )
        let parts = change.credits(weights)
        let total = weights.reduce(0, +)
        return path.indices.enumerated().map { index, touch in
            Credit(
                touch: record.touches[touch],
                weight: total > 0 ? Double(weights[index]) / Double(total) : 0,
                money: change.currency.map { MoneySum.json(parts[index], $0, scale: change.digits) } ?? .null
            )
        }
    }

    /// Conversions of nobody and money back to nobody: they are in no customer's figures, but in the totals. Nil when
    /// there are none.
    func nobody(_ projection: AttributionProjection) throws -> AttributionRecord? {
        let isWanted = compiled.types.map { $0.conversion != nil || $0.effect?.isOfDealsOrRefunds == true }
        var events: [FoldEvent] = []
        try log.scanFolds(after: 0, through: through.rawValue) { event in
            if event.customer == 0, Int(event.type) < isWanted.count, isWanted[Int(event.type)], bounds.contains(event)
            {
                events.append(event)
            }
        }
        guard !events.isEmpty else { return nil }
        events.sort(by: FoldEvent.inJourneyOrder)
        let prepared = try projection.prepared(for: log)
        let wanted = events.filter { prepared.readsProperties(of: $0) }.map(\.position).sorted()
        let properties = try PropertyTable(reading: log, keys: prepared.propertyKeys, positions: wanted)
        guard let bytes = try prepared.row(for: 0, events: events[...], properties: properties) else { return nil }
        var record = try AttributionRecord(bytes.span)
        // Nobody has no journey: what one of them touched did not lead another to buy.
        for index in record.conversions.indices {
            record.conversions[index].first = 0
            record.conversions[index].end = 0
        }
        return record
    }
}

extension Effect {
    /// Whether events with this effect make, change or take back a conversion.
    fileprivate var isOfDealsOrRefunds: Bool {
        switch self {
        case .dealCreated, .dealStageChanged, .dealAmountChanged, .dealCloseDateChanged, .dealWon, .dealLost,
            .dealReopened, .orderRefunded:
            true
        default: false
        }
    }
}
