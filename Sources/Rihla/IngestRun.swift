// One run over files: while a block is committed the next one is scanned, so that both cores work; memory holds two
// blocks whatever the input.
internal import JourneyEvents
internal import JourneyIngest
internal import JourneyLog

struct IngestRun {
    private let options: IngestOptions
    private let mapping: Mapping?
    /// Nil in a dry run.
    private let log: EventLog?
    private let progress: (@Sendable (IngestProgress) -> Void)?
    private(set) var summary = IngestSummary()
    private var file = IngestSummary.File(path: "")
    private var bytesBefore: Int64 = 0
    private var isStopped = false

    init(_ options: IngestOptions, log: EventLog?, progress: (@Sendable (IngestProgress) -> Void)?) throws {
        self.options = options
        self.log = options.dryRun ? nil : log
        self.progress = progress
        mapping = try options.mapping.map { try Mapping(path: $0) }
        summary.isDryRun = self.log == nil
    }

    /// Reads the files one after the other until the end, a bad line that stops, or cancellation.
    mutating func read(_ paths: [String]) async throws {
        for path in paths where !isStopped {
            do {
                try await read(path)
            } catch var error as RihlaError {
                let accepted = summary.accepted + file.accepted
                if accepted > 0 { error.message += "; \(accepted) events before that were appended" }
                throw error
            }
        }
    }

    private mutating func read(_ path: String) async throws {
        file = IngestSummary.File(path: path)
        let input = try EventInput(path: path, kind: options.from, mapping: mapping, source: options.source)
        var next = Result { try input.next() }
        while !isStopped, var block = try next.get() {
            guard !Task.isCancelled else {
                summary.interrupted = true
                isStopped = true
                break
            }
            let endsHere = options.stopOnError && block.endAtFirstRejection()
            let batch = block.batch
            async let outcomes = commit(batch, to: log, options.stopOnError ? .stop : .skip)
            next = endsHere ? .success(nil) : Result { try input.next() }
            try settle(block, try await outcomes)
            if endsHere { isStopped = true }
            progress?(
                IngestProgress(
                    bytesDone: bytesBefore + input.bytesRead,
                    bytesTotal: input.totalBytes,
                    accepted: summary.accepted + file.accepted
                )
            )
        }
        bytesBefore += input.bytesRead
        file.lines = input.lines
        summary.files.append(file)
        summary.nearMisses.merge(input.nearMisses, uniquingKeysWith: +)
        file = IngestSummary.File(path: "")
    }

    /// Counts what became of a block and hands out its refused lines in the order of the file.
    private mutating func settle(_ block: InputBlock, _ outcomes: [AppendOutcome]) throws {
        file.unmapped += block.unmapped
        summary.shortRows += block.shortRows
        summary.exported += block.exported
        var types = TypeCounts()
        var lastRefused: UInt64 = 0
        var rejected = block.rejected[...]
        func refuseLines(before line: UInt64) throws {
            while let first = rejected.first, first.rejection.line < line {
                try refuse(first.rejection, &lastRefused) { block.original(first) }
                rejected.removeFirst()
            }
        }
        for (index, outcome) in outcomes.enumerated() {
            let draft = block.batch.events[index]
            switch outcome {
            case .appended(let position, _):
                file.accepted += 1
                types.add(draft.type, block.batch.bytes.span)
                if !draft.customer.isPresent { summary.withoutCustomer += 1 }
                if summary.isDryRun {
                    sample(block, index)
                } else {
                    summary.firstPosition = summary.firstPosition ?? position
                    summary.lastPosition = position
                }
            case .duplicate: file.duplicates += 1
            case .conflict(let position):
                try refuseLines(before: draft.line)
                let rejection = IngestRun.conflict(draft, block.batch, position)
                try refuse(rejection, &lastRefused) { block.original(ofEvent: index) }
                if options.stopOnError {
                    isStopped = true
                    rejected = []
                }
            }
        }
        try refuseLines(before: .max)
        for (type, count) in types.counts { summary.byType[block.batch.text(type) ?? "", default: 0] += count }
    }

    /// Counts a refused line and hands it out, once however many faults it has.
    private mutating func refuse(_ rejection: Rejection, _ last: inout UInt64, _ original: () -> [UInt8]) throws {
        summary.note(rejection, file.path)
        guard rejection.line != last else { return }
        last = rejection.line
        file.rejected += 1
        try options.onReject?(original())
    }

    private mutating func sample(_ block: InputBlock, _ index: Int) {
        guard summary.samples.count < 3 else { return }
        summary.samples.append(
            IngestSummary.Sample(
                file: file.path,
                line: block.batch.events[index].line,
                raw: String(decoding: block.original(ofEvent: index), as: UTF8.self),
                event: block.batch.event(at: index).json
            )
        )
    }

    private static func conflict(_ draft: EventDraft, _ batch: EventBatch, _ position: Position) -> Rejection {
        let (source, id) = (batch.text(draft.source) ?? "", batch.text(draft.id) ?? "")
        return Rejection(
            line: draft.line,
            column: nil,
            code: .idConflict,
            message: "(source \"\(source)\", id \"\(id)\") stands at position \(position.rawValue) with other content"
        )
    }
}

/// Counts the event types of one batch. They are few, and an event mostly has the type of one of the last: a list that is
/// searched from its front, whose hit moves forward by one, is faster than a table.
private struct TypeCounts {
    private(set) var counts: [(type: Slice, count: Int)] = []

    mutating func add(_ type: Slice, _ bytes: Span<UInt8>) {
        let text = bytes.extracting(type.range)
        for index in counts.indices {
            let known = bytes.extracting(counts[index].type.range)
            guard known.count == text.count, text.indices.allSatisfy({ text[$0] == known[$0] }) else { continue }
            counts[index].count += 1
            if index > 0 { counts.swapAt(index, index - 1) }
            return
        }
        counts.append((type, 1))
    }
}

/// Appends a block's events; in a dry run they count as appended.
private func commit(
    _ batch: EventBatch,
    to log: EventLog?,
    _ onConflict: AppendRequest.ConflictPolicy
) async throws -> [AppendOutcome] {
    guard !batch.events.isEmpty else { return [] }
    guard let log else { return batch.events.map { _ in .appended(.start, version: 0) } }
    return try await log.append(AppendRequest(batch, onConflict: onConflict, wantsVersions: false))
}

extension InputBlock {
    /// Leaves out everything from the first refused line on; false when there is none.
    mutating func endAtFirstRejection() -> Bool {
        guard let first = rejected.first else { return false }
        rejected = [first]
        batch.events.removeAll { $0.line >= first.rejection.line }
        return true
    }
}
