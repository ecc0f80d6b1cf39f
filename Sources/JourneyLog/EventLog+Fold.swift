// What folds read beside a scan: chosen properties without making text of them, and the journeys of some customers at once.
public import JourneyEvents
internal import LMDB
internal import Platform
internal import Synchronization

extension EventLog {
    /// Visits what folds need of the events from `after + 1` through `through`, in order of position.
    public func scanFolds(after: UInt64, through: UInt64, _ body: (FoldEvent) -> Void) throws {
        try scanFoldBlocks(after: after, through: through) { for event in $0 { body(event) } }
    }

    /// As ``scanFolds(after:through:_:)``, some thousand events at a time, which is faster where each costs little.
    public func scanFoldBlocks(after: UInt64, through: UInt64, _ body: (ArraySlice<FoldEvent>) -> Void) throws {
        guard after < through else { return }
        let (reach, tail) = published.withLock { ($0.reach.position, $0.tail) }
        var events: [FoldEvent] = []
        let last = min(through, reach)
        try eachColumnBlock(after: after, through: last) { block, bytes in
            block.decode(bytes, into: &events)
            let start = after < block.first ? 0 : Int(min(after - block.first + 1, UInt64(block.count)))
            let end = Int(min(last - block.first + 1, UInt64(block.count)))
            if start < end { body(events[start..<end]) }
        }
        tail.eachPart(after: max(after, reach), through: through, body)
    }

    /// The events through a position whose customer or deal is in a range of symbols, in order of position, some thousand at
    /// a time. What has another symbol costs next to nothing.
    public func scanFoldBlocks(
        of kind: SymbolKind,
        in keys: ClosedRange<UInt32>,
        through: UInt64,
        _ body: (ArraySlice<FoldEvent>) -> Void
    ) throws {
        let (reach, tail) = published.withLock { ($0.reach.position, $0.tail) }
        var events: [FoldEvent] = []
        let last = min(through, reach)
        try eachColumnBlock(after: 0, through: last) { block, bytes in
            block.decode(bytes, kind, in: keys, into: &events)
            while let event = events.last, event.position > last { events.removeLast() }
            if !events.isEmpty { body(events[...]) }
        }
        tail.eachPart(after: reach, through: through) { part in
            let wanted = part.filter { keys.contains(kind == .customer ? $0.customer : $0.deal) }
            if !wanted.isEmpty { body(wanted[...]) }
        }
    }

    /// Visits the index's blocks that have positions after `after` and not past `last`.
    private func eachColumnBlock(after: UInt64, through last: UInt64, _ body: (ColumnBlock, Span<UInt8>) -> Void) throws
    {
        guard after < last else { return }
        let isPass = last - after > 1_000_000
        var touched = TouchedPages()
        var next = after + 1
        try readIndex { txn in
            var cursor = try txn.cursor(in: index.columns)
            var more = try cursor.seek(atOrAfter: after + 1)
            if !more || cursor.integerKey > after + 1 { more = more ? try cursor.previous() : try cursor.last() }
            while more, cursor.integerKey <= last {
                do {
                    let bytes = cursor.value
                    if isPass { touched.add(bytes) }
                    let block = try columnBlock(bytes, cursor.integerKey)
                    guard block.first <= next else { throw IndexDamage(position: next) }
                    next = block.first + UInt64(block.count)
                    body(block, bytes)
                }
                more = try cursor.next()
            }
            guard next > last else { throw IndexDamage(position: next) }
        }
    }

    /// The keys whose values the index keeps: symbols, and ``accountKey``.
    package func keptKeys() throws -> Set<UInt32> {
        var keys: Set<UInt32> = [EventLog.accountKey]
        for (index, text) in try symbolTexts(.propertyKey).enumerated() where KeptProperties.names.contains(text) {
            keys.insert(UInt32(index + 1))
        }
        return keys
    }

    /// Visits chosen properties of the events at ascending positions: the index of the position, the key, and the value's
    /// JSON text. ``idKey``, ``causationKey`` and ``correlationKey`` give plain text, ``accountKey`` the digits of the symbol.
    public func eachProperty(
        _ keys: [UInt32],
        at positions: [UInt64],
        _ body: (Int, UInt32, Span<UInt8>) throws -> Void
    ) throws {
        let wanted = KeySet(keys)
        let isPass = positions.count > 4_096
        var touched = TouchedPages()
        var start = 0
        // A snapshot that lives long keeps pages from being used again: a new one every so many events.
        while start < positions.count {
            let end = min(start + 32_768, positions.count)
            var index = start
            try visit(positions[start..<end]) { _, _, bytes, range in
                if isPass { touched.add(bytes) }
                let record = try RecordView(bytes, range)
                if wanted.hasID, !record.presence.contains(.erased) {
                    if record.presence.contains(.uuid) {
                        try body(index, EventLog.idKey, Array(record.idText(bytes).utf8).span)
                    } else {
                        try body(index, EventLog.idKey, bytes.extracting(record.id))
                    }
                }
                if wanted.hasCausation, record.presence.contains(.causation) {
                    try body(index, EventLog.causationKey, bytes.extracting(record.causation))
                }
                if wanted.hasCorrelation, record.presence.contains(.correlation) {
                    try body(index, EventLog.correlationKey, bytes.extracting(record.correlation))
                }
                if wanted.hasAccount, record.account != 0 {
                    try body(index, EventLog.accountKey, Array(String(record.account).utf8).span)
                }
                if record.propertyCount > 0 {
                    try record.eachProperty(bytes) { key, value in
                        if wanted.containsSymbol(key) { try body(index, key, bytes.extracting(value)) }
                    }
                }
                index += 1
            }
            start = end
        }
        if isPass { touched.release() }
    }

    /// The events of some customers or deals (`symbols`, ascending) through a position: those of one symbol in order of
    /// position, the symbols in any order.
    public func folds(of kind: SymbolKind, _ symbols: [UInt32], through last: Position) throws -> [FoldEvent] {
        let (reach, tail) = published.withLock { ($0.reach.position, $0.tail) }
        let wanted = KeySet(symbols)
        func isWanted(_ event: FoldEvent) -> Bool {
            wanted.containsSymbol(kind == .customer ? event.customer : event.deal)
        }
        let indexed = min(reach, last.rawValue)
        var events: [FoldEvent] = []
        if UInt64(symbols.count) * 300 > indexed {
            // For many keys one scan costs less than their look-ups.
            try scanFolds(after: 0, through: indexed) { if isWanted($0) { events.append($0) } }
        } else {
            events = try translating("read the index of \(files.directory)") {
                try index.events(kind, symbols, through: indexed)
            }
        }
        tail.each(after: reach, through: last.rawValue) { if isWanted($0) { events.append($0) } }
        return events
    }
}
