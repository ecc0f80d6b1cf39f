// The properties that a run of folds reads. Most values are few and come again and again (stages, owners, outcomes): each is
// stored once, so that the table is small and folds find it in the processor's caches.
internal import JourneyEvents
public import JourneyLog

/// Properties of events, by position and key; values are JSON text. Folds hold copies of it, so a copy is one reference.
public struct PropertyTable: Sendable {
    /// Where the properties of one event are.
    public struct Entries: Sendable {
        fileprivate var part: UInt32 = 0
        fileprivate var range: Range<UInt32> = 0..<0

        /// None.
        public init() {}

        fileprivate init(_ part: Int, _ range: Range<UInt32>) { (self.part, self.range) = (UInt32(part), range) }
    }

    /// What a fold may see of some storages.
    private final class View: Sendable {
        /// By position without its lowest `shift` bits.
        let parts: [PropertyStorage]
        let shift: UInt64
        /// The fold's bit.
        let reader: UInt32
        /// Nil for all.
        let keys: KeySet?

        init(_ parts: [PropertyStorage], shift: UInt64 = 63, reader: UInt32 = .max, keys: KeySet? = nil) {
            (self.parts, self.shift, self.reader, self.keys) = (parts, shift, reader, keys)
        }
    }

    private var view: View?

    /// No properties.
    public init() {}

    /// Reads the properties of events at positions from the log.
    public init(reading log: EventLog, keys: [UInt32], positions: [UInt64]) throws {
        guard !keys.isEmpty, !positions.isEmpty else { return }
        view = View([try PropertyStorage(log, keys, PositionSet(positions), readers: nil)])
    }

    /// How many folds can share one table.
    static let mostFolds = 32

    /// What one of several folds may see of storages that they share: its own bit and its own keys.
    init(_ parts: [PropertyStorage], shift: UInt64, fold: Int, keys: [UInt32]) {
        view = View(parts, shift: shift, reader: 1 << UInt32(fold), keys: KeySet(keys))
    }

    /// Where the properties of the event at a position are; for a fold that reads several of one event.
    public func entries(at position: UInt64) -> Entries {
        guard let view, position >> view.shift < UInt64(view.parts.count) else { return Entries() }
        let part = Int(position >> view.shift)
        return Entries(part, view.parts[part].entries(at: position, view.reader))
    }

    /// Asks for the memory of the properties of events that will be folded soon, of all at once: it comes sooner than when
    /// each fold waits for its own.
    func prepare(_ positions: [UInt64]) {
        guard let view else { return }
        for step in 0...1 {
            for position in positions where position >> view.shift < UInt64(view.parts.count) {
                view.parts[Int(position >> view.shift)].prepare(position, step)
            }
        }
    }

    private func find<R>(_ key: UInt32, _ entries: Entries, _ body: (PropertyStorage, PropertyStorage.Value) -> R?)
        -> R?
    {
        guard !entries.range.isEmpty, key != 0, let view else { return nil }
        let part = view.parts[Int(entries.part)]
        guard let value = part.value(key, in: entries.range), view.keys?.contains(key) ?? true else { return nil }
        return body(part, value)
    }

    /// The text of a property whose value is a JSON string.
    public func text(_ key: UInt32, in entries: Entries) -> String? { find(key, entries) { $0.text($1) } }

    /// The JSON text of a property.
    public func json(_ key: UInt32, in entries: Entries) -> String? {
        find(key, entries) { String(decoding: $0.bytes($1), as: UTF8.self) }
    }

    /// Whether the event has a property of this key.
    public func contains(_ key: UInt32, at position: UInt64) -> Bool {
        find(key, entries(at: position)) { _, _ in true } ?? false
    }

    /// The bytes of a property's JSON text, without a copy; nil when the event has none of that key.
    public func bytes(_ key: UInt32, at position: UInt64) -> ArraySlice<UInt8>? {
        find(key, entries(at: position)) { $0.bytes($1) }
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
