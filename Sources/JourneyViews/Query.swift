// The questions that a store answers, as plain values: the command line, the library and tests ask with the same words.
public import JourneyEvents
public import JourneyLog
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
    /// Who comes back, by the period of their first event.
    case cohorts(CohortQuery)
    /// Where journeys take long and where they end.
    case bottlenecks(BottleneckQuery)
    /// Which touchpoints earned the conversions.
    case attribution(AttributionQuery)
    /// The paths that an attribution report is made of; its models, order and currency have no say.
    case paths(AttributionQuery, limit: Int?)
    /// All deals, or some of them.
    case deals(DealsQuery)
    /// One deal with its history; the zone, an IANA name or nil for the rules', says which day now is.
    case deal(String, zone: String? = nil)
    /// What is in the pipelines, what became of what was, and how fast.
    case pipeline(PipelineQuery)
    /// What is won and what is expected, period by period.
    case forecast(ForecastQuery)
    /// What other rules would change, or what has changed since an earlier moment.
    case diff(DiffQuery)
    /// What both teams read in their meeting: a period, what changed, and the answers that belong to it.
    case report(ReportQuery)
    /// Causes and effects of an event (its id or position).
    case trace(String)
    /// What each channel costs and brings.
    case channels(ChannelQuery)
    /// What buyers object to, what answers it, and what they ask.
    case objections(ObjectionQuery)
    /// What sales learnt, for marketing.
    case feedback(FeedbackQuery)
    /// Conversions for advertisers.
    case conversions(ConversionQuery)
    /// The key figures of a period beside those of the period before.
    case kpis(KPIQuery)
    /// How to spend an amount by channel, or why that cannot be said.
    case budget(BudgetQuery)
    /// Fit, engagement and grade of all customers, and how good the scores are.
    case scores(ScoreQuery)
    /// Whether sales took up what marketing handed over in time.
    case sla(SLAQuery)
    /// What was promised to customers, and what became of it.
    case followUps(FollowUpQuery)
    /// What sales should know of a customer; `zone` is that of dates without a time, nil takes the rules'.
    case brief(String, zone: String?)
    /// The events and the rule behind a customer's stage.
    case explainStage(String)
    /// The events that make a customer's level in a funnel of steps.
    case explainFunnel(String, FunnelQuery)
    /// The events and the rules behind a customer's score.
    case explainScore(String)
    /// The events and the rules behind a deal's state, stage and amount.
    case explainDeal(String)
    /// The touchpoints, weights and money behind one conversion (its event id or position); the order is that of a Markov
    /// chain, 1 to 4.
    case explainCredit(conversion: String, model: String, order: Int = 1, identity: IdentityView = .asOfNow)
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
    /// The steps, `type`, `type[property=value]` or `type?` for one that may be left out; empty means the lifecycle stages.
    public var steps: [String] = []
    /// Events that void an attempt: `type` between any two steps, `type:2` between the second and the third.
    public var exclude: [String] = []
    /// Time from the first step to the last, milliseconds.
    public var windowMilliseconds: Int64 = 30 * 86_400_000
    /// `ordered`, `strict-time`, `strict` or `any-order`.
    public var mode: String = "ordered"
    /// `channel`, `campaign` or `property:NAME`; nil for one group.
    public var by: String?
    /// Whose value makes the group: `first_touch`, `last_touch`, `step_2`, or `all_events`, which takes those of each value
    /// apart.
    public var attribution: String = "first_touch"
    /// `STEP:converted`, `STEP:dropped` or `STEP:in-progress` for the people behind a bar instead of the report.
    public var list: String?
    /// At most so many people.
    public var limit: Int?
    /// Entries from this instant.
    public var from: Timestamp?
    /// Entries before this instant.
    public var to: Timestamp?
    /// Only as of now: the steps of one customer are of several moments.
    public var identity = IdentityView.asOfNow
    /// A funnel over the lifecycle.
    public init() {}
}

/// What a comparison asks for. One side is the question's own point of view.
public struct DiffQuery: Sendable {
    /// The attribution model.
    public var model = "last"
    /// How many touchpoints make a state of the Markov chain, 1 to 4.
    public var order: Int = 1
    /// By which links conversions have their paths; stages are always those of now.
    public var identity = IdentityView.asOfNow
    /// Rules of the side after; the question's own are before.
    public var rules: RuleSet?
    /// What was known on the side before; the question's own point of view is after.
    public var from: QueryBounds.AsAt?
    /// Nothing to compare with yet: set ``rules`` or ``from``.
    public init() {}
}

/// What a report of channels asks for.
public struct ChannelQuery: Sendable {
    /// The model that shares leads, customers and revenue.
    public var model = "last"
    /// How many touchpoints make a state of the Markov chain, 1 to 4.
    public var order: Int = 1
    /// The part of revenue that is gross margin, above 0 and at most 1, for the payback; nil takes all of it.
    public var margin: Double?
    /// By which links journeys are joined.
    public var identity = IdentityView.asOfNow
    /// From this instant.
    public var from: Timestamp?
    /// Before this instant.
    public var to: Timestamp?
    /// The time zone of the days that spend covers; nil takes the rules'.
    public var zone: String?
    /// All time, by the last touchpoint.
    public init() {}
}

/// What a report of scores asks for.
public struct ScoreQuery: Sendable {
    /// `rules`, or `model` for a model that learns who converts.
    public var by = "rules"
    /// At most so many customers, the best first; nil for all.
    public var top: Int?
    /// All customers by the rules.
    public init() {}
}

/// What an attribution report asks for.
public struct AttributionQuery: Sendable {
    /// Names of the models: first, last, last-non-direct, linear, position, time-decay, u-shaped, w-shaped, full-path,
    /// j-shaped, inverse-j, markov, shapley, or one of the rules' own.
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
    /// How many touchpoints make a state of the Markov chain, 1 to 4.
    public var order: Int = 1
    /// What is left out of each path, for example `exposure`; nil takes the rules'.
    public var transforms: [String]?
    /// By which links conversions and failures have their paths.
    public var identity = IdentityView.asOfNow
    /// Whether paths that may still lead to a conversion count as ones that did not; nil takes the rules'.
    public var countsPendingAsNull: Bool?
    /// The code of the currency that credits are converted to as well, by the `fx_rate` of each conversion; nil for none.
    public var currency: String?
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
    /// Answer from where the views stand, without bringing them to the head; the answer says how far behind it is.
    public var allowsStale = false
    /// No bounds.
    public init() {}
    /// Whether the current views can answer.
    public var isNow: Bool { asOf == nil && asAt == nil && rules == nil }

    /// What was known, of a moment of the log.
    public func known(of moment: LogSnapshot) throws -> LogSnapshot {
        switch asAt {
        case nil: moment
        case .position(let position): moment.through(position)
        case .time(let time): moment.through(try moment.position(recordedAtOrBefore: time))
        }
    }
}
