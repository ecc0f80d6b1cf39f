// The properties that a run of folds reads. Most values are few and come again and again (stages, owners, outcomes): each is
// stored once, so that the table is small and folds find it in the processor's caches.
internal import JourneyEvents
public import JourneyLog

/// Properties of events, by position and key; values are JSON text. Folds hold copies of it, so a copy is one reference.
public struct PropertyTable: Sendable {
    /// What a fold may see of a storage.
    private final class View: Sendable {
        let storage: PropertyStorage
        /// The fold's bit.
        let reader: UInt32
        /// Nil for all.
        let keys: KeySet?

        init(_ storage: PropertyStorage, reader: UInt32 = .max, keys: KeySet? = nil) {
            (self.storage, self.reader, self.keys) = (storage, reader, keys)
        }
    }

    private var view: View?

    /// No properties.
    public init() {}

    /// Reads the properties of events at positions from the log.
    public init(reading log: EventLog, keys: [UInt32], positions: [UInt64]) throws {
        guard !keys.isEmpty, !positions.isEmpty else { return }
        view = View(try PropertyStorage(log, keys, PositionSet(positions), readers: nil))
    }

    /// How many folds can share one table.
    static let mostFolds = 32

    /// One table for each of several folds, read in one pass; each shows what its fold asks for and nothing else.
    ///
    /// - Parameters:
    ///   - keys: For each fold the keys that it reads.
    ///   - positions: The events whose properties any fold reads, ascending.
    ///   - readers: For each of the positions the folds that read it, a bit each.
    static func shared(reading log: EventLog, keys: [[UInt32]], positions: [UInt64], readers: [UInt32]) throws
        -> [PropertyTable]
    {
        let all = Set(keys.joined()).sorted()
        guard !all.isEmpty, !positions.isEmpty else { return keys.map { _ in PropertyTable() } }
        let storage = try PropertyStorage(log, all, PositionSet(positions), readers: readers)
        return keys.enumerated().map { index, keys in
            var table = PropertyTable()
            table.view = View(storage, reader: 1 << UInt32(index), keys: KeySet(keys))
            return table
        }
    }

    private func value(_ key: UInt32, _ position: UInt64) -> PropertyStorage.Value? {
        guard let view, key != 0, let value = view.storage.value(key, position, view.reader) else { return nil }
        return view.keys?.contains(key) ?? true ? value : nil
    }

    /// Whether the event has a property of this key.
    public func contains(_ key: UInt32, at position: UInt64) -> Bool { value(key, position) != nil }

    /// The bytes of a property's JSON text, without a copy; nil when the event has none of that key.
    public func bytes(_ key: UInt32, at position: UInt64) -> ArraySlice<UInt8>? {
        value(key, position).flatMap { view?.storage.bytes($0) }
    }

    /// The JSON text of a property; nil when the event has none of that key.
    public func json(_ key: UInt32, at position: UInt64) -> String? {
        bytes(key, at: position).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The text of a property whose value is a JSON string.
    public func text(_ key: UInt32, at position: UInt64) -> String? {
        value(key, position).flatMap { view?.storage.text($0) }
    }

    /// The number of a property whose value is a number, or text that is one.
    public func number(_ key: UInt32, at position: UInt64) -> Double? {
        guard let token = json(key, at: position) else { return nil }
        return Double(stringValue(ofJSON: token) ?? token)
    }
}
