// What a user may say about an ingest, and what is said while it runs.
public import JourneyIngest

/// How to read input.
public struct IngestOptions: Sendable {
    /// The format of the input.
    public var from = InputKind.auto
    /// The path of the mapping that says which events the rows of a table are.
    public var mapping: String?
    /// The source of events that name none; with a mapping, of all events.
    public var source: String?
    /// End at the first bad line; what came before stays, nothing after it is appended.
    public var stopOnError = false
    /// Check everything and write nothing. Whether events are there already is not looked up.
    public var dryRun = false
    /// Gets each refused line once, as it came and in the file's order: its bytes without the line end, in the file's
    /// encoding. Of a line above 1 MiB it gets the first bytes.
    public var onReject: (@Sendable ([UInt8]) throws -> Void)?
    /// Bad lines are skipped and reported.
    public init() {}
}

/// How far an ingest is.
public struct IngestProgress: Sendable {
    /// Bytes read, of all files so far.
    public var bytesDone: Int64
    /// Bytes of the current file, when they are known.
    public var bytesTotal: Int64?
    /// Events appended.
    public var accepted: Int
}
