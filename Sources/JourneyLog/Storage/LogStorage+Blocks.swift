// Records by position. A snapshot of LMDB that lives long keeps pages from being used again, so none outlives some milliseconds
// of work of our own, and none is held while a caller writes to a pipe.
internal import JourneyEvents
internal import LMDB
internal import Platform

extension LogStorage {
    /// How many blocks are read on one snapshot.
    private static let blocksAtOnce = 512
    /// How many bytes of blocks are copied for a reader that may wait.
    private static let bytesAtOnce = 1 << 20

    /// Visits records in order of position: the position, their block, the block's bytes, and where the record lies. What
    /// `body` does is brief and waits for nothing.
    func eachRecord(
        after: UInt64,
        through: UInt64,
        _ body: (UInt64, BlockView, Span<UInt8>, Range<Int>) throws -> Void
    ) throws {
        var next = after + 1
        while next <= through {
            let reached = try read { txn in
                var cursor = try txn.cursor(in: blocks)
                guard try seekBlock(&cursor, holding: next) else { return next - 1 }
                var reached = next - 1
                for _ in 0..<LogStorage.blocksAtOnce {
                    do {
                        try visit(cursor.value, key: cursor.integerKey, through, &reached, body)
                    }
                    guard reached < through, try cursor.next() else { return reached }
                }
                return reached
            }
            guard reached >= next else { throw damaged(next, "has no block") }
            next = reached + 1
        }
    }

    /// As ``eachRecord(after:through:_:)`` for a body that may take as long as it likes: it is given copies. It returns false to
    /// stop.
    func eachCopiedRecord(
        after: UInt64,
        through: UInt64,
        _ body: (UInt64, BlockView, Span<UInt8>, Range<Int>) throws -> Bool
    ) throws {
        var next = after + 1
        while next <= through {
            let copies = try copiedBlocks(from: next, through: through)
            guard !copies.isEmpty else { throw damaged(next, "has no block") }
            var reached = next - 1
            for (key, bytes) in copies {
                var isStopped = false
                try visit(bytes.span, key: key, through, &reached) { position, block, bytes, range in
                    if !isStopped, try !body(position, block, bytes, range) { isStopped = true }
                }
                if isStopped { return }
            }
            guard reached >= next else { throw damaged(next, "has no block") }
            next = reached + 1
        }
    }

    private func copiedBlocks(from: UInt64, through: UInt64) throws -> [(key: UInt64, bytes: [UInt8])] {
        try read { txn in
            var copies: [(key: UInt64, bytes: [UInt8])] = []
            var cursor = try txn.cursor(in: blocks)
            var more = try seekBlock(&cursor, holding: from)
            var size = 0
            while more, cursor.integerKey <= through, size < LogStorage.bytesAtOnce {
                do {
                    let value = cursor.value
                    size += value.count
                    copies.append((cursor.integerKey, value.array(0..<value.count)))
                }
                more = try cursor.next()
            }
            return copies
        }
    }

    /// Visits the records of a block behind a position, and moves it on.
    private func visit(
        _ bytes: Span<UInt8>,
        key: UInt64,
        _ through: UInt64,
        _ reached: inout UInt64,
        _ body: (UInt64, BlockView, Span<UInt8>, Range<Int>) throws -> Void
    ) throws {
        let block = try checked(bytes, key)
        guard block.firstPosition <= reached + 1 else { throw damaged(reached + 1, "has no block") }
        for index in 0..<block.count {
            let position = block.firstPosition + UInt64(index)
            if position <= reached { continue }
            if position > through { return }
            do {
                try body(position, block, bytes, try block.record(index, bytes))
            } catch is RecordDamage {
                throw damaged(position, "has a damaged record")
            }
            reached = position
        }
    }

    /// Visits the records at ascending positions.
    func visit(_ positions: ArraySlice<UInt64>, _ body: (UInt64, BlockView, Span<UInt8>, Range<Int>) throws -> Void)
        throws
    {
        guard !positions.isEmpty else { return }
        try read { txn in
            var cursor = try txn.cursor(in: blocks)
            var current: (key: UInt64, block: BlockView)?
            for position in positions {
                if let known = current, position >= known.key, position < known.key + UInt64(known.block.count) {
                    // The cursor stands on this block already.
                } else {
                    guard try seekBlock(&cursor, holding: position) else { throw damaged(position, "has no block") }
                    current = (cursor.integerKey, try checked(cursor.value, cursor.integerKey))
                }
                guard let (key, block) = current, position < key + UInt64(block.count) else {
                    throw damaged(position, "has no block")
                }
                do {
                    let bytes = cursor.value
                    try body(position, block, bytes, try block.record(Int(position - key), bytes))
                } catch is RecordDamage {
                    throw damaged(position, "has a damaged record")
                }
            }
        }
    }

    /// Moves to the block that holds a position.
    func seekBlock(_ cursor: inout Cursor, holding position: UInt64) throws -> Bool {
        if try cursor.seek(atOrAfter: position) {
            if cursor.integerKey == position { return true }
            return try cursor.previous()
        }
        return try cursor.last()
    }

    func checked(_ bytes: Span<UInt8>, _ key: UInt64) throws -> BlockView {
        do {
            return try BlockView(bytes, key: key)
        } catch {
            throw damaged(key, "has a block whose checksum does not hold")
        }
    }

    /// What folds need of the events behind a position, read from the log.
    func folds(after: UInt64, through: UInt64) throws -> (events: [FoldEvent], kept: KeptProperties) {
        var events: [FoldEvent] = []
        var kept = KeptProperties()
        let keys = try keptKeys()
        try eachRecord(after: after, through: through) { position, _, bytes, range in
            let record = try RecordView(bytes, range)
            events.append(record.foldEvent(position: position))
            try kept.append(position, record, bytes, keys)
        }
        return (events, kept)
    }

    /// Which symbols of property keys the index keeps.
    func keptKeys() throws -> KeptKeys { KeptKeys(keptNames, texts: try texts(.propertyKey)) }
}
