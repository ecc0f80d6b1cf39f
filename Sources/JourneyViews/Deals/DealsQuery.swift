// What a list of deals asks for.

/// Which deals to list.
public struct DealsQuery: Sendable {
    /// `open`, `won` or `lost`; nil for all.
    public var state: String?
    /// The stage that they are in, or were in when they closed.
    public var stage: String?
    /// The pipeline.
    public var pipeline: String?
    /// The owner.
    public var owner: String?
    /// Only those that are open past their expected close date.
    public var overdue = false
    /// Only those that are in their stage for longer than nine of ten others were.
    public var stuck = false
    /// At most so many deals.
    public var limit: Int?
    /// The zone whose date of now decides what is overdue, an IANA name; nil takes the rules'.
    public var zone: String?
    /// All deals.
    public init() {}
}

extension Query {
    /// All deals, at most `limit`.
    public static func deals(limit: Int?) -> Query {
        var query = DealsQuery()
        query.limit = limit
        return .deals(query)
    }
}
