// The campaign of an event: as it is given, else as its traffic fields say, like source and medium. Given ones are symbols
// of the log; derived ones get the numbers after those, so that both are counted alike.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// Campaigns by number, for all the events that a question meets.
struct Campaigns {
    private let log: LogSnapshot
    private let keys: PropertyKeys
    /// The properties that can say a campaign; none when no event of the log has any.
    private let fields: [UInt32]
    /// The names by number; the first one is that of events without a campaign.
    private(set) var names: [String]
    /// Numbers of names, made when the first campaign is derived.
    private var numbers: [String: UInt32] = [:]
    private var derived: [UInt64: UInt32] = [:]

    init(_ log: LogSnapshot, _ rules: CompiledRules) throws {
        self.log = log
        keys = rules.keys
        fields = Campaigns.fields(rules)
        names = ["(none)"] + (try log.symbolTexts(.campaign))
    }

    private static func fields(_ rules: CompiledRules) -> [UInt32] {
        rules.keys.symbols([.url, .utm, .utmCampaign])
    }

    /// Whether an event of the log may have a campaign that must be derived.
    static func mayDerive(_ rules: CompiledRules) -> Bool { !fields(rules).isEmpty }

    /// Derives the campaigns of events at these positions, none of which gives one. Properties are read in parts, so that
    /// memory does not grow with their texts.
    mutating func derive(at positions: some Sequence<UInt64>) throws {
        guard !fields.isEmpty else { return }
        let wanted = Set(positions).filter { derived[$0] == nil }.sorted()
        for start in stride(from: 0, to: wanted.count, by: 50_000) {
            let part = Array(wanted[start..<min(start + 50_000, wanted.count)])
            let properties = try PropertyTable(reading: log, keys: fields, positions: part)
            for position in part {
                let name = keys.channelInput(position, properties).campaign
                if !name.isEmpty { derived[position] = number(of: name) }
            }
        }
    }

    private mutating func number(of name: String) -> UInt32 {
        if numbers.isEmpty {
            for (index, name) in names.enumerated().dropFirst() { numbers[name] = UInt32(index) }
        }
        if let number = numbers[name] { return number }
        let number = UInt32(names.count)
        names.append(name)
        numbers[name] = number
        return number
    }

    /// The number of an event's campaign, 0 for none; what is not given must have been derived before.
    func number(given: UInt32, at position: UInt64) -> UInt32 { given != 0 ? given : derived[position] ?? 0 }

    /// The name of an event's campaign; what is not given must have been derived before.
    func name(given: UInt32, at position: UInt64) -> String? {
        let number = Int(number(given: given, at: position))
        return number > 0 && number < names.count ? names[number] : nil
    }
}
