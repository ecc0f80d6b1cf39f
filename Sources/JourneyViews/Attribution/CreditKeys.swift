// What credits are summed by: each touchpoint has a small number, each number a name.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// The numbers and names of one kind of key. A class, for a report hands it on at every path.
final class CreditKeys: Sendable {
    /// The reserved key of value that no touchpoint earned.
    static let unattributed = "(unattributed)"
    static let kinds = ["channel", "campaign", "source-medium", "type"]

    private enum Kind {
        case channel, campaign, type, sourceMedium
    }

    private let kind: Kind
    private let names: [String]
    /// For channels: where derived ones begin.
    private let derivedStart: Int
    /// For sources: the number of each touchpoint by position.
    private let byPosition: [UInt64: Int]
    private let campaigns: Campaigns?
    /// For each number the rank of its name: numbers of one name are one key.
    private let ranks: [Int]
    /// The distinct names, ascending.
    let rankedNames: [String]

    var count: Int { names.count }

    func index(_ touch: AttributionRecord.Touch) -> Int {
        switch kind {
        case .channel:
            touch.channel & CompiledRules.derived != 0
                ? derivedStart + Int(touch.channel & ~CompiledRules.derived) : Int(touch.channel)
        case .campaign: Int(campaigns?.number(given: touch.campaign, at: touch.position) ?? 0)
        case .type: Int(touch.type)
        case .sourceMedium: byPosition[touch.position] ?? 0
        }
    }

    func name(_ index: Int) -> String { names[index] }
    func rank(_ index: Int) -> Int { ranks[index] }
    func rank(named name: String) -> Int? { rankedNames.firstIndex(of: name) }

    private init(
        _ kind: Kind,
        _ names: [String],
        derivedStart: Int = 0,
        byPosition: [UInt64: Int] = [:],
        campaigns: Campaigns? = nil
    ) {
        self.kind = kind
        self.campaigns = campaigns
        self.names = names
        self.derivedStart = derivedStart
        self.byPosition = byPosition
        rankedNames = Set(names).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let places = Dictionary(uniqueKeysWithValues: rankedNames.enumerated().map { ($1, $0) })
        ranks = names.map { places[$0] ?? 0 }
    }

    static func channels(_ log: LogSnapshot, _ rules: CompiledRules) throws -> CreditKeys {
        let given = try log.symbolTexts(.channel)
        return CreditKeys(.channel, ["(none)"] + given + rules.channelNames, derivedStart: given.count + 1)
    }

    /// Campaigns: as given, else as the traffic fields of these touchpoints say.
    static func campaigns(_ touches: [AttributionRecord.Touch], _ log: LogSnapshot, _ rules: CompiledRules) throws
        -> CreditKeys
    {
        var campaigns = try Campaigns(log, rules)
        try campaigns.derive(at: touches.lazy.filter { $0.campaign == 0 }.map(\.position))
        return CreditKeys(.campaign, campaigns.names, campaigns: campaigns)
    }

    /// Types by the names that aliases give them.
    static func types(_ log: LogSnapshot, _ rules: CompiledRules) throws -> CreditKeys {
        CreditKeys(.type, ["(none)"] + (try log.symbolTexts(.type)).map { rules.rules.resolved($0) })
    }

    /// `source / medium` of the touchpoints at these positions, as their traffic fields say: `(direct) / (none)` for
    /// direct ones, `(none)` for those that have no such fields at all.
    static func sources(_ touches: [AttributionRecord.Touch], _ log: LogSnapshot, _ rules: CompiledRules) throws
        -> CreditKeys
    {
        let positions = Set(touches.map(\.position)).sorted()
        let keys = rules.keys.symbols(PropertyKeys.channelNames)
        let direct = Set(touches.filter { rules.isDirect($0.channel) }.map(\.position))
        var names = ["(none)"]
        var numbers: [String: Int] = [:]
        var byPosition: [UInt64: Int] = [:]
        // Properties are read in parts, so that memory does not grow with their texts.
        for start in stride(from: 0, to: positions.count, by: 50_000) {
            let part = Array(positions[start..<min(start + 50_000, positions.count)])
            let properties = try PropertyTable(reading: log, keys: keys, positions: part)
            for position in part {
                let input = rules.keys.channelInput(position, properties)
                var name = "(none)"
                if !input.source.isEmpty || !input.medium.isEmpty {
                    name =
                        (input.source.isEmpty ? "(none)" : input.source) + " / "
                        + (input.medium.isEmpty ? "(none)" : input.medium)
                } else if direct.contains(position) {
                    name = "(direct) / (none)"
                } else {
                    continue
                }
                if numbers[name] == nil {
                    numbers[name] = names.count
                    names.append(name)
                }
                byPosition[position] = numbers[name]
            }
        }
        return CreditKeys(.sourceMedium, names, byPosition: byPosition)
    }
}
