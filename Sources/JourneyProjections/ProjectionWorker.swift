// One worker for each view, with an executor of its own: a blocking sync never holds a thread of the pool, and views never
// wait for one another.
public import JourneyEvents
internal import JourneyLog
internal import Platform
internal import Synchronization

/// Keeps one read model up to date.
public actor ProjectionWorker {
    /// The read model.
    public nonisolated let projection: any Projection
    /// What rows must have been made with: the read model's own definition, and for customers who is one.
    public nonisolated let definition: String
    private nonisolated let log: EventLog
    private nonisolated let identity: IdentityResolver
    private nonisolated let opened = Mutex<ViewStore?>(nil)
    private nonisolated let executor: QueueExecutor
    /// How many bytes of rows a rebuild writes in one transaction.
    private nonisolated let partBytes: Int

    /// Runs the worker's work on its own queue.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(_ projection: any Projection, log: EventLog, identity: IdentityResolver, partBytes: Int) {
        self.projection = projection
        self.identity = identity
        definition = identity.definition(of: projection)
        self.log = log
        self.partBytes = partBytes
        executor = QueueExecutor(label: "rihla.view.\(projection.name)")
    }

    /// The view on disk, opened when it is first asked for: a question opens only the views that it reads.
    nonisolated var store: ViewStore {
        get throws {
            try opened.withLock { opened in
                if let opened { return opened }
                let store = try translating("open the view \(projection.name)") {
                    try ViewStore(
                        projection.name,
                        at: log.files.views + "/" + projection.directory,
                        of: log.files,
                        readOnly: log.isReadOnly
                    )
                }
                opened = store
                return store
            }
        }
    }

    /// Lets the view go. Using the worker afterwards opens it again.
    nonisolated func close() {
        opened.withLock { opened in
            opened?.close()
            opened = nil
        }
    }

    /// Reads all of the view's file and makes it empty when it is damaged; gives what was wrong with it.
    package nonisolated func verify() throws -> String? {
        try translating("read the view \(projection.name)") { try store.verify() }
    }

    /// Where the view is.
    public struct Status: Sendable {
        /// The last position that it has folded; the start when it was not made by the definition in force.
        public var checkpoint: Position
        /// Whether it was made with the definition in force.
        public var isCurrent: Bool
        /// Rows.
        public var rows: Int
        /// Bytes on disk.
        public var bytes: Int64
        /// Keys that wait, each with the event that it waits at and the reason.
        public var parked: [ParkedKey]
    }

    /// Where the view is now: one moment of it.
    public nonisolated func status() throws -> Status {
        let summary = try store.summary()
        let isCurrent = try summary.map { try isMade($0.state, at: try log.refresh()) } ?? false
        return Status(
            checkpoint: Position(isCurrent ? summary?.state.checkpoint ?? 0 : 0),
            isCurrent: isCurrent,
            rows: summary?.rows ?? 0,
            bytes: try store.bytes,
            parked: summary?.parked ?? []
        )
    }

    /// Whether a view was made by the definition in force from the history of a moment.
    private nonisolated func isMade(_ state: ViewState, at moment: LogSnapshot) throws -> Bool {
        try state.definition == definition && moment.proves(state.point)
    }

    /// How a view stands to a moment of the log.
    enum Standing: Equatable {
        /// At it, or past it.
        case reached
        /// Behind it: events since the checkpoint are to be folded.
        case behind
        /// Must be made anew; the reason, when a user should know it.
        case stale(because: String?)
    }

    /// How the view stands to a moment of the log.
    nonisolated func standing(to moment: LogSnapshot) throws -> Standing {
        guard let state = try store.state() else { return .stale(because: try store.damageAtOpen) }
        // Another process may have moved it past what this one knows, but not past what the log has.
        let now = state.point.position > moment.position ? try log.refresh() : moment
        guard try now.proves(state.point) else { return .stale(because: "it was made from another history") }
        guard state.definition == definition else {
            return .stale(because: "its fold or the rules that it reads have changed")
        }
        if state.point.position >= moment.position { return .reached }
        let head = moment.position.rawValue
        let behind = head - state.checkpoint
        return behind > 50_000 && behind > head / 8 ? .stale(because: nil) : .behind
    }

    /// Folds the events since the checkpoint: every key that one of them names is folded again from all of its events, and
    /// so is everybody who got or lost events because an identity was linked or unlinked, or events were taken back. Gives how
    /// many keys that were.
    @discardableResult
    func catchUp(to moment: LogSnapshot) throws -> Int {
        let projection = try self.projection.prepared(for: moment)
        var count = 0
        while true {
            guard let state = try store.state(), try isMade(state, at: moment), state.point.position < moment.position
            else { return count }
            try Task.checkCancellation()
            // A checkpoint is where a block ends, so that it can be proved.
            let next = try moment.point(
                atEndOfBlockWith: min(moment.position, Position(state.checkpoint + 20_000))
            )
            let log = moment.through(next.position)
            let keys = try touchedKeys(of: projection, since: state, log)
            var batch = RowBatch()
            for start in stride(from: 0, to: keys.count, by: 8_192) {
                let groups = try EventGroups(
                    log,
                    kind: projection.key,
                    keys: Array(keys[start..<min(start + 8_192, keys.count)]),
                    bounds: EventBounds(through: log.position),
                    identity: try identity.map(for: projection, log, EventBounds(through: log.position))
                )
                try groups.fold(projection, log, into: &batch)
            }
            count += keys.count
            var reached = state
            reached.point = next
            try translating("write the view \(projection.name)") { try store.apply(batch, from: state, to: reached) }
        }
    }

    /// The keys whose row may differ at a moment from the one that the view has, ascending.
    private func touchedKeys(of projection: any Projection, since state: ViewState, _ log: LogSnapshot) throws
        -> [UInt32]
    {
        var found: Set<UInt32> = []
        let persons = try identity.map(for: projection, log, EventBounds(through: log.position))
        let earlier = log.through(state.point.position)
        let before = try identity.map(for: projection, earlier, EventBounds(through: earlier.position))
        func note(_ event: FoldEvent, _ persons: IdentityMap) {
            let key = projection.key == .customer ? persons.person(event.customer, at: event.occurredAt) : event.deal
            if key != 0 { found.insert(key) }
        }
        try log.scanFolds(after: state.checkpoint, through: log.position.rawValue) { note($0, persons) }
        for range in log.takenBack(after: state.checkpoint) where range.lowerBound <= state.checkpoint {
            let last = min(range.upperBound, state.checkpoint)
            try earlier.scanFolds(after: range.lowerBound - 1, through: last) {
                note($0, persons)
                note($0, before)
            }
        }
        found.formUnion(persons.touched(since: before))
        return found.sorted()
    }

    /// Removes the directories of earlier versions of the read model, which nobody reads any more.
    private func removeEarlierVersions() throws {
        let views = log.files.views
        let prefix = projection.name + "@"
        for name in try FileSystem.list(views) where name.hasPrefix(prefix) {
            guard let version = Int(name.dropFirst(prefix.count)), version < projection.version else { continue }
            try FileSystem.removeAtOnce(views + "/" + name)
        }
        try FileSystem.finishRemovals(in: views)
    }

    /// Makes the view anew beside the one that serves. The rows go to the disk in parts, so that memory holds one of them;
    /// the last part makes them serve. `projection` is the worker's own, prepared.
    func rebuild<P: Projection>(_ projection: P, _ log: LogSnapshot, _ source: GroupSource) throws {
        let state = ViewState(log.head, definition: definition)
        try store.rebuild(try FoldRun(projection, log, source), state, partBytes, name: projection.name)
        try translating("remove what earlier versions have left") { try removeEarlierVersions() }
    }
}

extension ViewStore {
    /// Makes the rows of a run beside those that serve, so many bytes in one transaction; the last one makes them serve, as
    /// `state` says.
    fileprivate func rebuild<P: Projection>(
        _ folds: consuming FoldRun<P>,
        _ state: ViewState,
        _ partBytes: Int,
        name: String
    ) throws {
        var run = folds
        var rebuild = try translating("write the view \(name)") { try begin() }
        var batch = RowBatch()
        var isComplete = false
        do {
            while !isComplete {
                try translating("write the view \(name)") {
                    try fill(&rebuild) { put in
                        var bytes = 0
                        while !isComplete, bytes <= partBytes {
                            let limit = min(partBytes - bytes, RowBatch.usualBytes)
                            isComplete = try !run.next(into: &batch, limit: limit)
                            try put(batch)
                            bytes += max(batch.byteCount, 1)
                            batch.removeAll()
                        }
                        return isComplete ? state : nil
                    }
                }
            }
            try translating("write the view \(name)") { try end(rebuild) }
        } catch {
            // What is left is not read by anybody and goes with the next rebuild, if not now: the first error counts.
            try? abandon(rebuild)
            throw error
        }
    }
}
