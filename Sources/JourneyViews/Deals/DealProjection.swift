// The view `deals`: state, stages, amounts and dates of each deal, folded from the events that name it.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// Folds a deal's events into a ``DealRecord``.
struct DealProjection: Projection {
    let ruleSet: RuleSet
    private var compiled: CompiledRules?

    init(_ rules: RuleSet) { ruleSet = rules }

    var name: String { "deals" }
    var version: Int { 2 }
    var rules: String { ruleSet.hash }
    var key: SymbolKind { .deal }
    var propertyKeys: [UInt32] {
        let names: [PropertyKeys.Name] = [
            .stage, .to, .pipeline, .owner, .reason, .value, .closeDate, .objectionID, .category, .outcome,
        ]
        return (compiled?.keys.symbols(names) ?? []) + [EventLog.accountKey]
    }

    func prepared(for log: EventLog) throws -> any Projection {
        var copy = self
        copy.compiled = try CompiledRules(ruleSet, log: log)
        return copy
    }

    func readsProperties(ofType type: UInt32) -> Bool {
        guard let compiled, Int(type) < compiled.types.count else { return false }
        return compiled.types[Int(type)].effect != nil
    }

    func readsProperties(of event: FoldEvent) -> Bool {
        guard event.deal != 0, let compiled else { return false }
        return compiled.type(event).effect != nil
    }

    func row(for key: UInt32, events: ArraySlice<FoldEvent>, properties: PropertyTable) throws -> [UInt8]? {
        guard let compiled else { return nil }
        var fold = DealFold(compiled, properties)
        for event in events { fold.add(event) }
        return fold.record.bytes
    }
}

/// The fold of one deal. A change that its state does not allow is an anomaly: listed, without effect.
struct DealFold {
    private let rules: CompiledRules
    private let properties: PropertyTable
    private(set) var record = DealRecord()

    init(_ rules: CompiledRules, _ properties: PropertyTable) {
        self.rules = rules
        self.properties = properties
    }

    private func text(_ name: PropertyKeys.Name, _ event: FoldEvent) -> String? {
        properties.text(rules.keys[name], at: event.position)
    }

    mutating func add(_ event: FoldEvent) {
        record.events += 1
        record.lastEvent = event.occurredAt
        if record.customer == 0 { record.customer = event.customer }
        let type = rules.type(event)
        guard let effect = type.effect else { return }
        if record.account == 0, let account = properties.json(EventLog.accountKey, at: event.position) {
            record.account = UInt32(account) ?? 0
        }
        switch effect {
        case .dealCreated: create(event, type)
        case .dealStageChanged:
            guard isOpen(event, type), let stage = text(.to, event) ?? text(.stage, event) else { return }
            enter(stage, event)
        case .dealAmountChanged:
            guard isOpen(event, type) else { return }
            setAmount(event)
        case .dealCloseDateChanged:
            guard isOpen(event, type) else { return }
            setCloseDate(text(.value, event) ?? text(.closeDate, event), event)
        case .dealWon, .dealLost:
            guard isOpen(event, type) else { return }
            record.state = effect == .dealWon ? .won : .lost
            record.closed = event.occurredAt
            record.reason = text(.reason, event)
            if effect == .dealWon {
                setAmount(event)
                record.wins.append(.init(position: event.position, customer: event.customer))
            }
            leave(event)
        case .dealReopened: reopen(event, type)
        case .objectionRaised:
            record.objections.append(
                .init(id: text(.objectionID, event), category: text(.category, event), raised: event.occurredAt)
            )
        case .objectionResolved:
            let id = text(.objectionID, event)
            if let index = record.objections.lastIndex(where: { $0.id == id && $0.resolved == nil }) {
                record.objections[index].resolved = event.occurredAt
                record.objections[index].outcome = text(.outcome, event)
            }
        default: break
        }
    }

    private func change(_ event: FoldEvent, _ text: String) -> DealRecord.Change {
        DealRecord.Change(at: event.occurredAt, position: event.position, text: text)
    }

    private mutating func isOpen(_ event: FoldEvent, _ type: CompiledType) -> Bool {
        if record.state == .open { return true }
        record.anomalies.append(change(event, "\(rules.name(of: type)) on a deal that is \(record.state.name)"))
        return false
    }

    private mutating func create(_ event: FoldEvent, _ type: CompiledType) {
        guard record.created == nil else {
            record.anomalies.append(change(event, "\(rules.name(of: type)) for a deal that exists"))
            return
        }
        record.created = event.occurredAt
        if let pipeline = text(.pipeline, event) { record.pipeline = pipeline }
        record.owner = text(.owner, event) ?? record.owner
        if record.amount == nil { setAmount(event) }
        setCloseDate(text(.closeDate, event), event)
        let first = rules.rules.pipelines[record.pipeline]?.stages.first?.name
        if record.stays.isEmpty, record.state == .open, let stage = text(.stage, event) ?? first { enter(stage, event) }
    }

    private mutating func setAmount(_ event: FoldEvent) {
        guard let amount = event.amount else { return }
        record.amount = amount
        record.amounts.append(.init(at: event.occurredAt, position: event.position, amount: amount))
    }

    private mutating func setCloseDate(_ date: String?, _ event: FoldEvent) {
        guard let date, date != record.expectedClose else { return }
        record.expectedClose = date
        record.closeDates.append(change(event, date))
    }

    private mutating func enter(_ stage: String, _ event: FoldEvent) {
        guard stage != record.stage || record.stays.last?.left != nil || record.stays.isEmpty else { return }
        leave(event)
        record.stage = stage
        record.stays.append(.init(stage: stage, entered: event.occurredAt, left: nil))
    }

    private mutating func leave(_ event: FoldEvent) {
        guard let last = record.stays.indices.last, record.stays[last].left == nil else { return }
        record.stays[last].left = event.occurredAt
    }

    private mutating func reopen(_ event: FoldEvent, _ type: CompiledType) {
        guard record.state != .open else {
            record.anomalies.append(change(event, "\(rules.name(of: type)) for a deal that is open"))
            return
        }
        record.state = .open
        record.closed = nil
        record.reason = nil
        if let stage = text(.stage, event) ?? text(.to, event) ?? record.stage {
            record.stage = stage
            record.stays.append(.init(stage: stage, entered: event.occurredAt, left: nil))
        }
    }
}
