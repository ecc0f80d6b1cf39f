// The few calls on files that the store needs beside LMDB; each failure names the call, the path and errno.
internal import CPlatform
internal import Foundation

/// A failed system call on a file.
package struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    package var errno: Int32
    package var call: String
    package var path: String
    package var detail: String

    package init(errno: Int32, call: String, path: String, detail: String? = nil) {
        self.errno = errno
        self.call = call
        self.path = path
        self.detail = detail ?? FileError.sentence(errno)
    }

    /// What the system says of an error, and what to do about it where that is known.
    package static func sentence(_ errno: Int32) -> String {
        let text = String(cString: strerror(errno))
        return errno == EMFILE ? text + ": this process may not open more; raise its limit (ulimit -n)" : text
    }

    package var description: String { "\(path): \(detail) (\(call))" }

    /// Whether the system refused access.
    package var isAccess: Bool { errno == EACCES || errno == EPERM || errno == EROFS }

    /// Whether what was to be opened is a symbolic link.
    package var isLink: Bool { errno == ELOOP }

    /// That a path is a symbolic link, where none may be.
    package static func link(_ path: String) -> FileError {
        FileError(errno: ELOOP, call: "open", path: path, detail: "it is a symbolic link")
    }

    /// Whether there is no room, on the disk or under a limit.
    package var isDiskFull: Bool { errno == ENOSPC || errno == EDQUOT || errno == EFBIG }
}

/// Which file it is, whatever its name.
package struct FileIdentity: Hashable, Sendable {
    package var device: UInt64
    package var inode: UInt64
}

/// What changes when a file does, or when another takes its place. Times are nanoseconds.
package struct FileStamp: Hashable, Sendable {
    package var device: UInt64
    package var inode: UInt64
    package var size: UInt64
    package var modified: UInt64
    package var changed: UInt64
}

/// Calls on files.
package enum FileSystem {
    static func fail(_ call: String, _ path: String) -> FileError {
        FileError(errno: Foundation.errno, call: call, path: path)
    }

    private static func status(_ path: String) -> stat? {
        var info = stat()
        return stat(path, &info) == 0 ? info : nil
    }

    package static func exists(_ path: String) -> Bool { status(path) != nil }

    /// Whether something is there.
    ///
    /// - Throws: `FileError` when the system does not let us look.
    package static func isPresent(_ path: String) throws -> Bool {
        if status(path) != nil { return true }
        guard Foundation.errno == ENOENT || Foundation.errno == ENOTDIR else { throw fail("stat", path) }
        return false
    }

    package static func isDirectory(_ path: String) -> Bool {
        status(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
    }

    package static func size(of path: String) -> Int64 { status(path).map { Int64($0.st_size) } ?? 0 }

    package static func allocatedBytes(of path: String) -> Int64 { status(path).map { Int64($0.st_blocks) * 512 } ?? 0 }

    package static func identity(of path: String) throws -> FileIdentity {
        guard let info = status(path) else { throw fail("stat", path) }
        return FileIdentity(device: UInt64(info.st_dev), inode: UInt64(info.st_ino))
    }

    package static func stamp(of path: String) throws -> FileStamp {
        guard let info = status(path) else { throw fail("stat", path) }
        #if canImport(Darwin)
            let (modified, changed) = (info.st_mtimespec, info.st_ctimespec)
        #else
            let (modified, changed) = (info.st_mtim, info.st_ctim)
        #endif
        func nanoseconds(_ time: timespec) -> UInt64 {
            UInt64(bitPattern: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
        }
        return FileStamp(
            device: UInt64(info.st_dev),
            inode: UInt64(info.st_ino),
            size: UInt64(info.st_size),
            modified: nanoseconds(modified),
            changed: nanoseconds(changed)
        )
    }

    package static func list(_ directory: String) throws -> [String] {
        guard let handle = opendir(directory) else { throw fail("opendir", directory) }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Refuses file systems on which LMDB's locks do not hold.
    package static func refuseRemote(_ directory: String) throws {
        // NFS, SMB, CIFS, SMB2, 9p, FUSE, Coda, AFS.
        let remote: Set<UInt64> = [
            0x6969, 0x517B, 0xFF53_4D42, 0xFE53_4D42, 0x0102_1997, 0x6573_5546, 0x7375_7245, 0x5346_414F,
        ]
        if remote.contains(rihla_filesystem_magic(directory)) {
            throw FileError(
                errno: ENOTSUP,
                call: "open",
                path: directory,
                detail: "it is on a network or FUSE file system, where LMDB's locks do not hold"
            )
        }
    }

    private static let ignoredFileSizeSignal: Void = {
        // A write beyond RLIMIT_FSIZE shall fail as an error, not end the process.
        var action = sigaction()
        guard sigaction(SIGXFSZ, nil, &action) == 0 else { return }
        if rihla_is_default_action(&action) != 0 { signal(SIGXFSZ, SIG_IGN) }
    }()

    /// Turns the signal of a too large file into an error of the write, unless the process handles it already.
    package static func ignoreFileSizeSignal() { ignoredFileSizeSignal }

    /// The largest file that this process may write; nil when there is no limit.
    package static func fileSizeLimit() -> UInt64? { limit(RLIMIT_FSIZE) }

    /// How much address space this process may have; nil when there is no limit.
    package static func addressSpaceLimit() -> UInt64? { limit(RLIMIT_AS) }

    #if os(Linux)
        private static func limit(_ resource: __rlimit_resource) -> UInt64? {
            var limit = rlimit()
            guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else { return nil }
            return limit.rlim_cur < UInt64.max / 4 ? UInt64(limit.rlim_cur) : nil
        }
    #else
        private static func limit(_ resource: Int32) -> UInt64? {
            var limit = rlimit()
            guard getrlimit(resource, &limit) == 0 else { return nil }
            return limit.rlim_cur < UInt64.max / 4 ? UInt64(limit.rlim_cur) : nil
        }
    #endif

    /// Reads a whole file.
    package static func read(_ path: String) throws -> [UInt8] {
        let file = try open(path, O_RDONLY)
        defer { close(file) }
        return try read(file, path, count: Int(size(of: path)), at: 0)
    }

    /// Reads up to `count` bytes of an open file from an offset.
    static func read(_ file: Int32, _ path: String, count: Int, at offset: Int64) throws -> [UInt8] {
        var failure: FileError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let result = pread(
                    file,
                    buffer.baseAddress?.advanced(by: filled),
                    count - filled,
                    off_t(offset) + off_t(filled)
                )
                if result < 0, Foundation.errno == EINTR { continue }
                if result < 0 { failure = fail("pread", path) }
                if result <= 0 { break }
                filled += result
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Names the time since the machine was started; nil where the system does not say.
    package static func bootID() -> [UInt8]? {
        #if canImport(Darwin)
            var size = 0
            guard sysctlbyname("kern.bootsessionuuid", nil, &size, nil, 0) == 0, size > 1 else { return nil }
            var text = [UInt8](repeating: 0, count: size)
            guard sysctlbyname("kern.bootsessionuuid", &text, &size, nil, 0) == 0 else { return nil }
            return Array(text.prefix { $0 != 0 })
        #else
            let path = "/proc/sys/kernel/random/boot_id"
            let file = rihla_open(path, O_RDONLY | O_CLOEXEC, 0)
            guard file >= 0 else { return nil }
            defer { close(file) }
            guard let text = try? read(file, path, count: 36, at: 0), text.count == 36 else { return nil }
            return text
        #endif
    }

    /// Removes a file, or a directory with all that it holds.
    package static func remove(_ path: String) throws {
        var info = stat()
        guard lstat(path, &info) == 0 else { return }
        // A symbolic link goes, what it names stays.
        guard info.st_mode & S_IFMT == S_IFDIR else {
            guard Foundation.unlink(path) == 0 || Foundation.errno == ENOENT else { throw fail("unlink", path) }
            return
        }
        do {
            for name in try list(path) { try remove(path + "/" + name) }
        } catch let error as FileError {
            // What is not there any more was removed by another process.
            guard error.errno == ENOENT else { throw error }
        }
        guard rmdir(path) == 0 || Foundation.errno == ENOENT else { throw fail("rmdir", path) }
    }

    /// Renames a file or directory.
    package static func rename(_ path: String, to target: String) throws {
        guard Foundation.rename(path, target) == 0 else { throw fail("rename", path) }
    }

    /// Bytes that an ordinary user may still write.
    package static func freeBytes(at path: String) -> UInt64 {
        var info = statvfs()
        guard statvfs(path, &info) == 0 else { return .max }
        return UInt64(info.f_bavail) * UInt64(info.f_frsize)
    }

    /// Milliseconds since 1970.
    package static func nowMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Bytes that nobody can foresee.
    package static func randomBytes(_ count: Int) -> [UInt8] {
        // Eight at a time: each number is a call of the system.
        var generator = SystemRandomNumberGenerator()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 7)
        while bytes.count < count { appendLittleEndian(generator.next(), to: &bytes) }
        return Array(bytes.prefix(count))
    }
}
