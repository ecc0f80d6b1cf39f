// One walk over a customer's events, in order, gives what every view needs of an event beside its own fields: whether it is
// a touchpoint, of which channel, in which session, and which conversion it is.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// What a walk says of one event. One is made and copied for each event, so it holds no references.
struct DerivedEvent {
    var event: FoldEvent
    var type: CompiledType
    var isTouch = false
    /// 0 unless it is a touchpoint.
    var channel: UInt32 = 0
    /// 1… for web activity, 0 for the rest.
    var session = 0
    /// Whether it changes a deal that is closed already: it has no effect then.
    var isAnomaly = false
    /// What it is worth, when it is a conversion or takes one back.
    var conversion: ConversionStep?

    /// Whether it is a conversion.
    var isPurchase: Bool { conversion?.isMade == true }
}

extension Effect {
    /// Whether it changes a deal that must be open for it.
    var needsOpenDeal: Bool {
        switch self {
        case .dealWon, .dealLost, .dealStageChanged, .dealAmountChanged, .dealCloseDateChanged, .dealOwnerChanged: true
        default: false
        }
    }
}

/// A change of revenue.
enum ConversionStep: Hashable {
    /// A conversion.
    struct Made: Hashable {
        var definition: Int
        /// What it is worth; it may be missing.
        var amount: Amount?
        /// The earlier event of the deal that stated the amount; 0 when the conversion did itself.
        var amountPosition: UInt64 = 0
    }

    /// A conversion of a definition.
    case made(Made)
    /// A conversion at an earlier position is worth this much more (less, when negative).
    case reversed(conversion: UInt64, Amount)
    /// Money back for a conversion that nobody knows.
    case unmatched(Amount)
    /// A deal was reopened: its conversion never was.
    case voided(conversion: UInt64)

    /// Whether it is a conversion.
    var isMade: Bool { if case .made = self { true } else { false } }
}

/// Walks the events of one customer.
struct JourneyWalker {
    let rules: CompiledRules
    let properties: PropertyTable
    private var sessions: Sessionizer
    private var deals = DealLedger()
    /// Conversions by the names that a refund can give them, and refunds that wait for one.
    private var named: [ConversionName: UInt64] = [:]
    private var waiting: [ConversionName: [UInt64]] = [:]
    /// Money that came back for the conversion made last, by events that are dated before it: unmatched until then.
    private(set) var earlyRefunds: [UInt64] = []

    /// What a refund calls a conversion.
    private enum ConversionName: Hashable {
        case event(String)
        case order(String)
        case deal(UInt32)
    }

    init(_ rules: CompiledRules, _ properties: PropertyTable) {
        self.rules = rules
        self.properties = properties
        let session = rules.rules.session
        sessions = Sessionizer(gap: session.gapMilliseconds, startsOnNewCampaign: session.startsOnNewCampaign)
    }

    /// Forgets the customer for the next one.
    mutating func reset() {
        sessions.reset()
        deals.removeAll()
        if rules.hasRefunds {
            named.restart()
            waiting.restart()
            earlyRefunds = []
        }
    }

    /// Whether a deal is closed.
    func isClosed(_ deal: UInt32) -> Bool { deals.isClosed(deal) }

    /// Whether the customer has an open deal.
    var hasOpenDeal: Bool { deals.openCount > 0 }

    mutating func next(_ event: FoldEvent) -> DerivedEvent {
        var derived = DerivedEvent(event: event, type: rules.type(event))
        (derived.isTouch, derived.channel) = visit(event, rules.briefType(event))
        if derived.type.web { derived.session = sessions.count }
        derived.isAnomaly = derived.type.effect?.needsOpenDeal == true && isClosed(event.deal)
        if derived.type.effect != nil || derived.type.conversion != nil {
            derived.conversion = conversion(event, derived.type)
        }
        return derived
    }

    /// Whether an event is a touchpoint, and of which channel: all that a walk says of one whose type has neither effect nor
    /// conversion.
    @inline(__always)
    mutating func visit(_ event: FoldEvent, _ type: BriefType) -> (isTouch: Bool, channel: UInt32) {
        let startsSession = type.web && sessions.add(at: event.occurredAt, from: rules.traffic(event, properties))
        let isTouch =
            type.touch == .always || (type.touch == .sessionStart && startsSession)
            || (type.touch == .connected && rules.isConnected(event, properties))
        if !isTouch { return (false, 0) }
        return (true, event.channel != 0 ? event.channel : rules.channel(event, properties))
    }

    /// What an event whose type has an effect or is a conversion does to the deals and to revenue.
    mutating func conversion(_ event: FoldEvent, _ type: CompiledType) -> ConversionStep? {
        switch type.effect {
        case .dealCreated, .dealStageChanged, .dealAmountChanged, .dealCloseDateChanged:
            if event.deal != 0 { deals.change(event, type.effect) }
            return made(event, type, event.amount, 0)
        case .dealWon where event.deal != 0:
            // Won again without a reopening is an anomaly of the deal, not a second conversion.
            guard let stated = deals.win(event, isConversion: type.conversion != nil) else { return nil }
            let isOwn = event.amount != nil
            return made(event, type, isOwn ? event.amount : stated.amount, isOwn ? 0 : stated.position)
        case .dealLost:
            if event.deal != 0 { deals.close(event.deal) }
            return made(event, type, event.amount, 0)
        case .dealReopened:
            guard event.deal != 0, let conversion = deals.reopen(event.deal) else { return nil }
            for (name, position) in named where position == conversion { named[name] = nil }
            return .voided(conversion: conversion)
        case .orderRefunded:
            return refund(event)
        default:
            return made(event, type, event.amount, 0)
        }
    }

    private mutating func made(_ event: FoldEvent, _ type: CompiledType, _ amount: Amount?, _ amountPosition: UInt64)
        -> ConversionStep?
    {
        guard let definition = type.conversion else { return nil }
        let made = ConversionStep.Made(definition: definition, amount: amount, amountPosition: amountPosition)
        guard rules.hasRefunds else { return .made(made) }
        earlyRefunds = []
        let names = [
            properties.json(RecordPart.id, at: event.position).map { ConversionName.event($0) },
            properties.text(rules.keys[.orderID], at: event.position).map { ConversionName.order($0) },
            event.deal != 0 ? ConversionName.deal(event.deal) : nil,
        ]
        for name in names.compactMap({ $0 }) {
            named[name] = event.position
            for refund in waiting.removeValue(forKey: name) ?? [] where !earlyRefunds.contains(refund) {
                earlyRefunds.append(refund)
            }
        }
        return .made(made)
    }

    /// Money back: it belongs to the conversion that it names by event, order or deal. Its amount may be written with or
    /// without a minus sign.
    private mutating func refund(_ event: FoldEvent) -> ConversionStep? {
        guard var amount = event.amount else { return nil }
        if amount.units > 0 { amount.units = -amount.units }
        let names = [
            properties.json(RecordPart.causation, at: event.position).map { ConversionName.event($0) },
            properties.text(rules.keys[.orderID], at: event.position).map { ConversionName.order($0) },
            event.deal != 0 ? ConversionName.deal(event.deal) : nil,
        ].compactMap { $0 }
        for name in names {
            if let conversion = named[name] { return .reversed(conversion: conversion, amount) }
        }
        for name in names { waiting[name, default: []].append(event.position) }
        return .unmatched(amount)
    }
}

extension FoldEvent {
    /// The amount of money, when there is one.
    var amount: Amount? {
        currency == 0 ? nil : Amount(units: units, scale: scale, currency: Currency(rawValue: currency))
    }
}

extension CompiledRules {
    /// Of which events of a type a walk reads properties.
    func walkUse(ofType symbol: UInt32) -> PropertyUse {
        guard Int(symbol) < types.count else { return [] }
        let type = types[Int(symbol)]
        if type.touch == .connected || (type.conversion != nil && hasRefunds) { return .always }
        if type.web, rules.session.startsOnNewCampaign { return .always }
        switch type.effect {
        case .orderRefunded, .stageSet, .npsAnswered: return .always
        default: return type.touch != .never && type.channel == 0 ? .withoutChannel : []
        }
    }

    /// Whether a walk reads properties of an event.
    func walkReadsProperties(of event: FoldEvent) -> Bool { walkUse(ofType: event.type).contains(event) }

    /// Keys of the properties that a walk reads of events of a type.
    func walkKeys(ofType symbol: UInt32) -> [UInt32] {
        guard Int(symbol) < types.count else { return [] }
        let type = types[Int(symbol)]
        var names: [PropertyKeys.Name] = []
        var parts: [UInt32] = []
        if type.touch == .connected { names.append(.outcome) }
        if type.touch != .never && type.channel == 0 || type.web && rules.session.startsOnNewCampaign {
            names += PropertyKeys.channelNames
        }
        if hasRefunds, type.conversion != nil || type.effect == .orderRefunded {
            names.append(.orderID)
            parts = [RecordPart.id, RecordPart.causation]
        }
        switch type.effect {
        case .stageSet: names += [.stage, .to]
        case .npsAnswered: names.append(.score)
        default: break
        }
        return keys.symbols(names) + parts
    }

    /// Keys of the properties that a walk reads. What names a conversion is read where money can come back for one.
    var walkKeys: [UInt32] {
        keys.symbols(PropertyKeys.channelNames + [.outcome, .stage, .to, .score])
            + (hasRefunds ? keys.symbols([.orderID]) + [RecordPart.id, RecordPart.causation] : [])
    }
}
