// Import: an export becomes a store again, with positions and both clocks. What the store has already is compared and
// skipped, so an import that was cut off is simply repeated.
public import JourneyEvents
internal import JourneyIngest
internal import JourneyLog

/// What became of an import.
public struct ImportSummary: Sendable {
    /// Events appended.
    public var accepted = 0
    /// Events that were there already, each equal to the file's.
    public var present = 0
    /// The last position of the store.
    public var head = Position.start
    /// Whether it was stopped before its end; what was appended stays.
    public var interrupted = false
    /// Nothing read yet.
    init() {}
}

extension JourneyStore {
    /// Imports files that ``export(_:)`` wrote ("-" is standard input), gzip or plain, into an empty store or one that holds
    /// the first of their events. Ids, positions, both clocks, money and properties are kept.
    ///
    /// - Throws: `RihlaError` with code `invalidInput` when a line is not an export's, the store holds other events, or
    ///   positions leave a gap. What was appended before stays, and is skipped when the import is repeated.
    public func importEvents(
        _ paths: [String],
        progress: (@Sendable (IngestProgress) -> Void)? = nil
    ) async throws -> ImportSummary {
        try log.refresh()
        var summary = ImportSummary()
        summary.head = head
        var bytesBefore: Int64 = 0
        files: for path in paths {
            let input = try EventInput(path: path, format: .export)
            var next = Result { try input.next() }
            while let block = try next.get() {
                guard !Task.isCancelled else {
                    summary.interrupted = true
                    break files
                }
                let part = try ImportPart(block, path: path, after: summary.head)
                try compare(part.known, path)
                async let appended = append(part)
                next = Result { try input.next() }
                let count = try await appended
                summary.accepted += count
                summary.present += part.known.count
                summary.head = Position(summary.head.rawValue + UInt64(count))
                progress?(
                    IngestProgress(
                        bytesDone: bytesBefore + input.bytesRead,
                        bytesTotal: input.totalBytes,
                        accepted: summary.accepted
                    )
                )
            }
            bytesBefore += input.bytesRead
        }
        if !summary.interrupted { summary.interrupted = try await !catchUpUnlessCancelled() }
        return summary
    }

    private func append(_ part: ImportPart) async throws -> Int {
        guard let recorded = part.recorded else { return 0 }
        var request = AppendRequest(part.batch, onConflict: .fail, wantsVersions: false)
        request.recorded = recorded
        do {
            return try await log.append(request).count
        } catch let error as RihlaError where error.code == .versionConflict || error.code == .idConflict {
            throw RihlaError(.invalidInput, "\(part.path) does not continue this store: \(error.message)")
        }
    }

    /// Checks that the store holds the same events where it holds any.
    private func compare(_ known: [Event], _ path: String) throws {
        guard let first = known.first?.position, let last = known.last?.position else { return }
        var index = 0
        try log.snapshot.scan(after: Position(first.rawValue - 1), through: last) { stored in
            guard stored == known[index] else {
                throw RihlaError(
                    .invalidInput,
                    "\(path) is not of this store: position \(stored.position.rawValue) holds another event",
                    hint: "import into an empty store, or use ingest to add the events to this one"
                )
            }
            index += 1
            return true
        }
    }
}

/// One block of an export, divided at the head of the store.
private struct ImportPart: Sendable {
    let path: String
    /// Events at positions that the store has.
    var known: [Event] = []
    /// The events behind the head.
    var batch: EventBatch
    var recorded: AppendRequest.Recorded?

    init(_ block: InputBlock, path: String, after head: Position) throws {
        self.path = path
        batch = block.batch
        if let line = block.rejected.first { throw ImportPart.failure(block, line, path) }
        var times: [Timestamp] = []
        var first: Position?
        var previous: UInt64?
        for (index, stamp) in block.stamps.enumerated() {
            let line = block.batch.events[index].line
            let position = stamp.position.rawValue
            let expected = previous.map { $0 + 1 } ?? min(position, head.rawValue + 1)
            guard position == expected else {
                throw RihlaError(
                    .invalidInput,
                    "\(path):\(line): position \(position) cannot follow position \(expected - 1)",
                    hint: "an import needs every event in the order of positions"
                )
            }
            previous = position
            if position <= head.rawValue {
                var event = block.batch.event(at: index)
                event.position = stamp.position
                event.recordedAt = stamp.recordedAt
                known.append(event)
            } else {
                first = first ?? stamp.position
                times.append(stamp.recordedAt)
            }
        }
        batch.events.removeFirst(known.count)
        recorded = first.map { AppendRequest.Recorded(first: $0, at: times) }
    }

    private static func failure(_ block: InputBlock, _ line: RejectedLine, _ path: String) -> RihlaError {
        let raw = String(decoding: block.original(line), as: UTF8.self)
        if raw.contains("\"erased\":true") {
            return RihlaError(
                .invalidInput,
                "\(path):\(line.rejection.line): an erased event cannot be imported, its content is gone",
                hint: "use backup and restore for a store with erasures"
            )
        }
        return RihlaError(
            .invalidInput,
            "\(path):\(line.rejection.line): \(line.rejection.message)",
            hint: "import reads what export wrote; use ingest for other events"
        )
    }
}
