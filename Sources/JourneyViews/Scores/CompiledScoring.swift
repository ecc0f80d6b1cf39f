// Score rules for the symbols of one log, and one customer's events as those rules see them.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// The rules of scores for the symbols of one log.
struct CompiledScoring {
    /// A rule that events of a type are held against.
    struct Probe {
        /// Index into the fit or the engagement rules.
        var rule: Int
        /// The property of its condition; 0 for none.
        var property: UInt32
        var condition: ScoringRules.Condition?
    }

    let scoring: ScoringRules
    let score: ScoreRules
    let rules: CompiledRules
    /// By symbol of the event type.
    let fit: [[Probe]]
    let engagement: [[Probe]]
    let propertyKeys: [UInt32]
    private let days: ZoneOffsets?

    /// - Parameter range: Covers the times of all events, for the days of rules that count so many a day.
    init(_ rules: CompiledRules, log: LogSnapshot, covering range: () throws -> ClosedRange<Int64>) throws {
        self.rules = rules
        let scoring = rules.rules.scoring
        self.scoring = scoring
        score = ScoreRules(scoring)
        var keys: [String: UInt32] = [:]
        for rule in scoring.fit + scoring.engagement {
            guard let name = rule.condition?.property, keys[name] == nil else { continue }
            keys[name] = try log.symbol(.propertyKey, name) ?? 0
        }
        propertyKeys = Set(keys.values).subtracting([0]).sorted()
        func probes(_ list: [ScoringRules.Rule]) -> [[Probe]] {
            rules.typeNames.map { type in
                list.enumerated().compactMap { index, rule in
                    guard !type.isEmpty, rule.type == nil || rules.rules.resolved(rule.type ?? "") == type
                    else { return nil }
                    let property = rule.condition.map { keys[$0.property] ?? 0 } ?? 0
                    if rule.condition != nil, property == 0 { return nil }
                    return Probe(rule: index, property: property, condition: rule.condition)
                }
            }
        }
        fit = probes(scoring.fit)
        engagement = probes(scoring.engagement)
        let limits = scoring.engagement.contains { $0.perDay != nil }
        days = limits ? try ZoneOffsets(zone: rules.rules.timeZone, covering: range()) : nil
    }

    /// Whether a rule reads properties of this event.
    func readsProperties(of event: FoldEvent) -> Bool {
        guard Int(event.type) < fit.count else { return false }
        return !fit[Int(event.type)].isEmpty || engagement[Int(event.type)].contains { $0.property != 0 }
    }

    /// The local day of an instant, where a rule asks for days.
    func day(_ time: Int64) -> Int64 { days?.day(of: time) ?? 0 }
}

/// What scores need of one customer's journey.
struct ScoreJourney {
    /// A property that a fit rule looks at got a value.
    struct Finding {
        var rule: Int
        var time: Int64
        var event: UInt64
        var holds: Bool
    }

    /// All events and those of types that can be touchpoints, ascending.
    private(set) var times: [Int64] = []
    private(set) var touches: [Int64] = []
    private(set) var findings: [Finding] = []
    private(set) var occurrences: [ScoreRules.Occurrence] = []
    private(set) var firstConversion: Int64?

    init(_ events: ArraySlice<FoldEvent>, _ rules: CompiledScoring, _ properties: PropertyTable) {
        times.reserveCapacity(events.count)
        for event in events {
            times.append(event.occurredAt)
            let type = rules.rules.type(event)
            if type.touch != .never { touches.append(event.occurredAt) }
            if type.conversion != nil, firstConversion == nil { firstConversion = event.occurredAt }
            guard Int(event.type) < rules.fit.count else { continue }
            for probe in rules.fit[Int(event.type)] {
                guard let holds = ScoreJourney.holds(probe, event.position, properties) else { continue }
                findings.append(
                    Finding(rule: probe.rule, time: event.occurredAt, event: event.position, holds: holds)
                )
            }
            for probe in rules.engagement[Int(event.type)] {
                if probe.property != 0, ScoreJourney.holds(probe, event.position, properties) != true { continue }
                occurrences.append(
                    .init(
                        rule: probe.rule,
                        event: event.position,
                        time: event.occurredAt,
                        day: rules.day(event.occurredAt)
                    )
                )
            }
        }
    }

    /// Whether an event meets a condition; nil when it does not have the property.
    private static func holds(_ probe: CompiledScoring.Probe, _ position: UInt64, _ properties: PropertyTable) -> Bool?
    {
        guard let condition = probe.condition, let json = properties.json(probe.property, at: position) else {
            return nil
        }
        let text = stringValue(ofJSON: json) ?? json
        return condition.holds(text: text, number: Double(text))
    }

    /// For each fit rule the last event at or before an instant that has its property, and whether it meets the rule: what
    /// a customer is now is what was said last.
    func standing(asOf: Int64) -> [Int: Finding] {
        var standing: [Int: Finding] = [:]
        for finding in findings where finding.time <= asOf { standing[finding.rule] = finding }
        return standing
    }

    func fit(_ rules: CompiledScoring, asOf: Int64) -> ScoreRules.Score {
        rules.score.fitScore(holding: standing(asOf: asOf).values.filter(\.holds).map(\.rule))
    }

    func engagement(_ rules: CompiledScoring, asOf: Int64) -> ScoreRules.Score {
        rules.score.engagementScore(occurrences, asOf: asOf)
    }
}

extension ScoreRules {
    /// The rules of a document. The rules of one group share its cap; those without a group share none.
    init(_ rules: ScoringRules) {
        let names = Set((rules.fit + rules.engagement).map(\.group)).sorted()
        func group(_ rule: ScoringRules.Rule) -> Int { names.firstIndex(of: rule.group) ?? 0 }
        self.init(groups: names.map { Group(name: $0, cap: $0.isEmpty ? nil : rules.caps[$0]) })
        fit = rules.fit.map { FitRule(name: $0.name, group: group($0), points: $0.points) }
        engagement = rules.engagement.map { rule in
            let decay: Decay =
                switch rule.decay {
                case .none: .none
                case .halfLife(let milliseconds): .halfLife(milliseconds)
                case .step(let perMille, let every): .step(perMille: perMille, every: every)
                }
            return EventRule(
                name: rule.name,
                group: group(rule),
                points: rule.points,
                decay: decay,
                cap: rule.cap,
                perDay: rule.perDay
            )
        }
        fitCap = rules.caps["fit"]
        engagementCap = rules.caps["engagement"]
        grades = Grades(a: rules.grades.a, b: rules.grades.b, one: rules.grades.one, two: rules.grades.two)
    }
}
