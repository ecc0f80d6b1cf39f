// From memory into the index, beside the commits, and a new index when the old one cannot be believed. Other processes may do
// the same at any moment: whatever one of them has done is taken up from there.
internal import JourneyEvents
internal import LMDB
internal import Platform
internal import Synchronization

/// Keeps the index of a log.
final class Indexer: Sendable {
    private let storage: LogStorage
    private let publication: Publication
    /// The ids and symbols that the writer has in memory.
    private let memory: WriterMemory
    private let options: IndexOptions
    /// Held while the index takes events or is made anew; the writer goes on meanwhile.
    private let working = Mutex<Void>(())
    private let isScheduled = Atomic<Bool>(false)
    private let isClosed = Atomic<Bool>(false)
    private let background = Committer(label: "rihla.index")
    private let lastFailure = Mutex<RihlaError?>(nil)
    /// Whether the index was made anew because it was damaged.
    private let isHealed = Atomic<Bool>(false)

    init(_ publication: Publication, _ memory: WriterMemory, _ options: IndexOptions) {
        storage = publication.snapshot.storage
        (self.publication, self.memory, self.options) = (publication, memory, options)
    }

    /// Why the index could not be written lately.
    var failure: RihlaError? { lastFailure.withLock { $0 } }

    // MARK: Growing

    /// Lets the index take what has gathered, when that is much, while commits go on. They wait only when twice as much has
    /// gathered, so that memory has a bound.
    func flushBehind() {
        let count = publication.snapshot.tail.count
        guard count >= options.flushThreshold else { return }
        if count >= options.flushThreshold * 2 { return flushOrNote() }
        guard !isScheduled.exchange(true, ordering: .acquiringAndReleasing) else { return }
        background.schedule {
            self.isScheduled.store(false, ordering: .releasing)
            self.flushOrNote()
        }
    }

    private func flushOrNote() {
        do {
            try flush(atLeast: options.flushThreshold)
            lastFailure.withLock { $0 = nil }
        } catch {
            lastFailure.withLock { $0 = translated(error, "write the index of \(storage.files.directory)") }
        }
    }

    /// Moves what the index does not have into it, when that is at least `atLeast` events.
    func flush(atLeast: Int, isClosing: Bool = false) throws {
        guard !options.isReadOnly else { return }
        try healing {
            try working.withLock { _ in
                guard isClosing || !isClosed.load(ordering: .acquiring) else { return }
                var lost = 0
                // Another process may move the index on; one that always does so does all of the work.
                while lost < 8, let part = try nextPart(atLeast: max(atLeast, 1)) {
                    if try !add(part, to: publication.snapshot.index) { lost += 1 }
                }
            }
        }
    }

    /// Ends background work; what is flushed afterwards is only what closing flushes.
    func close() { isClosed.store(true, ordering: .releasing) }

    private func nextPart(atLeast: Int) throws -> IndexPart? {
        let snapshot = try publication.refresh()
        let count = snapshot.end.position - snapshot.reach.position
        guard snapshot.index != nil, count >= UInt64(atLeast) else { return nil }
        if count <= UInt64(options.flushThreshold) * 4, let part = try memory.handOver(publication) { return part }
        let symbols = try symbols(snapshot.end)
        return try IndexPart(
            storage,
            symbols,
            from: snapshot.reach,
            snapshot.end,
            atMost: options.flushThreshold
        )
    }

    private func symbols(_ head: LogHead) throws -> SymbolTables {
        var symbols = SymbolTables(key: storage.hashKey, kept: storage.keptNames, counts: head.symbols)
        try storage.read { txn in try symbols.load(storage, through: head, txn) }
        return symbols
    }

    /// Adds a part to the index; false when another process has moved the index on.
    private func add(_ part: IndexPart, to index: EventIndex?) throws -> Bool {
        guard let index else { return false }
        var next: IndexReach?
        var filter = IDFilter(count: 0)
        defer { memory.settle(part, isIndexed: next != nil, filter) }
        try translating("write the index of \(storage.files.directory)") {
            try readingDerived(.index, of: index.environment) {
                filter = IDFilter(count: part.ids.count)
                for id in part.ids { filter.insert(id.hash) }
                next = try index.add(
                    part.events,
                    kept: part.kept,
                    ids: part.ids,
                    symbols: part.symbols,
                    from: part.from,
                    to: part.to
                )
            }
        }
        guard let next else { return false }
        publication.move(to: next)
        return true
    }

    // MARK: Opening and healing

    /// Opens the index of a store for a log at a head, makes it when it is not there, and anew when it is damaged, of another
    /// version or of another history; gives the snapshot that it makes. A reader that may not write does without.
    static func open(
        _ storage: LogStorage,
        _ end: LogHead,
        _ own: [OwnEvent],
        _ options: IndexOptions,
        _ notices: inout [String]
    ) throws -> LogSnapshot {
        let fresh = IndexReach(startOf: storage, end, incarnation: options.random(16))
        do {
            let index = try openedBesideOthers(storage, options)
            guard let reach = try proven(index, storage, options, fresh) else {
                return LogSnapshot(storage, end, nil, fresh, own)
            }
            return try moment(storage, end, index, reach, own)
        } catch let fault as DerivedFault where fault.isDamage {
            if options.isReadOnly {
                notices.append("the index is damaged; who may write to the store makes it anew")
                return LogSnapshot(storage, end, nil, fresh, own)
            }
            notices.append("the index was damaged and is made anew from the log")
            return try StoreLock(storage.files).hold {
                // Another process may have made it anew a moment ago.
                let index = try? openEnvironment(storage, options)
                let remade = try index ?? remade(storage, nil, options)
                let reach = try proven(remade, storage, options, fresh) ?? fresh
                return try moment(storage, end, remade, reach, own)
            }
        } catch  where options.isReadOnly {
            // What cannot be opened at all is not needed: the log has everything.
            return LogSnapshot(storage, end, nil, fresh, own)
        }
    }

    /// The snapshot of a head and an index, of a later head when others have taken the index beyond it.
    private static func moment(
        _ storage: LogStorage,
        _ end: LogHead,
        _ index: EventIndex,
        _ reach: IndexReach,
        _ own: [OwnEvent]
    ) throws -> LogSnapshot {
        guard reach.position > end.position else { return LogSnapshot(storage, end, index, reach, own) }
        let (later, added) = try storage.read { txn in
            let later = try storage.head(txn)
            return (later, try storage.ownEvents(after: end.position, through: later.position, txn))
        }
        return LogSnapshot(storage, later, index, reach, own + added)
    }

    /// Opens the index, which another process may be making anew at this moment.
    private static func openedBesideOthers(_ storage: LogStorage, _ options: IndexOptions) throws -> EventIndex {
        do {
            return try openEnvironment(storage, options)
        } catch let error as RihlaError where error.code == .notFound && !options.isReadOnly {
            return try StoreLock(storage.files).hold { try openEnvironment(storage, options) }
        }
    }

    private static func openEnvironment(_ storage: LogStorage, _ options: IndexOptions) throws -> EventIndex {
        try translating("open the index of \(storage.files.directory)") {
            try readingDerived(.index) {
                if !options.isReadOnly { try FileSystem.makeDirectory(storage.files.index) }
                return try EventIndex(
                    at: storage.files.index,
                    readOnly: options.isReadOnly,
                    allowRemoteFileSystem: options.allowRemoteFileSystem
                )
            }
        }
    }

    /// How far an index reaches that is of the log's history; one that is not is begun anew, unless that must not be.
    private static func proven(
        _ index: EventIndex,
        _ storage: LogStorage,
        _ options: IndexOptions,
        _ fresh: IndexReach
    ) throws -> IndexReach? {
        // The head is read each time: others append, and the index may reach beyond the head that this process knew.
        func isProven(_ reach: IndexReach) throws -> Bool {
            guard reach.keptNames == fresh.keptNames else { return false }
            let head = try storage.read { txn in try storage.head(txn) }
            return try storage.proves(reach.point, upTo: head)
        }
        return try translating("open the index of \(storage.files.directory)") {
            try readingDerived(.index, of: index.environment) {
                guard options.isReadOnly else { return try index.reach(proving: isProven, else: fresh) }
                guard let reach = try index.reach(), try isProven(reach) else { return nil }
                return reach
            }
        }
    }

    /// Removes an index, unless another process has done so already, and opens the one that is there then.
    private static func remade(_ storage: LogStorage, _ damaged: EventIndex?, _ options: IndexOptions) throws
        -> EventIndex
    {
        let data = storage.files.index + "/data.mdb"
        return try translating("make the index of \(storage.files.directory) anew") {
            let isStillThere = try damaged.map { try $0.environment.isFile(at: data) } ?? true
            if isStillThere { try FileSystem.removeAtOnce(storage.files.index) }
            try FileSystem.finishRemovals(in: storage.files.directory)
            return try openEnvironment(storage, options)
        }
    }

    /// Reads into memory what the index does not have; a large rest goes into the index first, a part at a time.
    func takeUpRest() throws {
        if !options.isReadOnly {
            let snapshot = publication.snapshot
            if snapshot.end.position - snapshot.reach.position > UInt64(EventIndex.largestTailAtOpen) {
                try flush(atLeast: EventIndex.largestTailAtOpen / 2)
            }
        }
        try publication.replace(filled(publication.snapshot))
    }

    /// A snapshot whose memory has what its index has not.
    private func filled(_ snapshot: LogSnapshot) throws -> LogSnapshot {
        guard snapshot.tail.count < snapshot.end.position - snapshot.reach.position else { return snapshot }
        var whole = snapshot.with(snapshot.index, snapshot.reach)
        let (events, kept) = try storage.folds(after: snapshot.reach.position, through: snapshot.end.position)
        whole.fill(events, kept)
        return whole
    }

    /// Runs `body`, which reads or writes the index, and once more when that was damaged.
    private func healing<R>(_ body: () throws -> R) throws -> R {
        var attempts = 0
        while true {
            do { return try body() } catch let fault as DerivedFault where attempts < 3 {
                attempts += 1
                try heal(fault)
            }
        }
    }

    /// Makes the index anew, unless that has happened since the fault was found.
    ///
    /// - Throws: `RihlaError` with code `damaged` when it was made anew in this process before.
    func heal(_ fault: DerivedFault) throws {
        try working.withLock { _ in
            let snapshot = try publication.refresh()
            guard let old = snapshot.index else {
                throw fault.unreliable
            }
            if let environment = fault.environment, environment != ObjectIdentifier(old.environment) { return }
            if options.isReadOnly {
                let fresh = IndexReach(startOf: storage, snapshot.end, incarnation: options.random(16))
                return publication.replace(try filled(snapshot.with(nil, fresh)))
            }
            if fault.isDamage, isHealed.exchange(true, ordering: .acquiringAndReleasing) { throw fault.unreliable }
            let fresh = IndexReach(startOf: storage, snapshot.end, incarnation: options.random(16))
            let (index, reach) = try StoreLock(storage.files).hold {
                let index = fault.isDamage ? try Indexer.remade(storage, old, options) : old
                return (index, try Indexer.proven(index, storage, options, fresh) ?? fresh)
            }
            memory.forget()
            var next = try Indexer.moment(storage, snapshot.end, index, reach, snapshot.own.events)
            let symbols = try self.symbols(next.end)
            while next.end.position - next.reach.position > UInt64(EventIndex.largestTailAtOpen) {
                let part = try IndexPart(
                    storage,
                    symbols,
                    from: next.reach,
                    next.end,
                    atMost: options.flushThreshold
                )
                let added = try translating("write the index of \(storage.files.directory)") {
                    try index.add(
                        part.events,
                        kept: part.kept,
                        ids: part.ids,
                        symbols: symbols,
                        from: part.from,
                        to: part.to
                    )
                }
                guard let reach = try added ?? Indexer.proven(index, storage, options, fresh) else { break }
                next = try Indexer.moment(storage, next.end, index, reach, next.own.events)
            }
            try publication.replace(filled(next))
        }
    }
}

/// How an index is kept.
struct IndexOptions: Sendable {
    var isReadOnly: Bool
    var allowRemoteFileSystem: Bool
    /// How many events gather in memory before they go into the index.
    var flushThreshold: Int
    /// Gives random bytes.
    var random: @Sendable (Int) -> [UInt8]
}
