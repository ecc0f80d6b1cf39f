// The only one who changes the log. Each commit checks and encodes every waiting request inside one write transaction, which is
// then synced. What a request sees is what the requests before it left, so of several with one expectation exactly one succeeds.
internal import JourneyEvents
internal import LMDB
internal import Platform
internal import Synchronization

/// Appends to a log.
final class LogWriter: Sendable {
    private let storage: LogStorage
    private let publication: Publication
    private let indexer: Indexer
    private let memory: WriterMemory
    private let headFile: HeadFile
    private let clock: RecordingClock
    private let random: @Sendable (Int) -> [UInt8]
    /// Why HEAD could not be written lately.
    private let headFailure = Mutex<RihlaError?>(nil)
    /// Whether this process has written HEAD, which closing then syncs.
    private let hasAppended = Atomic<Bool>(false)

    init(
        _ publication: Publication,
        _ indexer: Indexer,
        _ memory: WriterMemory,
        clock: @escaping @Sendable () -> Int64,
        random: @escaping @Sendable (Int) -> [UInt8]
    ) {
        storage = publication.snapshot.storage
        (self.publication, self.indexer, self.memory, self.random) = (publication, indexer, memory, random)
        self.clock = RecordingClock(clock)
        headFile = HeadFile(path: storage.files.head)
    }

    /// Why HEAD could not follow the last commit, which is durable all the same.
    var failure: RihlaError? { headFailure.withLock { $0 } }

    typealias Answer = Result<[AppendOutcome], any Error>

    /// Commits requests together; one answer for each. A request that fails costs the others nothing.
    func commit(_ requests: [AppendRequest]) -> [Answer] {
        var answers = [Answer?](repeating: nil, count: requests.count)
        var waiting = Array(requests.indices)
        var healed = 0
        while !waiting.isEmpty {
            do {
                let found = try commitOnce(waiting.map { requests[$0] })
                for (index, answer) in zip(waiting, found) { answers[index] = answer }
                waiting = []
            } catch let failure as RequestFailure {
                // Nothing was written. The others go on without the one that cannot be.
                let index = waiting.remove(at: failure.index)
                answers[index] = .failure(translated(failure.error, "append to \(storage.files.directory)"))
            } catch let fault as DerivedFault where healed < 3 {
                healed += 1
                do {
                    try indexer.heal(fault)
                } catch {
                    let failure = translated(error, "make the index anew")
                    for index in waiting { answers[index] = .failure(failure) }
                    waiting = []
                }
            } catch {
                let failure = translated(error, "append to \(storage.files.directory)")
                for index in waiting { answers[index] = .failure(failure) }
                waiting = []
            }
        }
        // What follows is no part of the append: it is durable, whatever happens here. The index and HEAD may lag behind,
        // and closing reports what keeps them from catching up.
        do {
            if hasAppended.load(ordering: .acquiring) { try headFile.write(publication.snapshot.head, sync: false) }
            headFailure.withLock { $0 = nil }
        } catch {
            headFailure.withLock { $0 = translated(error, "write HEAD of \(storage.files.directory)") }
        }
        indexer.flushBehind()
        return answers.map { $0 ?? .failure(RihlaError(.failure, "the request was not looked at")) }
    }

    /// A request that cannot be appended, by its index among those of the commit.
    private struct RequestFailure: Error {
        var index: Int
        var error: any Error
    }

    /// What a commit has added.
    private struct Added {
        var answers: [Answer] = []
        var head: LogHead
        var events: [FoldEvent] = []
        var kept = KeptProperties()
        var own: [OwnEvent] = []
    }

    private func commitOnce(_ requests: [AppendRequest]) throws -> [Answer] {
        var isDurable = false
        defer { for request in requests { request.run?.settle(isDurable) } }
        let added = try memory.withLock { state in
            do {
                return try commit(requests, &state)
            } catch {
                // What memory holds may be ahead of the disk now. The next commit reads it from the log again.
                state = nil
                throw error
            }
        }
        isDurable = true
        if !added.events.isEmpty {
            publication.publish(added.head, added.events, added.kept, added.own)
            hasAppended.store(true, ordering: .releasing)
        }
        return added.answers
    }

    private func commit(_ requests: [AppendRequest], _ state: inout WriterState?) throws -> Added {
        var added = Added(head: publication.snapshot.end)
        try storage.environment.write { txn in
            let end = try storage.head(txn)
            // The write lock is held: nobody moves the log on until this transaction ends.
            let log = try publication.refresh()
            guard log.end == end, let index = log.index else {
                throw log.index == nil ? DerivedFault(.index, "it is not there") : log.damaged(end.position, "moved on")
            }
            var writer = try loaded(&state, log)
            try index.environment.read { indexTxn in
                let reach = try readingDerived(.index, of: index.environment) { try index.reach(indexTxn) }
                guard reach?.continues(log.reach) == true else {
                    throw DerivedFault(.index, "it was made anew", isDamage: false, of: index.environment)
                }
                // A large commit asks filters, a small one searches the runs.
                let isLarge = requests.reduce(0) { $0 + $1.batch.events.count } > 1_000
                let filters = try readingDerived(.index, of: index.environment) {
                    isLarge ? try writer.filters(index, indexTxn) : nil
                }
                let now = clock.now(after: end.recordedAt)
                var commit = Commit(log, index, now: now, filters: filters, random: random)
                for (number, request) in requests.enumerated() {
                    do {
                        added.answers.append(.success(try commit.add(request, &writer, txn, indexTxn)))
                    } catch let error as RihlaError
                        where error.code == .versionConflict || error.code == .idConflict
                    {
                        added.answers.append(.failure(error))
                    } catch let error as DerivedFault {
                        throw error
                    } catch  where requests.count > 1 {
                        throw RequestFailure(index: number, error: error)
                    }
                }
                added.head = try commit.finish(&writer, txn)
                (added.events, added.kept, added.own) = (commit.events, commit.kept, commit.own)
            }
            writer.head = added.head
            state = writer
        }
        return added
    }

    /// Takes the state out, loaded for the head of a snapshot: what others have appended since is added to what is known.
    private func loaded(_ state: inout WriterState?, _ log: LogSnapshot) throws -> WriterState {
        let known = state
        state = nil
        guard var writer = known, try writer.head == log.end || storage.proves(writer.head.point, upTo: log.end) else {
            return try storage.read { txn in try WriterState(storage, log.end, indexed: log.reach.position, txn) }
        }
        if writer.head != log.end { try storage.read { txn in try writer.advance(storage, to: log.end, txn) } }
        return writer
    }

    /// Writes HEAD to the disk for certain, if this process has appended.
    func close() throws {
        try translating("write HEAD") {
            try headFile.write(publication.snapshot.head, sync: hasAppended.load(ordering: .acquiring))
        }
    }
}
