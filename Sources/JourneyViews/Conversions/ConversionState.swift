// The conversions that one point of view knows, with what an advertiser needs of each.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// One conversion with its click ids.
struct KnownConversion {
    var person: UInt32
    var conversion: AttributionRecord.Conversion
    /// By name.
    var clicks: [String: Click] = [:]
    /// The person's e-mail addresses and telephone numbers, as `kind:value`.
    var contacts: [String] = []

    /// Whether it counts no more: its deal was reopened, or all of the money went back.
    var isGone: Bool {
        let worth = conversion.worth(before: nil)
        return !worth.counts || (worth.micros <= 0 && !conversion.changes.isEmpty)
    }

    /// The amount as it stands, exact; nil without one.
    var value: String? {
        guard let amount = conversion.amount else { return nil }
        let worth = conversion.worth(before: nil)
        return MoneySum.decimal(worth.micros, amount.currency, scale: UInt8(worth.digits))
    }

    /// Amount and currency as text that two points of view can compare.
    var worthText: String { (value ?? "") + " " + (conversion.amount?.currency.code ?? "") }
}

extension QueryFrame {
    /// All conversions of some definitions inside the bounds, by position.
    func knownConversions(_ definitions: Set<Int>, lookback: Int64) throws -> [UInt64: KnownConversion] {
        var known: [UInt64: KnownConversion] = [:]
        var byPerson: [UInt32: [UInt64]] = [:]
        var touches: Set<UInt64> = []
        func add(_ person: UInt32, _ record: AttributionRecord) {
            for conversion in record.conversions where definitions.contains(conversion.definition) {
                known[conversion.position] = KnownConversion(person: person, conversion: conversion)
                byPerson[person, default: []].append(conversion.position)
            }
            for touch in record.touches { touches.insert(touch.position) }
        }
        let projection = AttributionProjection(rules, lookback: lookback, path: "overlap")
        if lookback == rules.attribution.lookbackMilliseconds, rules.attribution.path == "overlap" {
            try each(projection) { person, bytes in add(person, try AttributionRecord(bytes)) }
        } else {
            let found = try engine.fold(projection, in: log, bounds: bounds, identity: statements.rules) {
                person,
                bytes in
                add(person, try AttributionRecord(bytes))
            }
            parked.add(projection.name, found)
        }
        if let record = try nobody(projection) { add(0, record) }
        try addClicks(to: &known, byPerson, touches, lookback: lookback)
        for person in byPerson.keys where person != 0 {
            let contacts = try identifiers(of: person).filter { $0.hasPrefix("email:") || $0.hasPrefix("phone:") }
            guard !contacts.isEmpty else { continue }
            for position in byPerson[person] ?? [] { known[position]?.contacts = contacts }
        }
        return known
    }

    private func addClicks(
        to known: inout [UInt64: KnownConversion],
        _ byPerson: [UInt32: [UInt64]],
        _ touches: Set<UInt64>,
        lookback: Int64
    ) throws {
        let reader = try ClickReader(log)
        guard !reader.symbols.isEmpty, !byPerson.isEmpty else { return }
        func take(_ event: FoldEvent, _ properties: PropertyTable, for positions: [UInt64]) {
            let clicks = reader.clicks(at: event.position, properties)
            guard !clicks.isEmpty else { return }
            for position in positions {
                guard let conversion = known[position]?.conversion,
                    isBefore(event, conversion, lookback: lookback)
                else { continue }
                for (name, value) in clicks {
                    let click = Click(
                        value: value,
                        at: event.occurredAt,
                        position: event.position,
                        isTouch: touches.contains(event.position)
                    )
                    if known[position]?.clicks[name].map({ click.wins(over: $0) }) ?? true {
                        known[position]?.clicks[name] = click
                    }
                }
            }
        }
        var ranges = try journeys()
        while let part = try ranges.next() {
            var wanted: [(event: FoldEvent, positions: [UInt64])] = []
            var start = 0
            for (index, end) in part.ends.enumerated() where start < end {
                let events = part.events[start..<end]
                start = end
                guard let positions = byPerson[part.key(index)] else { continue }
                let conversions = positions.compactMap { known[$0]?.conversion }
                for event in events where conversions.contains(where: { isBefore(event, $0, lookback: lookback) }) {
                    wanted.append((event, positions))
                }
            }
            let properties = try PropertyTable(
                reading: log,
                keys: reader.symbols,
                positions: wanted.map(\.event.position).sorted()
            )
            for (event, positions) in wanted { take(event, properties, for: positions) }
        }
        // What nobody did has no journey, but its own event may name a click.
        let own = (byPerson[0] ?? []).sorted()
        let properties = try PropertyTable(reading: log, keys: reader.symbols, positions: own)
        for event in try log.folds(at: own) { take(event, properties, for: [event.position]) }
    }

    /// Whether an event is the conversion's own or before it, inside the look-back.
    private func isBefore(_ event: FoldEvent, _ conversion: AttributionRecord.Conversion, lookback: Int64) -> Bool {
        let isEarlier =
            event.occurredAt != conversion.at
            ? event.occurredAt < conversion.at : event.position <= conversion.position
        return isEarlier && (lookback == 0 || conversion.at - event.occurredAt <= lookback)
    }
}
