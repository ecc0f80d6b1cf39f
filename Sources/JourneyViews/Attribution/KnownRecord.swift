// The conversions of a customer as known journeys tell them: each with the path that it had at its own moment, and with what
// changed its worth by the events that were known to be about it when they happened.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// A part of what is known of one customer: conversions with the touchpoints before them.
struct KnownRecord {
    var record: AttributionRecord
    /// Where the touchpoints begin that no earlier part has reported.
    var own = 0

    /// Its touchpoints, all of which could have led to a conversion.
    var touchpoints: NullPaths.Touchpoints { .init(touches: record.touches, own: own, end: record.touches.count) }
}

/// Puts the records of known journeys together: a conversion is taken from the journey of its own moment, a change of its
/// worth from the journey of the change's.
struct KnownRecords {
    private(set) var records: [KnownRecord] = []
    /// Where a conversion or an unmatched refund is, by position.
    private var conversions: [UInt64: (record: Int, index: Int)] = [:]
    private var unmatched: [UInt64: Int] = [:]
    /// Changes that have their conversion.
    private var settled: Set<UInt64> = []
    private let refundDefinition: Int

    init(refundDefinition: Int) { self.refundDefinition = refundDefinition }

    /// Adds what one journey makes; earlier stretches come first.
    mutating func add(_ whole: AttributionRecord, _ journey: KnownJourney) {
        let number = records.count
        var record = whole
        record.conversions = []
        record.unmatched = []
        let own = whole.touches.firstIndex { journey.isOwn(at: $0.at, $0.position) } ?? whole.touches.count
        records.append(KnownRecord(record: record, own: own))
        for conversion in whole.conversions {
            if journey.isOwn(at: conversion.at, conversion.position) {
                var made = conversion
                made.changes = []
                conversions[conversion.position] = (number, records[number].record.conversions.count)
                records[number].record.conversions.append(made)
                for change in conversion.changes { settle(change, of: conversion, in: number) }
            } else {
                for change in conversion.changes where journey.isOwn(at: change.at, change.position) {
                    settle(change, of: conversion, in: number)
                }
            }
        }
        for refund in whole.unmatched where journey.isOwn(at: refund.at, refund.position) { add(refund, in: number) }
    }

    /// Gives a change to its conversion. Money back for what was no conversion when it happened, or one in another currency,
    /// stays unmatched.
    private mutating func settle(
        _ change: AttributionRecord.Change,
        of conversion: AttributionRecord.Conversion,
        in number: Int
    ) {
        guard let place = conversions[conversion.position] else {
            return change.voids ? () : add(change, currency: conversion.amount?.currency, in: number)
        }
        let made = records[place.record].record.conversions[place.index]
        guard change.voids || made.amount?.currency == conversion.amount?.currency else {
            return add(change, currency: conversion.amount?.currency, in: number)
        }
        guard settled.insert(change.position).inserted else { return }
        // A refund that waited was unmatched until its conversion came.
        if let waiting = unmatched.removeValue(forKey: change.position) {
            records[waiting].record.unmatched.removeAll { $0.position == change.position }
        }
        var change = change
        if change.voids { change.micros = -made.worth(before: nil).micros }
        records[place.record].record.conversions[place.index].changes.append(change)
    }

    private mutating func add(_ change: AttributionRecord.Change, currency: Currency?, in number: Int) {
        guard let currency else { return }
        let units = change.micros / Int128(PowersOfTen[6 - Int(change.scale)])
        let amount = Amount(units: Int64(clamping: units), scale: change.scale, currency: currency)
        add(.init(position: change.position, at: change.at, definition: refundDefinition, amount: amount), in: number)
    }

    private mutating func add(_ refund: AttributionRecord.Unmatched, in number: Int) {
        guard !settled.contains(refund.position), unmatched[refund.position] == nil else { return }
        unmatched[refund.position] = number
        records[number].record.unmatched.append(refund)
    }
}

extension QueryFrame {
    /// Visits what is known of each customer's conversions, and of nobody's. `isDefault` says that the stored rows of the
    /// view are those of the projection.
    func eachRecord(
        _ projection: AttributionProjection,
        _ view: IdentityView,
        isDefault: Bool = true,
        _ body: (UInt32, [KnownRecord]) throws -> Void
    ) throws {
        switch view {
        case .asOfNow where isDefault:
            try each(projection) { try body($0, [KnownRecord(record: try AttributionRecord($1))]) }
        case .asOfNow:
            let found = try engine.fold(projection, in: log, bounds: bounds, identity: statements.rules) {
                try body($0, [KnownRecord(record: try AttributionRecord($1))])
            }
            parked.add(projection.name, found)
        case .asOfEvent:
            try eachJourney(
                view,
                keys: compiled.walkKeys,
                reads: { compiled.walkReadsProperties(of: $0) },
                isReported: { isReported($0, projection) }
            ) { key, journeys, properties in
                let records = knownRecords(journeys, properties, projection)
                if records.contains(where: { !$0.record.isEmpty }) { try body(key, records) }
            }
        }
        if let record = try nobody(projection) { try body(0, [KnownRecord(record: record)]) }
    }

    /// The records of everybody whom links ever had to do with the customer of an event, as of each of their events.
    func knownRecords(around event: FoldEvent, _ projection: AttributionProjection) throws -> [KnownRecord] {
        let known = try KnownJourneys(self, .asOfEvent)
        let group = known.groups.person(event.customer, at: event.occurredAt)
        let positions = try known.groups.identifiers(of: group).flatMap {
            try log.positions(.customer, $0, through: through)
        }
        let events = try log.folds(at: positions.sorted()).filter { bounds.contains($0) }
            .sorted(by: FoldEvent.inJourneyOrder)
        let wanted = events.filter { compiled.walkReadsProperties(of: $0) }.map(\.position).sorted()
        let properties = try PropertyTable(reading: log, keys: compiled.walkKeys, positions: wanted)
        let journeys = try known.journeys(events[...], of: group) { isReported($0, projection) }
        return knownRecords(journeys, properties, projection)
    }

    private func knownRecords(
        _ journeys: [KnownJourney],
        _ properties: PropertyTable,
        _ projection: AttributionProjection
    ) -> [KnownRecord] {
        var known = KnownRecords(refundDefinition: compiled.refundDefinition)
        for journey in journeys {
            var fold = AttributionFold(
                compiled,
                properties,
                lookback: projection.lookback,
                resets: projection.resets
            )
            for event in journey.events { fold.add(event) }
            known.add(projection.keepsAll ? fold.record : fold.trimmed(), journey)
        }
        return known.records
    }

    /// Whether an event makes, changes or takes back a conversion, or is a touchpoint where those are wanted for themselves.
    private func isReported(_ event: FoldEvent, _ projection: AttributionProjection) -> Bool {
        let type = compiled.type(event)
        return type.conversion != nil || type.effect == .orderRefunded || type.effect == .dealReopened
            || (projection.keepsAll && type.touch != .never)
    }
}
