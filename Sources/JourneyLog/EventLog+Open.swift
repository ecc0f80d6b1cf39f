// Opening a store: what the directory says it is, how far HEAD says that the history goes, and an index that belongs to it.
internal import JourneyEvents
internal import LMDB
internal import Platform

extension EventLog {
    static func checkFormat(_ files: StoreFiles, create: Bool) throws {
        let directory = files.directory
        let isPresent = try translating("open \(directory)") { try FileSystem.isPresent(directory) }
        if isPresent, FileSystem.isDirectory(directory),
            try translating("open \(directory)", { try FileSystem.isPresent(files.format) })
        {
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
        if isPresent {
            guard FileSystem.isDirectory(directory) else {
                throw RihlaError(.notAStore, "\(directory) is a file, not a store directory")
            }
            let entries = try translating("read \(directory)") { try FileSystem.list(directory) }
            // The directories without any data are what a store that was being made leaves behind.
            let isBegun =
                entries.allSatisfy({ ["log", "index", "views"].contains($0) || FileSystem.isTemporary($0) })
                && !FileSystem.exists(files.log + "/data.mdb")
            guard isBegun else {
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

    static func readHead(
        _ environment: Environment,
        _ blocks: Table,
        _ meta: Table,
        _ files: StoreFiles,
        create: Bool,
        isExamined: Bool,
        notices: inout [String]
    ) throws -> StoredHead {
        func stored(_ value: Span<UInt8>) throws -> StoredHead {
            guard let head = LogHead.readMeta(value) else {
                throw RihlaError(.damaged, "the head record of \(files.log) is damaged", hint: "restore a backup")
            }
            return head
        }
        let key = headKey
        let found = try translating("read the log") {
            try environment.read { txn -> StoredHead? in
                guard let value = try txn.value(for: key.span, in: meta) else { return nil }
                return try stored(value)
            }
        }
        let sidecar = try translating("read \(files.head)") {
            try FileSystem.isPresent(files.head) ? LogHead(sidecar: try FileSystem.read(files.head)) : nil
        }
        guard let found else {
            if let sidecar, sidecar.position > .start {
                throw RihlaError(
                    .shortened,
                    "the history is shortened: HEAD says \(sidecar.position.rawValue), the log is empty",
                    hint: "restore a backup"
                )
            }
            guard create else {
                throw RihlaError(
                    .damaged,
                    "the log of \(files.directory) has no head record",
                    hint: "restore a backup, or run `rihla init` when the store was only just made"
                )
            }
            let head = LogHead(storeID: sidecar?.storeID ?? FileSystem.randomBytes(16))
            let counts = [UInt32](repeating: 0, count: SymbolKind.allCases.count)
            return try translating("write the log") {
                let made = try environment.write { txn -> StoredHead in
                    // Another process may have made the store a moment ago.
                    if let value = try txn.value(for: key.span, in: meta) { return try stored(value) }
                    try txn.put(head.meta(symbols: counts).span, for: key.span, in: meta)
                    return (head, counts)
                }
                try FileSystem.update(files.head, with: made.head.sidecar, sync: true) { made.head.replaces($0) }
                return made
            }
        }
        // Verification compares them itself, and goes on.
        if isExamined { return found }
        guard let sidecar else {
            notices.append("HEAD was missing or damaged and is written anew with the next commit")
            return found
        }
        try compare(sidecar, found.head, environment, blocks)
        return found
    }

    /// Compares HEAD with the log: HEAD may be behind, after a crash, but must lie on the log's chain.
    private static func compare(_ sidecar: LogHead, _ head: LogHead, _ environment: Environment, _ blocks: Table) throws
    {
        guard sidecar.storeID == head.storeID, sidecar.epoch == head.epoch else {
            throw RihlaError(.damaged, "HEAD belongs to another store than the log", hint: "restore a backup")
        }
        if sidecar.position > head.position {
            throw RihlaError(
                .shortened,
                "the history is shortened: HEAD says \(sidecar.position.rawValue), the log ends at "
                    + "\(head.position.rawValue)",
                hint: "restore a backup, or delete HEAD to accept the loss"
            )
        }
        var chain = head.chain
        if sidecar.position < head.position {
            chain = try translating("read the log") {
                try environment.read { txn in
                    // Each commit ends with its block, so the next block starts right behind it and names its hash.
                    guard let bytes = try txn.value(for: sidecar.position.rawValue + 1, in: blocks),
                        bytes.count >= BlockFormat.header
                    else { return [] }
                    return BlockView.previousHash(bytes)
                }
            }
        }
        guard sidecar.chain == chain else {
            throw RihlaError(
                .damaged,
                "HEAD and the log disagree about the history up to position \(sidecar.position.rawValue)",
                hint: "run `rihla verify`"
            )
        }
    }

    static func openIndex(
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
        } catch {
            // The index can always be made anew from the log, so a damaged one is dropped, and the user told.
            guard !readOnly, (error as? FileCheckError) != nil || (error as? LMDBError)?.isDamage == true else {
                throw translated(error, "open the index, which opening the store for writing makes anew")
            }
            notices.append("the index was damaged and is made anew from the log")
            try FileSystem.remove(files.index)
            opened = try open()
        }
        return try translating("open the index") {
            if let reach = try opened.reach(), reach.storeID == head.storeID, reach.position <= head.position.rawValue {
                return (opened, reach)
            }
            if !readOnly { try opened.reset(to: fresh) }
            if head.position > .start {
                notices.append("the index was missing or of another version and is made anew")
            }
            return (opened, fresh)
        }
    }
}
