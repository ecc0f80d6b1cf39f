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
    /// Ids of the events behind the index's reach.
    var ids: IDSet
    /// One filter for each run of the index, by the run's first position.
    var filters: [UInt64: IDFilter] = [:]
    /// Versions of streams, by kind and symbol.
    var versions: [UInt64: UInt64] = [:]

    static func versionKey(_ kind: SymbolKind, _ symbol: UInt32) -> UInt64 {
        UInt64(kind.rawValue) << 32 | UInt64(symbol)
    }
}

extension EventLog {
    /// Loads the writer's state for the head that the log has now.
    func loadWriter(_ head: LogHead, _ txn: borrowing WriteTransaction) throws -> WriterState {
        var symbols = SymbolTables()
        do {
            var cursor = try txn.cursor(in: self.symbols)
            var more = try cursor.first()
            while more {
                let key = cursor.integerKey
                guard let kind = SymbolKind(rawValue: UInt8(truncatingIfNeeded: key >> 40)) else {
                    throw RihlaError(.damaged, "the symbol table of the log is damaged", hint: "restore a backup")
                }
                do {
                    try symbols[kind].load(cursor.value)
                } catch {
                    throw RihlaError(.damaged, "the symbol table of the log is damaged", hint: "restore a backup")
                }
                more = try cursor.next()
            }
        }
        let reach = published.withLock { $0.reach.position }
        var ids = IDSet()
        if head.position.rawValue > reach {
            let sources = symbols[.source]
            try scanRecords(after: reach, through: head.position.rawValue) { position, _, bytes, range in
                ids.insert(try EventLog.idHash(of: RecordView(bytes, range), bytes, sources), position)
            }
        }
        return WriterState(head: head, symbols: symbols, stored: symbols.tables.map { UInt32($0.count) }, ids: ids)
    }

    /// The hash of a stored record's (source, id).
    static func idHash(of record: RecordView, _ bytes: Span<UInt8>, _ sources: SymbolTable) throws -> UInt64 {
        var text = record.presence.contains(.source) ? Array(sources.text(record.source).utf8) : []
        let start = text.count
        text.append(contentsOf: record.idText(bytes).utf8)
        return JourneyLog.idHash(
            text.span,
            source: record.presence.contains(.source) ? Slice(start: 0, count: start) : .absent,
            id: Slice(start: start, count: text.count - start)
        )
    }
}
