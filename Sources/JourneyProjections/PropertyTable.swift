// The properties that a run of folds reads: what the index keeps of them, and the rest from the log.
internal import JourneyEvents
public import JourneyLog

/// Properties of events, by position and key; values are JSON text. Folds hold copies of it, so a copy is one reference.
public struct PropertyTable: Sendable {
    /// Where the properties of one event are.
    public struct Entries: Sendable {
        fileprivate var range: Range<UInt32> = 0..<0

        /// None.
        public init() {}

        fileprivate init(_ range: Range<UInt32>) { self.range = range }
    }

    private var storage: PropertyStorage?

    /// No properties.
    public init() {}

    /// Reads the properties of events at positions from the log.
    public init(reading log: LogSnapshot, keys: [UInt32], positions: [UInt64]) throws {
        var builder = PropertyStorage.Builder()
        try builder.read(log, keys, positions)
        if !builder.isEmpty { storage = PropertyStorage(builder, nil) }
    }

    /// The properties of journeys that a fold reads: what is kept of them, which is taken, and the rest from the log.
    init(_ journeys: inout JourneyGroups, _ log: LogSnapshot, _ reader: inout PropertyReader) throws {
        let kept = journeys.kept.taken()
        var builder = PropertyStorage.Builder(kept, capacity: journeys.holders.count)
        for holder in journeys.holders {
            let event = journeys.events[Int(holder.index)]
            if reader.source(of: event) == .index { builder.add(event.position, holder.range) }
        }
        if reader.readsLog(through: journeys.lastType) {
            var positions: [UInt64] = []
            for event in journeys.events where reader.source(of: event) == .log { positions.append(event.position) }
            try builder.read(log, reader.keys, positions)
        }
        if !builder.isEmpty { storage = PropertyStorage(builder, reader.keySet) }
    }

    /// Where the properties of the event at a position are; for a fold that reads several of one event.
    public func entries(at position: UInt64) -> Entries {
        if let storage { Entries(storage.values(at: position)) } else { Entries() }
    }

    /// The text of a property whose value is a JSON string.
    public func text(_ key: UInt32, in entries: Entries) -> String? { storage?.text(key, entries.range) }

    /// The JSON text of a property.
    public func json(_ key: UInt32, in entries: Entries) -> String? { storage?.json(key, entries.range) }

    /// Whether the event has a property of this key.
    public func contains(_ key: UInt32, at position: UInt64) -> Bool {
        storage?.index(key, entries(at: position).range) != nil
    }

    /// The bytes of a property's JSON text, without a copy; nil when the event has none of that key.
    public func bytes(_ key: UInt32, at position: UInt64) -> ArraySlice<UInt8>? {
        storage?.bytes(key, entries(at: position).range)
    }

    /// The JSON text of a property; nil when the event has none of that key.
    public func json(_ key: UInt32, at position: UInt64) -> String? { json(key, in: entries(at: position)) }

    /// The text of a property whose value is a JSON string.
    public func text(_ key: UInt32, at position: UInt64) -> String? { text(key, in: entries(at: position)) }

    /// The number of a property whose value is a number, or text that is one.
    public func number(_ key: UInt32, at position: UInt64) -> Double? {
        guard let token = json(key, at: position) else { return nil }
        return Double(stringValue(ofJSON: token) ?? token)
    }
}
