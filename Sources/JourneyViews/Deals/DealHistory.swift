// What happened to a deal, event by event: what each changed, and what it says beside.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// One event of a deal and what it did.
struct DealStep {
    /// A change of one field.
    struct Change {
        var field: String
        var from: String?
        var to: String?
    }

    var event: Event
    /// The type by the name that aliases give it.
    var type: String
    var effect: Effect?
    var changes: [Change]
    /// Why it has no effect, when it should have one.
    var anomaly: String?
    /// The deal after it.
    var after: DealRecord

    /// Types without an effect that belong to a deal's history.
    static let sales: Set<String> = [
        "proposal_sent", "negotiation_started", "discount_offered", "contract_sent", "contract_signed",
    ]
    /// Properties that say more of a step.
    private static let details: Set<String> = [
        "version", "percent", "reason", "competitor", "objection_id", "category", "outcome", "response_id", "text",
    ]

    /// Whether events with an effect change a deal or its objections.
    static func concerns(_ effect: Effect?) -> Bool {
        switch effect {
        case .dealCreated, .dealStageChanged, .dealAmountChanged, .dealCloseDateChanged, .dealOwnerChanged, .dealWon,
            .dealLost, .dealReopened, .objectionRaised, .objectionResolved:
            true
        default: false
        }
    }

    private var said: [Event.Property] { event.properties.filter { DealStep.details.contains($0.key) } }

    var json: JSONValue {
        .object([
            .init("position", .count(event.position.rawValue)), .init("at", .time(event.occurredAt)),
            .init("id", .string(event.id)), .init("type", .string(event.type)),
            .init(
                "changes",
                .array(
                    changes.map {
                        .object([
                            .init("field", .string($0.field)), .init("from", .text($0.from)), .init("to", .text($0.to)),
                        ])
                    }
                )
            ),
            .init("amount", event.amount.map { MoneySum.json($0) } ?? .null),
            .init("details", .object(said.map { .init($0.key, .raw($0.json)) })),
            .init("anomaly", .text(anomaly)),
        ])
    }

    /// The step as a line for people.
    var line: String {
        var parts: [String] = []
        if let anomaly { parts.append("no effect: " + anomaly) }
        parts += changes.map { change in
            "\(change.field) " + (change.from.map { $0 + " → " } ?? "") + (change.to ?? "none")
        }
        if let amount = event.amount, !changes.contains(where: { $0.field == "amount" }) {
            parts.append("amount " + DealStep.text(amount))
        }
        parts += said.map { "\($0.key) \(stringValue(ofJSON: $0.json) ?? $0.json)" }
        return "\(event.occurredAt.rfc3339) \(event.type)" + (parts.isEmpty ? "" : ": " + parts.joined(separator: ", "))
    }

    static func text(_ amount: Amount) -> String {
        MoneySum.decimal(amount.micros, amount.currency, scale: amount.scale) + " " + amount.currency.code
    }

    /// What differs between a deal before an event and after it.
    static func changes(_ before: DealRecord, _ after: DealRecord) -> [Change] {
        let fields: [(String, (DealRecord) -> String?)] = [
            ("pipeline", { $0.created == nil && $0.pipeline == "default" ? nil : $0.pipeline }),
            ("state", { $0.state.name }), ("stage", \.stage), ("amount", { $0.amount.map(text) }),
            ("expected_close", \.expectedClose), ("owner", \.owner),
        ]
        return fields.compactMap { name, value in
            let (from, to) = (value(before), value(after))
            return from == to ? nil : Change(field: name, from: from, to: to)
        }
    }
}

extension QueryFrame {
    /// The steps of a deal inside the bounds, in journey order.
    func dealHistory(_ deal: UInt32) throws -> [DealStep] {
        let folds = try log.folds(at: try log.positions(.deal, deal, through: through))
            .filter { bounds.contains($0) }.sorted(by: FoldEvent.inJourneyOrder)
        let positions = folds.map(\.position).sorted()
        let projection = try DealProjection(rules).prepared(for: log)
        let properties = try PropertyTable(reading: log, keys: projection.propertyKeys, positions: positions)
        let events = try log.events(at: positions)
        let byPosition = Dictionary(uniqueKeysWithValues: events.map { ($0.position.rawValue, $0) })
        var fold = DealFold(compiled, properties)
        return folds.compactMap { entry in
            let before = fold.record
            fold.add(entry)
            let type = compiled.type(entry)
            let name = compiled.name(of: type)
            guard let event = byPosition[entry.position],
                DealStep.concerns(type.effect) || DealStep.sales.contains(name)
            else { return nil }
            let isAnomaly = fold.record.anomalies.count > before.anomalies.count
            return DealStep(
                event: event,
                type: name,
                effect: type.effect,
                changes: DealStep.changes(before, fold.record),
                anomaly: isAnomaly ? fold.record.anomalies.last?.text : nil,
                after: fold.record
            )
        }
    }
}
