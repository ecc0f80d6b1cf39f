// Rules as events: setting them, and what they were.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
public import JourneyRules
public import JourneyViews

extension JourneyStore {
    /// The rules in force, or those that were in force at an earlier moment.
    public func rules(asAt bound: QueryBounds.AsAt? = nil) throws -> RuleSet {
        try history.entry(in: try moment(asAt: bound)).rules
    }

    /// Puts rules in force from here on: appends them as an event of the type `rules_set`. Read models are made anew when
    /// they are next asked. Rules that are in force already are not appended again.
    ///
    /// - Throws: `RihlaError` with code `invalidInput` that names what is wrong with the document.
    public func setRules(yaml: String, path: String = "rules") async throws -> Answer {
        let rules = try RuleSet(yaml: yaml, path: path)
        let before = try history.entry(in: try log.refresh())
        var position = before.position
        let isNew = before.rules.hash != rules.hash
        if isNew {
            let now = Timestamp(milliseconds: log.clock())
            var event = Event(
                id: "rules-\(rules.hash)-\(UInt64.random(in: .min ... .max))",
                source: OwnSource.name,
                type: RulesHistory.type,
                occurredAt: now
            )
            event.properties = [
                Event.Property(key: "hash", json: JSONValue.string(rules.hash).text),
                Event.Property(key: "yaml", json: JSONValue.string(yaml).text),
            ]
            position = try await appendOwn(event).position
        }
        var answer = Answer("rules_set", position: head)
        answer.rules = rules.hash
        answer.payload = [
            .init("set", .count(position.rawValue)), .init("hash", .string(rules.hash)), .init("changed", .bool(isNew)),
        ]
        answer.columns = [.init("field"), .init("value")]
        answer.rows = answer.payload.map { [.string($0.key), $0.value] }
        answer.notes = [
            isNew
                ? "in force from position \(position.rawValue) on; read models are made anew when they are next asked"
                : "these rules are in force already"
        ]
        return answer
    }

    /// Every change of the rules up to a moment, the newest first.
    public func rulesHistory(asAt bound: QueryBounds.AsAt? = nil) throws -> Answer {
        let moment = try moment(asAt: bound)
        let (through, entries) = (moment.position, try history.entries(in: moment))
        var answer = Answer("rules_history", position: through)
        answer.asAt = bound == nil ? nil : through
        answer.rules = entries.last?.rules.hash ?? RuleSet.default.hash
        answer.columns = [.init("position", number: true), .init("recorded_at"), .init("hash"), .init("in_force")]
        answer.rows = entries.enumerated().reversed().map { index, entry in
            [
                .count(entry.position.rawValue), .time(entry.recordedAt), .string(entry.rules.hash),
                .bool(index == entries.count - 1),
            ]
        }
        answer.payload = [
            .init(
                "changes",
                .array(answer.rows.map { row in .object(zip(answer.columns, row).map { .init($0.name, $1) }) })
            )
        ]
        if entries.isEmpty { answer.notes = ["the default rules have been in force from the first event on"] }
        return answer
    }
}
