// When room runs out: of address space, which can be had by opening the environment anew, or of the disk, which has to be said.
internal import CLMDB
internal import Foundation
internal import Platform
internal import Synchronization

extension EnvironmentCore {
    /// Has the map grow before a change, when it is small and nothing else uses it.
    func makeRoom() throws {
        guard options.mapSize == nil else { return }
        try state.withLock { state in
            guard let handle = state.handle, state.active == 1 else { return }
            var info = MDB_envinfo()
            var stat = MDB_stat()
            try LMDBError.check(mdb_env_info(handle.pointer, &info), "mdb_env_info")
            try LMDBError.check(mdb_env_stat(handle.pointer, &stat), "mdb_env_stat")
            let used = (Int(info.me_last_pgno) + 1) * Int(stat.ms_psize)
            guard state.mapSize - used < AddressSpace.room else { return }
            try grow(&state, used: used)
        }
    }

    /// Opens the environment anew with a larger map; with the one that it had where there is no address space for that.
    private func grow(_ state: inout State, used: Int) throws {
        let (before, isWritable) = (state.mapSize, state.isWritable)
        for size in AddressSpace.grown(before, used: used) + [before] {
            do {
                state.mapSize = size
                try reopen(&state)
                // Nothing failed: what was looked at holds.
                state.isWritable = isWritable
                return
            } catch let error as LMDBError where error.code == ENOMEM && size != before {
                continue
            }
        }
    }

    /// Takes up that another process has a larger map, when nothing else here uses this one.
    func followGrowth() throws {
        try state.withLock { state in
            guard state.active == 1, options.mapSize == nil else { return }
            try grow(&state, used: Int(FileSystem.size(of: dataFile)))
        }
    }

    /// Says what the cause of a failed change is.
    func explained(_ error: LMDBError) -> LMDBError {
        guard error.code == LMDBError.mapFull.code else { return EnvironmentCore.explained(error, directory) }
        let size = state.withLock { $0.mapSize }
        if options.mapSize == nil, let limit = FileSystem.addressSpaceLimit() {
            return LMDBError(
                code: ENOMEM,
                call: error.call,
                detail:
                    "no address space is left: \(directory) has reached the \(size) bytes that it has, and the limit is "
                    + "\(limit) bytes: raise it (ulimit -v)"
            )
        }
        var explained = error
        explained.detail = "disk full: \(directory) has reached the \(size) bytes of address space that were reserved"
        return explained
    }

    /// LMDB turns a partial write into EIO: look whether the disk or a limit is the cause.
    static func explained(_ error: LMDBError, _ directory: String) -> LMDBError {
        if let explained = AddressSpace.explained(error, directory) { return explained }
        guard error.code == EIO || error.code == ENOSPC || error.code == EFBIG else { return error }
        var explained = error
        let size = FileSystem.size(of: directory + "/data.mdb")
        let free = FileSystem.freeBytes(at: directory)
        if let limit = FileSystem.fileSizeLimit(), UInt64(size) + 16_777_216 >= limit {
            explained.detail = "disk full: the limit on file sizes (\(limit) bytes) is reached"
        } else if free < 16_777_216 {
            explained.detail = "disk full: \(free) bytes are free"
        }
        return explained
    }
}
