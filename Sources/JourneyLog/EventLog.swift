// The log: the only truth of a store. It appends, reads by position, and holds what the index does not have yet. Readers
// never wait for a commit: what they need of the newest events is published in one step after it.
internal import JourneyEvents
internal import LMDB
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
    let appended = AppendSignal()

    /// What readers see of the log: changed in one step after each commit.
    struct Published {
        var head: LogHead
        var symbolCounts: [UInt32]
        var reach: EventIndex.Reach
        /// The events behind `reach`, in order.
        var tail: [FoldEvent] = []
    }

    static let headKey = Array("head".utf8)

    /// Opens the log of a store; with `create` an absent or empty directory becomes an empty store.
    ///
    /// - Throws: `RihlaError` with code `noStore`, `notAStore`, `newerFormat`, `damaged`, `shortened` or `permission`.
    public init(at directory: String, create: Bool, readOnly: Bool = false, allowRemoteFileSystem: Bool = false) throws
    {
        files = StoreFiles(directory: directory)
        isReadOnly = readOnly
        var notices: [String] = []
        try EventLog.checkFormat(files, create: create)
        var options = Environment.Options()
        options.create = create
        options.readOnly = readOnly
        options.allowRemoteFileSystem = allowRemoteFileSystem
        options.integerKeyTables = ["blocks", "symbols"]
        options.byteKeyTables = ["meta"]
        let path = files.log
        let environment = try translating("open the log of \(directory)") {
            try Environment.open(at: path, options: options)
        }
        self.environment = environment
        blocks = try environment.table("blocks")
        symbols = try environment.table("symbols")
        meta = try environment.table("meta")
        let (head, counts) = try EventLog.readHead(environment, meta, files, create: create, notices: &notices)
        let (index, reach) = try EventLog.openIndex(files, head, readOnly: readOnly, allowRemoteFileSystem, &notices)
        self.index = index
        published = Mutex(Published(head: head, symbolCounts: counts, reach: reach))
        self.notices = notices
        try loadTail()
    }

    /// The last position, as this process knows it.
    public var head: LogHead { published.withLock { $0.head } }

    /// How many bytes the log's file has on disk.
    public var logBytes: Int64 { environment.fileBytes() }
    /// How many bytes the index's file has on disk.
    public var indexBytes: Int64 { index.environment.fileBytes() }

    private static func checkFormat(_ files: StoreFiles, create: Bool) throws {
        let directory = files.directory
        if FileSystem.exists(files.format) {
            let text = try translating("read \(files.format)") { try FileSystem.read(files.format) }
            if text == Array(StoreFiles.formatText.utf8) { return }
            let found = String(decoding: text.prefix(40), as: UTF8.self)
            guard found.hasPrefix("rihla store format ") else {
                throw RihlaError(.notAStore, "\(directory) is not a Rihla store: FORMAT does not say so")
            }
            throw RihlaError(
                .newerFormat,
                "\(directory) has \(found.trimmingWhitespace()), this version reads format 1",
                hint: "use a newer rihla"
            )
        }
        if FileSystem.exists(directory) {
            guard FileSystem.isDirectory(directory) else {
                throw RihlaError(.notAStore, "\(directory) is a file, not a store directory")
            }
            let entries = try translating("read \(directory)") { try FileSystem.list(directory) }
            guard entries.isEmpty else {
                throw RihlaError(
                    .notAStore,
                    "\(directory) holds other files and no FORMAT, so it is not a Rihla store",
                    hint: "name another directory with --store"
                )
            }
        }
        guard create else {
            throw RihlaError(
                .noStore,
                "there is no store at \(directory)",
                hint: "make one with `rihla init --store \(directory)` or ingest into it"
            )
        }
        try translating("make the store at \(directory)") {
            try FileSystem.makeDirectory(directory)
            try FileSystem.makeDirectory(files.log)
            try FileSystem.makeDirectory(files.index)
            try FileSystem.makeDirectory(files.views)
            try FileSystem.writeAtomically(Array(StoreFiles.formatText.utf8), to: files.format)
        }
    }

    private static func readHead(
        _ environment: Environment,
        _ meta: Table,
        _ files: StoreFiles,
        create: Bool,
        notices: inout [String]
    ) throws -> (LogHead, [UInt32]) {
        let stored = try translating("read the log") {
            try environment.read { txn -> (head: LogHead, symbols: [UInt32])? in
                guard let value = try txn.value(for: headKey.span, in: meta) else { return nil }
                guard let head = LogHead.readMeta(value) else {
                    throw RihlaError(.damaged, "the head record of \(files.log) is damaged", hint: "restore a backup")
                }
                return head
            }
        }
        let sidecar = FileSystem.exists(files.head) ? LogHead(sidecar: try FileSystem.read(files.head)) : nil
        guard let stored else {
            if let sidecar, sidecar.position > .start {
                throw RihlaError(
                    .shortened,
                    "the history is shortened: HEAD says \(sidecar.position.rawValue), the log is empty",
                    hint: "restore a backup"
                )
            }
            let head = LogHead(storeID: FileSystem.randomBytes(16))
            let counts = [UInt32](repeating: 0, count: SymbolKind.allCases.count)
            guard create else { return (head, counts) }
            try translating("write the log") {
                try environment.write { txn in
                    try txn.put(head.meta(symbols: counts).span, for: headKey.span, in: meta)
                }
                try FileSystem.writeAtomically(head.sidecar, to: files.head)
            }
            return (head, counts)
        }
        guard let sidecar else {
            notices.append("HEAD was missing or damaged and is written anew with the next commit")
            return stored
        }
        guard sidecar.storeID == stored.head.storeID else {
            throw RihlaError(.damaged, "HEAD belongs to another store than the log", hint: "restore a backup")
        }
        if sidecar.position > stored.head.position {
            throw RihlaError(
                .shortened,
                "the history is shortened: HEAD says \(sidecar.position.rawValue), the log ends at "
                    + "\(stored.head.position.rawValue)",
                hint: "restore a backup, or delete HEAD to accept the loss"
            )
        }
        if sidecar.position == stored.head.position, sidecar.chain != stored.head.chain {
            throw RihlaError(.damaged, "HEAD and the log disagree about the chain hash", hint: "run rihla verify")
        }
        return stored
    }

    private static func openIndex(
        _ files: StoreFiles,
        _ head: LogHead,
        readOnly: Bool,
        _ allowRemoteFileSystem: Bool,
        _ notices: inout [String]
    ) throws -> (EventIndex, EventIndex.Reach) {
        func open() throws -> EventIndex {
            if !readOnly, !FileSystem.exists(files.index) { try FileSystem.makeDirectory(files.index) }
            return try EventIndex(
                at: files.index,
                create: !readOnly,
                readOnly: readOnly,
                allowRemoteFileSystem: allowRemoteFileSystem
            )
        }
        var fresh = EventIndex.Reach()
        fresh.storeID = head.storeID
        var opened: EventIndex
        do {
            opened = try open()
        } catch let error as LMDBError where readOnly || error.isAccess {
            throw translated(error, "open the index")
        } catch {
            // The index can always be made anew from the log, so a damaged one is dropped, and the user told.
            guard !readOnly else { throw error }
            notices.append("the index was damaged and is made anew from the log")
            try FileSystem.remove(files.index)
            opened = try open()
        }
        let reach = try opened.reach()
        if let reach, reach.storeID == head.storeID, reach.position <= head.position.rawValue {
            return (opened, reach)
        }
        if !readOnly { try opened.reset() }
        if head.position > .start { notices.append("the index was missing or of another version and is made anew") }
        return (opened, fresh)
    }

    /// Reads what the index does not have; a large rest goes into the index at once.
    private func loadTail() throws {
        let (head, reach) = published.withLock { ($0.head, $0.reach) }
        guard head.position.rawValue > reach.position else { return }
        if !isReadOnly, head.position.rawValue - reach.position > 100_000 {
            try flushIndex(atLeast: 1)
            return
        }
        let events = try scanFold(after: reach.position, through: head.position.rawValue)
        published.withLock { $0.tail = events }
    }

    func scanFold(after: UInt64, through: UInt64) throws -> [FoldEvent] {
        var events: [FoldEvent] = []
        try scanRecords(after: after, through: through) { position, _, bytes, range in
            events.append(try RecordView(bytes, range).foldEvent(position: position))
        }
        return events
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
            let reached = try environment.read { txn in
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

    /// Looks whether another process has appended, and publishes what it did.
    public func refresh() throws {
        let known = published.withLock { $0 }
        let stored = try environment.read { txn -> (head: LogHead, symbols: [UInt32])? in
            guard let value = try txn.value(for: EventLog.headKey.span, in: meta) else { return nil }
            return LogHead.readMeta(value)
        }
        guard let stored, stored.head.position > known.head.position else { return }
        let events = try scanFold(after: known.head.position.rawValue, through: stored.head.position.rawValue)
        published.withLock { now in
            guard now.head.position == known.head.position else { return }
            now.head = stored.head
            now.symbolCounts = stored.symbols
            now.tail += events
        }
        appended.notify()
    }

    /// Writes what has gathered into the index when it is much, syncs HEAD, and lets the environments go.
    public func close() throws {
        if !isReadOnly {
            try flushIndex(atLeast: 20_000)
            try FileSystem.writeAtomically(head.sidecar, to: files.head)
        }
        index.environment.close()
        environment.close()
    }
}
