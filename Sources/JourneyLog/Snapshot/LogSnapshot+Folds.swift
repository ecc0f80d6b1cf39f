// What folds see of events: numbers, in order of position. Events that no question sees are left out here, so that no fold has
// to know of them.
public import JourneyEvents
internal import LMDB
internal import Platform

extension LogSnapshot {
    /// How many blocks of columns are read on one snapshot of the index.
    private static let columnBlocksAtOnce = 64

    /// Visits what folds need of the events from `after + 1` through `through`, in order of position.
    public func scanFolds(after: UInt64, through: UInt64, _ body: (FoldEvent) -> Void) throws {
        try scanFoldBlocks(after: after, through: through) { for event in $0 { body(event) } }
    }

    /// As ``scanFolds(after:through:_:)``, some thousand events at a time, which is faster where each costs little.
    public func scanFoldBlocks(after: UInt64, through: UInt64, _ body: (ArraySlice<FoldEvent>) -> Void) throws {
        try scanAllFoldBlocks(after: after, through: through) { hidden.eachVisible($0, body) }
    }

    /// As ``scanFoldBlocks(after:through:_:)``, with the events that no question sees.
    package func scanAllFoldBlocks(after: UInt64, through: UInt64, _ body: (ArraySlice<FoldEvent>) -> Void) throws {
        try read(after: after, through: through) { after, last in
            var events: [FoldEvent] = []
            try eachColumnBlock(after: after, through: last) { block, bytes in
                block.decode(bytes, into: &events)
                let start = after < block.first ? 0 : Int(min(after - block.first + 1, UInt64(block.count)))
                let end = Int(min(last - block.first + 1, UInt64(block.count)))
                if start < end { body(events[start..<end]) }
            }
        } memory: { after, last in
            tail.eachPart(after: after, through: last, body)
        }
    }

    /// The events through a position whose customer or deal is in a range of symbols, in order of position, some thousand at
    /// a time. What has another symbol costs next to nothing.
    public func scanFoldBlocks(
        of kind: SymbolKind,
        in keys: ClosedRange<UInt32>,
        through: UInt64,
        _ body: (ArraySlice<FoldEvent>) -> Void
    ) throws {
        try read(after: 0, through: through) { _, last in
            var events: [FoldEvent] = []
            try eachColumnBlock(after: 0, through: last) { block, bytes in
                block.decode(bytes, kind, in: keys, into: &events)
                while let event = events.last, event.position > last { events.removeLast() }
                if !events.isEmpty { hidden.eachVisible(events[...], body) }
            }
        } memory: { after, last in
            tail.eachPart(after: after, through: last) { part in
                let wanted = part.filter { keys.contains(kind == .customer ? $0.customer : $0.deal) }
                if !wanted.isEmpty { hidden.eachVisible(wanted[...], body) }
            }
        }
    }

    /// Visits the index's blocks that have positions after `after` and not past `last`.
    private func eachColumnBlock(after: UInt64, through last: UInt64, _ body: (ColumnBlock, Span<UInt8>) -> Void) throws
    {
        let isPass = last - after > 1_000_000
        var touched = TouchedPages()
        var next = after + 1
        while next <= last {
            try readIndex { txn, index in
                var cursor = try txn.cursor(in: index.columns)
                var more = try cursor.seek(atOrAfter: next)
                if !more || cursor.integerKey > next { more = more ? try cursor.previous() : try cursor.last() }
                var count = 0
                while more, cursor.integerKey <= last, count < LogSnapshot.columnBlocksAtOnce {
                    do {
                        let bytes = cursor.value
                        if isPass { touched.add(bytes) }
                        let block = try ColumnBlock(bytes, key: cursor.integerKey)
                        let end = block.first + UInt64(block.count)
                        guard block.first <= next, end > next else { throw IndexDamage(position: next) }
                        next = end
                        body(block, bytes)
                    }
                    count += 1
                    more = try cursor.next()
                }
                guard next > last || count == LogSnapshot.columnBlocksAtOnce else { throw IndexDamage(position: next) }
            }
        }
    }

    /// What folds need of the events at ascending positions.
    public func folds(at positions: [UInt64]) throws -> [FoldEvent] {
        var events: [FoldEvent] = []
        events.reserveCapacity(positions.count)
        let indexed = positions.prefix { $0 <= reach.position }
        if !indexed.isEmpty {
            try readIndex { txn, index in
                var cursor = try txn.cursor(in: index.columns)
                var current: (key: UInt64, block: ColumnBlock)?
                for position in indexed {
                    if let known = current, position >= known.key, position < known.key + UInt64(known.block.count) {
                        events.append(known.block.event(Int(position - known.key), cursor.value))
                        continue
                    }
                    var found = try cursor.seek(atOrAfter: position)
                    if !found {
                        found = try cursor.last()
                    } else if cursor.integerKey > position {
                        found = try cursor.previous()
                    }
                    guard found else { throw IndexDamage(position: position) }
                    let block = try ColumnBlock(cursor.value, key: cursor.integerKey)
                    guard position < cursor.integerKey + UInt64(block.count) else {
                        throw IndexDamage(position: position)
                    }
                    current = (cursor.integerKey, block)
                    events.append(block.event(Int(position - cursor.integerKey), cursor.value))
                }
            }
        }
        for position in positions[indexed.endIndex...] {
            guard let event = tail.event(at: position) else { throw damaged(position, "is not in memory") }
            events.append(event)
        }
        return events
    }

    /// The positions of the events of a customer, a deal or a type of identity statement, ascending, through `last`.
    public func positions(_ kind: SymbolKind, _ symbol: UInt32, through last: Position) throws -> [UInt64] {
        var found: [UInt64] = []
        try read(after: 0, through: last.rawValue) { _, last in
            found = try readIndex { txn, index in
                kind == .type
                    ? try index.statements(symbol, through: last, txn)
                    : try index.events(kind, [symbol], through: last, txn).map(\.position)
            }
        } memory: { after, last in
            tail.each(after: after, through: last) { event in
                let own = kind == .customer ? event.customer : kind == .deal ? event.deal : event.type
                if own == symbol { found.append(event.position) }
            }
        }
        return hidden.visible(found)
    }

    /// The events of some customers or deals (`symbols`, ascending) through a position: those of one symbol in order of
    /// position, the symbols in any order.
    public func folds(of kind: SymbolKind, _ symbols: [UInt32], through last: Position) throws -> [FoldEvent] {
        let wanted = KeySet(symbols)
        func isWanted(_ event: FoldEvent) -> Bool {
            wanted.containsSymbol(kind == .customer ? event.customer : event.deal)
        }
        var events: [FoldEvent] = []
        try read(after: 0, through: last.rawValue) { _, last in
            if UInt64(symbols.count) * 300 > last {
                // For many keys one scan costs less than their look-ups.
                try scanAllFoldBlocks(after: 0, through: last) {
                    for event in $0 where isWanted(event) { events.append(event) }
                }
            } else {
                events = try readIndex { txn, index in try index.events(kind, symbols, through: last, txn) }
            }
        } memory: { after, last in
            tail.each(after: after, through: last) { if isWanted($0) { events.append($0) } }
        }
        return hidden.hasCorrections ? events.filter { !hidden.contains($0.position) } : events
    }

    /// How many events a stream has through a position, also those that were taken back: a version never goes down.
    func version(_ kind: SymbolKind, _ symbol: UInt32, through last: UInt64) throws -> UInt64 {
        guard last > 0 else { return 0 }
        return try readIndex { txn, index in UInt64(try index.events(kind, [symbol], through: last, txn).count) }
    }
}
