// The properties that a run of folds reads, in one buffer of bytes: text is made only when a fold asks for it.
internal import JourneyEvents
public import JourneyLog
internal import LMDB

/// Properties of events, by position and key; values are JSON text. Folds hold copies of it, so a copy is two references.
public struct PropertyTable: Sendable {
    private struct Entry {
        var key: UInt32
        var count: UInt32
        var start: Int
    }

    private final class Storage: Sendable {
        let set: PositionSet
        /// Where the entries of each position begin, by rank; one more at the end.
        let starts: [UInt32]
        let entries: [Entry]
        let bytes: [UInt8]

        init(_ log: EventLog, _ keys: [UInt32], _ set: PositionSet) throws {
            var starts: [UInt32] = []
            var entries: [Entry] = []
            var bytes: [UInt8] = []
            starts.reserveCapacity(set.count + 1)
            try log.eachProperty(keys, at: set.positions) { index, key, value in
                while starts.count <= index { starts.append(UInt32(entries.count)) }
                entries.append(Entry(key: key, count: UInt32(value.count), start: bytes.count))
                bytes.append(copying: value)
            }
            while starts.count <= set.count { starts.append(UInt32(entries.count)) }
            (self.set, self.starts, self.entries, self.bytes) = (set, starts, entries, bytes)
        }
    }

    /// What a fold may see of a table that several share.
    private final class Visible: Sendable {
        let positions: PositionSet
        let keys: [UInt32]

        init(_ positions: [UInt64], _ keys: [UInt32]) {
            self.positions = PositionSet(positions)
            self.keys = keys
        }
    }

    private var storage: Storage?
    /// Nil when it shows all.
    private var visible: Visible?

    /// No properties.
    public init() {}

    /// Reads the properties of events at positions from the log.
    public init(reading log: EventLog, keys: [UInt32], positions: [UInt64]) throws {
        guard !keys.isEmpty, !positions.isEmpty else { return }
        storage = try Storage(log, keys, PositionSet(positions))
    }

    /// One table for each of several folds, read in one pass; each shows what its fold asks for and nothing else.
    ///
    /// - Parameters:
    ///   - keys: For each fold the keys that it reads.
    ///   - positions: For each fold the events whose properties it reads.
    static func shared(reading log: EventLog, keys: [[UInt32]], positions: [[UInt64]]) throws -> [PropertyTable] {
        let all = try PropertyTable(
            reading: log,
            keys: Set(keys.joined()).sorted(),
            positions: Array(positions.joined())
        )
        return zip(keys, positions).map { keys, positions in
            var table = all
            table.visible = Visible(positions, keys)
            return table
        }
    }

    private func entry(_ key: UInt32, _ position: UInt64) -> Entry? {
        guard let storage, key != 0, let rank = storage.set.rank(of: position) else { return nil }
        if let visible {
            guard visible.positions.rank(of: position) != nil, visible.keys.contains(key) else { return nil }
        }
        var found: Entry?
        for index in Int(storage.starts[rank])..<Int(storage.starts[rank + 1]) where storage.entries[index].key == key {
            found = storage.entries[index]
        }
        return found
    }

    private var bytes: [UInt8] { storage?.bytes ?? [] }

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
