// What a forecast asks for.

/// What is won and what is expected, period by period.
public struct ForecastQuery: Sendable {
    /// `week`, `month` or `quarter`.
    public var period = "month"
    /// How many periods, the first is the one of now.
    public var periods = 3
    /// How many periods before the one of now.
    public var past = 0
    /// Only this pipeline.
    public var pipeline: String?
    /// Only deals of this owner.
    public var owner: String?
    /// Whether stages have the probability that history gives them, where it says enough.
    public var calibrated = false
    /// Whether the rows of the answer are the deals of each period; its JSON then has them too.
    public var listsDeals = false
    /// The zone of the calendar, an IANA name; nil takes the rules'.
    public var zone: String?
    /// Three months from the one of now on.
    public init() {}
}
