// Scores of all customers at the question's instant, and how good they have been at telling who converts.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    private struct Scored {
        var name: String
        var key: UInt32
        var fit: ScoreRules.Score
        var engagement: ScoreRules.Score
        var features: [Double]
    }

    func scores(_ query: ScoreQuery) throws -> Answer {
        try check(query.by, "way to score", in: ["rules", "model"])
        let scoring = try scoring()
        let now = try latest()
        let horizon = rules.scoring.horizonMilliseconds
        // The test looks back one horizon, so that all outcomes are known; the training ends where the test begins.
        var test = ScoreSample(at: now > .min + horizon ? now - horizon : now, horizon: horizon)
        var training = ScoreSample(at: test.at > .min + horizon ? test.at - horizon : test.at, horizon: horizon)
        let isModel = query.by == "model"
        let names = try log.symbolTexts(.customer)
        var scored: [Scored] = []
        try eachScoreJourney(scoring) { key, journey in
            scored.append(
                Scored(
                    name: names[Int(key) - 1],
                    key: key,
                    fit: journey.fit(scoring, asOf: now),
                    engagement: journey.engagement(scoring, asOf: now),
                    features: isModel ? ScoreSample.features(journey, scoring, at: now) : []
                )
            )
            test.add(key, journey, scoring)
            if isModel { training.add(key, journey, scoring) }
        }
        scored.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        let rank = Dictionary(uniqueKeysWithValues: scored.enumerated().map { ($1.key, $0) })
        test.sort(by: rank)
        training.sort(by: rank)
        let model = isModel ? training.model() : nil
        var ranked = scored.map { entry in
            (entry, model?.probability(entry.features), entry.fit.points + entry.engagement.points)
        }
        // Equal ones stay in order of name.
        let order = ranked.indices.sorted { a, b in
            let (p, q) = (ranked[a].1 ?? ranked[a].2, ranked[b].1 ?? ranked[b].2)
            return p != q ? p > q : a < b
        }
        ranked = order.prefix(query.top ?? .max).map { ranked[$0] }
        var answer = Answer("scores")
        answer.columns = [
            .init("customer"), .init("fit", number: true), .init("engagement", number: true), .init("grade"),
            .init("probability", number: true), .init("reasons"),
        ]
        answer.rows = ranked.map { entry, probability, _ in
            [
                .string(entry.name), .double(entry.fit.points), .double(entry.engagement.points),
                .string(scoring.score.grade(fit: entry.fit.points, engagement: entry.engagement.points)),
                .number(probability), QueryFrame.reasons(entry.fit.reasons + entry.engagement.reasons),
            ]
        }
        let quality = quality(test, training, model, isModel: isModel)
        answer.payload = [
            .init("at", scored.isEmpty ? .null : .time(Timestamp(milliseconds: now))), .init("by", .string(query.by)),
            .init("total", .count(scored.count)),
            .init(
                "customers",
                .array(answer.rows.map { row in .object(zip(answer.columns, row).map { .init($0.name, $1) }) })
            ), .init("quality", quality),
        ]
        if scoring.scoring.isEmpty {
            answer.notes.append("the rules have no section `scoring` with points: see `rihla help rules`")
        }
        if isModel, model == nil {
            answer.notes.append("nobody, or everybody, converted in the time that the model learns from: no model")
        }
        return answer
    }

    /// The score rules for this log.
    func scoring() throws -> CompiledScoring {
        try CompiledScoring(compiled, log: log) {
            var (low, high) = (Int64.max, Int64.min)
            try log.scanFolds(after: 0, through: through.rawValue) { event in
                low = min(low, event.occurredAt)
                high = max(high, event.occurredAt)
            }
            return low <= high ? low...high : 0...0
        }
    }

    /// Visits what scores need of each customer, a range of customers at a time.
    private func eachScoreJourney(_ scoring: CompiledScoring, _ body: (UInt32, ScoreJourney) throws -> Void) throws {
        var ranges = try journeys()
        while let part = try ranges.next() {
            let wanted = part.events.filter { scoring.readsProperties(of: $0) }.map(\.position)
            let properties = try PropertyTable(reading: log, keys: scoring.propertyKeys, positions: wanted)
            var start = 0
            for (index, end) in part.ends.enumerated() {
                if start < end {
                    try body(part.key(index), ScoreJourney(part.events[start..<end], scoring, properties))
                }
                start = end
            }
        }
    }

    /// One customer's events for scores.
    func scoreJourney(_ events: [FoldEvent], _ scoring: CompiledScoring) throws -> ScoreJourney {
        let wanted = events.filter { scoring.readsProperties(of: $0) }.map(\.position)
        let properties = try PropertyTable(reading: log, keys: scoring.propertyKeys, positions: wanted)
        return ScoreJourney(events[...], scoring, properties)
    }

    /// `{fit, engagement, grade}` of one customer, with the `reasons` when they are asked for; null when the rules have no
    /// points to give.
    func score(of customer: UInt32, withReasons: Bool = false) throws -> JSONValue {
        guard !rules.scoring.isEmpty else { return .null }
        let scoring = try scoring()
        let journey = try scoreJourney(try journey(of: customer), scoring)
        let now = try latest()
        let (fit, engagement) = (journey.fit(scoring, asOf: now), journey.engagement(scoring, asOf: now))
        let reasons = JSONValue.Member("reasons", QueryFrame.reasons(fit.reasons + engagement.reasons))
        return .object(
            [
                .init("fit", .double(fit.points)), .init("engagement", .double(engagement.points)),
                .init("grade", .string(scoring.score.grade(fit: fit.points, engagement: engagement.points))),
            ] + (withReasons ? [reasons] : [])
        )
    }

    private func quality(_ test: ScoreSample, _ training: ScoreSample, _ model: LogisticModel?, isModel: Bool)
        -> JSONValue
    {
        let quality = isModel && model == nil ? nil : test.quality(model)
        func sample(_ sample: ScoreSample) -> [JSONValue.Member] {
            [
                .init("at", sample.count == 0 ? .null : .time(Timestamp(milliseconds: sample.at))),
                .init("customers", .count(sample.count)), .init("converted", .count(sample.converted)),
            ]
        }
        var members = sample(test)
        members += [
            .init("horizon_seconds", .double(Double(rules.scoring.horizonMilliseconds) / 1_000)),
            .init("auc", .number(quality?.auc)), .init("brier", .number(quality?.brier)),
            .init("log_loss", .number(quality?.logLoss)), .init("ece", .number(quality?.calibrationError)),
            .init("lift", .array((quality?.lift ?? []).map { .double($0) })),
        ]
        if isModel {
            let weights = zip(ScoreSample.features, model?.weights ?? []).map { name, weight in
                JSONValue.object([.init("feature", .string(name)), .init("weight", .double(weight))])
            }
            members.append(.init("training", .object(sample(training) + [.init("weights", .array(weights))])))
        }
        return .object(members)
    }

    /// The points by rule, the strongest first; what caps take away is a rule of its own.
    private static func reasons(_ reasons: [ScoreRules.Reason]) -> JSONValue {
        var sums: [String: Double] = [:]
        for reason in reasons { sums[reason.label, default: 0] += reason.points }
        let sorted = sums.sorted { abs($0.value) != abs($1.value) ? abs($0.value) > abs($1.value) : $0.key < $1.key }
        return .array(
            sorted.map { .object([.init("rule", .string($0.key)), .init("points", .double($0.value))]) }
        )
    }
}

extension ScoreRules.Reason {
    /// The rule, or what takes points away.
    var label: String {
        switch cause {
        case .property, .event: name
        case .ruleCap: "cap of " + name
        case .groupCap: "cap of the group " + name
        case .scoreCap: "cap of the score"
        case .floor: "never below zero"
        }
    }
}
