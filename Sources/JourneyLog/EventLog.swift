// The log: the only truth of a store, as one object over its parts. Whoever reads takes a snapshot, whoever writes appends;
// the index is kept beside both.
public import JourneyEvents
internal import LMDB
internal import Platform
internal import Synchronization

/// An append-only log of events in a store directory.
public final class EventLog: Sendable {
    /// The paths of the store.
    public let files: StoreFiles
    /// Why this process may only read; nil when it may write.
    public let readOnlyReason: String?
    /// Things that a user should know about how the store was found.
    public let notices: [String]
    /// Milliseconds since 1970.
    package let clock: @Sendable () -> Int64
    let storage: LogStorage
    let publication: Publication
    let indexer: Indexer
    let isExamined: Bool
    private let writer: LogWriter
    private let queue: CommitQueue
    private let isClosed = Atomic<Bool>(false)

    /// Opens the log of a store; with `create` an absent or empty directory becomes an empty store. `kept` are the names of the
    /// properties that the index keeps for folds.
    ///
    /// A store that this user may not write to, or should not (it belongs to another, or everybody may write to it), is opened
    /// for reading only, unless `create` says that it is to be written.
    /// - Throws: `RihlaError` with code `noStore`, `notAStore`, `newerFormat`, `olderFormat`, `damaged`, `shortened` or
    ///   `permission`.
    public convenience init(
        at directory: String,
        create: Bool,
        readOnly: Bool = false,
        allowRemoteFileSystem: Bool = false,
        kept: Set<String> = []
    ) throws {
        try self.init(
            at: directory,
            create: create,
            readOnly: readOnly,
            allowRemoteFileSystem: allowRemoteFileSystem,
            kept: kept,
            isExamined: false,
            clock: FileSystem.nowMilliseconds
        )
    }

    /// Opens the log with a clock and random bytes of the caller's, or, for an examination, also when it is damaged.
    package init(
        at directory: String,
        create: Bool,
        readOnly: Bool = false,
        allowRemoteFileSystem: Bool = false,
        kept: Set<String> = [],
        isExamined: Bool = false,
        flushThreshold: Int = EventIndex.flushThreshold,
        clock: @escaping @Sendable () -> Int64,
        random: @escaping @Sendable (Int) -> [UInt8] = FileSystem.randomBytes
    ) throws {
        self.clock = clock
        self.isExamined = isExamined
        files = StoreFiles(directory: directory)
        try StoreFormat.check(files, create: create && !readOnly)
        try StoreFormat.refuseLinks(files)
        let reason = readOnly ? "it was opened for reading only" : try StoreFormat.reasonNotToWrite(files)
        if let reason, create, !readOnly {
            throw RihlaError(
                .permission,
                "the store at \(directory) is not to be written: \(reason)",
                hint: "run it as the owner; `chmod o-w` takes the right to write from everybody else"
            )
        }
        readOnlyReason = reason
        let opening = LogOpening(
            files: files,
            create: create,
            isReadOnly: reason != nil,
            allowRemoteFileSystem: allowRemoteFileSystem,
            isExamined: isExamined,
            keptNames: kept,
            random: random
        )
        let opened = try opening.open()
        storage = opened.storage
        var notices = opened.notices
        if let reason, !readOnly { notices.append("\(reason): it is only read, and answers are made in memory") }
        let options = IndexOptions(
            isReadOnly: reason != nil,
            allowRemoteFileSystem: allowRemoteFileSystem,
            flushThreshold: flushThreshold,
            random: random
        )
        let snapshot = try Indexer.open(storage, opened.end, opened.own, options, &notices)
        // A smaller log may have nothing in the index.
        if reason == nil, snapshot.reach.position == 0,
            opened.end.position > UInt64(EventIndex.largestTailAtOpen)
        {
            notices.append("the index was missing or of another version and is made anew")
        }
        self.notices = notices
        publication = Publication(snapshot)
        let memory = WriterMemory()
        indexer = Indexer(publication, memory, options)
        writer = LogWriter(publication, indexer, memory, clock: clock, random: random)
        queue = CommitQueue(writer)
        if !isExamined { try indexer.takeUpRest() }
    }

    /// Whether this process may not write.
    public var isReadOnly: Bool { readOnlyReason != nil }

    // MARK: Reading

    /// The newest moment of the log that this process knows.
    public var snapshot: LogSnapshot { publication.snapshot }

    /// The last position, as this process knows it, and its place in history.
    public var head: HistoryPoint { snapshot.head }

    /// Looks whether another process has appended or moved the index on, and gives the newest moment.
    @discardableResult
    public func refresh() throws -> LogSnapshot { try publication.refresh() }

    /// How many bytes the log's file has on disk.
    public var logBytes: Int64 { storage.environment.fileBytes() }
    /// How many bytes the index's file has on disk.
    public var indexBytes: Int64 { snapshot.index?.environment.fileBytes() ?? 0 }

    // MARK: Writing

    /// Appends the events of a request and answers for each of them in order; durable when it returns.
    ///
    /// - Throws: `RihlaError.versionConflict` when the stream is not as expected; `idConflict` when the request fails on
    ///   conflicts and has one; `diskFull` or `io` when the commit failed. Nothing is appended when it throws.
    package func append(_ request: AppendRequest) async throws -> [AppendOutcome] {
        try await append([request])[0].get()
    }

    /// Appends the events of several requests in one transaction and answers each of them in order; durable when it returns.
    ///
    /// - Throws: `RihlaError` with code `permission` when the store may only be read.
    package func append(_ requests: [AppendRequest]) async throws -> [Result<[AppendOutcome], any Error>] {
        if let readOnlyReason {
            throw RihlaError(.permission, "the store at \(files.directory) is not to be written: \(readOnlyReason)")
        }
        return await queue.append(requests)
    }

    /// Moves what has gathered into the index when it is much, as ``close()`` does. Neither appends nor readers wait for it.
    public func flushIndex() throws { try indexer.flush(atLeast: EventIndex.flushAtClose) }

    /// As ``flushIndex()`` when it is at least so much.
    func flushIndex(atLeast count: Int) throws { try indexer.flush(atLeast: count) }

    /// Why HEAD or the index could not follow the last commit, which is durable all the same; nil when they did. Closing
    /// tries again.
    public var indexFailure: RihlaError? { writer.failure ?? indexer.failure }

    /// Makes the index anew in which a reader has come upon a fault, unless that has happened since.
    ///
    /// - Throws: `RihlaError` with code `damaged` when it was damaged in this process before.
    package func heal(_ fault: DerivedFault) throws { try indexer.heal(fault) }

    // MARK: Waiting

    /// How often this process has seen the head change.
    public var changeCount: UInt64 { publication.appended.changes }

    /// Returns when this process sees the head change, at the latest after `limit`, or when the task is cancelled. `changes`
    /// is ``changeCount`` from before the caller looked at the head.
    public func waitForAppend(since changes: UInt64, atMost limit: Duration) async {
        await publication.appended.wait(since: changes, atMost: limit)
    }

    /// Writes what has gathered into the index when it is much, syncs HEAD, and lets the environments go. Using the log
    /// afterwards is an error, closing it again does nothing.
    public func close() throws {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        defer { release() }
        guard !isReadOnly else { return }
        indexer.close()
        try indexer.flush(atLeast: EventIndex.flushAtClose, isClosing: true)
        try writer.close()
    }

    /// Lets the environments go as they are.
    func release() {
        snapshot.index?.environment.close()
        storage.environment.close()
    }
}
