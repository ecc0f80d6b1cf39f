// What a report of pipelines asks for.
public import JourneyEvents

/// Stage tables, win rates and pace of the pipelines.
public struct PipelineQuery: Sendable {
    /// `owner`, `channel`, `campaign`, `account`, `product` or `property:NAME`; nil for one group.
    public var by: String?
    /// Only this pipeline.
    public var pipeline: String?
    /// Which date `from` and `to` are about: `closed` (open deals are in every range) or `created`.
    public var date = "closed"
    /// Deals from this instant.
    public var from: Timestamp?
    /// Deals before this instant.
    public var to: Timestamp?
    /// Whether a skipped stage counts for nothing, not even as passed.
    public var strictVisits = false
    /// Whether stages have the probability that history gives them, where it says enough.
    public var calibrated = false
    /// Whether the rows of the answer are stages when there are groups too; its JSON has both.
    public var showsStages = false
    /// All deals, in one group for each pipeline.
    public init() {}

    /// The views that it reads.
    var views: [String] { by == "channel" || by == "campaign" ? ["deals", "customers"] : ["deals"] }
}
