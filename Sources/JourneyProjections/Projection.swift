// A read model is a pure fold: the set of one key's events in journey order goes in, one row comes out. It never sees how
// or when the events arrived, so late events, rebuilds and crashes cannot make a difference.
internal import JourneyEvents
public import JourneyLog

/// A read model: one row for each customer or deal, made from all of its events.
///
/// The row must depend on nothing but the arguments of ``row(for:events:properties:)``: the engine calls it again with more
/// events when some arrive, whatever their time, and compares the bytes with those of a rebuild.
public protocol Projection: Sendable {
    /// Names the view, its directory and its status; lower-case letters and digits, the first a letter.
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
    /// Whether the fold reads properties of any event of this type (a symbol of the log). Asked once for each type, so that
    /// events of other types cost nothing.
    func readsProperties(ofType type: UInt32) -> Bool
    /// Whether the fold reads properties of this event, whose type has some that it reads.
    func readsProperties(of event: FoldEvent) -> Bool
    /// The row of one key; nil for none.
    ///
    /// - Parameters:
    ///   - key: The symbol of the customer or deal.
    ///   - events: All of its events in journey order; never empty.
    ///   - properties: The properties that the fold reads, by position.
    /// - Throws: An error parks the key: its row stays that of the events before the one that makes the fold throw, the
    ///   status of the view names that event, and the other keys go on. It is tried again with every new event of the key,
    ///   at a rebuild, and when the definition changes.
    func row(for key: UInt32, events: ArraySlice<FoldEvent>, properties: PropertyTable) throws -> [UInt8]?
}

extension Projection {
    /// Of any.
    public func readsProperties(ofType type: UInt32) -> Bool { true }
    /// Nothing to look up.
    public func prepared(for log: EventLog) throws -> any Projection { self }
    /// No rules.
    public var rules: String { "" }
    /// No properties.
    public var propertyKeys: [UInt32] { [] }
    /// Of every event, when the fold reads properties at all.
    public func readsProperties(of event: FoldEvent) -> Bool { !propertyKeys.isEmpty }
    /// `NAME@VERSION`, the view's directory.
    public var directory: String { "\(name)@\(version)" }
    /// What a stored view must have been made with: fold version and rules.
    public var definition: String { "\(version)-\(rules)" }
}
