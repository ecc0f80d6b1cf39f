// A view on disk: its own LMDB environment with rows, parked keys and checkpoint, always changed in one transaction. Two
// tables of rows take turns: a rebuild fills the one that does not serve, and its last commit swaps them.
internal import JourneyEvents
internal import JourneyLog
internal import LMDB
internal import Platform

/// The stored rows of one read model.
final class ViewStore: Sendable {
    let path: String
    /// Nil when the store is read only and the view has not been made.
    private let environment: Environment?
    private let rows: [Table]
    private let parked: [Table]
    private let meta: Table?
    static let stateKey = Array("state".utf8)
    static let buildingKey = Array("building".utf8)

    init(at path: String, readOnly: Bool) throws {
        self.path = path
        var options = Environment.Options()
        options.create = !readOnly
        options.readOnly = readOnly
        options.allowRemoteFileSystem = true
        options.integerKeyTables = ["rows.0", "rows.1", "parked.0", "parked.1"]
        options.byteKeyTables = ["meta"]
        if readOnly {
            // A view that cannot be read is folded in memory.
            environment = ViewStore.isTorn(path) ? nil : try? Environment.open(at: path, options: options)
        } else {
            environment = try ViewStore.open(path, options)
        }
        guard let environment else {
            (rows, parked, meta) = ([], [], nil)
            return
        }
        rows = [try environment.table("rows.0"), try environment.table("rows.1")]
        parked = [try environment.table("parked.0"), try environment.table("parked.1")]
        meta = try environment.table("meta")
    }

    private static func open(_ path: String, _ options: Environment.Options) throws -> Environment {
        if isTorn(path) { try FileSystem.remove(path) }
        try FileSystem.makeDirectory(path)
        do {
            return try Environment.open(at: path, options: options)
        } catch  where isDamage(error) {
            // A view can always be made anew from the log.
            try FileSystem.remove(path)
            try FileSystem.makeDirectory(path)
            return try Environment.open(at: path, options: options)
        }
    }

    /// How the names of files begin that say that a rebuild has commits which are not synced, and since which start of the
    /// machine. Once it is complete their names end so that the next synced commit can remove them.
    static let unsyncedPrefix = "unsynced-"
    private static let completeSuffix = ".complete"

    /// Whether the machine went down before a rebuild was synced: what is on the disk may be of two moments then.
    private static func isTorn(_ path: String) -> Bool {
        let names = (try? FileSystem.list(path)) ?? []
        return names.contains { name in
            guard name.hasPrefix(unsyncedPrefix), !name.hasSuffix(".new") else { return false }
            // One that was removed since belongs to a rebuild that is complete.
            guard let boot = try? FileSystem.read(path + "/" + name) else {
                return FileSystem.exists(path + "/" + name)
            }
            return boot != FileSystem.bootID()
        }
    }

    private static func isDamage(_ error: any Error) -> Bool {
        if let error = error as? LMDBError { return error.code <= -30_784 && error.code >= -30_797 }
        return error is FileCheckError
    }

    deinit { environment?.close() }

    /// Bytes on disk.
    var bytes: Int64 { environment?.fileBytes() ?? 0 }

    // MARK: Reading

    private func read<R>(_ body: (borrowing ReadTransaction, ViewState) throws -> R) throws -> R? {
        guard let environment, let meta else { return nil }
        return try environment.read { txn in
            guard let value = try txn.value(for: ViewStore.stateKey.span, in: meta), let state = ViewState(value) else {
                return nil
            }
            return try body(txn, state)
        }
    }

    /// What the view says of itself; nil when it was never made.
    func state() throws -> ViewState? { try read { _, state in state } }

    /// State, number of rows and parked keys at one moment.
    func summary() throws -> (state: ViewState, rows: Int, parked: [ParkedKey])? {
        try read { txn, state in
            (state, try txn.count(in: rows[Int(state.active)]), try parkedKeys(txn, state))
        }
    }

    /// Visits the rows in ascending order of key if the view meets a need, and gives its parked keys; nil when it does not.
    func each(_ need: ViewNeed, _ body: (UInt32, Span<UInt8>) throws -> Void) throws -> [ParkedKey]? {
        let found = try read { txn, state -> [ParkedKey]? in
            guard need.isMet(by: state) else { return nil }
            var cursor = try txn.cursor(in: rows[Int(state.active)])
            var more = try cursor.first()
            while more {
                try body(UInt32(truncatingIfNeeded: cursor.integerKey), cursor.value)
                more = try cursor.next()
            }
            return try parkedKeys(txn, state)
        }
        return found ?? nil
    }

    /// One row, if the view meets a need, and the view's parked keys; nil when it does not.
    func row(_ key: UInt32, _ need: ViewNeed) throws -> (row: [UInt8]?, parked: [ParkedKey])? {
        let found = try read { txn, state -> (row: [UInt8]?, parked: [ParkedKey])? in
            guard need.isMet(by: state) else { return nil }
            let parked = try parkedKeys(txn, state)
            guard let bytes = try txn.value(for: UInt64(key), in: rows[Int(state.active)]) else { return (nil, parked) }
            return (bytes.array(0..<bytes.count), parked)
        }
        return found ?? nil
    }

    private func parkedKeys(_ txn: borrowing ReadTransaction, _ state: ViewState) throws -> [ParkedKey] {
        let table = parked[Int(state.active)]
        guard try txn.count(in: table) > 0 else { return [] }
        var found: [ParkedKey] = []
        var cursor = try txn.cursor(in: table)
        var more = try cursor.first()
        while more {
            found.append(ViewStore.parkedKey(cursor.integerKey, cursor.value))
            more = try cursor.next()
        }
        return found
    }

    private static func parkedKey(_ key: UInt64, _ bytes: Span<UInt8>) -> ParkedKey {
        ParkedKey(
            key: UInt32(truncatingIfNeeded: key),
            position: bytes.count >= 8 ? loadLittleEndian(bytes, at: 0, as: UInt64.self) : 0,
            reason: bytes.string(min(8, bytes.count)..<bytes.count)
        )
    }

    // MARK: Writing

    private func write(_ body: (borrowing WriteTransaction, Table) throws -> Void) throws {
        guard let environment, let meta else {
            throw RihlaError(.permission, "the store was opened for reading only")
        }
        try environment.write { txn in try body(txn, meta) }
    }

    private func state(_ txn: borrowing WriteTransaction, _ meta: Table) throws -> ViewState? {
        guard let value = try txn.value(for: ViewStore.stateKey.span, in: meta) else { return nil }
        return ViewState(value)
    }

    private func park(_ batch: RowBatch, _ table: Table, _ txn: borrowing WriteTransaction) throws {
        for entry in batch.parked {
            var value: [UInt8] = []
            value.appendInteger(entry.position)
            value.append(contentsOf: entry.reason.utf8.prefix(1_000))
            try txn.put(value.span, for: UInt64(entry.key), in: table)
        }
    }

    /// Puts folded keys over those of the view and moves its checkpoint, all in one transaction. Changes nothing when the
    /// view is not what it was.
    func apply(_ batch: RowBatch, from: ViewState, to: ViewState) throws {
        let unsynced = try completeRebuilds()
        var isChanged = false
        try write { txn, meta in
            guard try state(txn, meta) == from else { return }
            isChanged = true
            let table = rows[Int(from.active)]
            let waiting = parked[Int(from.active)]
            let hasParked = try txn.count(in: waiting) > 0
            for index in 0..<batch.count {
                if hasParked { _ = try txn.delete(UInt64(batch.key(index)), in: waiting) }
                if !batch.hasRow(index) { _ = try txn.delete(UInt64(batch.key(index)), in: table) }
            }
            try batch.eachRow { key, bytes in try txn.put(bytes, for: UInt64(key), in: table) }
            try park(batch, waiting, txn)
            try txn.put(to.bytes.span, for: ViewStore.stateKey.span, in: meta)
        }
        guard isChanged, !unsynced.isEmpty else { return }
        try environment?.sync()
        for file in unsynced { try FileSystem.remove(file) }
    }

    /// A rebuild that is under way.
    struct Rebuild {
        /// Names the rebuild, so that it notices when another one, of another process, takes its place.
        fileprivate let token = FileSystem.randomBytes(16)
        /// The tables that it fills; nil before its first commit.
        fileprivate var table: Int?
        /// The file that says that its commits are not synced; nil when they are.
        fileprivate var unsynced: String?
    }

    /// Begins a rebuild. Its commits are not synced: what they write can be made anew from the log. A file says so, and since
    /// when the machine runs; when the machine went down before the rows were on the disk, opening the view makes it anew. Where
    /// the system does not say when it was started, commits are synced.
    func begin() throws -> Rebuild {
        var rebuild = Rebuild()
        guard let environment, let boot = FileSystem.bootID() else { return rebuild }
        let file = path + "/" + ViewStore.unsyncedPrefix + rebuild.token.map { String($0, radix: 16) }.joined()
        // The file of a rebuild before says the same, and is on the disk already.
        let before = try completeRebuilds()
        let isTaken = before.contains { (try? FileSystem.rename($0, to: file)) != nil }
        if !isTaken { try FileSystem.writeAtomically(boot, to: file) }
        rebuild.unsynced = file
        try environment.setSync(false)
        return rebuild
    }

    /// Ends a rebuild. Its rows are on the disk for certain once the view is written the next time.
    func end(_ rebuild: Rebuild) throws {
        guard let environment, let unsynced = rebuild.unsynced else { return }
        try environment.setSync(true)
        try FileSystem.rename(unsynced, to: unsynced + ViewStore.completeSuffix)
    }

    /// The files of complete rebuilds that are not known to be on the disk.
    private func completeRebuilds() throws -> [String] {
        try FileSystem.list(path).filter {
            $0.hasPrefix(ViewStore.unsyncedPrefix) && $0.hasSuffix(ViewStore.completeSuffix)
        }
        .map { path + "/" + $0 }
    }

    /// Adds rows in ascending order of key, in one transaction, to the tables that do not serve; `rebuild` is from ``begin()``.
    /// `body` is given what puts them there; when it gives a state the rebuild is complete and its tables serve from this commit
    /// on.
    func fill(_ rebuild: inout Rebuild, _ body: ((RowBatch) throws -> Void) throws -> ViewState?) throws {
        var table = rebuild.table
        try write { txn, meta in
            let serving = try state(txn, meta).map { Int($0.active) }
            if let table {
                guard table != serving, try isBuilding(rebuild, txn, meta) else {
                    throw RihlaError(.busy, "another process makes the view at \(path) anew")
                }
            } else {
                let idle = serving == 0 ? 1 : 0
                try txn.clear(rows[idle])
                try txn.clear(parked[idle])
                try txn.put(rebuild.token.span, for: ViewStore.buildingKey.span, in: meta)
                table = idle
            }
            guard let table else { return }
            let done = try body { batch in
                var cursor = try txn.cursor(in: rows[table])
                try batch.eachRow { key, bytes in try cursor.append(bytes, for: UInt64(key)) }
                try park(batch, parked[table], txn)
            }
            guard var state = done else { return }
            state.active = UInt8(table)
            try txn.put(state.bytes.span, for: ViewStore.stateKey.span, in: meta)
            _ = try txn.delete(ViewStore.buildingKey.span, in: meta)
            try txn.clear(rows[1 - table])
            try txn.clear(parked[1 - table])
        }
        rebuild.table = table
    }

    private func isBuilding(_ rebuild: Rebuild, _ txn: borrowing WriteTransaction, _ meta: Table) throws -> Bool {
        guard let token = try txn.value(for: ViewStore.buildingKey.span, in: meta) else { return false }
        return token.array(0..<token.count) == rebuild.token
    }

    /// Gives the room of an unfinished rebuild back.
    func abandon(_ rebuild: Rebuild) throws {
        if let table = rebuild.table {
            try write { txn, meta in
                guard try isBuilding(rebuild, txn, meta) else { return }
                try txn.clear(rows[table])
                try txn.clear(parked[table])
                _ = try txn.delete(ViewStore.buildingKey.span, in: meta)
            }
        }
        try end(rebuild)
    }
}
