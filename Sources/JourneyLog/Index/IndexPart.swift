// What the index takes in one step: from the writer's memory when it has all of it, else from the log.
internal import JourneyEvents
internal import LMDB
internal import Platform

/// Events that follow the index's reach, with all that the index keeps of them.
struct IndexPart {
    var events: [FoldEvent]
    var kept: KeptProperties
    /// Hashes of the events' ids, sorted.
    var ids: [(hash: UInt64, position: UInt64)]
    var symbols: SymbolTables
    /// The reach that they follow.
    var from: IndexReach
    /// The point of the last one.
    var to: HistoryPoint
}

extension IndexPart {
    /// Reads the events behind a reach from the log, about so many: up to the end of a block.
    init(_ storage: LogStorage, _ symbols: SymbolTables, from reach: IndexReach, _ head: LogHead, atMost count: Int)
        throws
    {
        let last = min(head.position, reach.position + UInt64(count))
        let point = try storage.point(atEndOfBlockWith: last, head)
        var ids: [(hash: UInt64, position: UInt64)] = []
        var events: [FoldEvent] = []
        var kept = KeptProperties()
        let keys = try storage.keptKeys()
        let sources = symbols[.source]
        try storage.eachRecord(after: reach.position, through: point.position.rawValue) { position, _, bytes, range in
            let record = try RecordView(bytes, range)
            events.append(record.foldEvent(position: position))
            try kept.append(position, record, bytes, keys)
            if let hash = record.idHash(bytes, sources, storage.hashKey) { ids.append((hash, position)) }
        }
        self.init(events: events, kept: kept, ids: IDSet.sorted(ids), symbols: symbols, from: reach, to: point)
    }
}

extension RecordView {
    /// The hash of a stored record's (source, id); nil for a tombstone.
    func idHash(_ bytes: Span<UInt8>, _ sources: SymbolTable, _ key: HashKey) -> UInt64? {
        guard !presence.contains(.erased) else { return nil }
        var domain = HashKey.idDomainWithoutSource
        if presence.contains(.source) {
            let text = sources.bytes(source)
            domain = key.idDomain(ofSource: text.span, 0..<text.count)
        }
        guard presence.contains(.uuid) else { return key.hash(bytes, id, domain: domain) }
        let text = Array(idText(bytes).utf8)
        return key.hash(text.span, 0..<text.count, domain: domain)
    }
}
