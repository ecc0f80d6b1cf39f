// Customers as they were at an instant, and whether they converted soon after: what a score is judged by and a model learns
// from. Nothing that a row holds happened after its instant.

/// Customers who had been seen and had not converted by an instant.
struct ScoreSample {
    /// What each feature counts.
    static let features = [
        "fit", "engagement", "events_7d", "events_30d", "events", "touches_30d", "days_since_last", "days_since_first",
    ]
    private static let day: Int64 = 86_400_000

    /// The instant.
    let at: Int64
    private let horizon: Int64
    /// By name of customer, so that equal stores give equal sums: the features, the sum of the rule scores, the outcome.
    private var rows: [(key: UInt32, features: [Double], points: Double, converts: Bool)] = []

    init(at: Int64, horizon: Int64) {
        self.at = at
        self.horizon = horizon
    }

    mutating func add(_ key: UInt32, _ journey: ScoreJourney, _ rules: CompiledScoring) {
        guard let first = journey.times.first, first <= at, journey.firstConversion ?? .max > at else { return }
        let features = ScoreSample.features(journey, rules, at: at)
        let converts = journey.firstConversion.map { $0 - at <= horizon } ?? false
        rows.append((key, features, features[0] + features[1], converts))
    }

    /// Puts the rows into the order of their customers' names.
    mutating func sort(by rank: [UInt32: Int]) { rows.sort { rank[$0.key] ?? 0 < rank[$1.key] ?? 0 } }

    var count: Int { rows.count }
    var converted: Int { rows.count { $0.converts } }

    func model() -> LogisticModel? { LogisticModel(rows: rows.map(\.features), labels: rows.map(\.converts)) }

    /// How good the model is, or the rule score without one.
    func quality(_ model: LogisticModel?) -> ScoreQuality? {
        ScoreQuality(
            scores: rows.map { model?.probability($0.features) ?? $0.points },
            outcomes: rows.map(\.converts),
            isProbability: model != nil
        )
    }

    /// A customer's features at an instant, at or before which there is an event.
    static func features(_ journey: ScoreJourney, _ rules: CompiledScoring, at: Int64) -> [Double] {
        let known = journey.times.upperBound(of: at)
        func since(_ times: [Int64], _ days: Int64) -> Double {
            Double(times.upperBound(of: at) - times.upperBound(of: at - days * day))
        }
        func days(_ time: Int64) -> Double { Double(at - time) / Double(day) }
        return [
            journey.fit(rules, asOf: at).points, journey.engagement(rules, asOf: at).points,
            since(journey.times, 7), since(journey.times, 30), Double(known), since(journey.touches, 30),
            known > 0 ? days(journey.times[known - 1]) : 0, known > 0 ? days(journey.times[0]) : 0,
        ]
    }
}
