// One input from its first byte to its last, as blocks of events: the only thing that an ingest sees of formats. Memory
// holds one block, whatever the input.
public import JourneyEvents

/// What a block of input gives.
public struct InputBlock: Sendable {
    /// The events.
    public var batch = EventBatch()
    /// The lines that were refused, in order; each lies in `source`.
    public var rejected: [RejectedLine] = []
    /// For each event of the batch, where its line lies in `source`.
    var origins: [Slice] = []
    /// For each event of an export, where and when it was recorded.
    public internal(set) var stamps: [ExportStamp] = []
    /// Rows that gave no event.
    public internal(set) var unmapped = 0
    /// Rows with fewer fields than the table has columns.
    public internal(set) var shortRows = 0
    /// Lines that came from an export.
    public internal(set) var exported = 0
    var source: [UInt8] = []
    var transcoder = Transcoder(.utf8)

    /// The line of a rejection as it came, without its line end.
    public func original(_ line: RejectedLine) -> [UInt8] {
        transcoder.encode(source[line.start..<(line.start + line.count)])
    }

    /// The line of an event as it came, without its line end.
    public func original(ofEvent index: Int) -> [UInt8] { transcoder.encode(source[origins[index].range]) }
}

/// Reads the blocks of one input.
public final class EventInput {
    /// What an input is made of.
    public enum Format: Sendable {
        /// Native events; `source` stands in where they name none.
        case native(source: String?)
        /// An export of a store: native events with positions and `recorded_at`.
        case export
        /// Rows that a mapping makes events of; `source` stands in for the mapping's.
        case mapped(Mapping, source: String?)
    }
    private enum Stage {
        case native(NDJSONScanner)
        case mapped(RowInput)
    }
    private let reader: InputReader
    private var stage: Stage

    /// Opens an input ("-" is standard input), gzip or plain.
    ///
    /// - Throws: `RihlaError` with code `notFound`, `permission`, `io` or `invalidInput`.
    public convenience init(path: String, format: Format) throws {
        var limit = InputReader.maximumLine
        // An exported line may be longer than the one that it came from: it says more, and escapes more.
        if case .export = format { limit *= 16 }
        try self.init(reader: InputReader(path: path, maximumLine: limit), format: format)
    }

    init(reader: InputReader, format: Format) throws {
        self.reader = reader
        switch format {
        case .native(let source): stage = .native(NDJSONScanner(defaultSource: source))
        case .export: stage = .native(NDJSONScanner(ownEvents: (), export: true))
        case .mapped(let mapping, let source):
            stage = .mapped(try RowInput(reader: reader, mapping: mapping, source: source))
        }
    }

    /// The next block; nil at the end. A block may be empty.
    ///
    /// - Throws: `RihlaError` with code `invalidInput` when the input as a whole cannot be used.
    public func next() throws -> InputBlock? {
        switch stage {
        case .mapped(let rows): return try rows.next()
        case .native(var scanner):
            guard var lines = try reader.nextLines() else { return nil }
            if lines.isTooLong {
                var block = InputBlock()
                block.source = lines.bytes
                block.rejected = [
                    .tooLong(line: lines.first, start: 0, count: lines.bytes.count, limit: reader.maximumLine)
                ]
                return block
            }
            stage = .native(NDJSONScanner())
            var block = InputBlock()
            // Moved, not shared: texts that are decoded go behind the lines.
            swap(&block.batch.bytes, &lines.bytes)
            block.rejected = scanner.scan(
                &block.batch,
                range: 0..<block.batch.bytes.count,
                firstLine: lines.first
            )
            reader.count(lines: scanner.lines)
            block.source = block.batch.bytes
            swap(&block.origins, &scanner.origins)
            swap(&block.stamps, &scanner.stamps)
            block.exported = scanner.exported
            stage = .native(scanner)
            return block
        }
    }

    /// Lines begun so far.
    public var lines: Int {
        switch stage {
        case .native: Int(reader.linesRead)
        case .mapped(let rows): Int(rows.linesRead)
        }
    }
    /// Bytes of the file that were read so far, before unpacking.
    public var bytesRead: Int64 { reader.bytesRead }
    /// The size of the file; nil where there is none to know.
    public var totalBytes: Int64? { reader.totalBytes }
    /// Keys at the top level that are one or two letters off a field's name, with how often each came.
    public var nearMisses: [String: Int] {
        if case .native(let scanner) = stage { scanner.nearMisses } else { [:] }
    }
}

extension RejectedLine {
    static func tooLong(line: UInt64, start: Int, count: Int, limit: Int) -> RejectedLine {
        RejectedLine(
            rejection: Rejection(
                line: line,
                column: nil,
                code: .tooLong,
                message: "the line is longer than \(limit >> 20) MiB"
            ),
            start: start,
            count: count
        )
    }
}
