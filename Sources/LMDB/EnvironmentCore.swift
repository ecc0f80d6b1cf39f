// What all opens of one data file in this process share. LMDB must not be opened twice in a process (closing one handle
// drops the other's locks), nor used after a fork; a registry by device and inode and a check of the process id see to both.
internal import CLMDB
internal import Foundation
internal import Platform
internal import Synchronization

/// LMDB's environment and the tables that are open in it.
final class EnvironmentCore: Sendable {
    /// LMDB's environment may be used by any thread; what needs order is ordered by its own locks.
    struct Handle: @unchecked Sendable { let pointer: OpaquePointer }

    struct State {
        var handle: Handle?
        var tables: [(name: String, flag: UInt32, table: Table)] = []
        /// Commits sync.
        var isSynced: Bool
        /// Bytes of address space that it has.
        var mapSize: Int
        /// Transactions that run now.
        var active = 0
        /// A commit failed: LMDB may refuse to go on, or hold pages of which the disk has others.
        var isDistrusted = false
        /// The lists of free pages were compared with the pages in use.
        var isWritable = false
        /// Others may see that it is not as its mark says.
        var isChanging = false
        /// Whoever uses it says that all in it is sound.
        var isSound = false
    }

    private struct Registered {
        var core: EnvironmentCore
        var opens: Int
    }

    private static let registry = Mutex<[FileIdentity: Registered]>([:])

    let directory: String
    let isReadOnly: Bool
    let isUnlocked: Bool
    let identity: FileIdentity
    let options: Environment.Options
    private let mark: SoundMark?
    private let processID = getpid()
    let state: Mutex<State>

    /// The core of a directory's data file, opened when no other open has it.
    static func acquire(_ directory: String, _ options: Environment.Options) throws -> (
        EnvironmentCore, [String: Table]
    ) {
        FileSystem.ignoreFileSizeSignal()
        let data = directory + "/data.mdb"
        // LMDB itself would follow a link.
        try FileSystem.refuseOtherThanFile(data)
        try FileSystem.refuseOtherThanFile(directory + "/lock.mdb")
        if options.create, !options.readOnly {
            // LMDB's own modes pass through the umask; these do not.
            try FileSystem.touch(data)
            try FileSystem.touch(directory + "/lock.mdb")
        }
        let identity = try FileSystem.identity(of: data)
        return try registry.withLock { registry in
            if let known = registry[identity] {
                guard options.readOnly || !known.core.isReadOnly else {
                    throw LMDBError(
                        code: EBUSY,
                        call: "mdb_env_open",
                        detail: "\(directory) is open in this process for reading only"
                    )
                }
                guard options.checksums == known.core.options.checksums else {
                    throw LMDBError(
                        code: EBUSY,
                        call: "mdb_env_open",
                        detail: "\(directory) is open in this process with other checksums"
                    )
                }
                let tables = try known.core.open(options)
                registry[identity]?.opens += 1
                return (known.core, tables)
            }
            if !options.allowRemoteFileSystem { try FileSystem.refuseRemote(directory) }
            let mark = try check(directory, options)
            try reserveLocks(directory, options)
            let core = try make(directory, identity, options, mark)
            let tables: [String: Table]
            do {
                tables = try core.open(options)
            } catch let error as LMDBError {
                throw core.explained(error)
            }
            registry[identity] = Registered(core: core, opens: 1)
            return (core, tables)
        }
    }

    /// Looks at the data file as the options say.
    private static func check(_ directory: String, _ options: Environment.Options) throws -> SoundMark? {
        let data = directory + "/data.mdb"
        guard options.check == .unlessMarked else {
            if !options.create || FileSystem.size(of: data) > 0 {
                try FileCheck.check(dataFile: data, depth: options.check.depth)
            }
            return nil
        }
        return try SoundMark.take(directory) { try FileCheck.check(dataFile: data, depth: .complete) }
    }

    /// LMDB maps its lock file, which it makes as one hole, and writes into the map: on a full disk that ends the process.
    private static func reserveLocks(_ directory: String, _ options: Environment.Options) throws {
        // LMDB's header takes as much as three readers, of which one is counted already: `mdb_env_setup_locks`.
        let needed = (Int(options.maxReaders) + 2) * 64
        do {
            try FileSystem.reserve(needed, in: directory + "/lock.mdb")
        } catch let error as FileError where error.isAccess {
            // Who may not write it may read without it; LMDB says so to others.
            return
        } catch var error as FileError where error.isDiskFull {
            error.detail = "disk full: \(FileSystem.freeBytes(at: directory)) bytes are free, \(needed) are needed"
            throw error
        }
    }

    /// Gives one open back and closes LMDB's environment with the last.
    static func release(_ core: EnvironmentCore) {
        registry.withLock { registry in
            guard let known = registry[core.identity], known.core === core else { return }
            guard known.opens <= 1 else {
                registry[core.identity]?.opens -= 1
                return
            }
            registry[core.identity] = nil
            core.close()
        }
    }

    private static func make(
        _ directory: String,
        _ identity: FileIdentity,
        _ options: Environment.Options,
        _ mark: SoundMark?
    ) throws -> EnvironmentCore {
        let file = directory + "/data.mdb"
        var sizes = AddressSpace(fixed: options.mapSize, fileBytes: FileSystem.size(of: file)).sizes[...]
        var isUnlocked = false
        while let size = sizes.first {
            do {
                let handle = try open(directory, options, mapSize: size, isUnlocked: isUnlocked)
                return EnvironmentCore(directory, identity, options, handle, mark, size, isUnlocked: isUnlocked)
            } catch {
                if error.code == ENOMEM, sizes.count > 1 {
                    // The system does not give so much address space: ask for less.
                    sizes.removeFirst()
                } else if error.isAccess, options.readOnly, !isUnlocked {
                    // Who may not write the lock file may still read, as long as nobody writes.
                    isUnlocked = true
                } else {
                    throw explained(error, directory)
                }
            }
        }
        throw LMDBError(code: ENOMEM, call: "mdb_env_open")
    }

    private init(
        _ directory: String,
        _ identity: FileIdentity,
        _ options: Environment.Options,
        _ handle: Handle,
        _ mark: SoundMark?,
        _ mapSize: Int,
        isUnlocked: Bool
    ) {
        self.directory = directory
        self.identity = identity
        self.options = options
        self.isUnlocked = isUnlocked
        isReadOnly = options.readOnly
        self.mark = mark
        // The lists of free pages were part of the walk that the mark stands for.
        let isWritable = mark != nil
        state = Mutex(State(handle: handle, isSynced: options.sync, mapSize: mapSize, isWritable: isWritable))
    }

    deinit { close() }

    private func close() {
        let (isOpen, isSound) = state.withLock { state in
            defer { state.handle = nil }
            guard let handle = state.handle else { return (false, false) }
            mdb_env_close(handle.pointer)
            return (true, state.isSound)
        }
        guard isOpen else { return }
        do {
            try mark?.giveBack(sound: isSound)
        } catch {
            // Without a mark the next open walks the file: slower, and as safe.
            return
        }
    }

    /// Whether the file was walked since nothing said that it was sound.
    var wasUnclean: Bool { mark?.wasUnclean ?? false }

    /// Has a mark left when the environment is closed.
    func markSound() throws {
        try mark?.confirm()
        state.withLock { $0.isSound = true }
    }

    private static func open(_ directory: String, _ options: Environment.Options, mapSize: Int, isUnlocked: Bool)
        throws(LMDBError) -> Handle
    {
        var created: OpaquePointer?
        try LMDBError.check(mdb_env_create(&created), "mdb_env_create")
        guard let environment = created else { throw LMDBError(code: ENOMEM, call: "mdb_env_create") }
        do {
            try LMDBError.check(mdb_env_set_maxreaders(environment, options.maxReaders), "mdb_env_set_maxreaders")
            try LMDBError.check(mdb_env_set_maxdbs(environment, 16), "mdb_env_set_maxdbs")
            try LMDBError.check(mdb_env_set_mapsize(environment, mapSize), "mdb_env_set_mapsize")
            var flags = UInt32(MDB_NOTLS)
            if options.readOnly { flags |= UInt32(MDB_RDONLY) }
            if isUnlocked { flags |= UInt32(MDB_NOLOCK) }
            if !options.sync { flags |= UInt32(MDB_NOSYNC) }
            try LMDBError.check(mdb_env_open(environment, directory, flags, 0o600), "mdb_env_open")
            // Readers that died keep their slots until somebody looks.
            var dead: Int32 = 0
            try LMDBError.check(mdb_reader_check(environment, &dead), "mdb_reader_check")
        } catch {
            mdb_env_close(environment)
            throw error
        }
        return Handle(pointer: environment)
    }

    /// Opens the tables that the options name, making those that are absent where that is allowed.
    private func open(_ options: Environment.Options) throws -> [String: Table] {
        let wanted: [(String, UInt32)] =
            options.integerKeyTables.map { ($0, UInt32(MDB_INTEGERKEY)) }
            + options.byteKeyTables.map { ($0, UInt32(0)) }
            + (options.checksums ? [(Seal.table, UInt32(0))] : [])
        return try state.withLock { state in
            guard let handle = state.handle else { throw LMDBError(code: EBADF, call: "mdb_dbi_open") }
            let missing = wanted.filter { name, _ in !state.tables.contains { $0.name == name } }
            for (name, flag) in missing {
                state.tables.append((name, flag, try table(name, flag, handle)))
            }
            var tables: [String: Table] = [:]
            for (name, flag) in wanted {
                tables[name] = state.tables.first { $0.name == name && $0.flag == flag }?.table
            }
            return tables
        }
    }

    private func table(_ name: String, _ flag: UInt32, _ handle: Handle) throws -> Table {
        // A table that is there needs no write transaction, hence no wait for another process's commit.
        do {
            return try table(name, flag, handle, transactionFlags: UInt32(MDB_RDONLY))
        } catch let error as LMDBError where error.code == LMDBError.notFound.code && !isReadOnly {
            return try table(name, flag | UInt32(MDB_CREATE), handle, transactionFlags: 0)
        }
    }

    private func table(_ name: String, _ flags: UInt32, _ handle: Handle, transactionFlags: UInt32) throws -> Table {
        var transaction: OpaquePointer?
        try LMDBError.check(mdb_txn_begin(handle.pointer, nil, transactionFlags, &transaction), "mdb_txn_begin")
        var dbi: MDB_dbi = 0
        do {
            if transactionFlags == 0 { try FileCheck.checkForWriting(dataFile: dataFile, depth: options.check.depth) }
            try LMDBError.check(mdb_dbi_open(transaction, name, flags, &dbi), "mdb_dbi_open \(name)")
        } catch {
            mdb_txn_abort(transaction)
            throw error
        }
        try LMDBError.check(mdb_txn_commit(transaction), "mdb_txn_commit")
        let hasChecksums = options.checksums && !options.selfCheckedTables.contains(name)
        return Table(name: name, dbi: dbi, seed: hasChecksums ? StoredValue.seed(name) : nil)
    }

    var dataFile: String { directory + "/data.mdb" }

    /// Looks at the lists of free pages before the first change in this process, under the lock of the write transaction: what
    /// they name is overwritten. LMDB keeps them in order from then on, and nothing tells cheaply whether a page that it takes
    /// is in use; a bit that flips in a file that is in use is for `verify` to find.
    func checkBeforeWriting() throws {
        let (isChecked, isBegun) = state.withLock { ($0.isWritable, $0.isChanging) }
        if !isChecked { try FileCheck.checkForWriting(dataFile: dataFile, depth: options.check.depth) }
        if !isBegun { try mark?.beginChange() }
        if !isChecked || !isBegun {
            state.withLock { state in
                state.isWritable = true
                state.isChanging = true
            }
        }
    }

    /// Counts a transaction in. After a failed commit the environment is opened anew first, when nothing else uses it: LMDB
    /// refuses to go on after a failed write of its meta page, and a sync that failed once says nothing the second time.
    func enter() throws {
        precondition(processID == getpid(), "an LMDB environment must not be used after a fork")
        try state.withLock { state in
            if state.handle == nil || state.isDistrusted && state.active == 0 { try reopen(&state) }
            state.active += 1
        }
    }

    func leave() { state.withLock { $0.active -= 1 } }

    /// Has commits sync from now on, or not, between ``enter()`` and ``leave()``.
    func setSync(_ isOn: Bool) throws {
        try state.withLock { state in
            guard let handle = state.handle else { throw LMDBError(code: EBADF, call: "mdb_env_set_flags") }
            let code = mdb_env_set_flags(handle.pointer, UInt32(MDB_NOSYNC), isOn ? 0 : 1)
            try LMDBError.check(code, "mdb_env_set_flags")
            state.isSynced = isOn
        }
    }

    /// Has the environment opened anew before its next use.
    func distrust() {
        state.withLock { state in
            state.isDistrusted = true
            state.isSound = false
        }
    }

    /// Opens LMDB's environment and its tables anew, as the state says.
    func reopen(_ state: inout State) throws {
        if let handle = state.handle { mdb_env_close(handle.pointer) }
        state.handle = nil
        var options = options
        options.sync = state.isSynced
        let handle = try EnvironmentCore.open(directory, options, mapSize: state.mapSize, isUnlocked: isUnlocked)
        for known in state.tables {
            let table: Table
            do {
                table = try self.table(known.name, known.flag, handle)
            } catch {
                mdb_env_close(handle.pointer)
                throw error
            }
            precondition(table == known.table, "LMDB numbers tables in the order in which they are opened")
        }
        state.handle = handle
        state.isDistrusted = false
        state.isWritable = false
    }

    /// Runs `body` with LMDB's environment, between ``enter()`` and ``leave()``.
    func with<R: Sendable>(_ body: (OpaquePointer) throws(LMDBError) -> R) throws(LMDBError) -> R {
        let handle = state.withLock { $0.handle }
        guard let handle else { throw LMDBError(code: EBADF, call: "mdb_env") }
        return try body(handle.pointer)
    }

    /// Begins a transaction, between ``enter()`` and ``leave()``.
    func begin(_ flags: UInt32) throws -> OpaquePointer {
        var (code, transaction) = try attempt(flags)
        if code == LMDBError.mapResized.code {
            // Another process has a larger map. This one's can be moved when nobody else looks at it.
            try followGrowth()
            (code, transaction) = try attempt(flags)
        }
        if code == LMDBError.mapResized.code {
            throw LMDBError(
                code: code,
                call: "mdb_txn_begin",
                detail: "another process has grown \(directory) beyond the address space that this process has for it: "
                    + "open it again with a higher limit (ulimit -v)"
            )
        }
        try LMDBError.check(code, "mdb_txn_begin")
        guard let transaction else { throw LMDBError(code: ENOMEM, call: "mdb_txn_begin") }
        return transaction
    }

    private func attempt(_ flags: UInt32) throws(LMDBError) -> (code: Int32, transaction: OpaquePointer?) {
        let handle = state.withLock { $0.handle }
        guard let environment = handle?.pointer else { throw LMDBError(code: EBADF, call: "mdb_txn_begin") }
        var transaction: OpaquePointer?
        var code = mdb_txn_begin(environment, nil, flags, &transaction)
        if code == LMDBError.readersFull.code {
            var dead: Int32 = 0
            mdb_reader_check(environment, &dead)
            code = mdb_txn_begin(environment, nil, flags, &transaction)
        }
        return (code, transaction)
    }
}
