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
    private var compiled: CompiledRules?

    init(_ rules: RuleSet, lookback: Int64? = nil, path: String? = nil) {
        ruleSet = rules
        self.lookback = lookback ?? rules.attribution.lookbackMilliseconds
        resets = (path ?? rules.attribution.path) == "reset"
    }

    var name: String { "attribution" }
    var version: Int { 1 }
    var rules: String { ruleSet.hash }
    var key: SymbolKind { .customer }
    var propertyKeys: [UInt32] { compiled?.walkKeys ?? [] }

    func prepared(for log: EventLog) throws -> any Projection {
        var copy = self
        copy.compiled = try CompiledRules(ruleSet, log: log)
        return copy
    }

    func readsProperties(of event: FoldEvent) -> Bool { compiled?.walkReadsProperties(of: event) ?? false }

    func row(for key: UInt32, events: ArraySlice<FoldEvent>, properties: PropertyTable) throws -> [UInt8]? {
        guard let compiled else { return nil }
        // Most customers have no conversion: a glance at the types spares them the walk.
        guard
            events.contains(where: { event in
                let type = compiled.type(event)
                return !type.conversions.isEmpty || type.effect == .orderRefunded
            })
        else { return nil }
        var record = AttributionRecord()
        var walker = JourneyWalker(compiled, properties)
        var lastOf: [Int: Int] = [:]
        for event in events {
            let derived = walker.next(event)
            if let step = derived.conversion { add(step, event, to: &record, &lastOf) }
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
            }
        }
        guard !record.conversions.isEmpty || !record.unmatched.isEmpty else { return nil }
        trim(&record)
        return record.bytes
    }

    private func add(
        _ step: ConversionStep,
        _ event: FoldEvent,
        to record: inout AttributionRecord,
        _ lastOf: inout [Int: Int]
    ) {
        switch step {
        case .made(let definition, let amount):
            var conversion = AttributionRecord.Conversion(
                position: event.position,
                at: event.occurredAt,
                definition: definition
            )
            conversion.amount = amount
            conversion.end = record.touches.count
            conversion.first = resets ? lastOf[definition] ?? 0 : 0
            if lookback > 0 {
                // Touchpoints are sorted by time: the first one inside the window.
                var low = conversion.first
                var high = conversion.end
                while low < high {
                    let middle = (low + high) / 2
                    if event.occurredAt - record.touches[middle].at > lookback {
                        low = middle + 1
                    } else {
                        high = middle
                    }
                }
                conversion.first = low
            }
            lastOf[definition] = record.touches.count
            record.conversions.append(conversion)
        case .reversed(let position, let amount):
            guard let index = record.conversions.lastIndex(where: { $0.position == position }),
                record.conversions[index].amount?.currency == amount.currency
            else { return add(.unmatched(amount), event, to: &record, &lastOf) }
            record.conversions[index].reversed += amount.micros
            record.conversions[index].scale = max(record.conversions[index].scale, amount.scale)
        case .unmatched(let amount):
            var conversion = AttributionRecord.Conversion(position: event.position, at: event.occurredAt, definition: 0)
            conversion.amount = amount
            record.unmatched.append(conversion)
        case .voided(let position):
            if let index = record.conversions.lastIndex(where: { $0.position == position }) {
                record.conversions[index].isVoid = true
            }
        }
    }

    /// Drops touchpoints that no path has.
    private func trim(_ record: inout AttributionRecord) {
        let last = record.conversions.map(\.end).max() ?? 0
        let first = record.conversions.map(\.first).min() ?? 0
        record.touches = last > first ? Array(record.touches[first..<last]) : []
        for index in record.conversions.indices {
            record.conversions[index].first -= first
            record.conversions[index].end -= first
            if record.touches.isEmpty {
                record.conversions[index].first = 0
                record.conversions[index].end = 0
            }
        }
    }
}
