// What the writer remembers between commits, shared with those who move ids into the index.
internal import JourneyEvents
internal import LMDB
internal import Platform
internal import Synchronization

/// The writer's memory; nil inside until it is first needed, and after a failure.
final class WriterMemory: Sendable {
    private let state = Mutex<WriterState?>(nil)

    /// Runs `body` alone on the state.
    func withLock<R>(_ body: (inout sending WriterState?) throws -> sending R) rethrows -> sending R {
        try state.withLock(body)
    }

    /// Forgets everything; the next commit reads it from the log.
    func forget() { state.withLock { $0 = nil } }

    /// What the index lacks of the newest snapshot, if all of it is in memory. The ids stay known until
    /// ``settle(_:isIndexed:_:)``.
    func handOver(_ publication: Publication) throws -> IndexPart? {
        try state.withLock { state in
            // No commit of this process runs meanwhile, so what is published is what the writer knows.
            let snapshot = try publication.refresh()
            guard state?.head == snapshot.end, let first = snapshot.tail.first, let last = snapshot.tail.last,
                first == snapshot.reach.position + 1, last == snapshot.end.position, var writer = state
            else { return nil }
            state = nil
            let (events, kept) = snapshot.tail.all
            let ids = writer.handOverIDs().sorted().filter { $0.position > snapshot.reach.position }
            let symbols = writer.symbols
            state = writer
            return IndexPart(
                events: events,
                kept: kept,
                ids: ids,
                symbols: symbols,
                from: snapshot.reach,
                to: snapshot.head
            )
        }
    }

    /// Says what became of a part: the index has it, or its ids stay in memory.
    func settle(_ part: IndexPart, isIndexed: Bool, _ filter: IDFilter) {
        state.withLock { state in
            guard var writer = state else { return }
            state = nil
            if isIndexed { writer.indexed(filter, run: part.from.position + 1) } else { writer.takeBackIDs() }
            state = writer
        }
    }
}
