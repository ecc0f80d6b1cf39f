// One commit: every waiting request is checked and encoded inside one write transaction of the log, then synced. What a
// request sees is what the requests before it left, so of several with one expectation exactly one succeeds.
internal import JourneyEvents
internal import LMDB
internal import Synchronization

extension EventLog {
    /// Appends the events of a request and answers for each of them in order; durable when it returns.
    ///
    /// - Throws: `RihlaError.versionConflict` when the stream is not as expected; `idConflict` when the request fails on
    ///   conflicts and has one; `diskFull` or `io` when the commit failed. Nothing is appended when it throws.
    public func append(_ request: AppendRequest) async throws -> [AppendOutcome] {
        guard !isReadOnly else { throw RihlaError(.permission, "the store was opened for reading only") }
        return try await queue.append(request, to: self)
    }

    /// Commits requests together; one answer for each.
    func commit(_ requests: [AppendRequest]) -> [Result<[AppendOutcome], any Error>] {
        do {
            let (answers, mustFlush) = try writer.withLock { state in
                do {
                    return try commit(requests, &state)
                } catch {
                    // What memory holds may be ahead of the disk now. The next commit reads it from the log again.
                    state = nil
                    throw error
                }
            }
            if mustFlush { try flushIndex(atLeast: EventIndex.flushThreshold) }
            return answers
        } catch {
            let failure = translated(error, "append to \(files.directory)")
            return requests.map { _ in .failure(failure) }
        }
    }

    private func commit(_ requests: [AppendRequest], _ state: inout WriterState?) throws -> (
        [Result<[AppendOutcome], any Error>], Bool
    ) {
        var answers: [Result<[AppendOutcome], any Error>] = []
        var events: [FoldEvent] = []
        var head = self.head
        try environment.write { txn in
            let key = EventLog.headKey
            guard let value = try txn.value(for: key.span, in: meta),
                let stored = LogHead.readMeta(value)
            else { throw RihlaError(.damaged, "the log has no head record", hint: "restore a backup") }
            if stored.head.position != head.position { try refresh() }
            if state?.head != stored.head { state = try loadWriter(stored.head, txn) }
            guard var writer = state else { return }
            state = nil
            try index.environment.read { indexTxn in
                try prepareFilters(&writer, requests, indexTxn)
                var commit = Commit(log: self, head: stored.head, now: FileSystem.nowMilliseconds())
                for request in requests {
                    do {
                        answers.append(.success(try commit.add(request, &writer, txn, indexTxn)))
                    } catch let error as RihlaError
                        where error.code == .versionConflict || error.code == .idConflict
                    {
                        answers.append(.failure(error))
                    }
                }
                head = try commit.finish(&writer, txn)
                events = commit.events
            }
            writer.head = head
            state = writer
        }
        if !events.isEmpty {
            let counts = state?.stored ?? []
            published.withLock { now in
                // A reader that looked between the commit and this line has published a part or all of it.
                let known = now.head.position
                guard known < head.position else { return }
                now.head = head
                now.symbolCounts = counts
                now.tail += events.drop { $0.position <= known.rawValue }
            }
            appended.notify()
            try FileSystem.overwrite(head.sidecar, at: files.head)
        }
        return (answers, published.withLock { $0.tail.count } >= EventIndex.flushThreshold)
    }

    /// Large requests make a filter for each run first; a small one searches the runs.
    private func prepareFilters(
        _ writer: inout WriterState,
        _ requests: [AppendRequest],
        _ indexTxn: borrowing ReadTransaction
    ) throws {
        guard requests.reduce(0, { $0 + $1.batch.events.count }) > 1_000 else { return }
        var cursor = try indexTxn.cursor(in: index.ids)
        var more = try cursor.first()
        while more {
            let key = cursor.integerKey
            if writer.filters[key] == nil {
                let bytes = cursor.value
                let count = IDRun.count(bytes) ?? 0
                var filter = IDFilter(count: count)
                for at in 0..<count { filter.insert(IDRun.hash(bytes, at)) }
                writer.filters[key] = filter
            }
            more = try cursor.next()
        }
    }

    /// Moves what the index does not have into it, when that is at least `atLeast` events.
    func flushIndex(atLeast: Int) throws {
        guard !isReadOnly else { return }
        try writer.withLock { state in
            let (reach, head) = published.withLock { ($0.reach, $0.head) }
            guard head.position.rawValue - min(reach.position, head.position.rawValue) >= UInt64(max(atLeast, 1)) else {
                return
            }
            if state?.head != head { state = try environment.write { txn in try loadWriter(head, txn) } }
            guard var writer = state else { return }
            var events = published.withLock { $0.tail }
            if events.first?.position != reach.position + 1 || events.last?.position != head.position.rawValue {
                events = try scanFold(after: reach.position, through: head.position.rawValue)
            }
            let next = try translating("write the index of \(files.directory)") {
                try index.add(events, ids: writer.ids.sorted(), symbols: writer.symbols, reach: reach)
            }
            events = []
            writer.ids = IDSet()
            writer.filters = [:]
            state = writer
            published.withLock { now in
                now.reach = next
                now.tail.removeAll { $0.position <= next.position }
            }
        }
    }

    /// How many events a stream has, before anything of the running commit.
    func streamVersion(_ kind: SymbolKind, _ symbol: UInt32) throws -> UInt64 {
        guard symbol != 0 else { return 0 }
        let tail = published.withLock { now in
            now.tail.reduce(UInt64(0)) { $0 + ((kind == .customer ? $1.customer : $1.deal) == symbol ? 1 : 0) }
        }
        return try index.count(kind, symbol) + tail
    }
}
