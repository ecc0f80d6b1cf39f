// Which folds read properties of which events. Most types have no reader, so most events cost one look at a table.
internal import JourneyEvents
internal import JourneyLog

/// Gathers, for each of some projections, the positions of the events whose properties it reads.
struct PropertyReaders {
    private let projections: [any Projection]
    /// For each type the projections that may read its events, a bit each.
    private let byType: [UInt64]
    /// What was gathered, for each projection.
    private(set) var positions: [[UInt64]]

    /// Readers for at most 64 projections; `types` is the number of types that the log has.
    init(_ projections: [any Projection], types: Int) {
        precondition(projections.count <= 64, "each projection is one bit")
        self.projections = projections
        var byType = [UInt64](repeating: 0, count: types + 1)
        for type in byType.indices.dropFirst() {
            for index in projections.indices where projections[index].readsProperties(ofType: UInt32(type)) {
                byType[type] |= 1 << UInt64(index)
            }
        }
        self.byType = byType
        positions = [[UInt64]](repeating: [], count: projections.count)
    }

    @inline(__always)
    mutating func add(_ event: FoldEvent) {
        let readers = Int(event.type) < byType.count ? byType[Int(event.type)] : 0
        if readers != 0 { add(event, readers) }
    }

    private mutating func add(_ event: FoldEvent, _ readers: UInt64) {
        var rest = readers
        while rest != 0 {
            let index = rest.trailingZeroBitCount
            rest &= rest - 1
            if projections[index].readsProperties(of: event) { positions[index].append(event.position) }
        }
    }

    /// The positions that the first projection reads among events.
    consuming func positions(of events: [FoldEvent]) -> [UInt64] {
        var readers = self
        for event in events { readers.add(event) }
        return readers.positions[0]
    }
}
