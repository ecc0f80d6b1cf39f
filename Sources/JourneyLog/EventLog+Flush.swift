// From memory into the index, beside the commits: the writer is asked for what has gathered, and told when the index has it.
internal import JourneyEvents
internal import LMDB
internal import Platform
internal import Synchronization

extension EventLog {
    /// What the index is to take.
    private struct Part {
        var events: [FoldEvent]
        var kept: KeptProperties
        var ids: IDSet
        var symbols: SymbolTables
        var reach: EventIndex.Reach
    }
    private enum Found {
        case part(Part)
        /// There is not enough.
        case nothing
        /// Another process was faster.
        case changed
    }

    /// Lets the index take what has gathered, when that is much, while commits go on. They wait only when twice as much has
    /// gathered, so that memory has a bound.
    func flushBehind() {
        let count = published.withLock { $0.tail.count }
        guard count >= flushThreshold else { return }
        if count >= flushThreshold * 2 { return flushOrNote() }
        guard !isFlushScheduled.exchange(true, ordering: .acquiringAndReleasing) else { return }
        flusher.schedule {
            self.isFlushScheduled.store(false, ordering: .releasing)
            self.flushOrNote()
        }
    }

    private func flushOrNote() {
        do {
            try flushIndex(atLeast: flushThreshold)
            flushFailure.withLock { $0 = nil }
        } catch {
            flushFailure.withLock { $0 = translated(error, "write the index of \(files.directory)") }
        }
    }

    /// Moves what the index does not have into it, when that is at least `atLeast` events.
    func flushIndex(atLeast: Int, isClosing: Bool = false) throws {
        guard !isReadOnly else { return }
        try flushing.withLock { _ in
            guard isClosing || !isClosed.load(ordering: .acquiring) else { return }
            // Another process may move the index on at any moment; what it left is taken up from there.
            for _ in 0..<8 {
                switch try gather(atLeast: atLeast) {
                case .nothing: return
                case .changed: continue
                case .part(let part): if try add(part) { return }
                }
            }
        }
    }

    private func gather(atLeast: Int) throws -> Found {
        try writer.withLock { state in
            try refresh()
            try followIndex()
            let (reach, head, tail) = published.withLock { ($0.reach, $0.head, $0.tail) }
            guard head.position.rawValue - reach.position >= UInt64(max(atLeast, 1)) else { return .nothing }
            if state?.head != head {
                let loaded = try environment.write { txn in
                    let stored = try storedHead(txn)
                    return try loadWriter(stored.head, stored.symbols, txn)
                }
                state = loaded
                guard loaded.head == head else { return .changed }
            }
            let isWhole = tail.first == reach.position + 1 && tail.last == head.position.rawValue
            let (events, kept) =
                isWhole ? tail.all : try scanFold(after: reach.position, through: head.position.rawValue)
            guard var writer = state else { return .changed }
            state = nil
            let part = Part(
                events: events,
                kept: kept,
                ids: writer.handOverIDs(),
                symbols: writer.symbols,
                reach: reach
            )
            state = writer
            return .part(part)
        }
    }

    /// Adds a part to the index; false when another process has moved the index on.
    private func add(_ part: Part) throws -> Bool {
        var next: EventIndex.Reach?
        var filter = IDFilter(count: 0)
        defer {
            writer.withLock { state in
                guard var writer = state else { return }
                state = nil
                if next == nil {
                    writer.takeBackIDs()
                } else {
                    writer.indexed(filter, run: part.reach.position + 1)
                }
                state = writer
            }
        }
        try translating("write the index of \(files.directory)") {
            let ids = part.ids.sorted().filter { $0.position > part.reach.position }
            filter = IDFilter(count: ids.count)
            for id in ids { filter.insert(id.hash) }
            next = try index.add(part.events, kept: part.kept, ids: ids, symbols: part.symbols, reach: part.reach)
        }
        guard let next else { return false }
        published.withLock { $0.move(to: next) }
        return true
    }
}
