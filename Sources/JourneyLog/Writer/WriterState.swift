// What only the writer holds: all symbols, the ids that the index does not have, and counts of streams that were asked
// for. It can be thrown away at any time; the next commit loads it again.
internal import JourneyEvents
internal import LMDB
internal import Platform

struct WriterState {
    /// The head that this state belongs to.
    var head: LogHead
    var symbols: SymbolTables
    /// Ids of the events behind the index's reach, or of more.
    private(set) var ids: IDSet
    /// Ids that are on their way into the index; nobody adds to them.
    private var leaving: IDSet?
    /// One filter for each run of the index, by the run's first position; see ``filters(_:_:)``.
    private var filters: [UInt64: IDFilter] = [:]
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

    /// Nothing that the log has, as if it were empty.
    private init(_ storage: LogStorage, _ head: LogHead) {
        self.head = head
        symbols = SymbolTables(key: storage.hashKey, kept: storage.keptNames, counts: head.symbols)
        ids = IDSet()
    }

    /// Reads from the log what the writer needs for the head that it has now, without the ids that the index has.
    init(_ storage: LogStorage, _ head: LogHead, indexed reach: UInt64, _ txn: borrowing ReadTransaction) throws {
        self.init(storage, head)
        try symbols.load(storage, through: head, txn)
        try addIDs(storage, after: reach)
    }

    /// Takes up what other processes have appended since: only that is read.
    mutating func advance(_ storage: LogStorage, to next: LogHead, _ txn: borrowing ReadTransaction) throws {
        let known = head.position
        head = next
        try symbols.load(storage, through: next, txn)
        try addIDs(storage, after: known)
        versions = [:]
        tailCounts = nil
    }

    private mutating func addIDs(_ storage: LogStorage, after position: UInt64) throws {
        guard head.position > position else { return }
        let sources = symbols[.source]
        var found: [(hash: UInt64, position: UInt64)] = []
        try storage.eachRecord(after: position, through: head.position) { position, _, bytes, range in
            let record = try RecordView(bytes, range)
            if let hash = record.idHash(bytes, sources, storage.hashKey) { found.append((hash, position)) }
        }
        for id in found { ids.insert(id.hash, id.position) }
    }

    static func versionKey(_ kind: SymbolKind, _ symbol: UInt32) -> UInt64 {
        UInt64(kind.rawValue) << 32 | UInt64(symbol)
    }

    /// How many events a stream has, with those that the running commit has added.
    mutating func version(_ kind: SymbolKind, _ symbol: UInt32, _ log: LogSnapshot, adding events: [FoldEvent]) throws
        -> UInt64
    {
        guard symbol != 0 else { return 0 }
        let key = WriterState.versionKey(kind, symbol)
        if let known = versions[key] { return known }
        if tailCounts == nil {
            var counted = TailCounts(reach: log.reach.position)
            log.tail.each(after: log.reach.position, through: head.position) { counted.add($0) }
            for event in events { counted.add(event) }
            tailCounts = counted
        }
        guard let counted = tailCounts else { return 0 }
        // The index may have moved on since.
        let version = try log.version(kind, symbol, through: counted.reach) + (counted.counts[key] ?? 0)
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

    /// So many ids have filters, of two bytes each; the runs before them are searched themselves.
    private static let mostFiltered = 1 << 25

    /// Filters for the newest runs of the index, and the keys of the runs that have none.
    mutating func filters(_ index: EventIndex, _ txn: borrowing ReadTransaction) throws -> IDFilters {
        var found = IDFilters()
        var count = 0
        var cursor = try txn.cursor(in: index.ids)
        var more = try cursor.last()
        while more {
            let key = cursor.integerKey
            do {
                let bytes = cursor.value
                guard let size = IDRun.count(bytes) else { throw IndexDamage(position: key) }
                count += size
                if count > WriterState.mostFiltered {
                    found.unfiltered.append(key)
                    filters[key] = nil
                } else {
                    // A run that another process has merged keeps its first position and has more ids.
                    if filters[key]?.count != size {
                        var filter = IDFilter(count: size)
                        try IDRun(bytes, key: key).each(bytes) { hash, _ in filter.insert(hash) }
                        filters[key] = filter
                    }
                    if let filter = filters[key] { found.filters.append(filter) }
                }
            }
            more = try cursor.previous()
        }
        return found
    }
}

/// Says of most ids that the index does not have them.
struct IDFilters {
    var filters: [IDFilter] = []
    /// The keys of runs that have no filter.
    var unfiltered: [UInt64] = []

    /// Whether the index may have an id.
    @inline(__always)
    func mayContain(_ hash: UInt64) -> Bool { !unfiltered.isEmpty || filters.contains { $0.mayContain(hash) } }
}
