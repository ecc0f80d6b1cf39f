// A file that is read at offsets and closed at the end.
internal import Foundation

/// An open file.
package final class PageFile {
    private let descriptor: Int32
    private let path: String

    package init(_ path: String) throws {
        self.path = path
        descriptor = try FileSystem.open(path, O_RDONLY)
    }

    deinit { close(descriptor) }

    /// Up to `count` bytes from an offset; fewer at the end of the file.
    package func bytes(at offset: Int64, count: Int) throws -> [UInt8] {
        try FileSystem.read(descriptor, path, count: count, at: offset)
    }
}
