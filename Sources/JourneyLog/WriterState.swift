// What only the writer holds: all symbols, the ids that the index does not have, and counts of streams that were asked
// for. It can be thrown away at any time; the next commit loads it again.
internal import JourneyEvents
internal import LMDB
internal import Synchronization

struct WriterState {
    /// The head that this state belongs to.
    var head: LogHead
    var symbols: SymbolTables
    /// How many symbols of each kind are in the log.
    var stored: [UInt32]
    /// Ids of the events behind the index's reach, or of more.
    private(set) var ids: IDSet
    /// Ids that are on their way into the index; nobody adds to them.
    private var leaving: IDSet?
    /// One filter for each run of the index, by the run's first position.
    var filters: [UInt64: IDFilter] = [:]
    /// Versions of streams, by kind and symbol.
    private var versions: [UInt64: UInt64] = [:]
    /// Counts of the streams of the tail, made when a version is first asked for.
    private var tailCounts: TailCounts?

    /// Events by stream behind a position of the index.
    private struct TailCounts {
        var reach: UInt64
        var counts: [UInt64: UInt64] = [:]

        mutating func add(_ event: FoldEvent) {
            if event.customer != 0 { counts[WriterState.versionKey(.customer, event.customer), default: 0] += 1 }
            if event.deal != 0 { counts[WriterState.versionKey(.deal, event.deal), default: 0] += 1 }
        }
    }

    init(head: LogHead, symbols: SymbolTables, ids: IDSet) {
        self.head = head
        self.symbols = symbols
        stored = symbols.counts
        self.ids = ids
    }

    static func versionKey(_ kind: SymbolKind, _ symbol: UInt32) -> UInt64 {
        UInt64(kind.rawValue) << 32 | UInt64(symbol)
    }

    /// How many events a stream has, with those that the running commit has added.
    mutating func version(_ kind: SymbolKind, _ symbol: UInt32, _ log: EventLog, adding events: [FoldEvent]) throws
        -> UInt64
    {
        guard symbol != 0 else { return 0 }
        let key = WriterState.versionKey(kind, symbol)
        if let known = versions[key] { return known }
        if tailCounts == nil {
            let (reach, tail) = log.published.withLock { ($0.reach.position, $0.tail) }
            var counted = TailCounts(reach: reach)
            tail.each(after: reach, through: head.position.rawValue) { counted.add($0) }
            for event in events { counted.add(event) }
            tailCounts = counted
        }
        guard let counted = tailCounts else { return 0 }
        // The index may have moved on since.
        let version = try log.index.count(kind, symbol, through: counted.reach) + (counted.counts[key] ?? 0)
        versions[key] = version
        return version
    }

    /// Counts an event in the versions that are known.
    mutating func count(_ event: FoldEvent) {
        if tailCounts != nil { tailCounts?.add(event) }
        guard !versions.isEmpty else { return }
        if event.customer != 0 { raise(.customer, event.customer) }
        if event.deal != 0 { raise(.deal, event.deal) }
    }

    private mutating func raise(_ kind: SymbolKind, _ symbol: UInt32) {
        let key = WriterState.versionKey(kind, symbol)
        if let known = versions[key] { versions[key] = known + 1 }
    }

    /// Adds the id of an event.
    mutating func insert(_ hash: UInt64, _ position: UInt64) { ids.insert(hash, position) }

    /// Whether an event behind the index may have an id with this hash.
    @inline(__always)
    func contains(_ hash: UInt64) -> Bool { ids.contains(hash) || leaving?.contains(hash) == true }

    /// Every position behind the index whose id has this hash.
    @inline(__always)
    func find(_ hash: UInt64, _ body: (UInt64) throws -> Bool) rethrows -> Bool {
        if try ids.find(hash, body) { return true }
        return try leaving?.find(hash, body) == true
    }

    /// Gives the ids that the index is to take. They stay known until it has them.
    mutating func handOverIDs() -> IDSet {
        takeBackIDs()
        let all = ids
        (leaving, ids) = (all, IDSet())
        return all
    }

    /// Takes ids back that did not get into the index.
    mutating func takeBackIDs() {
        guard let leaving else { return }
        self.leaving = nil
        for entry in leaving.sorted() { ids.insert(entry.hash, entry.position) }
    }

    /// Forgets what the index has now.
    mutating func indexed(_ filter: IDFilter, run: UInt64) {
        leaving = nil
        filters[run] = filter
        tailCounts = nil
    }
}

extension EventLog {
    /// Loads the writer's state for the head that the log has now.
    func loadWriter(_ head: LogHead, _ counts: [UInt32], _ txn: borrowing WriteTransaction) throws -> WriterState {
        var symbols = SymbolTables(counts: counts)
        do {
            var cursor = try txn.cursor(in: self.symbols)
            var more = try cursor.first()
            while more {
                try symbols.load(cursor.value, key: cursor.integerKey)
                more = try cursor.next()
            }
        } catch is RecordDamage {
            throw damagedSymbols()
        }
        guard symbols.counts == counts else { throw damagedSymbols() }
        let reach = published.withLock { $0.reach.position }
        var ids = IDSet()
        if head.position.rawValue > reach {
            let sources = symbols[.source]
            try scanRecords(after: reach, through: head.position.rawValue) { position, _, bytes, range in
                let record = try RecordView(bytes, range)
                guard !record.presence.contains(.erased) else { return }
                ids.insert(try EventLog.idHash(of: record, bytes, sources), position)
            }
        }
        return WriterState(head: head, symbols: symbols, ids: ids)
    }

    /// The hash of a stored record's (source, id).
    static func idHash(of record: RecordView, _ bytes: Span<UInt8>, _ sources: SymbolTable) throws -> UInt64 {
        guard !record.presence.contains(.uuid) else {
            let text = Array(record.idText(bytes).utf8)
            return JourneyLog.idHash(sources.idSeed(record), text.span, 0..<text.count)
        }
        return JourneyLog.idHash(sources.idSeed(record), bytes, record.id)
    }
}

extension SymbolTable {
    /// What the source of a record contributes to the hash of its id.
    func idSeed(_ record: RecordView) -> UInt64 {
        guard record.presence.contains(.source) else { return idSeedWithoutSource }
        let text = bytes(record.source)
        return JourneyLog.idSeed(ofSource: text.span, 0..<text.count)
    }
}
