// The questions that a store answers, as plain values: the command line, the library and tests ask with the same words.
public import JourneyEvents
public import JourneyRules

/// A question about journeys.
public enum Query: Sendable {
    /// Every event of a customer, a deal or an account in journey order.
    case timeline(TimelineSubject, from: Timestamp?, to: Timestamp?, limit: Int?)
    /// Persons with several identifiers, or one of them with the statements that make it, and links that were refused.
    case identity(String?, limit: Int?)
    /// One customer's record.
    case customer(String)
    /// All customers, optionally of one stage; `after` is the cursor that an earlier answer gave as `next`.
    case customers(stage: String?, after: String?, limit: Int?)
    /// How many customers are in each lifecycle stage.
    case stages
    /// How far customers get through steps.
    case funnel(FunnelQuery)
    /// Which touchpoints earned the conversions.
    case attribution(AttributionQuery)
    /// All deals.
    case deals(limit: Int?)
    /// One deal with its history.
    case deal(String)
    /// The events and the rule behind a customer's stage.
    case explainStage(String)
    /// The touchpoints, weights and money behind one conversion (its event id or position).
    case explainCredit(conversion: String, model: String)
}

/// Whose timeline.
public enum TimelineSubject: Hashable, Sendable {
    /// A customer, `kind:value`.
    case customer(String)
    /// A deal's id.
    case deal(String)
    /// An account's id.
    case account(String)
}

/// What a funnel asks for.
public struct FunnelQuery: Sendable {
    /// Event types of the steps; empty means the lifecycle stages.
    public var steps: [String] = []
    /// Time from the first step to the last, milliseconds.
    public var windowMilliseconds: Int64 = 30 * 86_400_000
    /// `ordered` or `strict-time`.
    public var mode: String = "ordered"
    /// `channel` or `campaign` of the first touchpoint; nil for one group.
    public var by: String?
    /// Entries from this instant.
    public var from: Timestamp?
    /// Entries before this instant.
    public var to: Timestamp?
    /// A funnel over the lifecycle.
    public init() {}
}

/// What an attribution report asks for.
public struct AttributionQuery: Sendable {
    /// Names of the models: first, last, last-non-direct, linear, position, time-decay.
    public var models: [String] = ["last"]
    /// `channel`, `campaign`, `source-medium` or `type`.
    public var by: String = "channel"
    /// Name of a conversion definition or an event type; nil for all definitions.
    public var conversion: String?
    /// Look-back window in milliseconds, 0 for no limit; nil takes the rules'.
    public var lookbackMilliseconds: Int64?
    /// `overlap` or `reset`; nil takes the rules'.
    public var path: String?
    /// `drop` or `keep`; nil takes the rules'.
    public var direct: String?
    /// Half-life of time-decay in milliseconds; nil takes the rules'.
    public var halfLifeMilliseconds: Int64?
    /// Conversions from this instant.
    public var from: Timestamp?
    /// Conversions before this instant.
    public var to: Timestamp?
    /// Last touch by channel.
    public init() {}
}

/// As of when, as known when, and by which rules.
public struct QueryBounds: Sendable {
    /// The bound on what was known: a position, or the last event recorded at or before an instant.
    public enum AsAt: Hashable, Sendable {
        /// Events up to this position.
        case position(Position)
        /// Events recorded at or before this instant.
        case time(Timestamp)
    }
    /// Only events that happened at or before this instant.
    public var asOf: Timestamp?
    /// Only events that were known then.
    public var asAt: AsAt?
    /// Rules to use instead of the store's.
    public var rules: RuleSet?
    /// No bounds.
    public init() {}
    /// Whether the current views can answer.
    public var isNow: Bool { asOf == nil && asAt == nil && rules == nil }
}
