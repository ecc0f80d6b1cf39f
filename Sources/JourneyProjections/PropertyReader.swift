// Which events a fold reads properties of, and whether the index keeps all that it reads of them. Most types are not read, so
// most events cost one look at a table.
internal import JourneyEvents
internal import JourneyLog

/// Says where the properties come from that a projection reads of an event.
struct PropertyReader {
    /// Where properties come from.
    enum Source {
        /// The fold reads none.
        case none
        /// All that it reads are kept in the index.
        case index
        /// Some are in the log alone.
        case log
    }

    private struct TypeUse {
        var use: PropertyUse = []
        var source = Source.none
    }

    private let projection: any Projection
    /// The symbols that the index keeps.
    private let kept: Set<UInt32>
    /// By type; those beyond have not been asked for.
    private var byType = [TypeUse()]
    private var hasLogType = false
    /// All keys that the projection reads.
    let keys: [UInt32]
    let keySet: KeySet

    /// What a prepared projection reads.
    init(_ projection: any Projection, _ log: LogSnapshot) throws {
        self.projection = projection
        kept = try log.keptKeys()
        keys = projection.propertyKeys
        keySet = KeySet(keys)
    }

    /// Asks for the types through one that an event has. Types are numbered as they come, so all of them are older than the
    /// event, and the projection was prepared when it was there; types of events that others append meanwhile are not asked
    /// for.
    private mutating func ask(through last: UInt32) {
        for type in UInt32(byType.count)...last {
            let use = projection.propertyUse(ofType: type)
            let isKept = use.isEmpty || kept.isSuperset(of: projection.propertyKeys(ofType: type))
            byType.append(TypeUse(use: use, source: isKept ? .index : .log))
            if !isKept { hasLogType = true }
        }
    }

    /// Where what the fold reads of an event comes from.
    @inline(__always)
    mutating func source(of event: FoldEvent) -> Source {
        if Int(event.type) >= byType.count { ask(through: event.type) }
        let found = byType[Int(event.type)]
        return found.use.isEmpty || !found.use.contains(event) ? .none : found.source
    }

    /// Whether the log is read for events of some type through one that an event has.
    mutating func readsLog(through last: UInt32) -> Bool {
        if Int(last) >= byType.count { ask(through: last) }
        return hasLogType
    }

    /// The positions of the events whose properties the fold reads.
    mutating func positions(of events: [FoldEvent]) -> [UInt64] {
        var positions: [UInt64] = []
        for event in events where source(of: event) != .none { positions.append(event.position) }
        return positions
    }
}
