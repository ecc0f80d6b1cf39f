// The index: columns in order of position, journeys of customers and deals, positions of identity statements, hashes of ids and
// names. It is derived from the log, stays out of the path of a commit, and says up to which position it reaches; what lies
// behind that is in memory.
internal import JourneyEvents
internal import LMDB
internal import Platform

/// A value of the index that is not as it was written.
struct IndexDamage: Error { var position: UInt64 }

package struct EventIndex: Sendable {
    /// How many events gather in memory before they go into the index.
    package static let flushThreshold = 524_288
    /// How many events closing a log puts into the index; the next open reads what is less than that from the log, in a
    /// millisecond or two.
    static let flushAtClose = 4_096
    /// How many events opening a log may leave in memory.
    static let largestTailAtOpen = 100_000
    /// Runs above this size are not merged any more, so that a merge has a bound on its time and memory.
    static let largestMergedRun = 4_000_000

    let environment: Environment
    let columns: Table
    let journeys: Table
    let postings: Table
    let ids: Table
    let names: Table
    let meta: Table

    init(at directory: String, readOnly: Bool, allowRemoteFileSystem: Bool) throws {
        var options = Environment.Options()
        options.create = !readOnly
        options.readOnly = readOnly
        options.allowRemoteFileSystem = allowRemoteFileSystem
        options.integerKeyTables = ["columns", "ids", "names"]
        options.byteKeyTables = ["journeys", "postings", "meta"]
        options.checksums = true
        options.selfCheckedTables = ["ids"]
        options.check = .unlessMarked
        environment = try Environment.open(at: directory, options: options)
        columns = try environment.table("columns")
        journeys = try environment.table("journeys")
        postings = try environment.table("postings")
        ids = try environment.table("ids")
        names = try environment.table("names")
        meta = try environment.table("meta")
        do {
            if environment.wasUnclean { try check() }
            try environment.markSound()
        } catch {
            environment.close()
            throw error
        }
    }

    /// Reads everything and compares it with what commits have counted: nothing says that the file is what its last user left.
    private func check() throws {
        try environment.checkValues()
        let (found, stated) = try environment.read { txn in
            var found: UInt64 = 0
            var cursor = try txn.cursor(in: ids)
            var more = try cursor.first()
            while more {
                do {
                    let bytes = cursor.value
                    try IDRun(bytes, key: cursor.integerKey).each(bytes) { _, _ in found += 1 }
                }
                more = try cursor.next()
            }
            return (found, try reach(txn)?.ids ?? 0)
        }
        guard found == stated else { throw IndexDamage(position: 1) }
    }

    /// How far it reaches; nil when it is empty, of another version or damaged.
    func reach() throws -> IndexReach? { try environment.read { txn in try reach(txn) } }

    /// How far it reaches on a snapshot.
    func reach(_ txn: borrowing ReadTransaction) throws -> IndexReach? {
        let key = IndexReach.key
        guard let value = try txn.value(for: key.span, in: meta) else { return nil }
        return IndexReach(value)
    }

    private func reach(_ txn: borrowing WriteTransaction) throws -> IndexReach? {
        let key = IndexReach.key
        guard let value = try txn.value(for: key.span, in: meta) else { return nil }
        return IndexReach(value)
    }

    /// How far it reaches, if that proves to be of the log's history; else it is emptied, and begins as `fresh` says. Others
    /// may fill it at any time, so that is decided in the transaction that would empty it.
    func reach(proving isProven: (IndexReach) throws -> Bool, else fresh: IndexReach) throws -> IndexReach {
        if let known = try reach(), try isProven(known) { return known }
        return try environment.write { txn in
            if let known = try reach(txn), try isProven(known) { return known }
            for table in [columns, journeys, postings, ids, names, meta] { try txn.clear(table) }
            let (key, bytes) = (IndexReach.key, fresh.bytes)
            try txn.put(bytes.span, for: key.span, in: meta)
            return fresh
        }
    }

    /// Adds events that follow the index's reach, with what is kept of their properties and their id hashes, and the symbols
    /// that have come since; gives the new reach, which is at `point`, or nil when another process has moved the index on.
    func add(
        _ events: [FoldEvent],
        kept: KeptProperties,
        ids entries: [(hash: UInt64, position: UInt64)],
        symbols: SymbolTables,
        from reach: IndexReach,
        to point: HistoryPoint
    )
        throws -> IndexReach?
    {
        guard let first = events.first?.position else { return reach }
        var next = reach
        next.point = point
        next.symbols = symbols.counts
        next.ids += UInt64(entries.count)
        return try environment.write { txn in
            guard try self.reach(txn) == reach else { return nil }
            var at = 0
            while at < events.count {
                let end = min(at + ColumnBlock.capacity, events.count)
                let block = ColumnBlock.encode(events[at..<end])
                try txn.put(block.span, for: events[at].position, in: columns, append: true)
                at = end
            }
            try txn.put(IDRun.encode(entries, first: first).span, for: first, in: ids, append: true)
            try mergeRuns(txn)
            try addJourneys(events, kept, txn)
            let statements = IdentityTypes.symbols(symbols[.type])
            if events.contains(where: { statements.contains($0.type) }) {
                try addPostings(events, kind: .type, txn) { statements.contains($0.type) ? $0.type : 0 }
            }
            try addNames(symbols, from: reach.symbols, txn)
            let (key, bytes) = (IndexReach.key, next.bytes)
            try txn.put(bytes.span, for: key.span, in: meta)
            return next
        }
    }

    /// Merges the newest runs while the one before them is not much larger: amortised O(log n) rewrites an id.
    private func mergeRuns(_ txn: borrowing WriteTransaction) throws {
        var runs: [(first: UInt64, count: Int)] = []
        do {
            var cursor = try txn.cursor(in: ids)
            var more = try cursor.first()
            while more {
                runs.append((cursor.integerKey, IDRun.count(cursor.value) ?? 0))
                more = try cursor.next()
            }
        }
        var size = runs.last?.count ?? 0
        var from = runs.count - 1
        while from > 0, runs[from - 1].count <= size * 2, runs[from - 1].count + size <= EventIndex.largestMergedRun {
            from -= 1
            size += runs[from].count
        }
        guard runs.count - from >= 4 else { return }
        var entries: [(hash: UInt64, position: UInt64)] = []
        entries.reserveCapacity(size)
        for run in runs[from...] {
            guard let bytes = try txn.value(for: run.first, in: ids) else { continue }
            try IDRun(bytes, key: run.first).each(bytes) { entries.append(($0, $1)) }
        }
        entries = IDSet.sorted(entries)
        for run in runs[from...] { _ = try txn.delete(run.first, in: ids) }
        try txn.put(IDRun.encode(entries, first: runs[from].first).span, for: runs[from].first, in: ids)
    }

    /// `u8 kind, u32 symbol, u64 first position`, big-endian so that keys sort by symbol and then position.
    static func postingKey(_ kind: SymbolKind, _ symbol: UInt32, _ position: UInt64) -> [UInt8] {
        var key = [kind.rawValue]
        key.appendInteger(symbol.byteSwapped)
        key.appendInteger(position.byteSwapped)
        return key
    }

    /// One chunk for each symbol of the events: its count, then the distance from each position to the next.
    private func addPostings(
        _ events: [FoldEvent],
        kind: SymbolKind,
        _ txn: borrowing WriteTransaction,
        _ symbol: (FoldEvent) -> UInt32
    ) throws {
        let largest = Int(events.lazy.map(symbol).max() ?? 0)
        guard largest > 0 else { return }
        // A counting sort: groups of each symbol, positions ascending within one.
        var ends = [Int](repeating: 0, count: largest + 1)
        for event in events { ends[Int(symbol(event))] += 1 }
        ends[0] = 0
        for number in 1...largest { ends[number] += ends[number - 1] }
        var order = [UInt32](repeating: 0, count: ends[largest])
        for index in events.indices.reversed() {
            let number = Int(symbol(events[index]))
            if number == 0 { continue }
            ends[number] -= 1
            order[ends[number]] = UInt32(index)
        }
        var value: [UInt8] = []
        for number in 1...largest {
            let start = ends[number]
            let end = number < largest ? ends[number + 1] : order.count
            if start == end { continue }
            value.removeAll(keepingCapacity: true)
            value.appendVarint(UInt64(end - start))
            for index in (start + 1)..<max(end, start + 1) {
                value.appendVarint(UInt64(order[index] - order[index - 1]))
            }
            let key = EventIndex.postingKey(kind, UInt32(number), events[Int(order[start])].position)
            try txn.put(value.span, for: key.span, in: postings)
        }
    }

    private func addNames(_ symbols: SymbolTables, from known: [UInt32], _ txn: borrowing WriteTransaction) throws {
        var entries: [(hash: UInt64, kind: UInt8, number: UInt32)] = []
        for kind in SymbolKind.allCases {
            let table = symbols[kind]
            let first = known[Int(kind.rawValue) - 1] + 1
            guard Int(first) <= table.count else { continue }
            for number in first...UInt32(table.count) where !table.slice(number).isEmpty {
                entries.append((table.hash(number), kind.rawValue, number))
            }
        }
        entries.sort { $0.hash != $1.hash ? $0.hash < $1.hash : ($0.kind, $0.number) < ($1.kind, $1.number) }
        let isEmpty = try txn.count(in: names) == 0
        var at = 0
        var value: [UInt8] = []
        while at < entries.count {
            let hash = entries[at].hash
            value.removeAll(keepingCapacity: true)
            if !isEmpty, let before = try txn.value(for: hash, in: names) { value = before.array(0..<before.count) }
            while at < entries.count, entries[at].hash == hash {
                value.append(entries[at].kind)
                value.appendInteger(entries[at].number)
                at += 1
            }
            try txn.put(value.span, for: hash, in: names, append: isEmpty)
        }
    }

    /// Visits the positions of a chunk, ascending; `body` returns false to stop.
    static func eachPosition(_ key: Span<UInt8>, _ value: Span<UInt8>, _ body: (UInt64) -> Bool) throws(RecordDamage) {
        guard key.count == 13 else { throw RecordDamage(offset: 0) }
        var reader = ByteReader(from: 0, to: value.count)
        var position = UInt64(bigEndian: loadLittleEndian(key, at: 5, as: UInt64.self))
        var rest = try reader.varint(value)
        while rest > 0, body(position) {
            rest -= 1
            if rest > 0 { position &+= try reader.varint(value) }
        }
    }

    /// The positions of an identity statement's type that the index has, ascending, up to `last`.
    func statements(_ type: UInt32, through last: UInt64, _ txn: borrowing ReadTransaction) throws -> [UInt64] {
        var found: [UInt64] = []
        try eachChunk(.type, type, through: last, txn) { key, value throws(RecordDamage) in
            try EventIndex.eachPosition(key, value) { position in
                if position <= last { found.append(position) }
                return position < last
            }
        }
        return found
    }

    /// Visits the chunks of a symbol that start at or below a position.
    private func eachChunk(
        _ kind: SymbolKind,
        _ symbol: UInt32,
        through last: UInt64,
        _ txn: borrowing ReadTransaction,
        _ body: (Span<UInt8>, Span<UInt8>) throws(RecordDamage) -> Void
    ) throws {
        let start = EventIndex.postingKey(kind, symbol, 0)
        var cursor = try txn.cursor(in: postings)
        var more = try cursor.seek(atOrAfter: start.span)
        while more {
            do {
                let key = cursor.key
                guard key.count == 13, key.equals(0..<5, start.span, 0..<5) else { return }
                let first = UInt64(bigEndian: loadLittleEndian(key, at: 5, as: UInt64.self))
                guard first <= last else { return }
                do {
                    try body(key, cursor.value)
                } catch {
                    throw IndexDamage(position: first)
                }
            }
            more = try cursor.next()
        }
    }

    /// The numbers of symbols whose text may be this one.
    func candidates(_ kind: SymbolKind, hash: UInt64, _ txn: borrowing ReadTransaction) throws -> [UInt32] {
        guard let value = try txn.value(for: hash, in: names) else { return [] }
        var numbers: [UInt32] = []
        var at = 0
        while at + 5 <= value.count {
            if value[at] == kind.rawValue { numbers.append(loadLittleEndian(value, at: at + 1, as: UInt32.self)) }
            at += 5
        }
        return numbers
    }
}
