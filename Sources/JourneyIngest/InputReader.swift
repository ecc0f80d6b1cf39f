// Input in blocks of bounded size, whatever its length: a file or standard input, plain or gzip (zlib's `gzread` tells by
// itself), cut at line ends.
internal import CZlib
internal import JourneyEvents
internal import Foundation

/// Reads a file or standard input ("-") in blocks. zlib's handle is owned here alone and closed with it.
@safe public final class InputReader {
    /// The name as the user gave it.
    public let path: String
    /// The size of the file; nil where there is none to know.
    public let totalBytes: Int64?
    /// A line that was too long to keep: its number and first bytes.
    public struct LongLine: Sendable {
        /// 1-based number.
        public var line: UInt64
        /// The first bytes.
        public var start: [UInt8]
    }
    /// Lines above 1 MiB since the last block; they are skipped.
    public private(set) var longLines: [LongLine] = []
    private let file: gzFile
    private var rest: [UInt8] = []
    private var line: UInt64 = 1
    private var skipping = false
    private var atEnd = false
    private var isFirst = true
    static let blockSize = 4_194_304
    static let maximumLine = 1_048_576

    /// Opens the input.
    ///
    /// - Throws: `RihlaError` with code `notFound`, `permission` or `invalidInput` (a directory).
    public init(path: String) throws {
        self.path = path
        var descriptor: Int32 = 0
        if path == "-" {
            descriptor = dup(0)
            totalBytes = nil
        } else {
            var info = stat()
            guard unsafe stat(path, &info) == 0 else { throw InputReader.failure(path) }
            guard info.st_mode & S_IFMT != S_IFDIR else {
                throw RihlaError(.invalidInput, "\(path) is a directory", hint: "name its files")
            }
            totalBytes = info.st_mode & S_IFMT == S_IFREG ? Int64(info.st_size) : nil
            descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        }
        guard descriptor >= 0 else { throw InputReader.failure(path) }
        guard let opened = unsafe gzdopen(descriptor, "rb") else { throw InputReader.failure(path) }
        unsafe gzbuffer(opened, 262_144)
        unsafe file = opened
    }

    deinit { unsafe gzclose(file) }

    private static func failure(_ path: String) -> RihlaError {
        switch errno {
        case ENOENT: RihlaError(.notFound, "there is no file \(path)")
        case EACCES: RihlaError(.permission, "cannot read \(path): permission denied")
        default: RihlaError(.io, "cannot read \(path): errno \(errno)")
        }
    }

    /// Bytes of the file that were read so far, before unpacking.
    public var bytesRead: Int64 { Int64(unsafe gzoffset(file)) }

    /// The next bytes as they come; nil at the end.
    public func nextBlock() throws -> [UInt8]? {
        guard !atEnd else { return nil }
        var count: Int32 = 0
        var block = unsafe [UInt8](unsafeUninitializedCapacity: InputReader.blockSize) { buffer, filled in
            count = unsafe gzread(file, buffer.baseAddress, UInt32(InputReader.blockSize))
            filled = Int(max(count, 0))
        }
        if count < Int32(InputReader.blockSize) {
            atEnd = true
            var code: Int32 = 0
            let message = unsafe gzerror(file, &code)
            if code != Z_OK, code != Z_STREAM_END {
                let text = unsafe message.map { unsafe String(cString: $0) } ?? ""
                throw RihlaError(.invalidInput, "\(path) ends in the middle or is damaged: \(text)")
            }
        }
        if isFirst, block.starts(with: [0xEF, 0xBB, 0xBF]) { block.removeFirst(3) }
        isFirst = false
        return block.isEmpty ? nil : block
    }

    /// The next block of whole lines and the number of its first line; nil at the end.
    public func nextLines() throws -> (bytes: [UInt8], firstLine: UInt64)? {
        longLines = []
        while true {
            guard var block = try nextBlock() else {
                let last = rest
                rest = []
                guard !last.isEmpty, !skipping else { return nil }
                return (last, line)
            }
            if skipping {
                // The line that was too long ends somewhere in this block, or goes on.
                guard let end = block.firstIndex(of: 10) else { continue }
                block.removeSubrange(...end)
                skipping = false
                line += 1
            }
            if !rest.isEmpty {
                rest.append(contentsOf: block)
                swap(&rest, &block)
                rest = []
            }
            guard let end = block.lastIndex(of: 10) else {
                if block.count > InputReader.maximumLine {
                    longLines.append(LongLine(line: line, start: Array(block.prefix(4_096))))
                    skipping = true
                } else {
                    rest = block
                }
                if atEnd {
                    guard !skipping else { return ([], line) }
                    continue
                }
                if skipping { return ([], line) }
                continue
            }
            if end + 1 < block.count {
                rest = Array(block[(end + 1)...])
                block.removeSubrange((end + 1)...)
            }
            let first = line
            var count: UInt64 = 0
            for byte in block where byte == 10 { count += 1 }
            line += count
            return (block, first)
        }
    }
}
