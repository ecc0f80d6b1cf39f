// Which folds read properties of which events. Most types have no reader, so most events cost one look at a table.
internal import JourneyEvents
internal import JourneyLog

/// Gathers the positions of the events whose properties some projections read, and which of these read them.
struct PropertyReaders {
    /// The projections that read an event, a bit each, by what is asked of it.
    private struct Readers {
        var always: UInt32 = 0
        var withoutChannel: UInt32 = 0
        var withDeal: UInt32 = 0
    }

    private let byType: [Readers]
    /// What was gathered, in the order in which the events were added.
    private(set) var positions: [UInt64] = []
    /// For each of the positions the projections that read it, a bit each.
    private(set) var readers: [UInt32] = []

    /// Readers for as many projections as one table can serve; `types` is the number of types that the log has.
    init(_ projections: [any Projection], types: Int) {
        precondition(projections.count <= PropertyTable.mostFolds, "each projection is one bit")
        var byType = [Readers](repeating: Readers(), count: types + 1)
        for type in byType.indices.dropFirst() {
            for (index, projection) in projections.enumerated() {
                let use = projection.propertyUse(ofType: UInt32(type))
                let bit: UInt32 = 1 << UInt32(index)
                if use.contains(.always) { byType[type].always |= bit }
                if use.contains(.withoutChannel) { byType[type].withoutChannel |= bit }
                if use.contains(.withDeal) { byType[type].withDeal |= bit }
            }
        }
        self.byType = byType
    }

    @inline(__always)
    mutating func add(_ event: FoldEvent) {
        guard Int(event.type) < byType.count else { return }
        let all = byType[Int(event.type)]
        var found = all.always
        if event.channel == 0 { found |= all.withoutChannel }
        if event.deal != 0 { found |= all.withDeal }
        guard found != 0 else { return }
        positions.append(event.position)
        readers.append(found)
    }

    /// The positions that any of them reads among events.
    consuming func positions(of events: [FoldEvent]) -> [UInt64] {
        var readers = self
        for event in events { readers.add(event) }
        return readers.positions
    }
}
