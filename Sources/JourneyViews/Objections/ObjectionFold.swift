// What became of each objection: a fold over the events of one deal, or of one customer where no deal is named.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// One time that an objection was raised.
struct RaisedObjection {
    /// What had become of it by the time of the question, and by the time its deal closed.
    enum State {
        case open, resolved, unresolved
    }

    var event: FoldEvent
    /// Nil when the event gives none: then it is like no other.
    var id: TextKey?
    var category: TextKey
    /// The stage that the event names, else the one that the deal was in.
    var stage: TextKey
    /// Whether the same objection was raised before.
    var isRecurrence: Bool
    var state = State.open
    fileprivate var order: Int
    fileprivate var resolution: (order: Int, outcome: String?)?
}

/// A response to an objection.
struct ObjectionResponse {
    var response: String
    var event: FoldEvent
}

/// The properties that the fold reads.
struct ObjectionKeys {
    static let names = ["objection_id", "category", "stage", "outcome", "response_id", "competitor"]
    let id, category, stage, outcome, response, competitor: UInt32

    init(_ frame: QueryFrame) throws {
        let keys = try ObjectionKeys.names.map { try frame.log.symbol(.propertyKey, $0) ?? 0 }
        (id, category, stage, outcome, response, competitor) = (keys[0], keys[1], keys[2], keys[3], keys[4], keys[5])
    }
}

/// The objections of one deal.
struct ObjectionFold {
    private(set) var raised: [RaisedObjection] = []
    private(set) var responses: [ObjectionResponse] = []

    /// Folds events in journey order. The close that counts is the last one that was not reopened: what was open then is
    /// unresolved, whatever was said later.
    init(
        _ events: some Sequence<FoldEvent>,
        _ rules: CompiledRules,
        _ properties: PropertyTable,
        _ keys: ObjectionKeys,
        of deal: DealRecord? = nil
    ) {
        var close: Int?
        var last: Int?
        var known: Set<TextKey> = []
        func id(_ event: FoldEvent) -> TextKey? {
            properties.text(keys.id, at: event.position).map { TextKey(exact: $0) }
        }
        for (order, event) in events.enumerated() {
            if event.occurredAt <= deal?.closed ?? .min { last = order }
            switch rules.type(event).effect {
            case .dealWon, .dealLost: if close == nil { close = order }
            case .dealReopened: close = nil
            case .objectionRaised:
                let id = id(event)
                let stage =
                    properties.text(keys.stage, at: event.position)
                    ?? deal?.stays.last { $0.entered <= event.occurredAt }?.stage
                raised.append(
                    RaisedObjection(
                        event: event,
                        id: id,
                        category: properties.text(keys.category, at: event.position).flatMap { TextKey(normal: $0) }
                            ?? raised.last { $0.id == id && id != nil }?.category ?? .none,
                        stage: stage.flatMap { TextKey(normal: $0) } ?? .none,
                        isRecurrence: id.map { !known.insert($0).inserted } ?? false,
                        order: order
                    )
                )
            case .objectionResolved:
                resolve(id(event), (order, properties.text(keys.outcome, at: event.position)))
                if let response = properties.text(keys.response, at: event.position) {
                    responses.append(ObjectionResponse(response: response, event: event))
                }
            default: break
            }
        }
        // A deal may be closed by what is neither a win nor a loss.
        if let deal, deal.state != .open { close = close ?? last }
        for index in raised.indices { settle(&raised[index], close: close) }
    }

    /// Resolves what is open of an objection: raised twice and answered once, it is answered. Without an id it is the last
    /// one without. What was said to be unresolved can still be resolved.
    private mutating func resolve(_ id: TextKey?, _ resolution: (order: Int, outcome: String?)) {
        func isOpen(_ objection: RaisedObjection) -> Bool {
            objection.id == id && (objection.resolution == nil || objection.resolution?.outcome == "unresolved")
        }
        guard id != nil else {
            if let index = raised.lastIndex(where: isOpen) { raised[index].resolution = resolution }
            return
        }
        for index in raised.indices where isOpen(raised[index]) { raised[index].resolution = resolution }
    }

    private func settle(_ objection: inout RaisedObjection, close: Int?) {
        let isTooLate = close.map { objection.order < $0 && objection.resolution?.order ?? .max > $0 } ?? false
        if isTooLate || objection.resolution?.outcome == "unresolved" {
            objection.state = .unresolved
        } else if objection.resolution != nil {
            objection.state = .resolved
        } else {
            objection.state = close == nil ? .open : .unresolved
        }
    }
}
