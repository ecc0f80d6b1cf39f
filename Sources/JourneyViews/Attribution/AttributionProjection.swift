// The view `attribution`: for each customer with conversions, the path of each.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// Folds a customer's events into an ``AttributionRecord``. Customers without conversions have no row.
struct AttributionProjection: Projection {
    let ruleSet: RuleSet
    /// Look-back window in milliseconds, 0 for no limit.
    let lookback: Int64
    /// Whether a path starts after the conversion of the same definition before it.
    let resets: Bool
    /// Whether rows have the touchpoints that led to no conversion too. Stored rows have not; a question about paths that
    /// failed folds such rows into memory.
    let keepsAll: Bool
    private var compiled: CompiledRules?

    init(_ rules: RuleSet, lookback: Int64? = nil, path: String? = nil, keepsAll: Bool = false) {
        ruleSet = rules
        self.keepsAll = keepsAll
        self.lookback = lookback ?? rules.attribution.lookbackMilliseconds
        resets = (path ?? rules.attribution.path) == "reset"
    }

    var name: String { "attribution" }
    var version: Int { 3 }
    var rules: String { ruleSet.hash }
    var key: SymbolKind { .customer }
    var propertyKeys: [UInt32] { compiled?.walkKeys ?? [] }

    func prepared(for log: LogSnapshot) throws -> any Projection {
        var copy = self
        copy.compiled = try CompiledRules(ruleSet, log: log)
        return copy
    }

    func propertyUse(ofType type: UInt32) -> PropertyUse { compiled?.walkUse(ofType: type) ?? [] }

    func propertyKeys(ofType type: UInt32) -> [UInt32] { compiled?.walkKeys(ofType: type) ?? [] }

    /// Most customers have no conversion: they are not folded.
    var rowTypes: [UInt32]? {
        guard let compiled else { return [] }
        return compiled.types.indices.filter { index in
            let type = compiled.types[index]
            return type.conversion != nil || type.effect == .orderRefunded || (keepsAll && type.touch != .never)
        }
        .map { UInt32($0) }
    }

    func folder(_ properties: PropertyTable) -> AttributionFolder { AttributionFolder(self, compiled, properties) }

    func row(for key: UInt32, events: ArraySlice<FoldEvent>, properties: PropertyTable) throws -> [UInt8]? {
        try folder(properties).row(for: key, events: events)
    }
}

/// Folds one customer after the other.
final class AttributionFolder: RowFolder {
    private let keepsAll: Bool
    private var fold: AttributionFold?

    /// Without compiled rules nobody has a row.
    init(_ projection: AttributionProjection, _ rules: CompiledRules?, _ properties: PropertyTable) {
        keepsAll = projection.keepsAll
        fold = rules.map {
            AttributionFold($0, properties, lookback: projection.lookback, resets: projection.resets)
        }
    }

    func fold(_ key: UInt32, _ events: ArraySlice<FoldEvent>, into row: inout [UInt8]) -> Bool {
        fold?.write(events, keepsAll: keepsAll, to: &row) == true
    }
}

/// The fold of one customer.
struct AttributionFold: ~Copyable {
    /// What the events so far make, with all touchpoints.
    private(set) var record = AttributionRecord()
    private var milestones = MilestoneMarks()
    private var writer = RowWriter()
    private var walker: JourneyWalker
    private let lookback: Int64
    private let resets: Bool
    private let refundDefinition: Int
    /// Index of a conversion by its position.
    private var indices: [UInt64: Int] = [:]
    /// How many touchpoints there were after each conversion's event.
    private var after: [Int] = []

    init(_ rules: CompiledRules, _ properties: PropertyTable, lookback: Int64, resets: Bool) {
        walker = JourneyWalker(rules, properties)
        self.lookback = lookback
        self.resets = resets
        refundDefinition = rules.refundDefinition
    }

    /// Folds the events of a customer and appends the row, if there is one.
    mutating func write(_ events: ArraySlice<FoldEvent>, keepsAll: Bool, to row: inout [UInt8]) -> Bool {
        walker.reset()
        record.removeAll()
        milestones.removeAll()
        indices.restart()
        after.removeAll(keepingCapacity: true)
        for event in events { add(event) }
        if !keepsAll { record.trim() }
        guard !record.isEmpty else { return false }
        writer.restart()
        record.write(to: &writer)
        writer.append(to: &row)
        return true
    }

    mutating func add(_ event: FoldEvent) {
        // What is said of a closed deal is an anomaly that no fold takes part in.
        let isAnomaly = event.deal != 0 && walker.isClosed(event.deal)
        let derived = walker.next(event)
        let milestone = isAnomaly && derived.type.effect != .leadCreated ? nil : derived.type.effect?.milestone
        if let milestone { milestones.note(milestone, event, touches: record.touches.count) }
        if derived.type.effect == .dealReopened { milestones.reopen(event.deal) }
        if let step = derived.conversion { add(step, event) }
        if derived.isTouch {
            record.touches.append(
                .init(
                    channel: derived.channel,
                    campaign: event.campaign,
                    type: event.type,
                    at: event.occurredAt,
                    position: event.position
                )
            )
            // A touchpoint that is a milestone is its own anchor.
            if let milestone { milestones.note(milestone, event, touches: record.touches.count) }
            // A touchpoint that is a conversion itself is before the paths that start after it.
            if case .made = derived.conversion { after[after.count - 1] += 1 }
        }
    }

    private mutating func add(_ step: ConversionStep, _ event: FoldEvent) {
        switch step {
        case .made(let made): add(made, event)
        case .reversed(let position, let amount):
            guard let index = indices[position], record.conversions[index].amount?.currency == amount.currency else {
                return add(.unmatched(amount), event)
            }
            record.conversions[index].changes.append(
                .init(
                    position: event.position,
                    at: event.occurredAt,
                    micros: amount.micros,
                    scale: amount.scale,
                    voids: false
                )
            )
        case .unmatched(let amount):
            record.unmatched.append(
                .init(position: event.position, at: event.occurredAt, definition: refundDefinition, amount: amount)
            )
        case .voided(let position):
            guard let index = indices[position] else { return }
            record.conversions[index].changes.append(
                .init(
                    position: event.position,
                    at: event.occurredAt,
                    micros: -record.conversions[index].worth(before: nil).micros,
                    scale: 0,
                    voids: true
                )
            )
        }
    }

    private mutating func add(_ made: ConversionStep.Made, _ event: FoldEvent) {
        var conversion = AttributionRecord.Conversion(
            position: event.position,
            at: event.occurredAt,
            definition: made.definition
        )
        conversion.amount = made.amount
        conversion.amountPosition = made.amountPosition
        conversion.end = record.touches.count
        if resets {
            // A conversion that was taken back does not cut the path of the one after it.
            let before = record.conversions.lastIndex {
                $0.definition == made.definition && $0.worth(before: nil).counts
            }
            conversion.first = before.map { after[$0] } ?? 0
        }
        if lookback > 0 {
            // Touchpoints are sorted by time: the first one inside the window.
            var low = conversion.first
            var high = conversion.end
            while low < high {
                let middle = (low + high) / 2
                if event.occurredAt - record.touches[middle].at > lookback { low = middle + 1 } else { high = middle }
            }
            conversion.first = low
        }
        for milestone in MilestoneMarks.kinds {
            guard let mark = milestones.mark(milestone, deal: event.deal), mark.touches > conversion.first,
                conversion.first < conversion.end
            else { continue }
            conversion[milestone] = .init(position: mark.position, touch: mark.touches - 1)
        }
        for refund in walker.earlyRefunds {
            guard let index = record.unmatched.firstIndex(where: { $0.position == refund }),
                record.unmatched[index].amount.currency == made.amount?.currency
            else { continue }
            let found = record.unmatched.remove(at: index)
            conversion.changes.append(
                .init(
                    position: found.position,
                    at: found.at,
                    micros: found.amount.micros,
                    scale: found.amount.scale,
                    voids: false
                )
            )
        }
        indices[event.position] = record.conversions.count
        record.conversions.append(conversion)
        after.append(record.touches.count)
    }

    /// The record, without the touchpoints that no path has.
    consuming func trimmed() -> AttributionRecord {
        record.trim()
        return record
    }
}
