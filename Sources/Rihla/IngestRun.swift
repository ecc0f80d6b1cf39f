// One run over files: while a block is committed the next ones are scanned and the one before is counted, so that no core
// waits; memory holds a few blocks whatever the input.
internal import JourneyEvents
internal import JourneyIngest
internal import JourneyLog
internal import JourneyProjections
internal import Platform

struct IngestRun {
    /// How many scanned blocks may wait for their commit. What waits is committed together: fewer syncs.
    private static let blocksAhead = 3
    private let options: IngestOptions
    private let mapping: Mapping?
    /// Nil in a dry run.
    private let log: EventLog?
    private let progress: (@Sendable (IngestProgress) -> Void)?
    private(set) var summary = IngestSummary()
    private var file = IngestSummary.File(path: "")
    private var bytesBefore: Int64 = 0
    private var isStopped = false
    private let number = RunNumber()

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
        let scan = InputScan(path: path, options: options, mapping: mapping, log: log, run: number)
        let blocks = Handoff<ScannedBlock>(limit: IngestRun.blocksAhead)
        try await withThrowingTaskGroup(of: InputScan.Totals.self) { group in
            group.addTask { try await offPool { await scan.run(into: blocks) } }
            try await take(blocks)
            // Whatever ended it, nobody takes more.
            group.cancelAll()
            guard let totals = try await group.next() else { return }
            bytesBefore += totals.bytesRead
            if !isStopped { file.lines = totals.lines }
            summary.nearMisses.merge(totals.nearMisses, uniquingKeysWith: +)
        }
        summary.files.append(file)
        file = IngestSummary.File(path: "")
    }

    /// Appends the event that describes the run: a run that appended nothing has none.
    mutating func record() async throws {
        guard let log, let run = number.value else { return }
        var said = summary
        // The file in which it ended is not among those that were read to their end.
        if file.accepted > 0 { said.files.append(file) }
        let document = try options.mapping.map { path in
            try translating("read \(path)") { try FileSystem.read(path) }
        }
        let record = IngestRecord(run, said, options, document)
        let event = record.event(at: Timestamp(milliseconds: log.clock()))
        var batch = EventBatch()
        event.add(to: &batch)
        var request = AppendRequest(batch, wantsVersions: false)
        (request.run, request.isOwn) = (number, true)
        _ = try await log.append(request)
    }

    /// Commits blocks as they come. What became of them is counted while the next ones are committed, or at once when there
    /// are none yet.
    private mutating func take(_ blocks: Handoff<ScannedBlock>) async throws {
        var committed: [(scanned: ScannedBlock, outcomes: [AppendOutcome])] = []
        // After a conflict that stops nothing may be committed.
        let most = options.stopOnError ? 1 : IngestRun.blocksAhead
        while !isStopped {
            let taken = try await blocks.next(upTo: most)
            guard let last = taken.last else { break }
            async let answers = commit(taken.map(\.request), to: log)
            for before in committed { try settle(before.scanned, before.outcomes) }
            committed = Array(zip(taken, try await answers))
            if blocks.isEmpty || options.stopOnError {
                for (scanned, outcomes) in committed { try settle(scanned, outcomes) }
                committed = []
            }
            if last.endsHere { isStopped = true }
        }
        for (scanned, outcomes) in committed { try settle(scanned, outcomes) }
        if !isStopped, Task.isCancelled {
            summary.interrupted = true
            isStopped = true
        }
    }

    /// Counts what became of a block.
    private mutating func settle(_ scanned: ScannedBlock, _ outcomes: [AppendOutcome]) throws {
        try settle(scanned.block, outcomes)
        file.lines = scanned.lines
        progress?(
            IngestProgress(
                bytesDone: bytesBefore + scanned.bytesRead,
                bytesTotal: scanned.bytesTotal,
                accepted: summary.accepted + file.accepted
            )
        )
    }

    /// Counts what became of a block and hands out its refused lines in the order of the file.
    private mutating func settle(_ block: InputBlock, _ outcomes: [AppendOutcome]) throws {
        file.unmapped += block.unmapped
        summary.shortRows += block.shortRows
        summary.exported += block.exported
        var types = TypeCounts(block.batch)
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
                types.add(draft)
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
        types.add(to: &summary.byType)
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

/// Counts the event types of one batch: those that are words of it by their number, the others by their text.
private struct TypeCounts {
    private let batch: EventBatch
    private var byWord: [Int]
    private var byText: [String: Int] = [:]

    init(_ batch: EventBatch) {
        self.batch = batch
        byWord = Array(repeating: 0, count: batch.words.count + 1)
    }

    mutating func add(_ draft: EventDraft) {
        if draft.typeWord > 0 {
            byWord[Int(draft.typeWord)] += 1
        } else {
            byText[batch.text(draft.type) ?? "", default: 0] += 1
        }
    }

    /// Adds what was counted to the counts of all batches.
    func add(to counts: inout [String: Int]) {
        for (word, count) in byWord.enumerated() where count > 0 {
            counts[batch.text(batch.words[word - 1]) ?? "", default: 0] += count
        }
        counts.merge(byText, uniquingKeysWith: +)
    }
}

/// Appends the events of blocks together; in a dry run they count as appended.
private func commit(_ requests: [AppendRequest], to log: EventLog?) async throws -> [[AppendOutcome]] {
    guard let log else { return requests.map { $0.batch.events.map { _ in .appended(.start, version: 0) } } }
    return try await log.append(requests).map { try $0.get() }
}
