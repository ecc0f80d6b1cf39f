// What the report of both teams asks for.

/// One report for marketing and sales: a calendar period, the one before it, and the questions that belong to it.
public struct ReportQuery: Sendable {
    /// The calendar period: `week`, `month` or `quarter`.
    public var period: String = "week"
    /// The zone of the calendar, an IANA name; nil takes the rules'.
    public var zone: String?
    /// The attribution models to compare.
    public var models: [String] = ["first", "last", "linear", "position", "time-decay", "markov", "shapley"]
    /// The model by which changes between periods are told.
    public static let model = "linear"
    /// This week.
    public init() {}
}
