// A deal's record beside the events that it is made of, for questions that need more of them than the record keeps.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// One deal with its events.
struct DealEvents {
    var key: UInt32
    var record: DealRecord
    /// The events that name it, in journey order; never empty.
    var events: ArraySlice<FoldEvent>
    /// Whose deal it is: the person of the first event that has a customer; 0 for nobody's.
    var person: UInt32
    /// The event that created it, else its first one.
    var opening: FoldEvent
    /// The properties that were asked for.
    var properties: PropertyTable
}

extension QueryFrame {
    /// Visits every deal inside the bounds, in ascending order of key, with properties of its events.
    func eachDeal(properties names: [String], _ body: (DealEvents) throws -> Void) throws {
        let keys = try propertyKeys(names)
        var records: [UInt32: DealRecord] = [:]
        try each(DealProjection(rules)) { key, bytes in records[key] = try DealRecord(bytes) }
        guard !records.isEmpty else { return }
        var ranges = try EventGroups.Ranges(log, key: .deal, bounds: bounds)
        while let part = try ranges.next() {
            let properties = try PropertyTable(
                reading: log,
                keys: keys,
                positions: part.events.map(\.position).sorted()
            )
            var start = 0
            for (index, end) in part.ends.enumerated() where start < end {
                let events = part.events[start..<end]
                start = end
                guard let record = records[part.key(index)], let first = events.first else { continue }
                try body(
                    DealEvents(
                        key: part.key(index),
                        record: record,
                        events: events,
                        person: events.first { $0.customer != 0 }.map { person(of: $0) } ?? 0,
                        opening: events.first { compiled.type($0).effect == .dealCreated } ?? first,
                        properties: properties
                    )
                )
            }
        }
    }
}
