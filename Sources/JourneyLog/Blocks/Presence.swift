// Which parts a record has, so that what an event does not say costs nothing.

/// Which optional parts a record has. The raw bits are stored.
struct Presence: OptionSet {
    var rawValue: UInt16
    static let source = Presence(rawValue: 1 << 0)
    static let customer = Presence(rawValue: 1 << 1)
    static let deal = Presence(rawValue: 1 << 2)
    static let account = Presence(rawValue: 1 << 3)
    static let channel = Presence(rawValue: 1 << 4)
    static let campaign = Presence(rawValue: 1 << 5)
    static let amount = Presence(rawValue: 1 << 6)
    static let actor = Presence(rawValue: 1 << 7)
    static let correlation = Presence(rawValue: 1 << 8)
    static let causation = Presence(rawValue: 1 << 9)
    static let properties = Presence(rawValue: 1 << 10)
    /// The id is a lower-case UUID, kept as its 16 bytes.
    static let uuid = Presence(rawValue: 1 << 11)
    /// A tombstone: type and day are left, and a mark of the id under the store's secret; everything else is gone.
    static let erased = Presence(rawValue: 1 << 12)
    /// A statement about identity: the two identifiers that it names.
    static let identifiers = Presence(rawValue: 1 << 13)
}
