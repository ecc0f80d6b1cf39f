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

    private let projections: [any Projection]
    /// By type; those beyond have not been asked for.
    private var byType = [Readers()]
    /// What was gathered, in the order in which the events were added.
    private(set) var positions: [UInt64] = []
    /// For each of the positions the projections that read it, a bit each.
    private(set) var readers: [UInt32] = []

    /// Readers for as many projections as one table can serve.
    init(_ projections: [any Projection]) {
        precondition(projections.count <= PropertyTable.mostFolds, "each projection is one bit")
        self.projections = projections
    }

    /// Asks for the types through one that an event has. Types are numbered as they come, so all of them are older than the
    /// event, and the projections were prepared when it was there; types of events that others append meanwhile are not asked
    /// for.
    private mutating func ask(through last: UInt32) {
        for type in UInt32(byType.count)...last {
            var readers = Readers()
            for (index, projection) in projections.enumerated() {
                let use = projection.propertyUse(ofType: type)
                let bit: UInt32 = 1 << UInt32(index)
                if use.contains(.always) { readers.always |= bit }
                if use.contains(.withoutChannel) { readers.withoutChannel |= bit }
                if use.contains(.withDeal) { readers.withDeal |= bit }
            }
            byType.append(readers)
        }
    }

    /// The projections that read properties of an event, a bit each.
    @inline(__always)
    private mutating func readers(_ type: UInt32, hasChannel: Bool, hasDeal: Bool) -> UInt32 {
        if Int(type) >= byType.count { ask(through: type) }
        let all = byType[Int(type)]
        var found = all.always
        if !hasChannel { found |= all.withoutChannel }
        if hasDeal { found |= all.withDeal }
        return found
    }

    /// Whether any projection reads properties of an event.
    @inline(__always)
    mutating func reads(_ event: FoldEvent) -> Bool {
        readers(event.type, hasChannel: event.channel != 0, hasDeal: event.deal != 0) != 0
    }

    /// Adds an event of a type, which may give a channel and name a deal.
    @inline(__always)
    mutating func add(_ position: UInt64, _ type: UInt32, hasChannel: Bool, hasDeal: Bool) {
        let found = readers(type, hasChannel: hasChannel, hasDeal: hasDeal)
        guard found != 0 else { return }
        positions.append(position)
        readers.append(found)
    }

    /// The positions that any of them reads among events.
    consuming func positions(of events: [FoldEvent]) -> [UInt64] {
        var readers = self
        for event in events {
            readers.add(event.position, event.type, hasChannel: event.channel != 0, hasDeal: event.deal != 0)
        }
        return readers.positions
    }
}
