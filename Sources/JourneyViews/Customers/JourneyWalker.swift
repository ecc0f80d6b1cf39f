// One walk over a customer's events, in order, gives what every view needs of an event beside its own fields: whether it is
// a touchpoint, of which channel, in which session, and which conversion it is.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// What a walk says of one event.
struct DerivedEvent {
    var event: FoldEvent
    var type: CompiledType
    var isTouch = false
    /// 0 unless it is a touchpoint.
    var channel: UInt32 = 0
    /// 1… for web activity, 0 for the rest.
    var session = 0
    /// What it is worth, when it is a conversion or takes one back.
    var conversion: ConversionStep?
}

/// A change of revenue.
enum ConversionStep: Hashable {
    /// A conversion of a definition; the amount may be missing.
    case made(definition: Int, Amount?)
    /// A conversion at an earlier position is worth this much more (less, when negative).
    case reversed(conversion: UInt64, Amount)
    /// Money back for a conversion that nobody knows.
    case unmatched(Amount)
    /// A deal was reopened: its conversion never was.
    case voided(conversion: UInt64)
}

/// Walks the events of one customer.
struct JourneyWalker {
    let rules: CompiledRules
    let properties: PropertyTable
    private var lastWeb: Int64?
    private var session = 0
    /// Deals by symbol: amount as last stated, and the position of the conversion while it is won.
    private var amounts: [UInt32: Amount] = [:]
    private var won: [UInt32: UInt64] = [:]
    private var closed: Set<UInt32> = []
    private(set) var openDeals: Set<UInt32> = []
    /// Orders by event id and by order id.
    private var orders: [String: UInt64] = [:]

    init(_ rules: CompiledRules, _ properties: PropertyTable) {
        self.rules = rules
        self.properties = properties
    }

    mutating func next(_ event: FoldEvent) -> DerivedEvent {
        var derived = DerivedEvent(event: event, type: rules.type(event))
        var startsSession = false
        if derived.type.web {
            if let last = lastWeb, event.occurredAt - last <= rules.rules.session.gapMilliseconds {
                startsSession = false
            } else {
                startsSession = true
                session += 1
            }
            lastWeb = event.occurredAt
            derived.session = session
        }
        switch derived.type.touch {
        case .never: derived.isTouch = false
        case .always: derived.isTouch = true
        case .sessionStart: derived.isTouch = startsSession
        case .connected: derived.isTouch = rules.isConnected(event, properties)
        }
        if derived.isTouch { derived.channel = rules.channel(event, properties) }
        derived.conversion = conversion(event, derived.type)
        return derived
    }

    private mutating func conversion(_ event: FoldEvent, _ type: CompiledType) -> ConversionStep? {
        let amount = event.amount
        switch type.effect {
        case .dealCreated, .dealAmountChanged:
            if closed.contains(event.deal) { return nil }
            if let amount { amounts[event.deal] = amount }
            if event.deal != 0 { openDeals.insert(event.deal) }
        case .dealWon where event.deal != 0:
            // Won again without a reopening is an anomaly of the deal, not a second conversion.
            guard won[event.deal] == nil, !closed.contains(event.deal) else { return nil }
            won[event.deal] = event.position
            closed.insert(event.deal)
            openDeals.remove(event.deal)
            guard let definition = type.conversions.first else { return nil }
            return .made(definition: definition, amount ?? amounts[event.deal])
        case .dealLost:
            if won[event.deal] == nil { closed.insert(event.deal) }
            openDeals.remove(event.deal)
        case .dealReopened:
            closed.remove(event.deal)
            openDeals.insert(event.deal)
            if let conversion = won.removeValue(forKey: event.deal) { return .voided(conversion: conversion) }
        case .orderRefunded:
            guard var amount else { return nil }
            amount.units = amount.units > 0 ? -amount.units : amount.units
            let names = [
                properties.json(EventLog.causationKey, at: event.position).map { "id:" + $0 },
                properties.text(rules.keys[.orderID], at: event.position).map { "order:" + $0 },
            ]
            for name in names.compactMap({ $0 }) {
                if let order = orders[name] { return .reversed(conversion: order, amount) }
            }
            return .unmatched(amount)
        default:
            break
        }
        guard let definition = type.conversions.first, type.effect != .dealWon || event.deal == 0 else { return nil }
        if let id = properties.json(EventLog.idKey, at: event.position) { orders["id:" + id] = event.position }
        if let order = properties.text(rules.keys[.orderID], at: event.position) {
            orders["order:" + order] = event.position
        }
        return .made(definition: definition, amount)
    }
}

extension FoldEvent {
    /// The amount of money, when there is one.
    var amount: Amount? {
        currency == 0 ? nil : Amount(units: units, scale: scale, currency: Currency(rawValue: currency))
    }
}

extension CompiledRules {
    /// Whether a walk reads properties of an event.
    func walkReadsProperties(of event: FoldEvent) -> Bool {
        let type = type(event)
        if type.touch == .connected || derivesChannel(event) { return true }
        switch type.effect {
        case .orderRefunded, .stageSet, .npsAnswered: return true
        case .dealWon: return false
        default: return !type.conversions.isEmpty
        }
    }

    /// Keys of the properties that a walk reads.
    var walkKeys: [UInt32] {
        keys.symbols(PropertyKeys.channelNames + [.outcome, .orderID, .stage, .to, .score])
            + [EventLog.idKey, EventLog.causationKey]
    }
}
