// A lock between processes that vanishes with the process that has it, however that ends.
internal import CPlatform
internal import Foundation

/// An open file or directory that can be locked. The lock ends with it.
package final class FileLock: Sendable {
    /// How a file is locked: by one, or by many.
    package enum Mode { case exclusive, shared }

    private let descriptor: Int32
    private let path: String
    /// Whether the file may be written.
    package let isWritable: Bool

    private init(_ descriptor: Int32, _ path: String, isWritable: Bool) {
        self.descriptor = descriptor
        self.path = path
        self.isWritable = isWritable
    }

    deinit { close(descriptor) }

    /// Opens a file, makes it when it is absent, and makes do with reading it; nil when even that may not be.
    package static func open(file path: String) throws -> FileLock? {
        do {
            try FileSystem.touch(path)
            return FileLock(try FileSystem.open(path, O_RDWR), path, isWritable: true)
        } catch let error as FileError where error.isAccess {
            do {
                return FileLock(try FileSystem.open(path, O_RDONLY), path, isWritable: false)
            } catch let error as FileError where error.isAccess || error.errno == ENOENT {
                return nil
            }
        }
    }

    /// Opens a directory.
    package static func open(directory path: String) throws -> FileLock {
        let descriptor = rihla_open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY, 0)
        guard descriptor >= 0 else { throw FileError(errno: Foundation.errno, call: "open", path: path) }
        return FileLock(descriptor, path, isWritable: false)
    }

    /// Locks it, in place of the lock that it has; waits for others.
    package func lock(_ mode: Mode) throws {
        while flock(descriptor, mode == .exclusive ? LOCK_EX : LOCK_SH) != 0 {
            guard Foundation.errno == EINTR else { throw FileError(errno: Foundation.errno, call: "flock", path: path) }
        }
    }

    /// Locks it for itself alone; false when others have it, and then it has no lock at all.
    package func tryExclusive() throws -> Bool {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            if Foundation.errno == EWOULDBLOCK { return false }
            guard Foundation.errno == EINTR else { throw FileError(errno: Foundation.errno, call: "flock", path: path) }
        }
        return true
    }

    /// Gives its lock back.
    package func unlock() { flock(descriptor, LOCK_UN) }

    /// Whether its path still names it.
    package func isInPlace() throws -> Bool {
        var info = stat()
        guard fstat(descriptor, &info) == 0 else { throw FileError(errno: Foundation.errno, call: "fstat", path: path) }
        let mine = FileIdentity(device: UInt64(info.st_dev), inode: UInt64(info.st_ino))
        return try FileSystem.isPresent(path) && FileSystem.identity(of: path) == mine
    }

    /// Its first bytes, as many as there are of `count`.
    package func bytes(_ count: Int) throws -> [UInt8] {
        try FileSystem.read(descriptor, path, count: count, at: 0)
    }

    /// Overwrites its first bytes.
    package func overwrite(_ bytes: [UInt8]) throws { try FileSystem.write(bytes, descriptor, path) }
}
