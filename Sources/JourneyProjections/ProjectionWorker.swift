// One worker for each view, with an executor of its own: a blocking sync never holds a thread of the pool, and views never
// wait for one another.
public import JourneyEvents
internal import JourneyLog
internal import LMDB

/// Keeps one read model up to date.
public actor ProjectionWorker {
    /// The read model.
    public nonisolated let projection: any Projection
    private nonisolated let log: EventLog
    private nonisolated let store: ViewStore
    private nonisolated let executor: QueueExecutor

    /// Runs the worker's work on its own queue.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(_ projection: any Projection, log: EventLog) throws {
        self.projection = projection
        self.log = log
        executor = QueueExecutor(label: "rihla.view.\(projection.name)")
        store = try translating("open the view \(projection.name)") {
            try ViewStore(at: log.files.views + "/" + projection.directory, readOnly: log.isReadOnly)
        }
    }

    /// Where the view is.
    public struct Status: Sendable {
        /// The last position that it has folded.
        public var checkpoint: Position
        /// Whether it was made with the definition in force.
        public var isCurrent: Bool
        /// Rows.
        public var rows: Int
        /// Bytes on disk.
        public var bytes: Int64
        /// Keys that wait, with the reason of each.
        public var parked: [(key: UInt32, reason: String)]
    }

    /// Where the view is now.
    public nonisolated func status() throws -> Status {
        let state = try store.state()
        return Status(
            checkpoint: Position(state?.checkpoint ?? 0),
            isCurrent: state?.definition == projection.definition,
            rows: try store.count(),
            bytes: store.bytes,
            parked: try store.parkedKeys()
        )
    }

    /// Whether the view must be made anew to be at `head`: it has another definition or store, is ahead, or far behind.
    nonisolated func needsRebuild(for head: LogHead) throws -> Bool {
        guard let state = try store.state(), state.definition == projection.definition, state.storeID == head.storeID,
            state.epoch == head.epoch, state.checkpoint <= head.position.rawValue
        else { return true }
        let behind = head.position.rawValue - state.checkpoint
        return behind > 50_000 && behind > head.position.rawValue / 8
    }

    /// Folds the events since the checkpoint: every key that one of them names is folded again from all of its events.
    func catchUp(to head: LogHead) throws {
        let projection = try self.projection.prepared(for: log)
        while true {
            guard let state = try store.state(), state.checkpoint < head.position.rawValue else { return }
            try Task.checkCancellation()
            let through = min(head.position.rawValue, state.checkpoint + 20_000)
            var keys: Set<UInt32> = []
            try log.scanFolds(after: state.checkpoint, through: through) { event in
                let key = projection.key == .customer ? event.customer : event.deal
                if key != 0 { keys.insert(key) }
            }
            var change = ViewStore.Change()
            for key in keys.sorted() {
                let positions = try log.positions(projection.key, key, through: Position(through))
                let groups = EventGroups(key: key, events: try log.folds(at: positions))
                let part = try ProjectionWorker.fold(projection, groups, log)
                change.rows += part.rows
                change.parked += part.parked
            }
            var next = state
            next.checkpoint = through
            try translating("write the view \(projection.name)") { try store.apply(change, from: state, to: next) }
        }
    }

    /// Folds groups into rows; a key whose fold throws is parked.
    static func fold(_ projection: any Projection, _ groups: EventGroups, _ log: EventLog) throws -> ViewStore.Change {
        let wanted = groups.events.filter { projection.readsProperties(of: $0) }.map(\.position).sorted()
        let properties = try PropertyTable(reading: log, keys: projection.propertyKeys, positions: wanted)
        return fold(projection, groups, properties)
    }

    private static func fold(_ projection: some Projection, _ groups: EventGroups, _ properties: PropertyTable)
        -> ViewStore.Change
    {
        var change = ViewStore.Change()
        var start = 0
        var key = groups.firstKey
        for end in groups.ends {
            if start < end {
                do {
                    let row = try projection.row(for: key, events: groups.events[start..<end], properties: properties)
                    change.rows.append((key, row))
                } catch {
                    change.parked.append((key, "\(error)"))
                }
            }
            start = end
            key += 1
        }
        return change
    }

    /// Makes the view anew beside the one that serves, from groups that the engine hands over in order of key.
    func rebuild(head: LogHead, _ parts: GroupSource) throws {
        let projection = try self.projection.prepared(for: log)
        try translating("write the view \(projection.name)") {
            var source = parts
            try store.rebuild(head: head, definition: projection.definition) {
                try Task.checkCancellation()
                guard let groups = try source.next() else { return nil }
                return try ProjectionWorker.fold(projection, groups, log)
            }
        }
    }

    /// The stored rows in ascending order of key.
    public nonisolated func eachRow(_ body: (UInt32, Span<UInt8>) throws -> Void) throws { try store.each(body) }
    /// One stored row.
    public nonisolated func row(_ key: UInt32) throws -> [UInt8]? { try store.row(key) }
}
