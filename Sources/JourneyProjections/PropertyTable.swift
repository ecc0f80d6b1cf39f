// The properties that a run of folds reads, in one buffer of bytes: text is made only when a fold asks for it.
internal import JourneyEvents
public import JourneyLog
internal import LMDB

/// Properties of events, by position and key; values are JSON text.
public struct PropertyTable: Sendable {
    private struct Entry {
        var key: UInt32
        var count: UInt32
        var start: Int
    }

    private var set = PositionSet([])
    /// Where the entries of each position begin, by rank; one more at the end.
    private var starts: [UInt32] = []
    private var entries: [Entry] = []
    private var bytes: [UInt8] = []

    /// No properties.
    public init() {}

    /// Reads the properties of events at positions from the log.
    public init(reading log: EventLog, keys: [UInt32], positions: [UInt64]) throws {
        guard !keys.isEmpty, !positions.isEmpty else { return }
        set = PositionSet(positions)
        let ascending = set.positions
        starts.reserveCapacity(set.count + 1)
        try log.eachProperty(keys, at: ascending) { index, key, value in
            while starts.count <= index { starts.append(UInt32(entries.count)) }
            entries.append(Entry(key: key, count: UInt32(value.count), start: bytes.count))
            bytes.append(copying: value)
        }
        while starts.count <= set.count { starts.append(UInt32(entries.count)) }
    }

    private func entry(_ key: UInt32, _ position: UInt64) -> Entry? {
        guard !entries.isEmpty, key != 0, let rank = set.rank(of: position) else { return nil }
        var found: Entry?
        for index in Int(starts[rank])..<Int(starts[rank + 1]) where entries[index].key == key {
            found = entries[index]
        }
        return found
    }

    private func text(_ entry: Entry) -> String {
        String(decoding: bytes[entry.start..<(entry.start + Int(entry.count))], as: UTF8.self)
    }

    /// Whether the event has a property of this key.
    public func contains(_ key: UInt32, at position: UInt64) -> Bool { entry(key, position) != nil }

    /// The bytes of a property's JSON text, without a copy; nil when the event has none of that key.
    public func bytes(_ key: UInt32, at position: UInt64) -> ArraySlice<UInt8>? {
        entry(key, position).map { bytes[$0.start..<($0.start + Int($0.count))] }
    }

    /// The JSON text of a property; nil when the event has none of that key.
    public func json(_ key: UInt32, at position: UInt64) -> String? { entry(key, position).map { text($0) } }

    /// The text of a property whose value is a JSON string.
    public func text(_ key: UInt32, at position: UInt64) -> String? {
        guard let entry = entry(key, position) else { return nil }
        let (start, end) = (entry.start, entry.start + Int(entry.count))
        guard entry.count >= 2, bytes[start] == 34, bytes[end - 1] == 34 else { return nil }
        // Few texts have escapes; the others are what stands between the quotes.
        guard !bytes[start..<end].contains(92) else { return stringValue(ofJSON: text(entry)) }
        return String(decoding: bytes[(start + 1)..<(end - 1)], as: UTF8.self)
    }

    /// The number of a property whose value is a number, or text that is one.
    public func number(_ key: UInt32, at position: UInt64) -> Double? {
        guard let entry = entry(key, position) else { return nil }
        let token = text(entry)
        return Double(stringValue(ofJSON: token) ?? token)
    }
}
