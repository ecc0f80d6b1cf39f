// A read model is a pure fold: the set of one key's events in journey order goes in, one row comes out. It never sees how
// or when the events arrived, so late events, rebuilds and crashes cannot make a difference.
internal import JourneyEvents
public import JourneyLog

/// A read model: one row for each customer or deal, made from all of its events.
///
/// The row must depend on nothing but the arguments of ``row(for:events:properties:)``: the engine calls it again with more
/// events when some arrive, whatever their time, and compares the bytes with those of a rebuild.
public protocol Projection: Sendable {
    /// Names the view, its directory and its status; lower-case letters and digits.
    var name: String { get }
    /// Changes when the fold or its row changes.
    var version: Int { get }
    /// The digest of the rules that the fold reads.
    var rules: String { get }
    /// Whether rows are for customers or deals.
    var key: SymbolKind { get }
    /// The projection with everything looked up that it needs of this log; called once before a run of folds.
    func prepared(for log: EventLog) throws -> any Projection
    /// Keys of the properties that the fold reads, as symbols of the log.
    var propertyKeys: [UInt32] { get }
    /// Whether the fold reads properties of this event.
    func readsProperties(of event: FoldEvent) -> Bool
    /// The row of one key; nil for none.
    ///
    /// - Parameters:
    ///   - key: The symbol of the customer or deal.
    ///   - events: All of its events in journey order; never empty.
    ///   - properties: The properties that the fold reads, by position.
    /// - Throws: An error parks the key: it and its later events wait, the others go on.
    func row(for key: UInt32, events: ArraySlice<FoldEvent>, properties: PropertyTable) throws -> [UInt8]?
}

extension Projection {
    /// Nothing to look up.
    public func prepared(for log: EventLog) throws -> any Projection { self }
    /// `NAME@VERSION`, the view's directory.
    public var directory: String { "\(name)@\(version)" }
    /// What a stored view must have been made with: fold version and rules.
    public var definition: String { "\(version)-\(rules)" }
}

/// Properties of events, by position and key; values are JSON text.
public struct PropertyTable: Sendable {
    private var values: [UInt64: [UInt32: String]] = [:]
    /// No properties.
    public init() {}

    /// Reads the properties of events at ascending positions from the log.
    public init(reading log: EventLog, keys: [UInt32], positions: [UInt64]) throws {
        guard !keys.isEmpty, !positions.isEmpty else { return }
        values.reserveCapacity(positions.count)
        for (position, found) in zip(positions, try log.properties(keys, at: positions)) where !found.isEmpty {
            values[position] = found
        }
    }

    /// The JSON text of a property; nil when the event has none of that key.
    public func json(_ key: UInt32, at position: UInt64) -> String? { values[position]?[key] }
    /// The text of a property whose value is a JSON string.
    public func text(_ key: UInt32, at position: UInt64) -> String? {
        json(key, at: position).flatMap { stringValue(ofJSON: $0) }
    }
    /// The number of a property whose value is a number, or text that is one.
    public func number(_ key: UInt32, at position: UInt64) -> Double? {
        json(key, at: position).flatMap { Double(stringValue(ofJSON: $0) ?? $0) }
    }
}
