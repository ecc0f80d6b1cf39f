// Writing small files and making directories so that they are there after a crash, and so that neither several processes at
// once nor a link in the place of a file do harm.
internal import CPlatform
internal import Foundation

extension FileSystem {
    /// Opens a plain file. A symbolic link in its place is refused: what it names belongs to somebody else. So is a pipe, on
    /// which opening would wait.
    static func open(_ path: String, _ flags: Int32, _ mode: mode_t = 0) throws -> Int32 {
        let file = rihla_open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode)
        guard file >= 0 else {
            guard Foundation.errno == ELOOP || Foundation.errno == EMLINK else { throw fail("open", path) }
            throw FileError(
                errno: ELOOP,
                call: "open",
                path: path,
                detail: "it is a symbolic link, no file of a store is"
            )
        }
        var info = stat()
        guard fstat(file, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
            close(file)
            throw FileError(errno: EINVAL, call: "open", path: path, detail: "it is no plain file")
        }
        return file
    }

    /// Refuses a path that is there and no plain file: a link, a pipe, a directory.
    package static func refuseOtherThanFile(_ path: String) throws {
        var info = stat()
        guard lstat(path, &info) == 0 else {
            guard Foundation.errno == ENOENT || Foundation.errno == ENOTDIR else { throw fail("lstat", path) }
            return
        }
        guard info.st_mode & S_IFMT != S_IFREG else { return }
        let isLink = info.st_mode & S_IFMT == S_IFLNK
        throw FileError(
            errno: isLink ? ELOOP : EINVAL,
            call: "lstat",
            path: path,
            detail: isLink ? "it is a symbolic link, no file of a store is" : "it is no plain file"
        )
    }

    /// Makes a directory and those above it, for the owner alone.
    package static func makeDirectory(_ path: String) throws {
        if isDirectory(path) { return }
        let parent = parent(of: path)
        if !exists(parent) { try makeDirectory(parent) }
        guard mkdir(path, 0o700) == 0 else {
            let error = fail("mkdir", path)
            guard error.errno == EEXIST, isDirectory(path) else { throw error }
            return
        }
        // The umask may have taken even the owner's rights.
        guard chmod(path, 0o700) == 0 else { throw fail("chmod", path) }
        try syncDirectory(path)
        try syncDirectory(parent)
    }

    private static func parent(of path: String) -> String {
        let names = path.split(separator: "/").dropLast().joined(separator: "/")
        return path.hasPrefix("/") ? "/" + names : names.isEmpty ? "." : names
    }

    /// Has the names in a directory survive a crash.
    package static func syncDirectory(_ path: String) throws {
        let directory = rihla_open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY, 0)
        guard directory >= 0 else {
            // Who may make files in a directory need not be allowed to read it.
            guard Foundation.errno == EACCES else { throw fail("open", path) }
            return
        }
        defer { close(directory) }
        // Some file systems cannot sync a directory, and say so.
        guard fsync(directory) == 0 || Foundation.errno == EINVAL || Foundation.errno == ENOTSUP else {
            throw fail("fsync", path)
        }
    }

    /// Makes an empty file for the owner alone, unless something is there.
    package static func touch(_ path: String) throws {
        let file = rihla_open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else {
            guard Foundation.errno == EEXIST else { throw fail("open", path) }
            return
        }
        defer { close(file) }
        guard fchmod(file, 0o600) == 0 else { throw fail("fchmod", path) }
    }

    /// Takes room on the disk for the first bytes of a file, making it when it is absent. Writing to a map of a file that has
    /// holes ends the process when the disk is full.
    package static func reserve(_ count: Int, in path: String) throws {
        try touch(path)
        let file = try open(path, O_RDWR)
        defer { close(file) }
        let code = rihla_reserve(file, off_t(count))
        if code != 0 { throw FileError(errno: code, call: "fallocate", path: path) }
    }

    static func write(_ bytes: [UInt8], _ file: Int32, _ path: String) throws {
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

    private static let temporaryDigits = 16
    private static let temporarySuffix = ".new"
    /// What is older was left by a writer that was killed.
    private static let oldestTemporarySeconds = 3_600

    /// Whether a file of this name is on its way to take another's place.
    package static func isTemporary(_ name: String) -> Bool {
        let end = name.utf8.suffix(temporaryDigits + temporarySuffix.utf8.count + 1)
        return name.hasSuffix(temporarySuffix) && end.first == UInt8(ascii: ".")
            && end.dropFirst().prefix(temporaryDigits).allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    /// Replaces a file: readers see the old bytes or the new ones, also after a crash. Several may do so at once; the last one
    /// stays.
    package static func writeAtomically(_ bytes: [UInt8], to path: String) throws {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        let padding = String(repeating: "0", count: temporaryDigits - digits.utf8.count)
        let temporary = "\(path).\(padding)\(digits)\(temporarySuffix)"
        let file = rihla_open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw fail("open", temporary) }
        do {
            defer { close(file) }
            guard fchmod(file, 0o600) == 0 else { throw fail("fchmod", temporary) }
            try write(bytes, file, temporary)
            guard fsync(file) == 0 else { throw fail("fsync", temporary) }
            guard Foundation.rename(temporary, path) == 0 else { throw fail("rename", path) }
        } catch {
            _ = unlink(temporary)
            throw error
        }
        try syncDirectory(parent(of: path))
        try removeLeftTemporaries(of: path)
    }

    private static func removeLeftTemporaries(of path: String) throws {
        let (parent, name) = (parent(of: path), path.split(separator: "/").last.map(String.init) ?? "")
        for other in (try? list(parent)) ?? [] where other.hasPrefix(name + ".") && isTemporary(other) {
            var info = stat()
            let file = parent + "/" + other
            guard lstat(file, &info) == 0 else { continue }
            #if canImport(Darwin)
                let changed = info.st_mtimespec.tv_sec
            #else
                let changed = info.st_mtim.tv_sec
            #endif
            if nowMilliseconds() / 1_000 - Int64(changed) > oldestTemporarySeconds { _ = unlink(file) }
        }
    }

    /// Overwrites a small file in place under a lock between processes, when `replaces` says of its bytes (empty when it is
    /// new) that it should be.
    package static func update(_ path: String, with bytes: [UInt8], sync: Bool, if replaces: ([UInt8]) -> Bool) throws {
        try touch(path)
        let file = try open(path, O_RDWR)
        defer { close(file) }
        while flock(file, LOCK_EX) != 0 {
            guard Foundation.errno == EINTR else { throw fail("flock", path) }
        }
        guard replaces(try read(file, path, count: bytes.count, at: 0)) else { return }
        try write(bytes, file, path)
        guard ftruncate(file, off_t(bytes.count)) == 0 else { throw fail("ftruncate", path) }
        if sync, fsync(file) != 0 { throw fail("fsync", path) }
    }
}
