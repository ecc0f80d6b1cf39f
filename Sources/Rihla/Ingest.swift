// Ingest: files in, events in the log, a summary out. Scanning runs ahead of committing by one block, so that both cores
// work; memory holds two blocks whatever the input.
public import JourneyEvents
internal import JourneyIngest
internal import JourneyLog
internal import JourneyRules
public import JourneyViews

/// How to read input.
public struct IngestOptions: Sendable {
    /// The source of events that name none.
    public var source: String?
    /// End at the first bad line; what came before stays.
    public var stopOnError = false
    /// Check everything and write nothing.
    public var dryRun = false
    /// Gets each rejected line as it came: bytes of the line.
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

/// What became of an input.
public struct IngestSummary: Sendable {
    /// One file.
    public struct File: Sendable {
        /// Its name as given.
        public var path: String
        /// Lines read.
        public var lines = 0
        /// Events appended.
        public var accepted = 0
        /// Events that were there already.
        public var duplicates = 0
        /// Lines that were refused.
        public var rejected = 0
    }
    /// One refused line.
    public struct InputError: Sendable {
        /// The file.
        public var file: String
        /// 1-based line.
        public var line: UInt64
        /// 1-based byte, when one can be named.
        public var column: Int?
        /// The reason's code.
        public var code: String
        /// The reason.
        public var message: String
    }
    /// Each file.
    public var files: [File] = []
    /// The first 100 refused lines.
    public var errors: [InputError] = []
    /// Appended events by type.
    public var byType: [String: Int] = [:]
    /// Types that the rules do not know.
    public var unknownTypes: [String: Int] = [:]
    /// Positions of the first and last appended event.
    public var firstPosition: Position?
    /// Position of the last appended event.
    public var lastPosition: Position?
    /// Wall-clock seconds.
    public var seconds = 0.0
    /// What a reader should know.
    public var warnings: [Answer.Warning] = []
    /// Whether it was stopped before its end.
    public var interrupted = false
    /// Events appended, in all files.
    public var accepted: Int { files.reduce(0) { $0 + $1.accepted } }
    /// Events that were there already.
    public var duplicates: Int { files.reduce(0) { $0 + $1.duplicates } }
    /// Lines that were refused.
    public var rejected: Int { files.reduce(0) { $0 + $1.rejected } }
    /// Nothing read yet.
    init() {}
}

extension JourneyStore {
    /// Ingests native events from files ("-" is standard input), gzip or plain. Each block of lines is durable before the
    /// next is committed; running it again goes on where it ended, since ids are remembered for ever.
    public func ingest(
        _ paths: [String],
        options: IngestOptions = IngestOptions(),
        progress: (@Sendable (IngestProgress) -> Void)? = nil
    ) async throws -> IngestSummary {
        var summary = IngestSummary()
        let start = ContinuousClock.now
        var scanner = NDJSONScanner(defaultSource: options.source)
        var bytesBefore: Int64 = 0
        for path in paths {
            var file = IngestSummary.File(path: path)
            let reader = try InputReader(path: path)
            var pending: Task<[AppendOutcome], any Error>?
            var pendingBatch = EventBatch()
            var stopped = false
            while !stopped, let (bytes, firstLine) = try reader.nextLines() {
                var batch = EventBatch(bytes: bytes)
                let rejected = scanner.scan(&batch, range: 0..<batch.bytes.count, firstLine: firstLine)
                for byte in bytes where byte == 10 { file.lines += byte == 10 ? 1 : 0 }
                for line in reader.longLines {
                    let rejection = Rejection(
                        line: line.line,
                        column: nil,
                        code: .tooLong,
                        message: "the line is longer than 1 MiB"
                    )
                    summary.reject(rejection, &file)
                    try options.onReject?(line.start)
                }
                for line in rejected {
                    summary.reject(line.rejection, &file)
                    try options.onReject?(Array(batch.bytes[line.start..<(line.start + line.count)]))
                    if options.stopOnError {
                        batch.events.removeAll { $0.line > line.rejection.line }
                        stopped = true
                        break
                    }
                }
                if let waiting = pending {
                    summary.count(try await waiting.value, pendingBatch, &file)
                    pending = nil
                }
                if Task.isCancelled {
                    summary.interrupted = true
                    break
                }
                progress?(
                    IngestProgress(
                        bytesDone: bytesBefore + reader.bytesRead,
                        bytesTotal: reader.totalBytes,
                        accepted: summary.accepted + file.accepted
                    )
                )
                pendingBatch = batch
                if options.dryRun {
                    summary.count(batch.events.map { _ in .appended(.start, version: 0) }, batch, &file)
                } else if !batch.events.isEmpty {
                    let request = AppendRequest(batch, onConflict: .skip, wantsVersions: false)
                    let log = self.log
                    pending = Task { try await log.append(request) }
                }
            }
            if let waiting = pending { summary.count(try await waiting.value, pendingBatch, &file) }
            bytesBefore += reader.bytesRead
            summary.files.append(file)
            if stopped || summary.interrupted { break }
        }
        for (name, count) in scanner.nearMisses.sorted(by: { $0.key < $1.key }) {
            summary.warnings.append(
                .init(
                    code: "unknown_key",
                    message: "the key \"\(name)\" looks like a mistyped field; it is kept as a property",
                    count: count
                )
            )
        }
        if !options.dryRun, !summary.interrupted { try await catchUp() }
        for (type, count) in summary.byType where storeRules.types[storeRules.aliases[type] ?? type] == nil {
            summary.unknownTypes[type] = count
        }
        summary.seconds = Double((ContinuousClock.now - start) / .milliseconds(1)) / 1_000
        return summary
    }
}

extension IngestSummary {
    mutating func reject(_ rejection: Rejection, _ file: inout File) {
        file.rejected += 1
        guard errors.count < 100 else { return }
        errors.append(
            InputError(
                file: file.path,
                line: rejection.line,
                column: rejection.column,
                code: rejection.code.rawValue,
                message: rejection.message
            )
        )
    }

    mutating func count(_ outcomes: [AppendOutcome], _ batch: EventBatch, _ file: inout File) {
        var types: [[UInt8]: Int] = [:]
        for (draft, outcome) in zip(batch.events, outcomes) {
            switch outcome {
            case .appended(let position, _):
                file.accepted += 1
                types[Array(batch.bytes[draft.type.range]), default: 0] += 1
                if firstPosition == nil { firstPosition = position }
                lastPosition = position
            case .duplicate: file.duplicates += 1
            case .conflict(let position):
                reject(
                    Rejection(
                        line: draft.line,
                        column: nil,
                        code: .idConflict,
                        message:
                            "(source \"\(batch.text(draft.source) ?? "")\", id \"\(batch.text(draft.id) ?? "")\") stands at position \(position.rawValue) with other content"
                    ),
                    &file
                )
            }
        }
        for (type, count) in types { byType[String(decoding: type, as: UTF8.self), default: 0] += count }
    }

    /// The summary as an answer.
    public var answer: Answer {
        var answer = Answer("ingest", position: lastPosition ?? .start)
        answer.warnings = warnings
        answer.found = rejected > 0
        func table(_ counts: [String: Int]) -> JSONValue {
            .object(counts.sorted { $0.key < $1.key }.map { .init($0.key, .count($0.value)) })
        }
        answer.payload = [
            .init("accepted", .count(accepted)), .init("duplicates", .count(duplicates)),
            .init("rejected", .count(rejected)),
            .init("first_position", firstPosition.map { .count($0.rawValue) } ?? .null),
            .init("last_position", lastPosition.map { .count($0.rawValue) } ?? .null),
            .init("by_type", table(byType)), .init("unknown_types", table(unknownTypes)),
            .init(
                "files",
                .array(
                    files.map {
                        .object([
                            .init("path", .string($0.path)), .init("lines", .count($0.lines)),
                            .init("accepted", .count($0.accepted)), .init("duplicates", .count($0.duplicates)),
                            .init("rejected", .count($0.rejected)),
                        ])
                    }
                )
            ),
            .init(
                "errors",
                .array(
                    errors.map {
                        .object([
                            .init("file", .string($0.file)), .init("line", .count($0.line)),
                            .init("column", $0.column.map { .count($0) } ?? .null), .init("code", .string($0.code)),
                            .init("message", .string($0.message)),
                        ])
                    }
                )
            ),
            .init("seconds", .double(seconds)),
        ]
        answer.columns = [
            .init("file"), .init("lines", number: true), .init("accepted", number: true),
            .init("duplicates", number: true), .init("rejected", number: true),
        ]
        answer.rows = files.map {
            [.string($0.path), .count($0.lines), .count($0.accepted), .count($0.duplicates), .count($0.rejected)]
        }
        return answer
    }
}
