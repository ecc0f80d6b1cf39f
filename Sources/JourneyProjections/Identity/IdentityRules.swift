// What a rule set says about identity, in the terms of the fold: which event types are statements, and the limits of persons.
internal import JourneyEvents

/// Which events say who is who, and how far that goes.
public struct IdentityRules: Hashable, Sendable {
    /// What events of a type say.
    public enum Meaning: UInt8, Hashable, Sendable {
        /// Two identifiers are one person.
        case link
        /// A link is taken back.
        case unlink
        /// An identifier takes no part in links.
        case block
    }
    /// What the events of each type say.
    public var meanings: [String: Meaning]
    /// What keeps accidental links from making one person of many.
    public var limits: IdentityLimits

    /// The meanings that the names of the types say, and limits.
    public init(
        meanings: [String: Meaning] = [
            "identity_linked": .link, "identity_unlinked": .unlink, "identity_blocked": .block,
        ],
        limits: IdentityLimits = IdentityLimits()
    ) {
        self.meanings = meanings
        self.limits = limits
    }

    /// Differs when the rules do: views of customers are made by them.
    var digest: String {
        let parts =
            meanings.map { "\($0.key)=\($0.value.rawValue)" }.sorted()
            + limits.most.map { "\($0.key.rawValue)<\($0.value)" }.sorted() + limits.blocked.sorted()
        // Fowler, Noll, Vo: FNV-1a.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for part in parts {
            for byte in Array(part.utf8) + [0] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
        return String(hash, radix: 16)
    }
}
