// The view `customers`: lifecycle stage, touchpoints, conversions and revenue of each customer.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// Folds a customer's events into a ``CustomerRecord``.
struct CustomerProjection: Projection {
    let ruleSet: RuleSet
    private var compiled: CompiledRules?

    init(_ rules: RuleSet) { ruleSet = rules }

    var name: String { "customers" }
    var version: Int { 2 }
    var rules: String { ruleSet.hash }
    var key: SymbolKind { .customer }
    var propertyKeys: [UInt32] { (compiled?.walkKeys ?? []) + (compiled?.keys.symbols([.owner]) ?? []) }

    func prepared(for log: EventLog) throws -> any Projection {
        var copy = self
        copy.compiled = try CompiledRules(ruleSet, log: log)
        return copy
    }

    func readsProperties(ofType type: UInt32) -> Bool {
        guard let compiled, Int(type) < compiled.types.count else { return false }
        return compiled.walkReadsProperties(ofType: type) || compiled.types[Int(type)].effect?.namesOwner == true
    }

    func readsProperties(of event: FoldEvent) -> Bool {
        guard let compiled else { return false }
        return compiled.walkReadsProperties(of: event) || compiled.type(event).effect?.namesOwner == true
    }

    func row(for key: UInt32, events: ArraySlice<FoldEvent>, properties: PropertyTable) throws -> [UInt8]? {
        guard let compiled else { return nil }
        var fold = CustomerFold(compiled, properties)
        for event in events { fold.add(event) }
        return fold.finish().bytes
    }
}

extension Effect {
    /// Whether events with this effect may name the owner.
    var namesOwner: Bool {
        switch self {
        case .dealCreated, .leadHandedOff, .leadAccepted: true
        default: false
        }
    }
}

/// The fold of one customer.
struct CustomerFold {
    private let rules: CompiledRules
    private let properties: PropertyTable
    private var walker: JourneyWalker
    private(set) var record = CustomerRecord()
    private var deals: Set<UInt32> = []
    /// What each conversion is worth now, by position, and money back that named none.
    private var worth: [UInt64: (micros: Int128, currency: Currency)] = [:]
    private var refunds: [UInt64: Amount] = [:]
    private var purchases = 0
    /// Events of the instant that is being folded: regressions come before raises, so that the higher stage wins. Mostly
    /// there is one, which needs no list.
    private var instant: Moved?
    private var others: [Moved] = []

    /// What moves the stage.
    private struct Moved {
        var event: FoldEvent
        var type: CompiledType
        var isPurchase: Bool
    }

    init(_ rules: CompiledRules, _ properties: PropertyTable) {
        self.rules = rules
        self.properties = properties
        walker = JourneyWalker(rules, properties)
        record.passed = Array(repeating: nil, count: rules.rules.stages.count)
    }

    mutating func add(_ event: FoldEvent) {
        if record.events == 0 { record.firstEvent = event.occurredAt }
        if event.occurredAt != record.lastEvent { settle() }
        record.lastEvent = event.occurredAt
        record.events += 1
        if event.deal != 0 { deals.insert(event.deal) }
        let derived = walker.next(event)
        if derived.isTouch {
            record.touches += 1
            let touch = TouchPoint(
                channel: derived.channel,
                campaign: event.campaign,
                at: event.occurredAt,
                position: event.position
            )
            if record.firstTouch == nil { record.firstTouch = touch }
            record.lastTouch = touch
        }
        count(derived)
        if derived.type.effect?.namesOwner == true,
            let owner = properties.text(rules.keys[.owner], at: event.position)
        {
            record.owner = owner
        }
        // What a deal ignores does not move its customer either.
        if derived.isAnomaly { return }
        let moved = Moved(event: event, type: derived.type, isPurchase: derived.isPurchase)
        if instant == nil { instant = moved } else { others.append(moved) }
    }

    private mutating func count(_ derived: DerivedEvent) {
        switch derived.conversion {
        case .made(let made):
            record.conversions += 1
            purchases += 1
            guard let amount = made.amount else { return }
            record.revenue.add(amount)
            var value = amount.micros
            for refund in made.refunds where refunds[refund]?.currency == amount.currency {
                value += refunds.removeValue(forKey: refund)?.micros ?? 0
            }
            worth[derived.event.position] = (value, amount.currency)
        case .reversed(let conversion, let amount):
            record.revenue.add(amount)
            if worth[conversion]?.currency == amount.currency { worth[conversion]?.micros += amount.micros }
        case .unmatched(let amount):
            record.revenue.add(amount)
            refunds[derived.event.position] = amount
        case .voided(let conversion):
            record.conversions -= 1
            purchases -= 1
            if let value = worth.removeValue(forKey: conversion) {
                record.revenue.add(-value.micros, value.currency, scale: 0)
            }
        case nil:
            break
        }
    }

    /// Applies the stages of the events that share an instant.
    private mutating func settle() {
        guard let first = instant else { return }
        instant = nil
        regress(first)
        for moved in others { regress(moved) }
        raise(first)
        for moved in others { raise(moved) }
        if !others.isEmpty { others.removeAll(keepingCapacity: true) }
    }

    private mutating func regress(_ moved: Moved) {
        switch moved.type.effect {
        case .dealLost where walker.openDeals.isEmpty:
            record.flags.insert(.lostDeal)
            fall(to: 2, moved.event)
        case .leadDisqualified:
            record.flags.insert(.disqualified)
            fall(to: 1, moved.event)
        case .customerChurned:
            record.flags.insert(.churned)
            fall(to: 2, moved.event)
        case .emailUnsubscribed:
            record.flags.insert(.unsubscribed)
        case .stageSet:
            let name =
                properties.text(rules.keys[.stage], at: moved.event.position)
                ?? properties.text(rules.keys[.to], at: moved.event.position)
            if let name, let stage = rules.rules.stages.firstIndex(of: name) { set(stage + 1, moved.event) }
        default:
            break
        }
    }

    private mutating func fall(to stage: Int, _ event: FoldEvent) {
        if record.stageNow > stage { set(stage, event) }
    }

    private mutating func set(_ stage: Int, _ event: FoldEvent) {
        if stage != record.stageNow {
            record.stageSince = event.occurredAt
            record.stagePosition = event.position
        }
        record.stageNow = stage
        if stage > record.stagePeak {
            record.stagePeak = stage
            for passed in 0..<min(stage, record.passed.count) where record.passed[passed] == nil {
                record.passed[passed] = event.occurredAt
                if passed < stage - 1 { record.skipped |= 1 << passed }
            }
        }
    }

    private mutating func raise(_ moved: Moved) {
        var stage = moved.type.stage
        let loyalty = rules.rules.stages.count
        if moved.isPurchase, purchases >= 2 { stage = max(stage, loyalty) }
        if moved.type.effect == .npsAnswered {
            let score = properties.number(rules.keys[.score], at: moved.event.position) ?? 0
            stage = score >= 9 ? loyalty : 0
        }
        if moved.isPurchase { record.flags.remove(.churned) }
        if stage > record.stageNow { set(stage, moved.event) }
    }

    /// The stage after the events so far.
    func stage() -> Int {
        var copy = self
        copy.settle()
        return copy.record.stageNow
    }

    mutating func finish() -> CustomerRecord {
        settle()
        record.deals = deals.sorted()
        return record
    }
}
