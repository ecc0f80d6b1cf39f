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
    var version: Int { 3 }
    var rules: String { ruleSet.hash }
    var key: SymbolKind { .deal }
    var propertyKeys: [UInt32] {
        let names: [PropertyKeys.Name] = [
            .stage, .to, .pipeline, .owner, .reason, .value, .closeDate, .objectionID, .category, .outcome,
        ]
        return (compiled?.keys.symbols(names) ?? []) + [RecordPart.account]
    }

    func prepared(for log: LogSnapshot) throws -> any Projection {
        var copy = self
        copy.compiled = try CompiledRules(ruleSet, log: log)
        return copy
    }

    func propertyUse(ofType type: UInt32) -> PropertyUse {
        guard let compiled, Int(type) < compiled.types.count else { return [] }
        return compiled.types[Int(type)].effect != nil ? .withDeal : []
    }

    func folder(_ properties: PropertyTable) -> DealFolder { DealFolder(compiled, properties) }

    func row(for key: UInt32, events: ArraySlice<FoldEvent>, properties: PropertyTable) throws -> [UInt8]? {
        try folder(properties).row(for: key, events: events)
    }
}

/// Folds one deal after the other.
final class DealFolder: RowFolder {
    private var fold: DealFold?

    /// Without compiled rules no deal has a row.
    init(_ rules: CompiledRules?, _ properties: PropertyTable) {
        fold = rules.map { DealFold($0, properties) }
    }

    func fold(_ key: UInt32, _ events: ArraySlice<FoldEvent>, into row: inout [UInt8]) -> Bool {
        fold?.write(events, to: &row) != nil
    }
}

/// The fold of one deal. A change that its state does not allow is an anomaly: listed, without effect.
struct DealFold: ~Copyable {
    private let rules: CompiledRules
    private let properties: PropertyTable
    private(set) var record = DealRecord()
    private var writer = RowWriter()
    /// Where the properties of the event are that is being folded.
    private var entries = PropertyTable.Entries()
    /// The pipeline that was looked up last.
    private var known: (name: String, pipeline: Pipeline?)?
    /// Whether the deal was closed by an event that says so, and not by its stage alone.
    private var isCloseSaid = false

    init(_ rules: CompiledRules, _ properties: PropertyTable) {
        self.rules = rules
        self.properties = properties
    }

    /// Folds the events of a deal and appends the row.
    mutating func write(_ events: ArraySlice<FoldEvent>, to row: inout [UInt8]) {
        record.removeAll()
        isCloseSaid = false
        for event in events { add(event) }
        writer.restart()
        record.write(to: &writer)
        writer.append(to: &row)
    }

    private func text(_ name: PropertyKeys.Name) -> String? {
        properties.text(rules.keys[name], in: entries)
    }

    mutating func add(_ event: FoldEvent) {
        if record.events == 0 { record.firstEvent = event.occurredAt }
        record.events += 1
        record.lastEvent = event.occurredAt
        if record.customer == 0, event.customer != 0 {
            record.customer = event.customer
            record.customerAt = event.occurredAt
        }
        let type = rules.type(event)
        guard let effect = type.effect else { return }
        entries = properties.entries(at: event.position)
        if record.account == 0, let account = properties.json(RecordPart.account, in: entries) {
            record.account = UInt32(account) ?? 0
        }
        switch effect {
        case .dealCreated: create(event, type)
        case .dealStageChanged: move(event, type)
        case .dealAmountChanged:
            guard isOpen(event, type) else { return }
            setAmount(event)
            setOwner(text(.owner), event)
        case .dealCloseDateChanged:
            guard isOpen(event, type) else { return }
            setCloseDate(text(.value) ?? text(.closeDate), event)
            setOwner(text(.owner), event)
        case .dealOwnerChanged:
            guard isOpen(event, type) else { return }
            setOwner(text(.owner) ?? text(.to) ?? text(.value), event)
        case .dealWon: close(.won, event, type)
        case .dealLost: close(.lost, event, type)
        case .dealReopened: reopen(event, type)
        case .objectionRaised:
            record.objections.append(
                .init(
                    id: text(.objectionID),
                    category: text(.category),
                    raised: event.occurredAt,
                    position: event.position
                )
            )
        case .objectionResolved:
            let id = text(.objectionID)
            if let index = record.objections.lastIndex(where: { $0.id == id && $0.resolved == nil }) {
                record.objections[index].resolved = event.occurredAt
                record.objections[index].outcome = text(.outcome)
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

    /// The deal's pipeline; looked up when it is another than the last one.
    private mutating func pipeline() -> Pipeline? {
        if known?.name != record.pipeline { known = (record.pipeline, rules.rules.pipelines[record.pipeline]) }
        return known?.pipeline
    }

    private mutating func kind(of stage: String) -> Pipeline.Kind { pipeline()?.kind(of: stage) ?? .open }

    private mutating func create(_ event: FoldEvent, _ type: CompiledType) {
        guard record.created == nil else {
            record.anomalies.append(change(event, "\(rules.name(of: type)) for a deal that exists"))
            return
        }
        record.created = event.occurredAt
        if let pipeline = text(.pipeline) { record.pipeline = pipeline }
        if record.owner == nil { setOwner(text(.owner), event) }
        if record.amount == nil { setAmount(event) }
        setCloseDate(text(.closeDate), event)
        let first = pipeline()?.stages.first { $0.kind == .open }?.name
        guard record.stays.isEmpty, record.state == .open, let stage = text(.stage) ?? first else { return }
        enter(stage, event)
    }

    /// A stage in which deals are closed closes the deal; named again once the deal is closed so, it changes nothing.
    private mutating func move(_ event: FoldEvent, _ type: CompiledType) {
        let stage = text(.to) ?? text(.stage)
        if let stage, record.state != .open, kind(of: stage).rawValue == record.state.name {
            record.stage = stage
            return
        }
        guard isOpen(event, type), let stage else { return }
        setOwner(text(.owner), event)
        enter(stage, event)
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

    private mutating func setOwner(_ owner: String?, _ event: FoldEvent) {
        guard let owner, owner != record.owner else { return }
        record.owner = owner
        record.owners.append(change(event, owner))
    }

    private mutating func enter(_ stage: String, _ event: FoldEvent) {
        let kind = kind(of: stage)
        guard kind == .open else {
            record.stage = stage
            setState(kind == .won ? .won : .lost, event)
            return
        }
        guard stage != record.stage || record.stays.last?.left != nil || record.stays.isEmpty else { return }
        leave(event)
        stay(in: stage, event)
    }

    private mutating func stay(in stage: String, _ event: FoldEvent) {
        record.stage = stage
        record.stays.append(.init(stage: stage, entered: event.occurredAt, left: nil, position: event.position))
    }

    private mutating func leave(_ event: FoldEvent) {
        guard let last = record.stays.indices.last, record.stays[last].left == nil else { return }
        record.stays[last].left = event.occurredAt
    }

    private mutating func setState(_ state: DealRecord.State, _ event: FoldEvent) {
        isCloseSaid = false
        record.state = state
        record.closed = state == .open ? nil : event.occurredAt
        record.reason = state == .open ? nil : text(.reason)
        record.states.append(
            .init(at: event.occurredAt, position: event.position, state: state, reason: text(.reason))
        )
        if state != .open { leave(event) }
    }

    /// A win or a loss; the first one after a stage has closed the deal so says more of it.
    private mutating func close(_ state: DealRecord.State, _ event: FoldEvent, _ type: CompiledType) {
        if record.state == state, !isCloseSaid {
            record.reason = text(.reason) ?? record.reason
        } else {
            guard isOpen(event, type) else { return }
            setState(state, event)
        }
        isCloseSaid = true
        setOwner(text(.owner), event)
        guard state == .won else { return }
        setAmount(event)
        record.wins.append(.init(position: event.position, customer: event.customer))
    }

    private mutating func reopen(_ event: FoldEvent, _ type: CompiledType) {
        guard record.state != .open else {
            record.anomalies.append(change(event, "\(rules.name(of: type)) for a deal that is open"))
            return
        }
        setState(.open, event)
        setOwner(text(.owner), event)
        let named = [text(.stage), text(.to)].compactMap { $0 }.first { pipeline()?.kind(of: $0) ?? .open == .open }
        record.stage = record.stays.last?.stage
        if let stage = named ?? record.stage { stay(in: stage, event) }
    }
}
