// The texts that conditions and breakdowns speak of: channel, campaign, or a property of an event.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// Reads fields of events as text.
struct EventFields {
    private enum Field {
        case channel, campaign
        case property(UInt32)
    }

    private let compiled: CompiledRules
    private let log: LogSnapshot
    private let fields: [Field]
    private let keys: [UInt32]
    private let channels: CreditKeys
    private var campaigns: Campaigns
    private var properties = PropertyTable()

    /// - Parameter names: `channel`, `campaign`, or names of properties.
    init(_ names: [String], _ frame: QueryFrame) throws {
        compiled = frame.compiled
        log = frame.log
        channels = try CreditKeys.channels(log, compiled)
        campaigns = try Campaigns(log, compiled)
        var keys: [UInt32] = []
        fields = try names.map { name in
            switch name {
            case "channel":
                keys += frame.compiled.keys.symbols(PropertyKeys.channelNames)
                return .channel
            case "campaign": return .campaign
            default:
                let symbol = try frame.log.symbol(.propertyKey, name) ?? 0
                if symbol != 0 { keys.append(symbol) }
                return .property(symbol)
            }
        }
        self.keys = Array(Set(keys)).sorted()
    }

    /// Reads what the fields of these events need; what was read before is forgotten.
    mutating func read(_ events: some Sequence<FoldEvent>) throws {
        if fields.contains(where: { if case .campaign = $0 { true } else { false } }) {
            try campaigns.derive(at: events.lazy.filter { $0.campaign == 0 }.map(\.position))
        }
        guard !keys.isEmpty else { return }
        let readsProperties = fields.contains { if case .property = $0 { true } else { false } }
        let wanted = events.lazy.filter { [compiled] in readsProperties || compiled.derivesChannel($0) }.map(\.position)
        properties = try PropertyTable(reading: log, keys: keys, positions: Set(wanted).sorted())
    }

    /// The text of a field; nil when the event has none. Numbers are the digits that were written.
    func text(_ field: Int, _ event: FoldEvent) -> String? {
        switch fields[field] {
        case .campaign: return campaigns.name(given: event.campaign, at: event.position)
        case .channel:
            // As in a timeline: what is no touchpoint has a channel only when it says so.
            let type = compiled.type(event)
            guard event.channel != 0 || type.channel != 0 || type.touch != .never else { return nil }
            return channels.name(channel: compiled.channel(event, properties))
        case .property(let key):
            if let text = properties.text(key, at: event.position) { return text }
            guard let json = properties.json(key, at: event.position), json != "null" else { return nil }
            return json
        }
    }
}
