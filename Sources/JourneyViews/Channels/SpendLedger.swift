// What advertising cost, read once: each amount with its channel and the days that it covers.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// One `spend_recorded` event.
struct SpendEntry {
    /// Code of the channel as given; 0 for none.
    var channel: UInt32
    var amount: Amount
    /// Local days since 1970-01-01.
    var days: ClosedRange<Int64>
}

extension QueryFrame {
    /// All spend inside the bounds. Spend is nobody's event: one that names a customer is not what a channel costs.
    func spend(zone: String) throws -> [SpendEntry] {
        let found = try events(ofType: "spend_recorded") { $0.customer == 0 && $0.currency != 0 }
        guard let low = found.map(\.occurredAt).min(), let high = found.map(\.occurredAt).max() else { return [] }
        let offsets = try ZoneOffsets(zone: zone, covering: low...high)
        let (from, to) = (compiled.keys[.from], compiled.keys[.to])
        let properties = try PropertyTable(
            reading: log,
            keys: [from, to].filter { $0 != 0 },
            positions: found.map(\.position)
        )
        return found.compactMap { event in
            event.amount.map { amount in
                let days = SpendPeriod.days(
                    from: properties.text(from, at: event.position),
                    to: properties.text(to, at: event.position),
                    else: offsets.day(of: event.occurredAt)
                )
                return SpendEntry(channel: event.channel, amount: amount, days: days)
            }
        }
    }

    /// The events of a type, by the name that aliases give it.
    func events(ofType name: String, where isWanted: (FoldEvent) -> Bool) throws -> [FoldEvent] {
        let types = compiled.typeNames.map { $0 == name }
        guard types.contains(true) else { return [] }
        var found: [FoldEvent] = []
        try log.scanFolds(after: 0, through: through.rawValue) { event in
            if Int(event.type) < types.count, types[Int(event.type)], bounds.contains(event), isWanted(event) {
                found.append(event)
            }
        }
        return found
    }
}
