// What reports of hand-offs and follow-ups ask for.
public import JourneyEvents

/// Whether sales took up what marketing handed over in time.
public struct SLAQuery: Sendable {
    /// Only hand-offs to this owner.
    public var owner: String?
    /// Only hand-offs in this state are listed: `met`, `breached`, `open` or `n/a`; counts are of all.
    public var state: String?
    /// Whether the rows of the answer are the owners; its JSON has both.
    public var isByOwner = false
    /// Hand-offs from this instant.
    public var from: Timestamp?
    /// Hand-offs before this instant.
    public var to: Timestamp?
    /// At most so many hand-offs are listed.
    public var limit: Int?
    /// All hand-offs.
    public init() {}
}

/// What was promised to customers, and what became of it.
public struct FollowUpQuery: Sendable {
    /// Only follow-ups of this owner.
    public var owner: String?
    /// Only follow-ups in this state are listed: `overdue`, `open`, `done_late` or `done`; counts are of all.
    public var state: String?
    /// Whether the rows of the answer are the owners; its JSON has both.
    public var isByOwner = false
    /// Follow-ups due from this instant.
    public var from: Timestamp?
    /// Follow-ups due before this instant.
    public var to: Timestamp?
    /// At most so many follow-ups are listed.
    public var limit: Int?
    /// The zone of due dates without a time, an IANA name; nil takes the rules'.
    public var zone: String?
    /// All follow-ups.
    public init() {}
}
