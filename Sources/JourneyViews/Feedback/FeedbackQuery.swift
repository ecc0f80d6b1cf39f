// What a report of feedback asks for.

/// What sales learnt, for marketing.
public struct FeedbackQuery: Sendable {
    /// `campaign`, `channel` or `content`.
    public var by = "campaign"
    /// What a lead or deal is laid to: the `last` or the `first` of the marketing touchpoints before it, or `any` of them.
    public var model = "last"
    /// By campaign, to the last touchpoint.
    public init() {}
}
