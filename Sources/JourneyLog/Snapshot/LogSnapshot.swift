// One moment of a log, as a value. Everything that reads takes one and nothing else: what others append, index or merge
// meanwhile changes nothing that it gives. It holds no transaction of LMDB while it waits.
public import JourneyEvents
internal import LMDB
internal import Platform

/// A log as it was at one moment, read up to a position.
public struct LogSnapshot: Sendable {
    let storage: LogStorage
    /// The head of the log at that moment.
    private(set) var end: LogHead
    /// The index that has the events through ``reach``; nil when all events are in memory.
    private(set) var index: EventIndex?
    /// How far the index reaches.
    private(set) var reach: IndexReach
    /// The events behind that, in order.
    private(set) var tail = EventTail()
    /// What Rihla itself has written.
    private(set) var own = OwnEvents()
    /// What is read goes up to here.
    public private(set) var position: Position
    /// The events that a question does not see that knows those up to ``position``.
    private(set) var hidden = HiddenPositions()

    /// The log at a head, with what its index has; the events behind that are added.
    init(_ storage: LogStorage, _ end: LogHead, _ index: EventIndex?, _ reach: IndexReach, _ own: [OwnEvent]) {
        (self.storage, self.end, self.index, self.reach) = (storage, end, index, reach)
        position = end.point.position
        for event in own { self.own.append(event) }
        hidden = self.own.hidden(through: end.position)
    }

    /// The head of the log at that moment.
    public var head: HistoryPoint { end.point }

    /// The same moment, read up to a position: what was known then.
    public func through(_ position: Position) -> LogSnapshot {
        guard position < self.position else { return self }
        var earlier = self
        earlier.position = position
        earlier.hidden = own.hidden(through: position.rawValue)
        return earlier
    }

    /// The same, with the events that no question sees.
    package func showingAll() -> LogSnapshot {
        var all = self
        all.hidden = HiddenPositions()
        return all
    }

    /// How many symbols of a kind the log has.
    public func symbolCount(_ kind: SymbolKind) -> Int { Int(end.symbols[Int(kind.rawValue) - 1]) }

    /// How many events of Rihla's own there are up to the position, and how many events were taken back by then.
    public var hiddenCounts: (own: Int, takenBack: Int) {
        let written = own.events.count { $0.position <= position.rawValue }
        return (written, Int(hidden.count(through: position.rawValue)) - written)
    }

    /// The positions of Rihla's own events of a type, ascending.
    public func ownEvents(ofType type: String) throws -> [UInt64] {
        guard own.count > 0, let symbol = try symbol(.type, type) else { return [] }
        return own.events.filter { $0.type == symbol && $0.position <= position.rawValue }.map(\.position)
    }

    /// The positions that corrections behind a position take back, as ranges; those before it may have been folded already.
    package func takenBack(after: UInt64) -> [ClosedRange<UInt64>] {
        own.corrections.filter { $0.position > after && $0.position <= position.rawValue }
            .flatMap { $0.hides.map { $0.first...$0.last } }
    }

    /// Whether a question sees the event at a position, as far as corrections are concerned.
    package func sees(_ position: UInt64) -> Bool { !hidden.hasCorrections || !hidden.contains(position) }

    /// How many corrections there are up to the position.
    package var correctionCount: Int {
        hidden.hasCorrections ? own.corrections.count { $0.position <= position.rawValue } : 0
    }

    /// Whether a point lies on the history of this moment.
    package func proves(_ point: HistoryPoint) throws -> Bool { try storage.proves(point, upTo: end) }

    /// The point at a position where a commit's block ends; nil where none does.
    package func point(at position: Position) throws -> HistoryPoint? {
        guard position.rawValue > 0 else { return HistoryPoint(startOf: head.storeID, epoch: head.epoch) }
        guard position <= head.position, let chain = try storage.chain(at: position.rawValue, end) else { return nil }
        return HistoryPoint(storeID: head.storeID, epoch: head.epoch, position: position, chain: chain)
    }

    /// The point at the end of the block that has a position.
    package func point(atEndOfBlockWith position: Position) throws -> HistoryPoint {
        try storage.point(atEndOfBlockWith: position.rawValue, end)
    }

    // MARK: How it comes about

    /// Moves on to what a commit has added.
    mutating func append(_ head: LogHead, _ events: [FoldEvent], _ kept: KeptProperties, _ own: [OwnEvent]) {
        end = head
        position = head.point.position
        tail.append(events, kept)
        for event in own { self.own.append(event) }
        hidden = self.own.hidden(through: end.position)
    }

    /// Takes what is behind the reach of the index into memory.
    mutating func fill(_ events: [FoldEvent], _ kept: KeptProperties) { tail.append(events, kept) }

    /// Takes note that the index has grown.
    mutating func move(to next: IndexReach) {
        guard next.continues(reach) else { return }
        reach = next
        tail.drop(through: next.position)
    }

    /// The same moment with another index.
    func with(_ index: EventIndex?, _ reach: IndexReach) -> LogSnapshot {
        LogSnapshot(storage, end, index, reach, own.events)
    }

    // MARK: The index, then memory

    /// Runs `body` on a snapshot of the index, which has the events through ``reach``.
    ///
    /// - Throws: `DerivedFault` when the index is damaged, or was made anew since.
    func readIndex<R>(_ body: (borrowing ReadTransaction, EventIndex) throws -> R) throws -> R {
        guard let index else { throw DerivedFault(.index, "it is not there", isDamage: false) }
        return try translating("read the index of \(storage.files.directory)") {
            try readingDerived(.index, of: index.environment) {
                try index.environment.read { txn in
                    guard try index.reach(txn)?.continues(reach) == true else {
                        throw DerivedFault(.index, "it was made anew", isDamage: false, of: index.environment)
                    }
                    return try body(txn, index)
                }
            }
        }
    }

    /// Reads positions after one through another: what the index has of them is asked of the first closure, the rest of the
    /// second. This is the one place that knows where the one ends and the other begins.
    func read(
        after: UInt64,
        through last: UInt64,
        index indexed: (_ after: UInt64, _ last: UInt64) throws -> Void,
        memory: (_ after: UInt64, _ last: UInt64) throws -> Void
    ) throws {
        let last = min(last, end.position)
        if after < min(last, reach.position) { try indexed(after, min(last, reach.position)) }
        let rest = max(after, reach.position)
        if rest < last { try memory(rest, last) }
    }

    func damaged(_ position: UInt64, _ what: String) -> RihlaError { storage.damaged(position, what) }
}
