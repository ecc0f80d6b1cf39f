// The touchpoints that one conversion's credit goes to, and what each of them gets.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// The path of one conversion; made once and filled for each.
struct CreditPath {
    /// What is left out of a path, by the ranks of the report's keys.
    let transforms: [PathTransform<Int>]
    let dropsDirect: Bool
    private let rules: CompiledRules
    /// Indices into the record's touchpoints.
    private(set) var indices: [Int] = []
    private(set) var times: [Int64] = []
    private(set) var isDirect: [Bool] = []
    /// Places in the path of the touchpoints at milestones.
    private(set) var anchors: [AnchoredModel.Milestone: Int] = [:]
    /// Indices of the touchpoints that the transforms left out.
    private(set) var leftOut: [Int] = []

    init(transforms: [PathTransform<Int>], dropsDirect: Bool, _ rules: CompiledRules) {
        self.transforms = transforms
        self.dropsDirect = dropsDirect
        self.rules = rules
    }

    /// Takes the path of a conversion.
    mutating func fill(
        _ record: borrowing AttributionRecord,
        _ conversion: AttributionRecord.Conversion,
        rank: (AttributionRecord.Touch) -> Int
    ) {
        fill(record, conversion.first..<conversion.end, rank: rank)
        anchors.removeAll(keepingCapacity: true)
        for milestone in MilestoneMarks.kinds {
            // What is left out hands its milestone to the touchpoint before it.
            guard let anchor = conversion[milestone] else { continue }
            anchors[milestone] = indices.lastIndex { $0 <= anchor.touch }
        }
    }

    /// Takes a range of touchpoints without direct ones, unless all are, and without what the transforms leave out.
    mutating func fill(
        _ record: borrowing AttributionRecord,
        _ range: Range<Int>,
        rank: (AttributionRecord.Touch) -> Int
    ) {
        indices.removeAll(keepingCapacity: true)
        leftOut.removeAll(keepingCapacity: true)
        var others = false
        if dropsDirect {
            for index in range where !rules.isDirect(record.touches[index].channel) {
                others = true
                break
            }
        }
        for index in range where !others || !rules.isDirect(record.touches[index].channel) { indices.append(index) }
        if !transforms.isEmpty, !indices.isEmpty {
            var ranks: [Int] = []
            for index in indices { ranks.append(rank(record.touches[index])) }
            let places = PathTransform.remaining(of: ranks, after: transforms)
            let all = indices
            indices = places.map { all[$0] }
            let kept = Set(places)
            leftOut = all.indices.filter { !kept.contains($0) }.map { all[$0] }
        }
        times.removeAll(keepingCapacity: true)
        isDirect.removeAll(keepingCapacity: true)
        for index in indices {
            times.append(record.touches[index].at)
            isDirect.append(rules.isDirect(record.touches[index].channel))
        }
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
    /// An empty path by channels, to be filled as the rules say.
    func channelPath(_ keys: CreditKeys) -> CreditPath {
        CreditPath(
            transforms: rules.attribution.transforms.compactMap { PathTransform($0, key: keys.rank(named:)) },
            dropsDirect: rules.attribution.direct == "drop",
            compiled
        )
    }

    /// The path of a conversion by channels, as the rules say.
    func path(of conversion: AttributionRecord.Conversion, in record: AttributionRecord) throws -> CreditPath {
        let keys = try CreditKeys.channels(log, compiled)
        var path = channelPath(keys)
        path.fill(record, conversion) { keys.rank(keys.index($0)) }
        return path
    }

    /// What each touchpoint of a path gets by these weights, of what the conversion is worth in the end.
    func credits(
        of conversion: AttributionRecord.Conversion,
        in record: AttributionRecord,
        _ path: CreditPath,
        _ weights: [Int64]
    ) -> [Credit] {
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
        try log.scanFoldBlocks(of: .customer, in: 0...0, through: through.rawValue) { part in
            events += part.filter { event in
                Int(event.type) < isWanted.count && isWanted[Int(event.type)] && bounds.contains(event)
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
        record.touches = []
        for index in record.conversions.indices {
            record.conversions[index].first = 0
            record.conversions[index].end = 0
            for milestone in MilestoneMarks.kinds { record.conversions[index][milestone] = nil }
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
