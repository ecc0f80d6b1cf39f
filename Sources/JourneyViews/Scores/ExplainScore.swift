// One customer's score, with the event behind every point.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    /// Replaying the listed events alone gives the same score at the same instant: those that give points now, and for each
    /// property of a fit rule the last event that has it, also when it gives none, since it overrides earlier ones.
    func explainScore(_ name: String) throws -> Answer {
        let person = try person(name)
        let text = person.name
        let folds = try journey(of: person.key)
        guard !folds.isEmpty else { throw unknown("customer", Identifier(name)?.description ?? name) }
        let scoring = try scoring()
        let journey = try scoreJourney(folds, scoring)
        let now = try latest()
        let standing = journey.standing(asOf: now)
        let fit = journey.fit(scoring, asOf: now)
        let engagement = journey.engagement(scoring, asOf: now)
        var lines: [(score: String, rule: String, event: UInt64?, points: Double)] = []
        let stated = standing.sorted { $0.key < $1.key }.map(\.value)
        for finding in stated {
            let rule = scoring.score.fit[finding.rule]
            lines.append(("fit", rule.name, finding.event, finding.holds ? rule.points : 0))
        }
        for reason in fit.reasons where reason.cause != .property {
            lines.append(("fit", reason.label, nil, reason.points))
        }
        for reason in engagement.reasons {
            guard case .event(let position) = reason.cause else {
                lines.append(("engagement", reason.label, nil, reason.points))
                continue
            }
            lines.append(("engagement", reason.name, position, reason.points))
        }
        let positions = Set(lines.compactMap(\.event)).sorted()
        let events = Dictionary(
            uniqueKeysWithValues: try log.events(at: positions).map { ($0.position.rawValue, $0) }
        )
        var answer = Answer("explain")
        answer.warnings = person.warnings
        answer.columns = [
            .init("score"), .init("rule"), .init("points", number: true), .init("occurred_at"), .init("type"),
            .init("id"),
        ]
        var list: [JSONValue] = []
        for line in lines {
            let event = line.event.flatMap { events[$0] }
            answer.rows.append([
                .string(line.score), .string(line.rule), .double(line.points), .time(event?.occurredAt),
                .text(event?.type), .text(event?.id),
            ])
            list.append(
                .object([
                    .init("score", .string(line.score)), .init("rule", .string(line.rule)),
                    .init("points", .double(line.points)), .init("event", event.map { .raw($0.json) } ?? .null),
                ])
            )
        }
        let crossings = ScoreCrossings(
            rules: scoring.score,
            threshold: rules.scoring.mql,
            hysteresis: rules.scoring.rearm,
            base: fit.points
        ).crossings(journey.occurrences, asOf: now)
        answer.payload = [
            .init("subject", .string("score")), .init("customer", .string(text)),
            .init("at", .time(Timestamp(milliseconds: now))), .init("fit", .double(fit.points)),
            .init("engagement", .double(engagement.points)),
            .init("grade", .string(scoring.score.grade(fit: fit.points, engagement: engagement.points))),
            .init("mql_threshold", .double(rules.scoring.mql)),
            .init("mql_at", .array(crossings.map { .time(Timestamp(milliseconds: $0.time)) })),
            .init("reasons", .array(list)), .init("identity", .array(try identityEvents(of: person.key))),
        ]
        answer.notes = ["fit \(fit.points), engagement \(engagement.points) at \(Timestamp(milliseconds: now).rfc3339)"]
        return answer
    }
}
