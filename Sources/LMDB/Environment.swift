// One open of an LMDB environment. All opens of one data file in a process share what LMDB has open; each is given back by
// itself, and after that every call on it is refused instead of reaching freed memory.
internal import CLMDB
internal import Platform
internal import Synchronization

/// A named table of an environment.
package struct Table: Hashable, Sendable {
    /// Its name.
    package let name: String
    let dbi: UInt32
    /// What the checksums of its values begin with; nil when they have none.
    let seed: UInt32?
}

/// An open LMDB environment.
package final class Environment: Sendable {
    /// How to open an environment.
    package struct Options: Sendable {
        /// Make it when it is absent.
        package var create = false
        /// Refuse writes.
        package var readOnly = false
        /// Tables whose keys are 64-bit numbers.
        package var integerKeyTables: [String] = []
        /// Tables whose keys are bytes.
        package var byteKeyTables: [String] = []
        /// Give every value a checksum over table, key and value, and check it whenever the value is read. A property of the
        /// stored data: an environment is to be opened as it was made.
        package var checksums = false
        /// Those of the tables whose values have checksums of their own, so that a reader can check the part that it reads.
        package var selfCheckedTables: Set<String> = []
        /// Sync at every commit. Off only while a fresh environment is built that is synced at its end.
        package var sync = true
        /// Bytes of address space to reserve; nil takes 1 TiB, or what the system allows, and more when that gets too little.
        package var mapSize: Int?
        /// Allow network file systems, on which LMDB's locks do not hold.
        package var allowRemoteFileSystem = false
        /// How many readers there may be at once, over all processes.
        package var maxReaders: UInt32 = 1_024
        /// How much of the file is looked at before LMDB gets it.
        package var check = Check.values
        package init() {}
    }

    /// How much of a file is looked at when it is opened.
    package enum Check: Sendable {
        /// As the depth of the same name.
        case trees, values, complete
        /// Everything, unless a mark says that this file was sound when it was closed, or another process that has found it
        /// sound has it open. Who opens so says ``markSound()`` before it closes.
        case unlessMarked

        var depth: FileCheck.Depth {
            switch self {
            case .trees: .trees
            case .values: .values
            case .complete, .unlessMarked: .complete
            }
        }
    }

    /// The directory.
    package let path: String
    private let core: EnvironmentCore
    private let tables: [String: Table]
    private let isReadOnly: Bool
    /// How many transactions run, and whether this open was given back.
    private let uses = Atomic<UInt>(0)
    private let isReleased = Atomic<Bool>(false)
    private static let closed: UInt = 1 << 62

    /// Opens the environment in a directory; other opens in this process share it.
    ///
    /// - Throws: `FileCheckError` when the file is damaged, `FileError` when it is absent or out of reach, `LMDBError` with
    ///   EBUSY when this process has it open for reading only and writing is asked for, or with other checksums.
    package static func open(at directory: String, options: Options) throws -> Environment {
        let (core, tables) = try EnvironmentCore.acquire(directory, options)
        return Environment(directory, core, tables, isReadOnly: options.readOnly)
    }

    private init(_ directory: String, _ core: EnvironmentCore, _ tables: [String: Table], isReadOnly: Bool) {
        path = directory
        self.core = core
        self.tables = tables
        self.isReadOnly = isReadOnly
    }

    deinit { close() }

    /// Whether the lock file is out of reach, so that a writer elsewhere does not know of this reader.
    package var isUnlocked: Bool { core.isUnlocked }

    /// Which file it is.
    var fileIdentity: FileIdentity { core.identity }

    /// Whether nothing says that the rows are sound: the file was not closed by somebody who said so, and nobody who has it open
    /// has. Its pages were walked; whoever keeps rows, of which pages say nothing, checks them now. Always false unless the
    /// check was `unlessMarked`.
    package var wasUnclean: Bool { core.wasUnclean }

    /// Says that what the environment holds is sound: rows were checked, if it ``wasUnclean``. When this process is the last
    /// one to close it, a mark says so to the next. A failed commit takes it back.
    package func markSound() throws {
        try enter()
        defer { leave() }
        try core.markSound()
    }

    /// Reads all values and compares what is there with what the commits have counted.
    ///
    /// - Throws: `ValueDamage` when something is damaged, missing, or of an earlier time.
    package func checkValues() throws {
        guard let seals else { return }
        try read { txn in try txn.checkSeals(tables.values.sorted { $0.name < $1.name }, in: seals) }
    }

    private var seals: Table? { tables[Seal.table] }

    /// A table that was named when the environment was opened.
    package func table(_ name: String) throws -> Table {
        guard let table = tables[name] else { throw LMDBError(code: LMDBError.notFound.code, call: "table \(name)") }
        return table
    }

    /// Runs `body` on a snapshot. The snapshot ends with the closure, on every way out.
    package func read<R>(_ body: (borrowing ReadTransaction) throws -> R) throws -> R {
        try enter()
        defer { leave() }
        return try snapshot(body)
    }

    // The transaction ends with this function, before the environment is let go.
    private func snapshot<R>(_ body: (borrowing ReadTransaction) throws -> R) throws -> R {
        let transaction = ReadTransaction(try core.begin(UInt32(MDB_RDONLY)))
        return try body(transaction)
    }

    /// Runs `body` in the one write transaction and commits it; durable when it returns. When `body` throws, nothing of it
    /// stays.
    ///
    /// - Throws: what `body` throws; `LMDBError`; `FileCheckError` when a list of free pages names a page in use, which is looked
    ///   at before the first change in a process. Then nothing can be written, and reading goes on.
    package func write<R>(_ body: (borrowing WriteTransaction) throws -> R) throws -> R {
        guard !isReadOnly else { throw LMDBError(code: EACCES, call: "mdb_txn_begin") }
        try enter()
        defer { leave() }
        do {
            try core.makeRoom()
            return try change(body)
        } catch let error as LMDBError {
            throw core.explained(error)
        }
    }

    private func change<R>(_ body: (borrowing WriteTransaction) throws -> R) throws -> R {
        let ledger = seals == nil ? nil : SealLedger()
        return try withExtendedLifetime(ledger) { try change(body, ledger) }
    }

    private func change<R>(_ body: (borrowing WriteTransaction) throws -> R, _ ledger: SealLedger?) throws -> R {
        let transaction = WriteTransaction(try core.begin(0), ledger)
        try core.checkBeforeWriting()
        let result = try body(transaction)
        if let ledger, let seals { try ledger.write(transaction, in: seals) }
        do {
            try transaction.commit()
        } catch {
            core.distrust()
            throw error
        }
        return result
    }

    /// Has commits sync from now on, or not: what is written without is not safe from a crash of the machine, and neither is the
    /// rest of the environment, until ``sync()``. It holds for all opens of this process.
    package func setSync(_ isOn: Bool) throws {
        try enter()
        defer { leave() }
        try core.setSync(isOn)
    }

    /// Syncs what was written with `sync` off.
    package func sync() throws {
        try enter()
        defer { leave() }
        try core.with { environment throws(LMDBError) in
            try LMDBError.check(mdb_env_sync(environment, 1), "mdb_env_sync")
        }
    }

    /// Copies a consistent snapshot into an empty directory.
    package func copy(to directory: String, compact: Bool) throws {
        try enter()
        defer { leave() }
        let flags = compact ? UInt32(MDB_CP_COMPACT) : 0
        try core.with { environment throws(LMDBError) in
            try LMDBError.check(mdb_env_copy2(environment, directory, flags), "mdb_env_copy2")
        }
    }

    /// Bytes that the data file takes on disk.
    package func fileBytes() -> Int64 { FileSystem.allocatedBytes(of: path + "/data.mdb") }

    /// Gives this open back. LMDB's environment closes with the last open, once its last transaction has ended.
    package func close() {
        let before = uses.bitwiseOr(Environment.closed, ordering: .acquiringAndReleasing).oldValue
        if before == 0 { release() }
    }

    private func enter() throws {
        let before = uses.add(1, ordering: .acquiringAndReleasing).oldValue
        do {
            guard before < Environment.closed else {
                throw LMDBError(code: EBADF, call: "mdb_txn_begin", detail: "\(path) was closed")
            }
            try core.enter()
        } catch {
            drop()
            throw error
        }
    }

    private func leave() {
        core.leave()
        drop()
    }

    private func drop() {
        if uses.subtract(1, ordering: .acquiringAndReleasing).newValue == Environment.closed { release() }
    }

    private func release() {
        guard !isReleased.exchange(true, ordering: .acquiringAndReleasing) else { return }
        EnvironmentCore.release(core)
    }
}
