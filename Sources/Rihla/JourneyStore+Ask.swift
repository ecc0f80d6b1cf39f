// The two questions that programs ask most, as calls that read as sentences. Everything else is `answer(_:bounds:)`.
public import JourneyEvents
public import JourneyViews

/// How the value of a conversion is shared between touchpoints.
public struct CreditModel: RawRepresentable, Hashable, Sendable {
    /// The name that the command line and answers use.
    public var rawValue: String
    /// A model by its name.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// All to the first touchpoint.
    public static let first = CreditModel(rawValue: "first")
    /// All to the last touchpoint.
    public static let last = CreditModel(rawValue: "last")
    /// All to the last touchpoint that is not direct.
    public static let lastNonDirect = CreditModel(rawValue: "last-non-direct")
    /// The same to each.
    public static let linear = CreditModel(rawValue: "linear")
    /// Most to the first and the last.
    public static let position = CreditModel(rawValue: "position")
    /// Half as much for each half-life before the conversion.
    public static let timeDecay = CreditModel(rawValue: "time-decay")
    /// Most to the first touchpoint and the one at lead creation.
    public static let uShaped = CreditModel(rawValue: "u-shaped")
    /// Most to the first touchpoint and those at lead and deal creation.
    public static let wShaped = CreditModel(rawValue: "w-shaped")
    /// Most to the first touchpoint and those at lead creation, deal creation and close.
    public static let fullPath = CreditModel(rawValue: "full-path")
    /// Most to the last touchpoint.
    public static let jShaped = CreditModel(rawValue: "j-shaped")
    /// Most to the first touchpoint.
    public static let inverseJ = CreditModel(rawValue: "inverse-j")
    /// By how much less often journeys would convert without the channel; in total, not by conversion.
    public static let markov = CreditModel(rawValue: "markov")
    /// Each conversion evenly to the distinct channels of its path; in total, not by conversion.
    public static let shapley = CreditModel(rawValue: "shapley")
}

/// What credit is added up by.
public struct CreditDimension: RawRepresentable, Hashable, Sendable {
    /// The name that the command line and answers use.
    public var rawValue: String
    /// A dimension by its name.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// The channel of the touchpoint.
    public static let channel = CreditDimension(rawValue: "channel")
    /// Its campaign.
    public static let campaign = CreditDimension(rawValue: "campaign")
    /// Its event type.
    public static let type = CreditDimension(rawValue: "type")
}

extension JourneyStore {
    /// Every event of a customer in journey order, with what the rules make of each: channel, stage, session, conversion.
    ///
    /// - Parameters:
    ///   - customer: Any identifier of the person, `kind:value`.
    ///   - asOf: Only what had happened by then.
    ///   - asAt: Only what was known then.
    /// - Throws: `RihlaError` with code `notFound` when the store has no such customer.
    public func timeline(of customer: String, asOf: Timestamp? = nil, asAt: QueryBounds.AsAt? = nil) async throws
        -> Answer
    {
        try await answer(
            .timeline(.customer(customer), from: nil, to: nil, limit: nil),
            bounds: bounds(asOf: asOf, asAt: asAt)
        )
    }

    /// Which channels, campaigns or types earned the conversions.
    ///
    /// ```swift
    /// let credits = try await store.attribution(.linear, by: .channel, asAt: .position(1_000))
    /// ```
    public func attribution(
        _ model: CreditModel,
        by dimension: CreditDimension = .channel,
        asOf: Timestamp? = nil,
        asAt: QueryBounds.AsAt? = nil
    ) async throws -> Answer {
        var query = AttributionQuery()
        query.models = [model.rawValue]
        query.by = dimension.rawValue
        return try await answer(.attribution(query), bounds: bounds(asOf: asOf, asAt: asAt))
    }

    func bounds(asOf: Timestamp?, asAt: QueryBounds.AsAt?) -> QueryBounds {
        var bounds = QueryBounds()
        // "Until the end of time" is no bound, and lets the stored views answer.
        bounds.asOf = asOf == .distantFuture ? nil : asOf
        bounds.asAt = asAt
        return bounds
    }
}
