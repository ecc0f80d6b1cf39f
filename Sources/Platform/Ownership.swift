// Whose a file is, as far as it matters to who writes beside it.
internal import CPlatform
internal import Foundation

/// Owner and modes of a file.
package struct Ownership: Hashable, Sendable {
    /// Whether it belongs to the user that this process acts for.
    package var isOwnedByThisUser: Bool
    /// Whether everybody may write to it.
    package var isWritableByAll: Bool
}

extension FileSystem {
    /// Whose a file is.
    package static func ownership(of path: String) throws -> Ownership {
        var info = stat()
        guard stat(path, &info) == 0 else { throw FileError(errno: Foundation.errno, call: "stat", path: path) }
        return Ownership(isOwnedByThisUser: info.st_uid == geteuid(), isWritableByAll: info.st_mode & 0o002 != 0)
    }

    /// Whether a path names a symbolic link.
    package static func isLink(_ path: String) -> Bool {
        var info = stat()
        return lstat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFLNK
    }

    /// Whether this process may write to a file, on a file system that can be written.
    package static func isWritable(_ path: String) -> Bool { access(path, W_OK) == 0 }
}
