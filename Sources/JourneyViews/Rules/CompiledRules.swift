// Rules speak of names, folds of numbers: before a run of folds the rules are looked up once for the symbols of the log.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// What the rules say of one event type. A fold copies one for each event, so it holds no references.
struct CompiledType {
    /// Index into ``CompiledRules/typeNames``.
    var nameIndex = 0
    /// Stage 1…, 0 for none.
    var stage = 0
    var touch = Touch.never
    /// Code of the channel that events of this type have, 0 when it is derived.
    var channel: UInt32 = 0
    var web = false
    var effect: Effect?
    /// The conversion definition of this type, by index; of several the first.
    var conversion: Int?
}

/// The few things that most events are asked for.
struct BriefType {
    /// Whether events of the type have neither an effect nor are conversions: they can be touchpoints and raise the stage.
    var isVisit = true
    var web = false
    var touch = Touch.never
    var stage: UInt8 = 0

    init() {}

    init(_ type: CompiledType) {
        isVisit = type.effect == nil && type.conversion == nil
        (web, touch, stage) = (type.web, type.touch, UInt8(clamping: type.stage))
    }
}

/// The rules for the symbols of one log.
final class CompiledRules: Sendable {
    let rules: RuleSet
    let types: [CompiledType]
    private let briefTypes: [BriefType]
    /// The names of `types`, aliases resolved; "" for the first, which no event has.
    let typeNames: [String]
    /// Names of derived channels; a code with the highest bit set is an index into them.
    let channelNames: [String]
    let directCode: UInt32
    let keys: PropertyKeys
    /// Whether any event of the log may take money back: only then do conversions need names.
    let hasRefunds: Bool
    /// Whether any event of the log may change what a conversion before it is worth.
    let takesBack: Bool
    /// The definition that money back counts to when nobody knows its conversion: the first one that is not a deal's.
    let refundDefinition: Int
    private let codes: [String: UInt32]
    private let directSymbol: UInt32
    /// The campaigns that events give, by symbol; read only when sessions go by them.
    private let campaigns: [String]
    static let derived: UInt32 = 1 << 31

    init(_ rules: RuleSet, log: LogSnapshot) throws {
        self.rules = rules
        var names: Set<String> = ["direct", "unassigned"]
        for rule in rules.channels { names.insert(rule.channel) }
        for type in rules.types.values { if let channel = type.channel { names.insert(channel) } }
        channelNames = names.sorted()
        var codes: [String: UInt32] = [:]
        for (index, name) in channelNames.enumerated() { codes[name] = CompiledRules.derived | UInt32(index) }
        self.codes = codes
        directCode = codes["direct"] ?? 0
        directSymbol = try log.symbol(.channel, "direct") ?? 0
        keys = try PropertyKeys(log)
        campaigns = rules.session.startsOnNewCampaign ? try log.symbolTexts(.campaign) : []
        var types = [CompiledType()]
        var typeNames = [""]
        for name in try log.symbolTexts(.type) {
            var compiled = CompiledType()
            let resolved = rules.resolved(name)
            compiled.nameIndex = typeNames.count
            typeNames.append(resolved)
            if let rule = rules.types[resolved] {
                compiled.stage = rule.stage.map { $0 + 1 } ?? 0
                compiled.touch = rule.touch
                compiled.channel = rule.channel.flatMap { codes[$0] } ?? 0
                compiled.web = rule.web
                compiled.effect = rule.effect
            }
            compiled.conversion = rules.conversions.firstIndex { rules.resolved($0.type) == resolved }
            types.append(compiled)
        }
        self.types = types
        briefTypes = types.map { BriefType($0) }
        self.typeNames = typeNames
        hasRefunds = types.contains { $0.effect == .orderRefunded }
        takesBack = hasRefunds || types.contains { $0.effect == .dealReopened }
        refundDefinition =
            rules.conversions.firstIndex { rules.types[rules.resolved($0.type)]?.effect != .dealWon } ?? 0
    }

    /// The name of a type, aliases resolved.
    func name(of type: CompiledType) -> String { typeNames[type.nameIndex] }

    @inline(__always)
    func type(_ event: FoldEvent) -> CompiledType {
        Int(event.type) < types.count ? types[Int(event.type)] : CompiledType()
    }

    @inline(__always)
    func briefType(_ event: FoldEvent) -> BriefType {
        Int(event.type) < briefTypes.count ? briefTypes[Int(event.type)] : BriefType()
    }

    /// Whether the channel of an event must be derived from its properties.
    func derivesChannel(_ event: FoldEvent) -> Bool {
        let type = type(event)
        return event.channel == 0 && type.channel == 0 && type.touch != .never
    }

    /// The channel of an event: as given, else that of its type, else what the channel rules make of its properties.
    func channel(_ event: FoldEvent, _ properties: PropertyTable) -> UInt32 {
        if event.channel != 0 { return event.channel }
        let type = type(event)
        if type.channel != 0 { return type.channel }
        return codes[rules.channel(for: keys.channelInput(event.position, properties))] ?? codes["unassigned"] ?? 0
    }

    /// Where an event says that a visit came from. The campaign is the event's own, else that of its traffic fields.
    func traffic(_ event: FoldEvent, _ properties: PropertyTable) -> Traffic {
        let input = keys.channelInput(event.position, properties)
        let given = Int(event.campaign)
        let campaign = given > 0 && given <= campaigns.count ? campaigns[given - 1] : input.campaign
        return Traffic(source: input.source, medium: input.medium, campaign: campaign)
    }

    func isDirect(_ channel: UInt32) -> Bool { channel == directCode || (channel == directSymbol && channel != 0) }

    /// The name of a channel code.
    func channelName(_ code: UInt32, _ given: [String]) -> String {
        if code & CompiledRules.derived != 0 {
            let index = Int(code & ~CompiledRules.derived)
            return index < channelNames.count ? channelNames[index] : "unassigned"
        }
        return code > 0 && Int(code) <= given.count ? given[Int(code) - 1] : "(none)"
    }

    /// Whether a type names the event's `touch` property-dependent rule.
    func isConnected(_ event: FoldEvent, _ properties: PropertyTable) -> Bool {
        properties.text(keys[.outcome], at: event.position) == "connected"
    }
}
