// The newest snapshot of a log in this process. Readers never wait for a commit: what they need of the newest events is
// published in one step after it.
internal import JourneyEvents
internal import LMDB
internal import Platform
internal import Synchronization

/// What readers of this process see.
final class Publication: Sendable {
    private let storage: LogStorage
    private let current: Mutex<LogSnapshot>
    let appended = AppendSignal()

    init(_ snapshot: LogSnapshot) {
        storage = snapshot.storage
        current = Mutex(snapshot)
    }

    var snapshot: LogSnapshot { current.withLock { $0 } }

    /// Looks whether another process has appended or moved the index on, publishes what it did, and gives the newest snapshot.
    @discardableResult
    func refresh() throws -> LogSnapshot {
        while true {
            let known = snapshot
            guard let next = try advanced(known) else { return known }
            let isPublished = current.withLock { now in
                // Another thread may have published meanwhile: look again.
                guard now.end == known.end, now.reach == known.reach else { return false }
                now = next
                return true
            }
            guard isPublished else { continue }
            if next.end != known.end { appended.notify() }
            return next
        }
    }

    /// The snapshot after what others did; nil when they did nothing.
    private func advanced(_ known: LogSnapshot) throws -> LogSnapshot? {
        let (end, own) = try storage.read { txn in
            let end = try storage.head(txn)
            return (end, try storage.ownEvents(after: known.end.position, through: end.position, txn))
        }
        let reach = try reach(known, end)
        guard end.position > known.end.position else {
            guard reach != known.reach else { return nil }
            var next = known
            next.move(to: reach)
            return next
        }
        var next = known
        next.move(to: reach)
        let from = max(known.end.position, reach.position)
        let (events, kept) = try storage.folds(after: from, through: end.position)
        next.append(end, events, kept, own)
        return next
    }

    /// How far the index of a snapshot reaches now. One that is damaged or was made anew is noticed by whoever reads it.
    private func reach(_ known: LogSnapshot, _ end: LogHead) throws -> IndexReach {
        guard let index = known.index else { return known.reach }
        do {
            let found = try translating("read the index") { try readingDerived(.index) { try index.reach() } }
            guard let found, found.continues(known.reach), found.position <= end.position else { return known.reach }
            return found
        } catch is DerivedFault {
            return known.reach
        }
    }

    /// Shows readers what a commit has added, unless a refresh has seen it on the disk already.
    func publish(_ head: LogHead, _ events: [FoldEvent], _ kept: KeptProperties, _ own: [OwnEvent]) {
        current.withLock { now in
            guard now.end.position < head.position else { return }
            let known = now.end.position
            let isNext = events.first?.position == known + 1
            now.append(
                head,
                isNext ? events : events.filter { $0.position > known },
                isNext ? kept : kept.after(known),
                own.filter { $0.position > known }
            )
        }
        appended.notify()
    }

    /// Shows readers that the index has grown.
    func move(to reach: IndexReach) { current.withLock { $0.move(to: reach) } }

    /// Takes a snapshot with another index in the place of the one that is published.
    func replace(_ snapshot: LogSnapshot) {
        current.withLock { $0 = snapshot }
        appended.notify()
    }
}
