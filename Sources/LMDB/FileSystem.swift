// The few calls on files that the store needs beside LMDB; each failure names the call, the path and errno.
internal import CLMDB
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
        self.detail = detail ?? String(cString: strerror(errno))
    }

    package var description: String { "\(path): \(detail) (\(call))" }
}

/// Which file it is, whatever its name.
package struct FileIdentity: Hashable, Sendable {
    package var device: UInt64
    package var inode: UInt64
}

/// Calls on files.
package enum FileSystem {
    private static func fail(_ call: String, _ path: String) -> FileError {
        FileError(errno: Foundation.errno, call: call, path: path)
    }

    private static func status(_ path: String) -> stat? {
        var info = stat()
        return stat(path, &info) == 0 ? info : nil
    }

    package static func exists(_ path: String) -> Bool { status(path) != nil }

    package static func isDirectory(_ path: String) -> Bool {
        status(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
    }

    package static func size(of path: String) -> Int64 { status(path).map { Int64($0.st_size) } ?? 0 }

    package static func allocatedBytes(of path: String) -> Int64 { status(path).map { Int64($0.st_blocks) * 512 } ?? 0 }

    package static func identity(of path: String) throws -> FileIdentity {
        guard let info = status(path) else { throw fail("stat", path) }
        return FileIdentity(device: UInt64(info.st_dev), inode: UInt64(info.st_ino))
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

    /// Makes a directory and those above it, for the owner alone.
    package static func makeDirectory(_ path: String) throws {
        if isDirectory(path) { return }
        let parent = path.split(separator: "/", omittingEmptySubsequences: true).dropLast().joined(separator: "/")
        let parentPath = (path.hasPrefix("/") ? "/" : "") + parent
        if !parent.isEmpty, !exists(parentPath) { try makeDirectory(parentPath) }
        guard mkdir(path, 0o700) == 0 || Foundation.errno == EEXIST else { throw fail("mkdir", path) }
    }

    /// Reads a whole file.
    package static func read(_ path: String) throws -> [UInt8] {
        let file = rihla_open(path, O_RDONLY | O_CLOEXEC, 0)
        guard file >= 0 else { throw fail("open", path) }
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

    private static func write(_ bytes: [UInt8], _ file: Int32, _ path: String) throws {
        var done = 0
        while done < bytes.count {
            let result = bytes.withUnsafeBytes { raw in
                pwrite(file, raw.baseAddress?.advanced(by: done), raw.count - done, off_t(done))
            }
            if result < 0, Foundation.errno == EINTR { continue }
            guard result > 0 else { throw fail("pwrite", path) }
            done += result
        }
    }

    /// Replaces a file: readers see the old bytes or the new ones, also after a crash.
    package static func writeAtomically(_ bytes: [UInt8], to path: String) throws {
        let temporary = path + ".new"
        unlink(temporary)
        let file = rihla_open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw fail("open", temporary) }
        do {
            defer { close(file) }
            try write(bytes, file, temporary)
            guard fsync(file) == 0 else { throw fail("fsync", temporary) }
        }
        guard Foundation.rename(temporary, path) == 0 else { throw fail("rename", path) }
        let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let directory = rihla_open(parent.isEmpty ? "/" : parent, O_RDONLY | O_CLOEXEC, 0)
        if directory >= 0 {
            fsync(directory)
            close(directory)
        }
    }

    /// Writes a small file in place, without a sync.
    package static func overwrite(_ bytes: [UInt8], at path: String) throws {
        let file = rihla_open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw fail("open", path) }
        defer { close(file) }
        try write(bytes, file, path)
    }

    private static func unlink(_ path: String) { _ = Foundation.unlink(path) }

    /// Removes a file, or a directory with all that it holds.
    package static func remove(_ path: String) throws {
        guard exists(path) else { return }
        guard isDirectory(path) else {
            guard Foundation.unlink(path) == 0 else { throw fail("unlink", path) }
            return
        }
        for name in try list(path) { try remove(path + "/" + name) }
        guard rmdir(path) == 0 else { throw fail("rmdir", path) }
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
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}
