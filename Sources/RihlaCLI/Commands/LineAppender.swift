// Appends lines of native events and writes what became of each.
internal import JourneyEvents
internal import JourneyIngest
internal import JourneyLog
internal import Rihla

struct LineAppender {
    private let store: JourneyStore
    private let stream: StreamName?
    private let expected: ExpectedVersion
    private var scanner: NDJSONScanner
    private var line: UInt64 = 1
    /// The lines of a unit so far; one that was too long is kept as one that cannot be taken.
    private var gathered: [UInt8] = []
    private var tooLong: Set<UInt64> = []
    private static let mostGathered = 268_435_456
    /// Whether every line so far was appended, or was there already.
    private(set) var allGood = true

    init(_ store: JourneyStore, source: String?, stream: StreamName?, expected: ExpectedVersion) {
        self.store = store
        self.stream = stream
        self.expected = expected
        scanner = NDJSONScanner(defaultSource: source)
    }

    private enum Line {
        case event(EventDraft)
        case fault(Rejection)
        var number: UInt64 {
            switch self {
            case .event(let draft): draft.line
            case .fault(let rejection): rejection.line
            }
        }
    }

    /// Appends whole lines in one commit and answers for each of them in order.
    ///
    /// - Throws: `RihlaError` when the commit failed.
    mutating func append(_ lines: InputReader.Lines) async throws {
        guard !lines.isTooLong else {
            try Output.standard.write(answers([.fault(LineAppender.tooLong(line))], EventBatch(), [], nil))
            line += 1
            return
        }
        try await append(lines.bytes, atomic: false)
    }

    /// Keeps lines for the unit that they are part of.
    ///
    /// - Throws: `RihlaError` with code `invalidInput` when the unit becomes larger than memory should hold.
    mutating func gather(_ lines: InputReader.Lines) throws {
        if lines.isTooLong {
            tooLong.insert(line)
            gathered += Array("too long\n".utf8)
            line += 1
        } else {
            gathered += lines.bytes
            for byte in lines.bytes where byte == 10 { line += 1 }
        }
        guard gathered.count <= LineAppender.mostGathered else {
            throw RihlaError(
                .invalidInput,
                "the unit is larger than 256 MiB, nothing of it was appended",
                hint: "append it in parts"
            )
        }
    }

    /// Appends what was gathered as one unit.
    ///
    /// - Throws: `RihlaError` when the commit failed, or when the unit is refused; each of its lines has been answered with the
    ///   reason then.
    mutating func appendGathered() async throws {
        guard !gathered.isEmpty else { return }
        line = 1
        try await append(gathered, atomic: true)
        gathered = []
    }

    private static func tooLong(_ line: UInt64) -> Rejection {
        Rejection(line: line, column: nil, code: .tooLong, message: "the line is longer than 1 MiB")
    }

    private mutating func append(_ bytes: [UInt8], atomic: Bool) async throws {
        var batch = EventBatch(bytes: bytes)
        let rejected = scanner.scan(&batch, range: 0..<batch.bytes.count, firstLine: line)
        for byte in bytes where byte == 10 { line += 1 }
        let lines =
            (batch.events.map { Line.event($0) }
            + rejected.map { line in
                let number = line.rejection.line
                return .fault(tooLong.contains(number) ? LineAppender.tooLong(number) : line.rejection)
            })
            .sorted { $0.number < $1.number }
        var outcomes: [AppendOutcome] = []
        var refusal: RihlaError?
        if atomic, !rejected.isEmpty {
            refusal = RihlaError(.failure, "another line of the unit was rejected")
        } else if !batch.events.isEmpty {
            do {
                outcomes = try await store.append(
                    batch,
                    to: stream,
                    expecting: expected,
                    onConflict: atomic ? .fail : .skip
                )
            } catch let error as RihlaError
                where atomic && (error.code == .versionConflict || error.code == .idConflict)
            {
                refusal = error
            }
        }
        try Output.standard.write(answers(lines, batch, outcomes, refusal))
        if let refusal, refusal.code != .failure { throw refusal }
    }

    private mutating func answers(
        _ lines: [Line],
        _ batch: EventBatch,
        _ outcomes: [AppendOutcome],
        _ refusal: RihlaError?
    ) -> [UInt8] {
        var out: [UInt8] = []
        var next = 0
        for line in lines {
            var json = JSONWriter()
            switch line {
            case .fault(let fault):
                allGood = false
                LineAppender.write(&json, line.number, fault.code.rawValue, fault.column, fault.message)
            case .event(let draft):
                if let refusal {
                    allGood = false
                    let code = refusal.code == .failure ? "not_appended" : refusal.code.rawValue
                    LineAppender.write(&json, line.number, code, nil, refusal.message)
                } else {
                    write(&json, draft, batch, outcomes[next])
                    next += 1
                }
            }
            out += json.utf8
            out.append(10)
        }
        return out
    }

    private mutating func write(
        _ json: inout JSONWriter,
        _ draft: EventDraft,
        _ batch: EventBatch,
        _ outcome: AppendOutcome
    ) {
        var acknowledged: (position: Position, version: UInt64, duplicate: Bool)
        switch outcome {
        case .appended(let position, let version): acknowledged = (position, version, false)
        case .duplicate(let position, let version): acknowledged = (position, version, true)
        case .conflict(let existing):
            allGood = false
            let message = "the same source and id stand at position \(existing.rawValue) with other content"
            return LineAppender.write(&json, draft.line, Rejection.Code.idConflict.rawValue, nil, message)
        }
        json.object {
            $0.member("id", batch.text(draft.id) ?? "")
            $0.member("source", batch.text(draft.source) ?? "")
            $0.member("position", acknowledged.position.rawValue)
            $0.member("version", acknowledged.version)
            $0.member("duplicate", acknowledged.duplicate)
        }
    }

    private static func write(
        _ json: inout JSONWriter,
        _ line: UInt64,
        _ code: String,
        _ column: Int?,
        _ message: String
    ) {
        json.object {
            $0.member("line", line)
            $0.member("error") { value in
                value.object {
                    $0.member("code", code)
                    $0.member("column", column)
                    $0.member("message", message)
                }
            }
        }
    }
}
