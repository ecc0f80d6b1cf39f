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

    func prepared(for log: LogSnapshot) throws -> any Projection {
        var copy = self
        copy.compiled = try CompiledRules(ruleSet, log: log)
        return copy
    }

    func propertyUse(ofType type: UInt32) -> PropertyUse {
        guard let compiled, Int(type) < compiled.types.count else { return [] }
        return compiled.types[Int(type)].effect?.namesOwner == true ? .always : compiled.walkUse(ofType: type)
    }

    func propertyKeys(ofType type: UInt32) -> [UInt32] {
        guard let compiled, Int(type) < compiled.types.count else { return [] }
        let owner = compiled.types[Int(type)].effect?.namesOwner == true ? compiled.keys.symbols([.owner]) : []
        return owner + compiled.walkKeys(ofType: type)
    }

    func folder(_ properties: PropertyTable) -> CustomerFolder { CustomerFolder(compiled, properties) }

    func row(for key: UInt32, events: ArraySlice<FoldEvent>, properties: PropertyTable) throws -> [UInt8]? {
        try folder(properties).row(for: key, events: events)
    }
}

/// Folds one customer after the other.
final class CustomerFolder: RowFolder {
    private var fold: CustomerFold?

    /// Without compiled rules nobody has a row.
    init(_ rules: CompiledRules?, _ properties: PropertyTable) {
        fold = rules.map { CustomerFold($0, properties) }
    }

    func fold(_ key: UInt32, _ events: ArraySlice<FoldEvent>, into row: inout [UInt8]) -> Bool {
        fold?.write(events, to: &row) != nil
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

/// The fold of one customer. It cannot be copied, since a copy for each customer costs as much as folding some events.
struct CustomerFold: ~Copyable {
    private let rules: CompiledRules
    private let stageCount: Int
    private let properties: PropertyTable
    private var walker: JourneyWalker
    private(set) var record = CustomerRecord()
    private var writer = RowWriter()
    /// Deals as they come, maybe more than once.
    private var deals: [UInt32] = []
    /// What each conversion is worth now, by position, and money back that named none; kept where conversions can be taken
    /// back.
    private var worth: [UInt64: (micros: Int128, currency: Currency)] = [:]
    private var refunds: [UInt64: Amount] = [:]
    private var purchases = 0
    /// Events of the instant that is being folded: regressions come before raises, so that the higher stage wins. Mostly
    /// there is one, which needs no list.
    private var instant: Moved?
    private var others: [Moved] = []

    /// What moves the stage.
    private struct Moved {
        var position: UInt64
        var at: Int64
        var stage: Int
        var effect: Effect?
        var isPurchase: Bool
    }

    init(_ rules: CompiledRules, _ properties: PropertyTable) {
        self.rules = rules
        self.properties = properties
        walker = JourneyWalker(rules, properties)
        stageCount = rules.rules.stages.count
        reset()
    }

    /// Forgets the customer for the next one.
    private mutating func reset() {
        walker.reset()
        record.removeAll(stages: stageCount)
        deals.removeAll(keepingCapacity: true)
        purchases = 0
        instant = nil
        if !others.isEmpty { others.removeAll(keepingCapacity: true) }
        if rules.takesBack {
            worth.restart()
            refunds.restart()
        }
    }

    /// Folds the events of a customer and appends the row.
    mutating func write(_ events: ArraySlice<FoldEvent>, to row: inout [UInt8]) {
        reset()
        for event in events { add(event) }
        complete()
        writer.restart()
        record.write(to: &writer)
        writer.append(to: &row)
    }

    mutating func add(_ event: FoldEvent) {
        if record.events == 0 { record.firstEvent = event.occurredAt }
        if event.occurredAt != record.lastEvent { settleMost() }
        record.lastEvent = event.occurredAt
        record.events += 1
        if event.deal != 0, event.deal != deals.last { deals.append(event.deal) }
        // Most events are visits: they can be touchpoints and raise the stage, and nothing else.
        let brief = rules.briefType(event)
        if brief.isVisit {
            let visit = walker.visit(event, brief)
            if visit.isTouch { touch(event, visit.channel) }
            if brief.stage > 0 { move(event, Int(brief.stage), nil, isPurchase: false) }
            return
        }
        let type = rules.type(event)
        let visit = walker.visit(event, brief)
        if visit.isTouch { touch(event, visit.channel) }
        // What a deal ignores does not move its customer either.
        let isAnomaly = type.effect?.needsOpenDeal == true && walker.isClosed(event.deal)
        let conversion = walker.conversion(event, type)
        if let conversion { count(conversion, event) }
        if type.effect?.namesOwner == true,
            let owner = properties.text(rules.keys[.owner], at: event.position)
        {
            record.owner = owner
        }
        if !isAnomaly { move(event, type.stage, type.effect, isPurchase: conversion?.isMade == true) }
    }

    private mutating func touch(_ event: FoldEvent, _ channel: UInt32) {
        record.touches += 1
        let touch = TouchPoint(
            channel: channel,
            campaign: event.campaign,
            at: event.occurredAt,
            position: event.position
        )
        if record.firstTouch == nil { record.firstTouch = touch }
        record.lastTouch = touch
    }

    /// Notes an event that can move the stage, when all of its instant are known.
    private mutating func move(_ event: FoldEvent, _ stage: Int, _ effect: Effect?, isPurchase: Bool) {
        let moved = Moved(
            position: event.position,
            at: event.occurredAt,
            stage: stage,
            effect: effect,
            isPurchase: isPurchase
        )
        if instant == nil { instant = moved } else { others.append(moved) }
    }

    private mutating func count(_ step: ConversionStep, _ event: FoldEvent) {
        switch step {
        case .made(let made):
            record.conversions += 1
            purchases += 1
            guard let amount = made.amount else { return }
            record.revenue.add(amount)
            guard rules.takesBack else { return }
            var value = amount.micros
            for refund in walker.earlyRefunds where refunds[refund]?.currency == amount.currency {
                value += refunds.removeValue(forKey: refund)?.micros ?? 0
            }
            worth[event.position] = (value, amount.currency)
        case .reversed(let conversion, let amount):
            record.revenue.add(amount)
            if worth[conversion]?.currency == amount.currency { worth[conversion]?.micros += amount.micros }
        case .unmatched(let amount):
            record.revenue.add(amount)
            refunds[event.position] = amount
        case .voided(let conversion):
            record.conversions -= 1
            purchases -= 1
            if let value = worth.removeValue(forKey: conversion) {
                record.revenue.add(-value.micros, value.currency, scale: 0)
            }
        }
    }

    /// As ``settle()``: mostly one event has come that raises no stage.
    @inline(__always)
    private mutating func settleMost() {
        guard let first = instant else { return }
        if first.stage <= record.stageNow, first.effect == nil, !first.isPurchase, others.isEmpty {
            instant = nil
        } else {
            settle()
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
        switch moved.effect {
        case nil:
            break
        case .dealLost where !walker.hasOpenDeal:
            record.flags.insert(.lostDeal)
            fall(to: 2, moved)
        case .leadDisqualified:
            record.flags.insert(.disqualified)
            fall(to: 1, moved)
        case .customerChurned:
            record.flags.insert(.churned)
            fall(to: 2, moved)
        case .emailUnsubscribed:
            record.flags.insert(.unsubscribed)
        case .stageSet:
            let name =
                properties.text(rules.keys[.stage], at: moved.position)
                ?? properties.text(rules.keys[.to], at: moved.position)
            if let name, let stage = rules.rules.stages.firstIndex(of: name) { set(stage + 1, moved) }
        default:
            break
        }
    }

    private mutating func fall(to stage: Int, _ moved: Moved) {
        if record.stageNow > stage { set(stage, moved) }
    }

    private mutating func set(_ stage: Int, _ moved: Moved) {
        if stage != record.stageNow {
            record.stageSince = moved.at
            record.stagePosition = moved.position
        }
        record.stageNow = stage
        if stage > record.stagePeak {
            record.stagePeak = stage
            for passed in 0..<min(stage, record.passed.count) where record.passed[passed] == nil {
                record.passed[passed] = moved.at
                if passed < stage - 1 { record.skipped |= 1 << passed }
            }
        }
    }

    private mutating func raise(_ moved: Moved) {
        var stage = moved.stage
        let loyalty = stageCount
        if moved.isPurchase, purchases >= 2 { stage = max(stage, loyalty) }
        if moved.effect == .npsAnswered {
            let score = properties.number(rules.keys[.score], at: moved.position) ?? 0
            stage = score >= 9 ? loyalty : 0
        }
        if moved.isPurchase { record.flags.remove(.churned) }
        if stage > record.stageNow { set(stage, moved) }
    }

    /// The stage after the events so far; others of the last one's instant may still follow.
    mutating func stage() -> Int {
        let (record, instant, others) = (self.record, self.instant, self.others)
        defer { (self.record, self.instant, self.others) = (record, instant, others) }
        settle()
        return self.record.stageNow
    }

    mutating func finish() -> CustomerRecord {
        complete()
        return record
    }

    private mutating func complete() {
        settle()
        if deals.count > 1 { deals.sort() }
        record.deals.removeAll(keepingCapacity: true)
        for deal in deals where deal != record.deals.last { record.deals.append(deal) }
    }
}
