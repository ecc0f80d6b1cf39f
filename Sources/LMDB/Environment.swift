// One LMDB environment. LMDB must not be opened twice in a process (closing one handle drops the other's locks), nor used
// after a fork; a registry and a check of the process id see to both.
internal import CLMDB
internal import Foundation
internal import Synchronization

/// A named table of an environment.
package struct Table: Hashable, Sendable {
    /// Its name.
    package let name: String
    let dbi: UInt32
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
        /// Sync at every commit. Off only while a fresh environment is built that is synced at its end.
        package var sync = true
        /// Bytes of address space to reserve; nil takes 1 TiB, or what the system allows.
        package var mapSize: Int?
        /// Allow network file systems, on which LMDB's locks do not hold.
        package var allowRemoteFileSystem = false
        /// How many readers there may be at once, over all processes.
        package var maxReaders: UInt32 = 1_024
        package init() {}
    }

    /// The directory.
    package let path: String
    private let handle: Handle
    private let tables: [String: Table]
    private let identity: FileIdentity
    private let processID = getpid()

    /// LMDB's environment may be used by any thread; what needs order is ordered by its own locks.
    struct Handle: @unchecked Sendable { let pointer: OpaquePointer }

    private struct Registered {
        weak var environment: Environment?
        var count: Int
    }

    private static let registry = Mutex<[FileIdentity: Registered]>([:])

    /// Opens the environment in a directory; a second open in this process returns the same one.
    package static func open(at directory: String, options: Options) throws -> Environment {
        let identity = try FileSystem.identity(of: directory)
        return try registry.withLock { registry in
            if let known = registry[identity], let environment = known.environment {
                registry[identity]?.count += 1
                return environment
            }
            if !options.allowRemoteFileSystem { try refuseRemote(directory) }
            let data = directory + "/data.mdb"
            if FileSystem.exists(data), FileSystem.size(of: data) > 0 { try FileCheck.check(dataFile: data) }
            let environment = try make(directory, identity, options)
            registry[identity] = Registered(environment: environment, count: 1)
            return environment
        }
    }

    private static func refuseRemote(_ directory: String) throws {
        // NFS, SMB, CIFS, SMB2, 9p, FUSE, Coda, AFS.
        let remote: Set<UInt64> = [
            0x6969, 0x517B, 0xFF53_4D42, 0xFE53_4D42, 0x0102_1997, 0x6573_5546, 0x7375_7245, 0x5346_414F,
        ]
        if remote.contains(rihla_filesystem_magic(directory)) {
            throw FileError(
                errno: 95,
                call: "open",
                path: directory,
                detail: "it is on a network or FUSE file system, where LMDB's locks do not hold"
            )
        }
    }

    private init(_ directory: String, _ identity: FileIdentity, _ handle: Handle, _ tables: [String: Table]) {
        path = directory
        self.identity = identity
        self.handle = handle
        self.tables = tables
    }

    private static func make(_ directory: String, _ identity: FileIdentity, _ options: Options) throws -> Environment {
        var sizes = options.mapSize.map { [$0] } ?? [1 << 40, 1 << 36, 1 << 30]
        while true {
            let size = sizes.removeFirst()
            do {
                let pointer = try makeHandle(directory, options, mapSize: size)
                var dead: Int32 = 0
                mdb_reader_check(pointer, &dead)
                do {
                    let tables = try openTables(pointer, options)
                    return Environment(directory, identity, Handle(pointer: pointer), tables)
                } catch {
                    mdb_env_close(pointer)
                    throw error
                }
            } catch let error as LMDBError where error.code == 12 && !sizes.isEmpty {
                // ENOMEM: the system does not give so much address space; ask for less.
                continue
            }
        }
    }

    private static func makeHandle(_ directory: String, _ options: Options, mapSize: Int) throws(LMDBError)
        -> OpaquePointer
    {
        var created: OpaquePointer?
        try LMDBError.check(mdb_env_create(&created), "mdb_env_create")
        guard let environment = created else { throw LMDBError(code: 12, call: "mdb_env_create") }
        do {
            try LMDBError.check(mdb_env_set_maxreaders(environment, options.maxReaders), "mdb_env_set_maxreaders")
            try LMDBError.check(mdb_env_set_maxdbs(environment, 16), "mdb_env_set_maxdbs")
            try LMDBError.check(mdb_env_set_mapsize(environment, mapSize), "mdb_env_set_mapsize")
            var flags = UInt32(MDB_NOTLS)
            if options.readOnly { flags |= UInt32(MDB_RDONLY) }
            if !options.sync { flags |= UInt32(MDB_NOSYNC) }
            try LMDBError.check(mdb_env_open(environment, directory, flags, 0o600), "mdb_env_open")
        } catch {
            mdb_env_close(environment)
            throw error
        }
        return environment
    }

    private static func openTables(_ environment: OpaquePointer, _ options: Options) throws(LMDBError) -> [String:
        Table]
    {
        var transaction: OpaquePointer?
        let flags = options.readOnly ? UInt32(MDB_RDONLY) : 0
        try LMDBError.check(mdb_txn_begin(environment, nil, flags, &transaction), "mdb_txn_begin")
        var tables: [String: Table] = [:]
        do {
            let all =
                options.integerKeyTables.map { ($0, UInt32(MDB_INTEGERKEY)) } + options.byteKeyTables.map { ($0, 0) }
            for (name, keyFlag) in all {
                var dbi: MDB_dbi = 0
                let createFlag = options.readOnly ? 0 : UInt32(MDB_CREATE)
                try LMDBError.check(mdb_dbi_open(transaction, name, keyFlag | createFlag, &dbi), "mdb_dbi_open")
                tables[name] = Table(name: name, dbi: dbi)
            }
        } catch {
            mdb_txn_abort(transaction)
            throw error
        }
        try LMDBError.check(mdb_txn_commit(transaction), "mdb_txn_commit")
        return tables
    }

    /// A table that was named when the environment was opened.
    package func table(_ name: String) throws -> Table {
        guard let table = tables[name] else { throw LMDBError(code: -30_798, call: "table \(name)") }
        return table
    }

    private func checkProcess() {
        precondition(processID == getpid(), "an LMDB environment must not be used after a fork")
    }

    /// Runs `body` on a snapshot. The snapshot ends with the closure, on every way out.
    package func read<R>(_ body: (borrowing ReadTransaction) throws -> R) throws -> R {
        checkProcess()
        let transaction = ReadTransaction(try begin(UInt32(MDB_RDONLY)))
        return try body(transaction)
    }

    /// Runs `body` in the one write transaction and commits it; durable when it returns. When `body` throws, nothing of it
    /// stays.
    package func write<R>(_ body: (borrowing WriteTransaction) throws -> R) throws -> R {
        checkProcess()
        let transaction = WriteTransaction(try begin(0))
        let result = try body(transaction)
        do {
            try transaction.commit()
        } catch {
            throw explained(error)
        }
        return result
    }

    private func begin(_ flags: UInt32) throws(LMDBError) -> OpaquePointer {
        var transaction: OpaquePointer?
        var code = mdb_txn_begin(handle.pointer, nil, flags, &transaction)
        if code == LMDBError.readersFull.code {
            // Readers that died keep their slots until somebody looks.
            var dead: Int32 = 0
            mdb_reader_check(handle.pointer, &dead)
            code = mdb_txn_begin(handle.pointer, nil, flags, &transaction)
        }
        if code == LMDBError.mapResized.code {
            mdb_env_set_mapsize(handle.pointer, 0)
            code = mdb_txn_begin(handle.pointer, nil, flags, &transaction)
        }
        try LMDBError.check(code, "mdb_txn_begin")
        guard let transaction else { throw LMDBError(code: 12, call: "mdb_txn_begin") }
        return transaction
    }

    /// LMDB turns a partial write into EIO: look whether the disk or a limit is the cause.
    private func explained(_ error: LMDBError) -> LMDBError {
        guard error.code == 5 || error.code == 28 || error.code == 27 else { return error }
        var explained = error
        let size = FileSystem.size(of: path + "/data.mdb")
        var limit = rlimit()
        #if os(Linux)
            let hasLimit = getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0
        #else
            let hasLimit = getrlimit(RLIMIT_FSIZE, &limit) == 0
        #endif
        if hasLimit, limit.rlim_cur < UInt.max / 4, UInt64(size) + 16_777_216 >= UInt64(limit.rlim_cur) {
            explained.detail = "disk full: the limit on file sizes (\(limit.rlim_cur) bytes) is reached"
        } else if FileSystem.freeBytes(at: path) < 16_777_216 {
            explained.detail = "disk full: \(FileSystem.freeBytes(at: path)) bytes are free"
        }
        return explained
    }

    /// Syncs what was written with `sync` off.
    package func sync() throws {
        try LMDBError.check(mdb_env_sync(handle.pointer, 1), "mdb_env_sync")
    }

    /// Copies a consistent snapshot into an empty directory.
    package func copy(to directory: String, compact: Bool) throws {
        let flags = compact ? UInt32(MDB_CP_COMPACT) : 0
        try LMDBError.check(mdb_env_copy2(handle.pointer, directory, flags), "mdb_env_copy2")
    }

    /// Bytes that the data file takes on disk.
    package func fileBytes() -> Int64 { FileSystem.allocatedBytes(of: path + "/data.mdb") }

    /// Gives one open back; the environment closes with the last one.
    package func close() {
        Environment.registry.withLock { registry in
            guard let known = registry[identity] else { return }
            // The entry stays as long as somebody still holds the environment, so that no second one is made beside it.
            registry[identity]?.count = max(known.count - 1, 0)
        }
    }

    deinit { mdb_env_close(handle.pointer) }
}
