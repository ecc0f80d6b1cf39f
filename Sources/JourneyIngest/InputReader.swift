// Input in blocks of bounded size, whatever its length: a file or standard input, plain or gzip, cut at line ends.
internal import JourneyEvents
internal import Foundation

/// Reads a file or standard input ("-") in blocks.
public final class InputReader {
    /// The name as the user gave it.
    public let path: String
    /// The size of the file; nil where there is none to know.
    public let totalBytes: Int64?
    /// Whole lines of the input, or one that was too long to keep.
    public struct Lines: Sendable {
        /// The lines with their line feeds; of a line that is too long only its first bytes.
        public internal(set) var bytes: [UInt8]
        /// 1-based number of the first line.
        var first: UInt64
        /// Whether this is the start of a line above the limit, the rest of which is skipped.
        public internal(set) var isTooLong = false
    }
    /// How many lines were begun so far.
    private(set) var linesRead: UInt64 = 0
    /// The limit of a line in this input.
    let maximumLine: Int
    private let source: ByteSource
    /// A block that was looked at and not read yet.
    private var ahead: [UInt8]?
    private var rest: [UInt8] = []
    private var skipping = false
    private var atEnd = false
    private var failure: RihlaError?
    /// Whether the input was whole up to its failure, so that its last line is.
    private(set) var failsBehindEnd = false
    private var isFirst = true
    static let blockSize = 4_194_304
    /// The limit of a line: 1 MiB.
    public static let maximumLine = 1_048_576
    static let keptOfLongLine = 4_096

    /// Opens an input, gzip or plain.
    ///
    /// - Throws: `RihlaError` with code `notFound`, `permission` or `invalidInput` (a directory).
    public convenience init(path: String, maximumLine: Int = InputReader.maximumLine) throws {
        try self.init(path: path, maximumLine: maximumLine, patience: ByteSource.patience, unpacks: true)
    }

    /// Standard input as it comes, for who waits for an answer to each line: nothing is unpacked, and no line waits for others.
    public static func conversation() throws -> InputReader {
        try InputReader(path: "-", maximumLine: maximumLine, patience: .zero, unpacks: false)
    }

    private init(path: String, maximumLine: Int, patience: Duration, unpacks: Bool) throws {
        self.path = path
        self.maximumLine = maximumLine
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
        source = ByteSource(descriptor: descriptor, mayWait: totalBytes == nil, patience: patience, unpacks: unpacks)
    }

    private static func failure(_ path: String) -> RihlaError {
        switch errno {
        case ENOENT: RihlaError(.notFound, "there is no file \(path)")
        case EACCES: RihlaError(.permission, "cannot read \(path): permission denied", hint: "check its modes")
        case EMFILE, ENFILE:
            RihlaError(
                .failure,
                "cannot read \(path): \(reason(errno))",
                hint: "raise the limit, as with `ulimit -n 256`"
            )
        case ENOTDIR:
            RihlaError(.notFound, "there is no file \(path)", hint: "what stands before its name is no directory")
        default: RihlaError(.io, "cannot read \(path): \(reason(errno))", hint: "check the disk or device")
        }
    }

    /// What the system calls a failure.
    private static func reason(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }

    /// Bytes of the file that were read so far, before unpacking.
    public var bytesRead: Int64 { source.bytesRead }

    /// The first bytes of the input, which stay to be read.
    func peek() throws -> [UInt8] {
        if ahead == nil { ahead = try nextBlock() }
        return Array((ahead ?? []).prefix(4_096))
    }

    /// The next bytes as they come; nil at the end.
    ///
    /// - Throws: `RihlaError` with code `invalidInput` when a gzip file is damaged or cut off, after all that could be read.
    public func nextBlock() throws -> [UInt8]? { try nextBlock(after: []) }

    /// The next bytes behind those that were kept of the block before; nil when no more come.
    private func nextBlock(after start: [UInt8]) throws -> [UInt8]? {
        if let block = ahead {
            ahead = nil
            return start.isEmpty ? block : start + block
        }
        if let failure { throw failure }
        guard !atEnd else { return nil }
        var (block, problem) = source.next(InputReader.blockSize, after: start)
        let isEmpty = block.count == start.count
        atEnd = isEmpty || problem != nil
        failure = problem.map(explained)
        if case .junk = problem { failsBehindEnd = true }
        if isFirst, block.starts(with: [0xEF, 0xBB, 0xBF]) { block.removeFirst(3) }
        isFirst = false
        if isEmpty, let failure { throw failure }
        return isEmpty ? nil : block
    }

    private func explained(_ failure: ByteSourceFailure) -> RihlaError {
        switch failure {
        case .read(EISDIR): RihlaError(.invalidInput, "\(path) is a directory", hint: "name its files")
        case .read(EBADF):
            RihlaError(.io, "cannot read \(path): it is closed", hint: "name a file, or redirect one to it")
        case .read(let code):
            RihlaError(.io, "cannot read \(path): \(InputReader.reason(code))", hint: "check the disk or device")
        case .junk(let why): RihlaError(.invalidInput, "\(path) is damaged: \(why)")
        case .damaged(let why): RihlaError(.invalidInput, "\(path) ends in the middle or is damaged: \(why)")
        }
    }

    /// Says how many lines those had that ``nextLines()`` gave last; it does not count them itself.
    func count(lines: UInt64) { linesRead += lines }

    private func nextBlockBehindRest() throws -> [UInt8]? {
        do {
            return try nextBlock(after: rest)
        } catch {
            guard failsBehindEnd, !rest.isEmpty else { throw error }
            // Thrown again, once the last line was handed out.
            return nil
        }
    }

    /// The next whole lines, in a block of bounded size; nil at the end.
    ///
    /// - Throws: As ``nextBlock()``.
    public func nextLines() throws -> Lines? {
        while true {
            guard var block = try nextBlockBehindRest() else {
                guard !rest.isEmpty else { return nil }
                defer { rest = [] }
                return Lines(bytes: rest, first: linesRead + 1)
            }
            if skipping {
                // The line that was too long ends somewhere in this block, or goes on.
                guard let end = block.firstIndex(of: 10) else { continue }
                block.removeSubrange(...end)
                skipping = false
            }
            rest = []
            guard let end = block.lastIndex(of: 10) else {
                guard block.count > maximumLine else {
                    rest = block
                    continue
                }
                skipping = true
                linesRead += 1
                return Lines(
                    bytes: Array(block.prefix(InputReader.keptOfLongLine)),
                    first: linesRead,
                    isTooLong: true
                )
            }
            if end + 1 < block.count {
                rest = Array(block[(end + 1)...])
                block.removeSubrange((end + 1)...)
            }
            return Lines(bytes: block, first: linesRead + 1)
        }
    }
}
