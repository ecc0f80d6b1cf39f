// Where something came from: the campaign, channel or content of the marketing touchpoints before it.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// Which of the touchpoints before something it is laid to.
enum OriginModel: String, CaseIterable {
    case first, last, any
}

/// Marketing touchpoints of people, by what they are of.
struct TouchOrigins {
    struct Touch {
        var at: Int64
        var position: UInt64
        var key: TextKey
        var isDirect: Bool
    }

    let model: OriginModel
    /// Milliseconds, 0 for no limit.
    let lookback: Int64
    let dropsDirect: Bool
    /// In journey order.
    var touches: [UInt32: [Touch]] = [:]

    /// What an event of a person is laid to: one key, by the model `any` each that came up. `(none)` when no touchpoint inside
    /// the look-back has any.
    func keys(of person: UInt32, at event: FoldEvent) -> [TextKey] {
        guard person != 0, let all = touches[person] else { return [.none] }
        var path = all.filter { touch in
            let isBefore =
                touch.at != event.occurredAt ? touch.at < event.occurredAt : touch.position <= event.position
            return isBefore && (lookback == 0 || event.occurredAt - touch.at <= lookback)
        }
        if dropsDirect, path.contains(where: { !$0.isDirect }) { path.removeAll { $0.isDirect } }
        switch model {
        case .first: return [path.first?.key ?? .none]
        case .last: return [path.last?.key ?? .none]
        case .any: return path.isEmpty ? [.none] : Set(path.map(\.key)).sorted()
        }
    }
}

/// What a question adds up feedback by.
struct OriginDimension {
    static let names = ["campaign", "channel", "content"]

    let name: String
    private let log: LogSnapshot
    private var fields: EventFields
    /// For contents: the symbols of `content_id`, `utm_content`, `utm` and `url`, and what was read of them.
    private let keys: [UInt32]
    private var contents = PropertyTable()

    init(_ name: String, _ frame: QueryFrame) throws {
        try frame.check(name, "breakdown of feedback", in: OriginDimension.names)
        self.name = name
        log = frame.log
        fields = try EventFields(name == "content" ? [] : [name], frame)
        keys = try ["content_id", "utm_content", "utm", "url"].map { try frame.log.symbol(.propertyKey, $0) ?? 0 }
    }

    /// Whether an event may have a key: contents are also what was only looked at.
    func isCandidate(isTouch: Bool) -> Bool { isTouch || name == "content" }

    mutating func read(_ events: some Sequence<FoldEvent>) throws {
        guard name == "content" else { return try fields.read(events) }
        contents = try PropertyTable(
            reading: log,
            keys: keys.filter { $0 != 0 },
            positions: Set(events.lazy.map(\.position)).sorted()
        )
    }

    /// The campaign, channel or content of an event that was read; nil when it has none.
    func key(_ event: FoldEvent) -> TextKey? {
        let text = name == "content" ? content(event.position) : fields.text(0, event)
        guard let text, !text.isEmpty else { return nil }
        return TextKey(exact: text)
    }

    /// The piece of content that an event names, else the variant of the advertisement that led to it.
    private func content(_ position: UInt64) -> String? {
        for key in keys[0...1] {
            if let text = contents.text(key, at: position), !text.isEmpty { return text }
        }
        let members = contents.json(keys[2], at: position).map { textMembers(ofJSON: $0) } ?? []
        return members.first { $0.key == "content" || $0.key == "utm_content" }?.value
            ?? contents.text(keys[3], at: position).flatMap { RuleSet.parameter("utm_content", ofURL: $0) }
    }
}

extension QueryFrame {
    /// The marketing touchpoints of those who reached sales in some way.
    func origins(by name: String, model: String) throws -> TouchOrigins {
        var dimension = try OriginDimension(name, self)
        return try origins(&dimension, model: model) { _, _ in }
    }

    /// The same; `body` sees the events of each of those people.
    func origins(
        _ dimension: inout OriginDimension,
        model: String,
        _ body: (UInt32, ArraySlice<FoldEvent>) throws -> Void
    ) throws -> TouchOrigins {
        try check(model, "model of origins", in: OriginModel.allCases.map(\.rawValue))
        var origins = TouchOrigins(
            model: OriginModel(rawValue: model) ?? .last,
            lookback: rules.attribution.lookbackMilliseconds,
            dropsDirect: dimension.name == "channel" && rules.attribution.direct == "drop"
        )
        let sales = SalesSide(compiled)
        func reachesSales(_ event: FoldEvent) -> Bool {
            if sales.contains(event) { return true }
            switch compiled.type(event).effect {
            case .leadCreated, .mqlReached, .objectionRaised: return true
            default: return false
            }
        }
        var found: [(person: UInt32, event: FoldEvent, isDirect: Bool)] = []
        var ranges = try journeys()
        while let part = try ranges.next() {
            let wanted = part.events.filter { compiled.walkReadsProperties(of: $0) }.map(\.position)
            let properties = try PropertyTable(reading: log, keys: compiled.walkKeys, positions: wanted)
            var start = 0
            for end in part.ends where start < end {
                let events = part.events[start..<end]
                start = end
                guard events.contains(where: reachesSales), let first = events.first else { continue }
                let person = self.person(of: first)
                var walker = JourneyWalker(compiled, properties)
                for event in events {
                    let derived = walker.next(event)
                    guard !sales.contains(event), dimension.isCandidate(isTouch: derived.isTouch) else { continue }
                    found.append((person, event, derived.isTouch && compiled.isDirect(derived.channel)))
                }
                try body(person, events)
            }
        }
        try dimension.read(found.lazy.map(\.event))
        for (person, event, isDirect) in found {
            guard let key = dimension.key(event) else { continue }
            origins.touches[person, default: []].append(
                .init(at: event.occurredAt, position: event.position, key: key, isDirect: isDirect)
            )
        }
        return origins
    }
}
