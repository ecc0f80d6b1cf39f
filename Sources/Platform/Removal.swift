// A directory that others may be opening is gone for them at once, and emptied afterwards.
internal import Foundation

extension FileSystem {
    /// How the names end of directories that are being removed.
    private static let goneMark = ".gone-"

    /// Removes a directory with all that is in it: at its path there is nothing from one moment on.
    package static func removeAtOnce(_ path: String) throws {
        let gone = path + goneMark + randomBytes(8).map { String($0, radix: 16) }.joined()
        try rename(path, to: gone)
        try remove(gone)
    }

    /// Removes what removals that were cut off have left in a directory.
    package static func finishRemovals(in directory: String) throws {
        for name in try list(directory) where name.contains(goneMark) { try remove(directory + "/" + name) }
    }
}
