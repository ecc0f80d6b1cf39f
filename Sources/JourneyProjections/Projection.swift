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
    func prepared(for log: LogSnapshot) throws -> any Projection
    /// Keys of the properties that the fold reads, as symbols of the log.
    var propertyKeys: [UInt32] { get }
    /// Of which events of this type (a symbol of the log) the fold reads properties. Asked once for each type, so that the
    /// others cost next to nothing, and only for types that the log had when the projection was prepared.
    func propertyUse(ofType type: UInt32) -> PropertyUse
    /// The keys, of ``propertyKeys``, that the fold reads of such events: when the index keeps all of them, the log is not read.
    func propertyKeys(ofType type: UInt32) -> [UInt32]
    /// The event types (symbols of the log) that can give a key a row; nil for all. A key without an event of one of them has
    /// no row and is not folded.
    var rowTypes: [UInt32]? { get }
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
    /// What folds many keys in a run; by default each by itself.
    associatedtype Folder: RowFolder = SingleRowFolder<Self>
    /// A folder that reads these properties. A fold of many keys is faster with one that uses its memory again.
    func folder(_ properties: PropertyTable) -> Folder
}

extension Projection where Folder == SingleRowFolder<Self> {
    /// Folds each key by itself.
    public func folder(_ properties: PropertyTable) -> SingleRowFolder<Self> { SingleRowFolder(self, properties) }
}

/// Of which events of a type a fold reads properties: those that meet one of these conditions.
public struct PropertyUse: OptionSet, Hashable, Sendable {
    /// A bit for each condition.
    public var rawValue: UInt8
    /// Conditions from their bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Of all events.
    public static let always = PropertyUse(rawValue: 1)
    /// Of those that give no channel.
    public static let withoutChannel = PropertyUse(rawValue: 2)
    /// Of those that name a deal.
    public static let withDeal = PropertyUse(rawValue: 4)

    /// Whether properties of this event are read.
    public func contains(_ event: FoldEvent) -> Bool {
        contains(.always) || (event.channel == 0 && contains(.withoutChannel))
            || (event.deal != 0 && contains(.withDeal))
    }
}

extension Projection {
    /// Nothing to look up.
    public func prepared(for log: LogSnapshot) throws -> any Projection { self }
    /// No rules.
    public var rules: String { "" }
    /// No properties.
    public var propertyKeys: [UInt32] { [] }
    /// All.
    public var rowTypes: [UInt32]? { nil }
    /// All that the fold reads.
    public func propertyKeys(ofType type: UInt32) -> [UInt32] { propertyKeys }
    /// Of every event, when the fold reads properties at all.
    public func propertyUse(ofType type: UInt32) -> PropertyUse { propertyKeys.isEmpty ? [] : .always }
    /// Whether the fold reads properties of this event.
    public func readsProperties(of event: FoldEvent) -> Bool { propertyUse(ofType: event.type).contains(event) }
    /// `NAME@VERSION`, the view's directory.
    public var directory: String { "\(name)@\(version)" }
    /// What a stored view must have been made with: fold version and rules.
    public var definition: String { "\(version)-\(rules)" }
}
