// Opening the log of a store: HEAD first and the log after it, since the log only ever moves on. A finding is looked at twice
// before it is told.
internal import JourneyEvents
internal import LMDB
internal import Platform

/// What opening a log needs to know.
struct LogOpening {
    let files: StoreFiles
    let create: Bool
    let isReadOnly: Bool
    let allowRemoteFileSystem: Bool
    /// Whether it is opened to be examined, also when it is damaged.
    let isExamined: Bool
    let keptNames: Set<String>
    let random: @Sendable (Int) -> [UInt8]

    /// The log's environment with its head and what Rihla itself has written.
    struct Opened {
        var storage: LogStorage
        var end: LogHead
        var own: [OwnEvent]
        var notices: [String]
    }

    /// Opens the log; one that was only begun is completed with `create`.
    func open() throws -> Opened {
        var notices: [String] = []
        let headFile = HeadFile(path: files.head)
        let pinned = try headFile.point()
        let isUnfinished = pinned == nil && !hasMetaPages
        if isUnfinished { try beginAgain() }
        // Tables are made only where there cannot have been any.
        let isNew = (pinned?.position ?? .start) == .start
        let tables = try openEnvironment(mayMakeTables: create && !isReadOnly && isNew, isNew: isNew)
        if tables.environment.isUnlocked {
            notices.append("the lock file of \(files.log) cannot be written: nothing may write to the store meanwhile")
        }
        let (secret, end) = try stored(tables) ?? begin(tables, pinned, headFile)
        let storage = LogStorage(files, tables, secret, keptNames: keptNames)
        if !isExamined {
            if let pinned {
                try compare(pinned, end, storage, headFile)
            } else if end.position > 0 {
                notices.append("HEAD was missing or damaged and is written anew with the next commit")
            }
        }
        let own = try ownEvents(storage, end)
        return Opened(storage: storage, end: end, own: own, notices: notices)
    }

    // MARK: A store that is being made

    /// Whether the log's file has what LMDB writes first.
    private var hasMetaPages: Bool { FileSystem.size(of: files.log + "/data.mdb") >= 8_192 }

    /// The log's file is not complete, and nothing was ever acknowledged: whoever was making the store was stopped, or is still
    /// at it.
    private func beginAgain() throws {
        guard create, !isReadOnly else { throw unfinished }
        try StoreLock(files).hold {
            guard !hasMetaPages, try HeadFile(path: files.head).point() == nil else { return }
            try translating("make the log of \(files.directory)") {
                for name in ["/data.mdb", "/lock.mdb"] where FileSystem.exists(files.log + name) {
                    try FileSystem.remove(files.log + name)
                }
                try FileSystem.makeDirectory(files.log)
            }
            // Closed again at once: what counts is that the file is there before anybody else looks.
            try openEnvironment(mayMakeTables: true, isNew: true).environment.close()
        }
    }

    private var unfinished: RihlaError {
        RihlaError(
            .noStore,
            "the store at \(files.directory) was begun and never completed; it has no events",
            hint: "run `rihla init --store \(files.directory)`, or the ingest again"
        )
    }

    private func openEnvironment(mayMakeTables: Bool, isNew: Bool) throws -> LogTables {
        var options = Environment.Options()
        options.create = mayMakeTables
        options.readOnly = isReadOnly
        options.allowRemoteFileSystem = allowRemoteFileSystem
        // A block is a value of its own, so the log's trees are small however long it is, and nothing in it is deleted.
        options.check = .trees
        options.integerKeyTables = ["blocks", "symbols", "own"]
        options.byteKeyTables = ["meta"]
        return try translating("open the log of \(files.directory)") {
            do {
                return try LogTables(try Environment.open(at: files.log, options: options))
            } catch let error as FileError where error.isAbsent {
                throw RihlaError(.damaged, "\(files.log) is missing or holds no data.mdb", hint: LogStorage.damageHint)
            } catch let error as LMDBError where error.code == LMDBError.notFound.code && isNew && !mayMakeTables {
                throw unfinished
            }
        }
    }

    /// Secret and head, once the first commit has written them.
    private func stored(_ tables: LogTables) throws -> (StoreSecret, LogHead)? {
        try translating("read the log of \(files.directory)") {
            try tables.environment.read { txn in
                let (headKey, secretKey) = (LogHead.key, StoreSecret.key)
                let value = try txn.value(for: headKey.span, in: tables.meta)
                guard let value else { return nil }
                return try decoded(value, txn.value(for: secretKey.span, in: tables.meta))
            }
        }
    }

    private func decoded(_ head: Span<UInt8>, _ secret: Span<UInt8>?) throws -> (StoreSecret, LogHead) {
        guard let end = LogHead(head) else {
            throw RihlaError(.damaged, "the head record of \(files.log) is damaged", hint: LogStorage.damageHint)
        }
        guard let secret, let known = StoreSecret(secret) else {
            throw RihlaError(.damaged, "the secret of \(files.log) is damaged", hint: LogStorage.damageHint)
        }
        return (known, end)
    }

    /// Writes the first commit: secret and head of an empty history.
    private func begin(_ tables: LogTables, _ pinned: HistoryPoint?, _ headFile: HeadFile) throws -> (
        StoreSecret, LogHead
    ) {
        if let pinned, pinned.position > .start {
            throw RihlaError(
                .shortened,
                "the history is shortened: HEAD says \(pinned.position.rawValue), the log is empty",
                hint: "restore a copy of the store"
            )
        }
        guard create, !isReadOnly else { throw unfinished }
        let head = LogHead(HistoryPoint(startOf: pinned?.storeID ?? random(16)))
        let secret = StoreSecret(random)
        let made = try translating("write the log") {
            try tables.environment.write { txn -> (StoreSecret, LogHead) in
                // Another process may have made the store a moment ago.
                let (headKey, secretKey) = (LogHead.key, StoreSecret.key)
                if let value = try txn.value(for: headKey.span, in: tables.meta) {
                    return try decoded(value, txn.value(for: secretKey.span, in: tables.meta))
                }
                let (headBytes, secretBytes) = (head.bytes, secret.bytes)
                try txn.put(secretBytes.span, for: secretKey.span, in: tables.meta)
                try txn.put(headBytes.span, for: headKey.span, in: tables.meta)
                return (secret, head)
            }
        }
        try translating("write HEAD") { try headFile.write(made.1.point, sync: true) }
        return made
    }

    // MARK: A store that is there

    /// Compares HEAD with the log: HEAD may be behind, after a crash, but must lie on the log's chain.
    private func compare(_ pinned: HistoryPoint, _ end: LogHead, _ storage: LogStorage, _ headFile: HeadFile) throws {
        guard let first = try finding(pinned, end, storage) else { return }
        // Both are looked at once more, HEAD first: others go on while this process reads.
        guard let again = try headFile.point() else { throw first }
        let head = try storage.read { txn in try storage.head(txn) }
        if let second = try finding(again, head, storage) { throw second }
    }

    private func finding(_ pinned: HistoryPoint, _ end: LogHead, _ storage: LogStorage) throws -> RihlaError? {
        guard pinned.isOfHistory(of: end.point) else {
            return RihlaError(
                .damaged,
                "HEAD belongs to another store than the log",
                hint: "restore a copy of the whole store"
            )
        }
        if pinned.position > end.point.position {
            return RihlaError(
                .shortened,
                "the history is shortened: HEAD says \(pinned.position.rawValue), the log ends at \(end.position)",
                hint: "restore a copy that was made while nothing wrote to the store, or delete HEAD to accept the loss"
            )
        }
        guard try !storage.proves(pinned, upTo: end) else { return nil }
        return RihlaError(
            .damaged,
            "HEAD and the log disagree about the history up to position \(pinned.position.rawValue)",
            hint: "run `rihla verify`"
        )
    }

    private func ownEvents(_ storage: LogStorage, _ end: LogHead) throws -> [OwnEvent] {
        do {
            let own = try storage.read { txn in try storage.ownEvents(after: 0, through: end.position, txn) }
            guard own.count == Int(end.ownEvents) else {
                throw RihlaError(
                    .damaged,
                    "the log of \(files.directory) has notes of \(own.count) of Rihla's own events, its head states "
                        + "\(end.ownEvents)",
                    hint: LogStorage.damageHint
                )
            }
            return own
        } catch let error as RihlaError where error.code == .damaged && isExamined {
            // An examination goes on and reports it.
            return []
        }
    }
}
