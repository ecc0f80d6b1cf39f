// The symbols of all kinds in memory, with an account of those that are not in any event yet: a request that is refused, or
// an event that was there already, leaves no name behind.
internal import JourneyEvents
internal import LMDB

struct SymbolTables {
    private(set) var tables: [SymbolTable]
    /// The kinds of the symbols that came since the last ``accept()``, in order.
    private var pending: [SymbolKind] = []
    private var keptKeys: KeptKeys

    /// Empty tables with room for as many symbols of each kind as `counts` says; properties with the names `kept` are kept
    /// in the index.
    init(key: HashKey, kept: Set<String>, counts: [UInt32]) {
        keptKeys = KeptKeys(kept)
        tables = SymbolKind.allCases.map { kind in
            SymbolTable(kind: kind, key: key, capacity: Int(counts[Int(kind.rawValue) - 1]))
        }
    }

    /// Whether so many more bytes of text can be numbered in every kind.
    func hasRoom(for count: Int) -> Bool { tables.allSatisfy { $0.hasRoom(for: count) } }

    subscript(_ kind: SymbolKind) -> SymbolTable { tables[Int(kind.rawValue) - 1] }

    /// Whether the index keeps the properties with this key.
    @inline(__always)
    mutating func isKept(_ key: UInt32) -> Bool {
        if !keptKeys.knows(key) { keptKeys.look(self[.propertyKey]) }
        return keptKeys.contains(key)
    }

    /// How many symbols each kind has.
    var counts: [UInt32] { tables.map { UInt32($0.count) } }

    /// The number of a text; a new one when the text is new. `hash` is that of the text, when it is known.
    mutating func intern(_ kind: SymbolKind, _ bytes: Span<UInt8>, _ slice: Slice, hash: UInt64? = nil) -> UInt32 {
        let index = Int(kind.rawValue) - 1
        let before = tables[index].count
        let number =
            hash.map { tables[index].intern(bytes, slice.range, hash: $0) } ?? tables[index].intern(bytes, slice.range)
        if tables[index].count != before { pending.append(kind) }
        return number
    }

    /// The number of a text that is a word of its batch, unless `word` is 0: looked up the first time that it comes.
    @inline(__always)
    mutating func intern(
        _ kind: SymbolKind,
        _ bytes: Span<UInt8>,
        _ slice: Slice,
        word: UInt16,
        _ words: inout WordSymbols
    ) -> UInt32 {
        let known = words[kind, word]
        if known != 0 { return known }
        let number = intern(kind, bytes, slice)
        words[kind, word] = number
        return number
    }

    /// Says that a text with this hash will be looked for soon; see ``SymbolTable/prepare(_:step:)``.
    mutating func prepare(_ kind: SymbolKind, _ hash: UInt64, step: Int) {
        tables[Int(kind.rawValue) - 1].prepare(hash, step: step)
    }

    /// Keeps the symbols that came since the last call.
    mutating func accept() {
        if !pending.isEmpty { pending.removeAll(keepingCapacity: true) }
    }

    /// Forgets the symbols that came since the last ``accept()``; says whether there were any.
    @discardableResult
    mutating func rollBack() -> Bool {
        let hadAny = !pending.isEmpty
        while let kind = pending.popLast() { tables[Int(kind.rawValue) - 1].removeLast() }
        if hadAny { keptKeys.forget(above: self[.propertyKey].count) }
        return hadAny
    }

    /// Adds the symbols that a log has at a head and that are not here yet.
    mutating func load(_ storage: LogStorage, through head: LogHead, _ txn: borrowing ReadTransaction) throws {
        for kind in SymbolKind.allCases {
            let index = Int(kind.rawValue) - 1
            var table = SymbolTable(kind: kind, key: storage.hashKey)
            swap(&table, &tables[index])
            defer { swap(&table, &tables[index]) }
            guard table.count < Int(head.symbols[index]) else { continue }
            // A commit adds its symbols as a chunk of their own, so what is new begins with one.
            try storage.eachChunk(kind, from: UInt32(table.count) + 1, txn) { chunk, bytes in
                if Int(chunk.first) == table.count + 1, table.count < Int(head.symbols[index]) {
                    try table.load(chunk, bytes)
                }
            }
            guard table.count == Int(head.symbols[index]) else { throw storage.damagedSymbols() }
        }
    }
}
