// The parts of a rule set.
public import JourneyEvents

/// What an event type means.
public struct TypeRule: Hashable, Sendable {
    /// Index into the stages; nil for no stage.
    public var stage: Int?
    /// Whether it is a touchpoint.
    public var touch: Touch = .never
    /// The channel of its events when they do not say one.
    public var channel: String?
    /// Whether it is web activity, which opens and continues sessions.
    public var web = false
    /// What it does beside its stage.
    public var effect: Effect?
    /// A type without meaning.
    public init() {}
}

/// When an event is a touchpoint.
public enum Touch: String, Hashable, Sendable {
    /// Never.
    case never
    /// Always.
    case always
    /// When it starts a session.
    case sessionStart = "session_start"
    /// When its property `outcome` is `connected`.
    case connected
}

/// What an event does beside its stage; one for each kind of change that a fold knows.
public enum Effect: String, Hashable, Sendable, CaseIterable {
    /// Opens a deal.
    case dealCreated = "deal_created"
    /// Moves a deal to another stage.
    case dealStageChanged = "deal_stage_changed"
    /// Changes a deal's amount.
    case dealAmountChanged = "deal_amount_changed"
    /// Changes a deal's expected close date.
    case dealCloseDateChanged = "deal_close_date_changed"
    /// Gives a deal to another owner.
    case dealOwnerChanged = "deal_owner_changed"
    /// Closes a deal as won.
    case dealWon = "deal_won"
    /// Closes a deal as lost.
    case dealLost = "deal_lost"
    /// Opens a closed deal again.
    case dealReopened = "deal_reopened"
    /// Takes back money of an order.
    case orderRefunded = "order_refunded"
    /// Takes a lead out.
    case leadDisqualified = "lead_disqualified"
    /// Ends a customer's business.
    case customerChurned = "customer_churned"
    /// Sets the stage by hand.
    case stageSet = "stage_set"
    /// Raises to loyalty from a score of 9.
    case npsAnswered = "nps_answered"
    /// Ends permission for e-mail.
    case emailUnsubscribed = "email_unsubscribed"
    /// Links two identifiers.
    case identityLinked = "identity_linked"
    /// Takes a link back.
    case identityUnlinked = "identity_unlinked"
    /// Takes an identifier out of linking.
    case identityBlocked = "identity_blocked"
    /// Anchor of the lead.
    case leadCreated = "lead_created"
    /// The lead is marketing-qualified.
    case mqlReached = "mql_reached"
    /// The lead is sales-qualified.
    case sqlReached = "sql_reached"
    /// Marketing hands the lead to sales.
    case leadHandedOff = "lead_handed_off"
    /// Sales takes the lead.
    case leadAccepted = "lead_accepted"
    /// Sales gives the lead back.
    case leadRejected = "lead_rejected"
    /// A customer objects.
    case objectionRaised = "objection_raised"
    /// An objection is answered.
    case objectionResolved = "objection_resolved"
    /// Somebody will come back to the customer.
    case followUpPlanned = "follow_up_planned"
    /// Somebody came back to the customer.
    case followUpDone = "follow_up_done"
}

/// A definition of a conversion.
public struct ConversionRule: Hashable, Sendable {
    /// Its name in reports.
    public var name: String
    /// The event type.
    public var type: String
}

/// How activity is cut into sessions.
public struct SessionRule: Hashable, Sendable {
    /// A longer gap than this starts a new session.
    public var gapMilliseconds: Int64
    /// Whether an event that comes from another source, medium or campaign than the session did starts a new one too.
    public var startsOnNewCampaign: Bool
}

/// What keeps links of identifiers within reason.
public struct IdentityRule: Hashable, Sendable {
    /// The most identifiers of a kind that one person may have; kinds without an entry have no limit.
    public var limits: [Identifier.Kind: Int]
    /// Values that are nobody, in lower case.
    public var blocked: Set<String>

    init(_ reader: RuleReader) {
        limits = [:]
        for kind in Identifier.Kind.allCases {
            limits[kind] = reader.number("identity", "limits", kind.rawValue).map { Int($0) }
        }
        // A browser is a device, unless it has a limit of its own.
        if limits[.anonymousID] == nil { limits[.anonymousID] = limits[.device] }
        blocked = Set(reader.strings("identity", "blocked").map { $0.lowercased() })
    }
}

/// A pipeline of deals.
public struct Pipeline: Hashable, Sendable {
    /// What being in a stage means.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The deal is open.
        case open
        /// The deal is won.
        case won
        /// The deal is lost.
        case lost
    }

    /// One stage.
    public struct Stage: Hashable, Sendable {
        /// Its name.
        public var name: String
        /// Probability of winning a deal that is in it, 0…1.
        public var probability: Double
        /// Whether deals in it are open; entering another kind of stage closes them.
        public var kind: Kind
    }
    /// The stages, first to last.
    public var stages: [Stage]

    /// What being in a stage means; one that is not listed is open.
    public func kind(of stage: String) -> Kind { stages.first { $0.name == stage }?.kind ?? .open }
}
