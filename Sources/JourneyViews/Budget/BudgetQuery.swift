// What a proposal for the next budget asks for.

/// How to spend an amount in the next period, by channel.
public struct BudgetQuery: Sendable {
    /// The amount, a decimal such as `10000` or `9999.50`.
    public var total: String
    /// Its currency; nil takes that of spend, where spend is in one.
    public var currency: String?
    /// The attribution model that gives channels their return; one that weighs the touchpoints of a path.
    public var model = "linear"
    /// The calendar period of a budget: `week`, `month` or `quarter`.
    public var period = "month"
    /// How many complete periods to look back, 3 to 31.
    public var periods = 6
    /// The zone of the calendar, an IANA name; nil takes the rules'.
    public var zone: String?
    /// A budget for a month by the six before.
    public init(total: String) { self.total = total }
}
