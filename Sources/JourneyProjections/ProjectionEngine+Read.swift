// Reading rows at exactly one position: stored ones when the view stands there, else those of a fold into memory. Both are
// the same bytes, so a reader never sees rows of another moment than the one that its answer names.
internal import JourneyEvents
internal import JourneyLog

extension ProjectionEngine {
    /// Visits the rows of a read model inside bounds, in ascending order of key; returns the keys that are parked there.
    ///
    /// Without a bound on time, and when it is one of the engine's views and stands at the position, they are the stored rows;
    /// else the events are folded into memory.
    @discardableResult
    public func eachRow(
        of projection: any Projection,
        bounds: EventBounds,
        identity: IdentityRules? = nil,
        _ body: (UInt32, Span<UInt8>) throws -> Void
    ) throws -> [ParkedKey] {
        if let (worker, need) = need(projection, bounds, identity), let parked = try worker.store.each(need, body) {
            return parked
        }
        return try fold(projection, bounds: bounds, identity: identity, body)
    }

    /// The row of one key inside bounds, nil when it has none, and the parked keys: those of the view when the row is stored,
    /// this one when it was folded and waits. Without `stored` it is always folded.
    ///
    /// The key of a customer is that of the person: ``IdentityMap/person(_:at:)``.
    public func row(
        of projection: any Projection,
        key: UInt32,
        bounds: EventBounds,
        identity: IdentityRules? = nil,
        stored: Bool = true
    ) throws -> (row: [UInt8]?, parked: [ParkedKey]) {
        if stored, let (worker, need) = need(projection, bounds, identity), let found = try worker.store.row(key, need)
        {
            return found
        }
        let projection = try projection.prepared(for: log)
        let persons = try resolver(identity).map(for: projection, bounds)
        let groups = try EventGroups(log, kind: projection.key, keys: [key], bounds: bounds, identity: persons)
        guard !groups.events.isEmpty else { return (nil, []) }
        var batch = RowBatch()
        try groups.fold(projection, log, into: &batch)
        return (batch.row(0), batch.parked)
    }

    private func resolver(_ rules: IdentityRules?) -> IdentityResolver { rules.map { identity.with($0) } ?? identity }

    private func need(_ projection: any Projection, _ bounds: EventBounds, _ identity: IdentityRules?) -> (
        ProjectionWorker, ViewNeed
    )? {
        guard bounds.asOf == nil, let worker = workers.first(where: { $0.projection.name == projection.name }) else {
            return nil
        }
        let need = ViewNeed(
            head: log.head,
            definition: resolver(identity).definition(of: projection),
            checkpoint: bounds.through.rawValue
        )
        return (worker, need)
    }

    /// Folds the events inside bounds into rows in memory, in ascending order of key; returns the keys that are parked.
    @discardableResult
    public func fold(
        _ projection: any Projection,
        bounds: EventBounds,
        identity: IdentityRules? = nil,
        _ body: (UInt32, Span<UInt8>) throws -> Void
    ) throws -> [ParkedKey] {
        let projection = try projection.prepared(for: log)
        let persons = try resolver(identity).map(for: projection, bounds)
        let ranges = try EventGroups.Ranges(log, key: projection.key, bounds: bounds, identity: persons)
        return try fold(projection, .ranges(ranges), body)
    }

    private func fold<P: Projection>(
        _ projection: P,
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
        let log = self.log
        while true {
            guard let state = try worker.store.state() else { return [] }
            if state.checkpoint > log.head.position.rawValue { try log.refresh() }
            let need = ViewNeed(
                head: log.head,
                definition: worker.definition,
                checkpoint: state.checkpoint
            )
            guard state.isMade(by: need.definition, from: need.head) else { return [] }
            let bounds = EventBounds(through: Position(state.checkpoint))
            var folded = FoldedRows(
                projection: try worker.projection.prepared(for: log),
                log: log,
                ranges: try EventGroups.Ranges(
                    log,
                    key: worker.projection.key,
                    bounds: bounds,
                    identity: identity.map(for: worker.projection, bounds)
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
    let log: EventLog
    var ranges: EventGroups.Ranges
    private(set) var parked: [ParkedKey] = []
    private var batch = RowBatch()
    private var index = 0

    init(projection: any Projection, log: EventLog, ranges: EventGroups.Ranges) {
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
