// What the report of key figures asks for.

/// The key figures of marketing, sales and both, of the calendar period that "now" is in, beside the period before.
public struct KPIQuery: Sendable {
    /// `week`, `month` or `quarter`.
    public var period = "month"
    /// How many periods, the current one with those before it; 2 to 60.
    public var periods = 2
    /// `property:NAME`, to split customers by their last value of that property; nil for all together.
    public var segment: String?
    /// The zone of the calendar, an IANA name; nil takes the rules'.
    public var zone: String?
    /// The month and the one before.
    public init() {}
}
