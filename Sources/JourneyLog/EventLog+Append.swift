// One commit: every waiting request is checked and encoded inside one write transaction of the log, then synced. What a
// request sees is what the requests before it left, so of several with one expectation exactly one succeeds.
internal import JourneyEvents
internal import LMDB
internal import Platform
internal import Synchronization

extension EventLog {
    /// Appends the events of a request and answers for each of them in order; durable when it returns.
    ///
    /// - Throws: `RihlaError.versionConflict` when the stream is not as expected; `idConflict` when the request fails on
    ///   conflicts and has one; `diskFull` or `io` when the commit failed. Nothing is appended when it throws.
    public func append(_ request: AppendRequest) async throws -> [AppendOutcome] {
        try await append([request])[0].get()
    }

    /// Appends the events of several requests in one transaction and answers each of them in order; durable when it returns.
    ///
    /// - Throws: `RihlaError` with code `permission` when the store was opened for reading only.
    public func append(_ requests: [AppendRequest]) async throws -> [Result<[AppendOutcome], any Error>] {
        guard !isReadOnly else { throw RihlaError(.permission, "the store was opened for reading only") }
        return await queue.append(requests, to: self)
    }

    /// Commits requests together; one answer for each.
    func commit(_ requests: [AppendRequest]) -> [Result<[AppendOutcome], any Error>] {
        let answers: [Result<[AppendOutcome], any Error>]
        do {
            answers = try writer.withLock { state in
                do {
                    return try commit(requests, &state)
                } catch {
                    // What memory holds may be ahead of the disk now. The next commit reads it from the log again.
                    state = nil
                    throw error
                }
            }
        } catch {
            let failure = translated(error, "append to \(files.directory)")
            return requests.map { _ in .failure(failure) }
        }
        // What follows is no part of the append: it is durable, whatever happens here. The index and HEAD may lag behind,
        // and `close` reports what keeps them from catching up.
        do {
            if hasAppended.load(ordering: .acquiring) { try writeHead(sync: false) }
            headFailure.withLock { $0 = nil }
        } catch {
            headFailure.withLock { $0 = translated(error, "write HEAD of \(files.directory)") }
        }
        flushBehind()
        return answers
    }

    private func commit(_ requests: [AppendRequest], _ state: inout WriterState?) throws -> [Result<
        [AppendOutcome], any Error
    >] {
        var answers: [Result<[AppendOutcome], any Error>] = []
        var events: [FoldEvent] = []
        var kept = KeptProperties()
        var rules: [UInt64]?
        var head = self.head
        try environment.write { txn in
            let stored = try storedHead(txn)
            // The write lock is held: nobody moves the log on until this transaction ends.
            if stored.head.position != head.position { try refresh() }
            if state?.head != stored.head { state = try loadWriter(stored.head, stored.symbols, txn) }
            guard var writer = state else { return }
            state = nil
            try index.environment.read { indexTxn in
                let filters = try prepareFilters(&writer, requests, indexTxn)
                var commit = Commit(log: self, head: stored.head, now: clock(), filters: filters)
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
                kept = commit.kept
                rules = commit.rules
            }
            writer.head = head
            state = writer
        }
        if !events.isEmpty {
            publish(head, state?.stored ?? [], events, kept, rules)
            hasAppended.store(true, ordering: .releasing)
        }
        return answers
    }

    /// Shows readers what a commit has added, unless a refresh has seen it on the disk already.
    private func publish(
        _ head: LogHead,
        _ counts: [UInt32],
        _ events: [FoldEvent],
        _ kept: KeptProperties,
        _ rules: [UInt64]?
    ) {
        published.withLock { now in
            guard now.head.position < head.position else { return }
            let known = now.head.position.rawValue
            now.head = head
            now.symbolCounts = counts
            if let rules { now.rules = rules }
            if events.first?.position == known + 1 {
                now.tail.append(events, kept)
            } else {
                now.tail.append(events.filter { $0.position > known }, kept.after(known))
            }
        }
        appended.notify()
    }

    /// Writes HEAD, never back to an older position; another process may be ahead.
    func writeHead(sync: Bool) throws {
        let head = self.head
        try FileSystem.update(files.head, with: head.sidecar, sync: sync) { head.replaces($0) }
    }

    /// Large requests make a filter for each run first; a small one searches the runs (nil).
    private func prepareFilters(
        _ writer: inout WriterState,
        _ requests: [AppendRequest],
        _ indexTxn: borrowing ReadTransaction
    ) throws -> [IDFilter]? {
        guard requests.reduce(0, { $0 + $1.batch.events.count }) > 1_000 else { return nil }
        var filters: [IDFilter] = []
        var cursor = try indexTxn.cursor(in: index.ids)
        var more = try cursor.first()
        while more {
            let key = cursor.integerKey
            do {
                let bytes = cursor.value
                guard let count = IDRun.count(bytes) else { throw IndexDamage(position: key) }
                // A run that another process has merged keeps its first position and has more ids.
                if writer.filters[key]?.count != count {
                    guard IDRun.isIntact(bytes) else { throw IndexDamage(position: key) }
                    var filter = IDFilter(count: count)
                    for at in 0..<count { filter.insert(IDRun.hash(bytes, at)) }
                    writer.filters[key] = filter
                }
                if let filter = writer.filters[key] { filters.append(filter) }
            }
            more = try cursor.next()
        }
        return filters
    }
}
