// The scanning half of an ingest: one input from its first block to its last, on a thread of its own.
internal import JourneyEvents
internal import JourneyIngest
internal import JourneyLog

/// A block of input that waits for its commit.
struct ScannedBlock: Sendable {
    var block: InputBlock
    /// The append of its events.
    var request: AppendRequest
    /// Whether nothing after it is read, since it has a bad line that stops.
    var endsHere: Bool
    /// Bytes of the input up to its end.
    var bytesRead: Int64
    /// The size of the input, where it is known.
    var bytesTotal: Int64?
    /// Lines of the input up to its end.
    var lines: Int
}

/// Reads one input.
struct InputScan: Sendable {
    let path: String
    let options: IngestOptions
    let mapping: Mapping?
    /// The log that takes the events; nil in a dry run.
    let log: EventLog?
    /// The run that they belong to.
    let run: RunNumber

    /// What is known when a scan has ended.
    struct Totals {
        var bytesRead: Int64 = 0
        var lines = 0
        var nearMisses: [String: Int] = [:]
    }

    /// Hands out blocks until the end, a bad line that stops, or cancellation. A failure reaches whoever takes them.
    func run(into blocks: Handoff<ScannedBlock>) async -> Totals {
        do {
            let input = try EventInput(path: path, kind: options.from, mapping: mapping, source: options.source)
            while var block = try input.next() {
                let endsHere = options.stopOnError && block.endAtFirstRejection()
                var request = AppendRequest(
                    block.batch,
                    onConflict: options.stopOnError ? .stop : .skip,
                    wantsVersions: false
                )
                request.run = run
                if let log { request.prepare(for: log) }
                let scanned = ScannedBlock(
                    block: block,
                    request: request,
                    endsHere: endsHere,
                    bytesRead: input.bytesRead,
                    bytesTotal: input.totalBytes,
                    lines: input.lines
                )
                guard await blocks.send(scanned), !endsHere else { break }
            }
            blocks.finish()
            return Totals(bytesRead: input.bytesRead, lines: input.lines, nearMisses: input.nearMisses)
        } catch {
            blocks.finish(throwing: error)
            return Totals()
        }
    }
}

extension InputBlock {
    /// Leaves out everything from the first refused line on; false when there is none.
    fileprivate mutating func endAtFirstRejection() -> Bool {
        guard let first = rejected.first else { return false }
        rejected = [first]
        batch.events.removeAll { $0.line >= first.rejection.line }
        return true
    }
}
