// The log: the only truth of a store. It appends, reads by position, and holds what the index does not have yet. Readers
// never wait for a commit: what they need of the newest events is published in one step after it.
public import JourneyEvents
internal import LMDB
internal import Platform
internal import Synchronization

/// An append-only log of events in a store directory.
public final class EventLog: Sendable {
    /// The paths of the store.
    public let files: StoreFiles
    /// Whether this process may not write.
    public let isReadOnly: Bool
    /// Things that a user should know about how the store was found.
    public let notices: [String]
    let environment: Environment
    let blocks: Table
    let symbols: Table
    let meta: Table
    let index: EventIndex
    let published: Mutex<Published>
    let writer = Mutex<WriterState?>(nil)
    let queue = CommitQueue()
    /// Why HEAD could not be written lately.
    let headFailure = Mutex<RihlaError?>(nil)
    /// Why the index could not be written lately.
    let flushFailure = Mutex<RihlaError?>(nil)
    /// Held while the index takes events; the writer goes on meanwhile.
    let flushing = Mutex<Void>(())
    let isFlushScheduled = Atomic<Bool>(false)
    let flusher = Committer(label: "rihla.index")
    let isExamined: Bool
    /// Whether this log has written HEAD, which closing then syncs.
    let hasAppended = Atomic<Bool>(false)
    let isClosed = Atomic<Bool>(false)
    /// How many events gather in memory before they go into the index.
    let flushThreshold: Int
    /// Milliseconds since 1970.
    package let clock: @Sendable () -> Int64
    let appended = AppendSignal()

    /// What readers see of the log: changed in one step after each commit.
    struct Published {
        var head: LogHead
        var symbolCounts: [UInt32]
        var reach: EventIndex.Reach
        /// The events behind `reach`, in order.
        var tail = EventTail()
        /// Where the rules events are.
        var rules: [UInt64] = []

        /// The index has grown.
        mutating func move(to next: EventIndex.Reach) {
            guard next.position >= reach.position else { return }
            reach = next
            tail.drop(through: next.position)
        }
    }

    static let headKey = Array("head".utf8)

    /// Opens the log of a store; with `create` an absent or empty directory becomes an empty store.
    ///
    /// - Throws: `RihlaError` with code `noStore`, `notAStore`, `newerFormat`, `damaged`, `shortened` or `permission`.
    public convenience init(
        at directory: String,
        create: Bool,
        readOnly: Bool = false,
        allowRemoteFileSystem: Bool = false
    ) throws {
        try self.init(
            at: directory,
            create: create,
            readOnly: readOnly,
            allowRemoteFileSystem: allowRemoteFileSystem,
            isExamined: false,
            clock: FileSystem.nowMilliseconds
        )
    }

    /// Opens the log with a clock of the caller's, or, for an examination, also when what it holds is damaged.
    package init(
        at directory: String,
        create: Bool,
        readOnly: Bool = false,
        allowRemoteFileSystem: Bool = false,
        isExamined: Bool = false,
        flushThreshold: Int = EventIndex.flushThreshold,
        clock: @escaping @Sendable () -> Int64
    ) throws {
        self.clock = clock
        self.flushThreshold = flushThreshold
        self.isExamined = isExamined
        files = StoreFiles(directory: directory)
        isReadOnly = readOnly
        var notices: [String] = []
        try EventLog.checkFormat(files, create: create)
        var options = Environment.Options()
        options.create = create
        options.readOnly = readOnly
        options.allowRemoteFileSystem = allowRemoteFileSystem
        // A block is a value of its own, so the log's trees are small however long it is, and nothing in it is deleted.
        options.check = .trees
        options.integerKeyTables = ["blocks", "symbols"]
        options.byteKeyTables = ["meta"]
        let path = files.log
        let environment = try translating("open the log of \(directory)") {
            do {
                return try Environment.open(at: path, options: options)
            } catch let error as FileError where error.isAbsent {
                throw RihlaError(.damaged, "\(path) is missing or holds no data.mdb", hint: "restore a backup")
            }
        }
        if environment.isUnlocked {
            notices.append("the lock file of \(path) cannot be written: nothing may write to the store meanwhile")
        }
        self.environment = environment
        blocks = try environment.table("blocks")
        symbols = try environment.table("symbols")
        meta = try environment.table("meta")
        let (head, counts) = try EventLog.readHead(
            environment,
            blocks,
            meta,
            files,
            create: create,
            isExamined: isExamined,
            notices: &notices
        )
        let (index, reach) = try EventLog.openIndex(files, head, readOnly: readOnly, allowRemoteFileSystem, &notices)
        self.index = index
        published = Mutex(Published(head: head, symbolCounts: counts, reach: reach))
        self.notices = notices
        let rules = try storedRules()
        published.withLock { $0.rules = rules }
        if !isExamined { try loadTail() }
    }

    /// The last position, as this process knows it.
    public var head: LogHead { published.withLock { $0.head } }

    /// Why HEAD or the index could not follow the last commit, which is durable all the same; nil when they did. Closing
    /// tries again.
    public var indexFailure: RihlaError? { headFailure.withLock { $0 } ?? flushFailure.withLock { $0 } }

    /// How many bytes the log's file has on disk.
    public var logBytes: Int64 { environment.fileBytes() }
    /// How many bytes the index's file has on disk.
    public var indexBytes: Int64 { index.environment.fileBytes() }

    /// Reads what the index does not have; a large rest goes into the index at once.
    private func loadTail() throws {
        let (head, reach) = published.withLock { ($0.head, $0.reach) }
        guard head.position.rawValue > reach.position else { return }
        if !isReadOnly, head.position.rawValue - reach.position > UInt64(EventIndex.largestTailAtOpen) {
            try flushIndex(atLeast: 1)
            return
        }
        let (events, kept) = try scanFold(after: reach.position, through: head.position.rawValue)
        published.withLock { $0.tail.append(events, kept) }
    }

    /// What folds need of the events behind a position, read from the log.
    func scanFold(after: UInt64, through: UInt64) throws -> (events: [FoldEvent], kept: KeptProperties) {
        var events: [FoldEvent] = []
        var kept = KeptProperties()
        let keys = try KeptKeys(self)
        try scanRecords(after: after, through: through) { position, _, bytes, range in
            let record = try RecordView(bytes, range)
            events.append(record.foldEvent(position: position))
            try kept.append(position, record, bytes, keys)
        }
        return (events, kept)
    }

    /// Visits records in order of position: the position, `recorded_at`, the block's bytes, and where the record lies.
    func scanRecords(
        after: UInt64,
        through: UInt64,
        _ body: (UInt64, Int64, Span<UInt8>, Range<Int>) throws -> Void
    ) throws {
        var next = after + 1
        // A snapshot that lives long keeps pages from being used again: a new one every few thousand blocks.
        while next <= through {
            let reached = try read { txn in
                try visitBlocks(txn, from: next, through: through, limit: 4_096, body)
            }
            guard reached >= next else { throw damaged(next, "has no block") }
            next = reached + 1
        }
    }

    private func visitBlocks(
        _ txn: borrowing ReadTransaction,
        from: UInt64,
        through: UInt64,
        limit: Int,
        _ body: (UInt64, Int64, Span<UInt8>, Range<Int>) throws -> Void
    ) throws -> UInt64 {
        var cursor = try txn.cursor(in: blocks)
        guard try seekBlock(&cursor, holding: from) else { return from - 1 }
        var reached = from - 1
        for _ in 0..<limit {
            do {
                let bytes = cursor.value
                let block = try checked(bytes, cursor.integerKey)
                guard block.firstPosition <= reached + 1 else { throw damaged(reached + 1, "has no block") }
                for index in 0..<block.count {
                    let position = block.firstPosition + UInt64(index)
                    if position < from { continue }
                    if position > through { return reached }
                    do {
                        try body(position, block.recordedAt, bytes, try block.record(index, bytes))
                    } catch is RecordDamage {
                        throw damaged(position, "has a damaged record")
                    }
                    reached = position
                }
            }
            guard reached < through, try cursor.next() else { return reached }
        }
        return reached
    }

    /// Moves to the block that holds a position.
    func seekBlock(_ cursor: inout Cursor, holding position: UInt64) throws -> Bool {
        if try cursor.seek(atOrAfter: position) {
            if cursor.integerKey == position { return true }
            return try cursor.previous()
        }
        return try cursor.last()
    }

    func checked(_ bytes: Span<UInt8>, _ key: UInt64) throws -> BlockView {
        do {
            return try BlockView(bytes, key: key)
        } catch {
            throw damaged(key, "has a block whose checksum does not hold")
        }
    }

    func damaged(_ position: UInt64, _ what: String) -> RihlaError {
        RihlaError(
            .damaged,
            "the log of \(files.directory) is damaged: position \(position) \(what)",
            hint: "run `rihla verify` for all findings, then restore a backup"
        )
    }

    func damagedSymbols() -> RihlaError {
        RihlaError(.damaged, "the symbol table of the log is damaged", hint: "restore a backup")
    }

    /// Runs `body` on a snapshot of the log.
    func read<R>(_ body: (borrowing ReadTransaction) throws -> R) throws -> R {
        try translating("read the log of \(files.directory)") { try environment.read(body) }
    }

    /// The head as the log has it.
    typealias StoredHead = (head: LogHead, symbols: [UInt32])

    private func decode(_ value: Span<UInt8>?) throws -> StoredHead {
        guard let value, let head = LogHead.readMeta(value) else {
            throw RihlaError(.damaged, "the head record of \(files.log) is damaged", hint: "restore a backup")
        }
        return head
    }

    func storedHead(_ txn: borrowing WriteTransaction) throws -> StoredHead {
        try decode(txn.value(for: EventLog.headKey.span, in: meta))
    }

    /// Looks whether another process has appended or moved the index on, and publishes what it did.
    public func refresh() throws {
        while true {
            let known = published.withLock { $0 }
            let (stored, rules) = try read { txn in
                let stored = try decode(txn.value(for: EventLog.headKey.span, in: meta))
                let isNew = stored.head.position > known.head.position
                return (stored, isNew ? try rulesList(txn) : [])
            }
            guard stored.head.position > known.head.position else { return }
            guard let rules else { throw damagedRules() }
            let reach = try translating("read the index") { try index.reach() }
            var next = known.reach
            if let reach, reach.storeID == known.head.storeID, reach.position > next.position,
                reach.position <= stored.head.position.rawValue
            {
                next = reach
            }
            let from = max(known.head.position.rawValue, next.position)
            let (events, kept) = try scanFold(after: from, through: stored.head.position.rawValue)
            let isPublished = published.withLock { now in
                // Another thread may have published meanwhile: look again.
                guard now.head == known.head, now.reach == known.reach else { return false }
                now.move(to: next)
                now.head = stored.head
                now.symbolCounts = stored.symbols
                now.rules = rules
                now.tail.append(events, kept)
                return true
            }
            if isPublished { return appended.notify() }
        }
    }

    /// Takes note of what another process has moved into the index.
    func followIndex() throws {
        let reach = try translating("read the index") { try index.reach() }
        published.withLock { now in
            if let reach, reach.storeID == now.head.storeID, reach.position <= now.head.position.rawValue {
                now.move(to: reach)
            }
        }
    }

    /// Moves what has gathered into the index when it is much, as ``close()`` does. Neither appends nor readers wait for it.
    public func flushIndex() throws { try flushIndex(atLeast: EventIndex.flushAtClose) }

    /// Writes what has gathered into the index when it is much, syncs HEAD, and lets the environments go. Using the log
    /// afterwards is an error, closing it again does nothing.
    public func close() throws {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        defer {
            index.environment.close()
            environment.close()
        }
        guard !isReadOnly else { return }
        try flushIndex(atLeast: EventIndex.flushAtClose, isClosing: true)
        let isSynced = hasAppended.load(ordering: .acquiring)
        try translating("write HEAD") { try writeHead(sync: isSynced) }
    }
}
