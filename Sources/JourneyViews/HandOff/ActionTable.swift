// Who did what: the properties of hand-offs, contacts and follow-ups, and who acted where no owner is named.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// Properties and owners of some events.
struct ActionTable {
    private let keys: PropertyKeys
    private let properties: PropertyTable
    private let actors: [UInt64: String]

    /// - Parameter events: Those whose owner or properties are asked for.
    init(_ frame: QueryFrame, _ names: [PropertyKeys.Name], of events: [FoldEvent]) throws {
        keys = frame.compiled.keys
        let positions = events.map(\.position).sorted()
        let table = try PropertyTable(
            reading: frame.log,
            keys: keys.symbols(names + [.owner]) + [RecordPart.id, RecordPart.causation],
            positions: positions
        )
        let owner = keys[.owner]
        let unnamed = positions.filter { table.text(owner, at: $0)?.isEmpty ?? true }
        var actors: [UInt64: String] = [:]
        for event in try frame.log.events(at: unnamed) { actors[event.position.rawValue] = event.actor }
        properties = table
        self.actors = actors
    }

    /// The property `owner`, else who acted; nil when neither says anything.
    func owner(_ event: FoldEvent) -> String? {
        if let owner = text(.owner, event), !owner.isEmpty { return owner }
        return actors[event.position]
    }

    func text(_ name: PropertyKeys.Name, _ event: FoldEvent) -> String? {
        properties.text(keys[name], at: event.position)
    }

    func id(_ event: FoldEvent) -> String? { properties.json(RecordPart.id, at: event.position) }
    func cause(_ event: FoldEvent) -> String? { properties.json(RecordPart.causation, at: event.position) }
}
