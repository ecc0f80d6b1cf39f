// Reading rows at exactly one position: stored ones when the view stands there, else those of a fold into memory. Both are
// the same bytes, so a reader never sees rows of another moment than the one that its answer names.
internal import JourneyEvents
public import JourneyLog

extension ProjectionEngine {
    /// Visits the rows of a read model inside bounds, in ascending order of key; returns the keys that are parked there.
    ///
    /// Without a bound on time, and when it is one of the engine's views and stands at the position, they are the stored rows;
    /// else the events are folded into memory.
    @discardableResult
    public func eachRow(
        of projection: any Projection,
        in log: LogSnapshot,
        bounds: EventBounds,
        identity: IdentityRules? = nil,
        _ body: (UInt32, Span<UInt8>) throws -> Void
    ) throws -> [ParkedKey] {
        if let (worker, need) = try need(projection, log, bounds, identity),
            let parked = try worker.store.each(need, body)
        {
            return parked
        }
        return try fold(projection, in: log, bounds: bounds, identity: identity, body)
    }

    /// The row of one key inside bounds, nil when it has none, and the parked keys: those of the view when the row is stored,
    /// this one when it was folded and waits. Without `stored` it is always folded.
    ///
    /// The key of a customer is that of the person: ``IdentityMap/person(_:at:)``.
    public func row(
        of projection: any Projection,
        key: UInt32,
        in log: LogSnapshot,
        bounds: EventBounds,
        identity: IdentityRules? = nil,
        stored: Bool = true
    ) throws -> (row: [UInt8]?, parked: [ParkedKey]) {
        if stored, let (worker, need) = try need(projection, log, bounds, identity),
            let found = try worker.store.row(key, need)
        {
            return found
        }
        let log = log.through(bounds.through)
        let projection = try projection.prepared(for: log)
        let persons = try resolver(identity).map(for: projection, log, bounds)
        let groups = try EventGroups(log, kind: projection.key, keys: [key], bounds: bounds, identity: persons)
        guard !groups.events.isEmpty else { return (nil, []) }
        var batch = RowBatch()
        try groups.fold(projection, log, into: &batch)
        return (batch.row(0), batch.parked)
    }

    private func resolver(_ rules: IdentityRules?) -> IdentityResolver { rules.map { identity.with($0) } ?? identity }

    /// What a stored view must be to answer inside bounds; nil when none can be.
    private func need(
        _ projection: any Projection,
        _ log: LogSnapshot,
        _ bounds: EventBounds,
        _ identity: IdentityRules?
    ) throws -> (ProjectionWorker, ViewNeed)? {
        guard bounds.asOf == nil, let worker = workers.first(where: { $0.projection.name == projection.name }),
            let point = try log.point(at: bounds.through)
        else { return nil }
        return (worker, ViewNeed(point: point, definition: resolver(identity).definition(of: projection)))
    }

    /// Folds the events inside bounds into rows in memory, in ascending order of key; returns the keys that are parked.
    @discardableResult
    public func fold(
        _ projection: any Projection,
        in log: LogSnapshot,
        bounds: EventBounds,
        identity: IdentityRules? = nil,
        _ body: (UInt32, Span<UInt8>) throws -> Void
    ) throws -> [ParkedKey] {
        let log = log.through(bounds.through)
        let projection = try projection.prepared(for: log)
        let persons = try resolver(identity).map(for: projection, log, bounds)
        let ranges = try EventGroups.Ranges(log, key: projection.key, bounds: bounds, identity: persons)
        return try fold(projection, log, .ranges(ranges), body)
    }

    private func fold<P: Projection>(
        _ projection: P,
        _ log: LogSnapshot,
        _ source: GroupSource,
        _ body: (UInt32, Span<UInt8>) throws -> Void
    ) throws -> [ParkedKey] {
        var run = try FoldRun(projection, log, source)
        var batch = RowBatch()
        var parked: [ParkedKey] = []
        var hasMore = true
        while hasMore {
            hasMore = try run.next(into: &batch, limit: RowBatch.usualBytes)
            try batch.eachRow(body)
            parked += batch.parked
            batch.removeAll()
        }
        return parked
    }

    /// Compares what a view has stored, at its checkpoint, with a fold of the log; the keys whose row or place among the
    /// parked ones differs.
    public func differences(_ name: String) throws -> [UInt32] {
        let worker = try worker(name)
        while true {
            guard let state = try worker.store.state() else { return [] }
            let now = state.point.position > self.log.head.position ? try self.log.refresh() : self.log.snapshot
            let need = ViewNeed(point: state.point, definition: worker.definition)
            guard state.definition == need.definition, try now.proves(state.point) else { return [] }
            let log = now.through(state.point.position)
            let bounds = EventBounds(through: log.position)
            var folded = FoldedRows(
                projection: try worker.projection.prepared(for: log),
                log: log,
                ranges: try EventGroups.Ranges(
                    log,
                    key: worker.projection.key,
                    bounds: bounds,
                    identity: identity.map(for: worker.projection, log, bounds)
                )
            )
            var differing: Set<UInt32> = []
            let parked = try worker.store.each(need) { key, bytes in
                while let other = try folded.key(), other < key {
                    differing.insert(other)
                    folded.advance()
                }
                guard try folded.key() == key else {
                    differing.insert(key)
                    return
                }
                if !folded.equals(bytes) { differing.insert(key) }
                folded.advance()
            }
            // The view moved on before it was read: look at it as it is now.
            guard let parked else { continue }
            while let other = try folded.key() {
                differing.insert(other)
                folded.advance()
            }
            for entry in Set(parked).symmetricDifference(folded.parked) { differing.insert(entry.key) }
            return differing.sorted()
        }
    }
}

/// The rows of a fold, one after the other.
private struct FoldedRows {
    let projection: any Projection
    let log: LogSnapshot
    var ranges: EventGroups.Ranges
    private(set) var parked: [ParkedKey] = []
    private var batch = RowBatch()
    private var index = 0

    init(projection: any Projection, log: LogSnapshot, ranges: EventGroups.Ranges) {
        self.projection = projection
        self.log = log
        self.ranges = ranges
    }

    /// The key of the row at hand; nil after the last.
    mutating func key() throws -> UInt32? {
        while true {
            while index < batch.count {
                if batch.hasRow(index) { return batch.key(index) }
                index += 1
            }
            batch.removeAll()
            index = 0
            guard let groups = try ranges.next() else { return nil }
            try groups.fold(projection, log, into: &batch)
            parked += batch.parked
        }
    }

    mutating func advance() { index += 1 }

    func equals(_ bytes: Span<UInt8>) -> Bool { batch.row(index, equals: bytes) }
}
