// What an event says about identifiers. Events keep the identifier that they came with; who that is follows from the
// statements alone, so taking one back is exact.
public import JourneyEvents

/// One statement about identifiers of persons; `a` and `b` are customer symbols.
public struct IdentityStatement: Hashable, Sendable {
    /// What is said.
    public enum Kind: UInt8, Hashable, Sendable {
        /// `a` and `b` are one person; within the limits only.
        case link
        /// `a` and `b` are one person, whatever the limits say.
        case forcedLink
        /// The link of `a` and `b` is taken back.
        case unlink
        /// `a` takes no part in links from here on.
        case block
    }
    /// When it was said.
    public var at: Int64
    /// The event that says it.
    public var position: UInt64
    /// What is said.
    public var kind: Kind
    /// One identifier.
    public var a: UInt32
    /// The other one; 0 for a block.
    public var b: UInt32
    /// A statement from its parts.
    public init(at: Int64, position: UInt64, kind: Kind, a: UInt32, b: UInt32) {
        self.at = at
        self.position = position
        self.kind = kind
        self.a = a
        self.b = b
    }
    /// Journey order.
    public static func inJourneyOrder(_ x: IdentityStatement, _ y: IdentityStatement) -> Bool {
        x.at != y.at ? x.at < y.at : x.position < y.position
    }
}

/// What keeps accidental links from making one person of many.
public struct IdentityLimits: Hashable, Sendable {
    /// The most identifiers of a kind that one person may have; kinds without an entry have no limit.
    public var most: [Identifier.Kind: Int]
    /// Values that are nobody, in lower case.
    public var blocked: Set<String>
    /// One user id, five e-mail addresses, a hundred devices; nothing blocked.
    public init(
        most: [Identifier.Kind: Int] = [.userID: 1, .email: 5, .device: 100, .anonymousID: 100],
        blocked: Set<String> = []
    ) {
        self.most = most
        self.blocked = blocked
    }
}

/// A link that was not made.
public struct IdentityConflict: Hashable, Sendable {
    /// The event that asked for it.
    public var position: UInt64
    /// When.
    public var at: Int64
    /// The identifiers.
    public var a: UInt32
    /// The identifiers.
    public var b: UInt32
    /// `limit:KIND`, `blocked`, or `invalid` when the event does not name two identifiers.
    public var reason: String
}
