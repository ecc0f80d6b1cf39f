// Several sources of journeys as one: the runs of the index and what is in memory.
internal import LMDB

/// The journeys of one run, a block at a time, or those of the events that are in memory.
struct JourneySource {
    private let run: JourneyRun?
    private let kind: SymbolKind
    /// The block that is read and its key.
    private var block = JourneyBlock()
    private var key: [UInt8] = []
    /// What is in memory.
    private var memory: JourneyMemory?
    /// The symbol of the next group; nil at the end.
    private(set) var symbol: UInt32?

    /// Those of a run; ``start(_:from:)`` comes first.
    init(_ run: JourneyRun, _ kind: SymbolKind) { (self.run, self.kind) = (run, kind) }

    /// Those that are in memory.
    init(_ memory: JourneyMemory, _ kind: SymbolKind) {
        (run, self.kind, self.memory) = (nil, kind, memory)
        symbol = memory.symbol
    }

    /// Goes to the first group of this symbol or a later one.
    mutating func start(_ cursor: inout Cursor, from first: UInt32) throws {
        guard let run else { return }
        let start = JourneyKey(run: run.number, kind: kind, symbol: first, position: 0).bytes
        try read(&cursor, try cursor.seekJourney(start), run)
        while let own = symbol, own < first { try skip(&cursor) }
    }

    /// Reads the block at the cursor.
    private mutating func read(_ cursor: inout Cursor, _ isFound: Bool, _ run: JourneyRun) throws {
        symbol = nil
        guard isFound else { return }
        let found = cursor.key
        guard let key = JourneyKey(found), key.run == run.number, key.kind == kind else { return }
        do {
            try block.load(cursor.value, kind, first: run.first)
        } catch {
            throw IndexDamage(position: run.first)
        }
        symbol = block.symbol
        self.key.removeAll(keepingCapacity: true)
        self.key.append(found, 0..<found.count)
    }

    /// Goes on behind a group of a block that was read.
    private mutating func advance(_ cursor: inout Cursor, _ run: JourneyRun) throws {
        if !block.isAtEnd {
            symbol = block.symbol
            return
        }
        var isFound = try cursor.seek(atOrAfter: key.span)
        if isFound { isFound = try cursor.next() }
        try read(&cursor, isFound, run)
    }

    /// Whether the next group may be of a journey that has one of these types.
    func mayHave(_ types: Span<Bool>, _ bits: UInt16) -> Bool {
        memory?.mayHave(types) ?? block.mayHave(types, bits)
    }

    /// Leaves the next group out.
    mutating func skip(_ cursor: inout Cursor) throws {
        guard let run else {
            memory?.skip()
            symbol = memory?.symbol
            return
        }
        do { try block.skip() } catch { throw IndexDamage(position: run.first) }
        try advance(&cursor, run)
    }

    /// Adds the next group to `out`, without the events behind a position, and goes on.
    mutating func take(_ cursor: inout Cursor, _ need: JourneyNeed, through last: UInt64, into out: inout JourneyGroups)
        throws
    {
        guard let run else {
            memory?.take(need, into: &out)
            symbol = memory?.symbol
            return
        }
        do {
            if run.last <= last {
                try block.take(need.keptTypes.span, need.keepsOthers, into: &out)
            } else {
                var part = JourneyGroups()
                try block.take(need.keptTypes.span, need.keepsOthers, into: &part)
                part.endGroup(0)
                if !part.symbols.isEmpty { out.append(part, 0, through: last) }
            }
        } catch {
            throw IndexDamage(position: run.first)
        }
        try advance(&cursor, run)
    }
}

extension Cursor {
    /// Goes to the block that may have the first group at or behind a key: that is the one before when it is of the same run
    /// and kind.
    mutating func seekJourney(_ start: [UInt8]) throws -> Bool {
        let isFound = try seek(atOrAfter: start.span)
        if try isFound ? previous() : last(), key.count == start.count, key.equals(0..<9, start.span, 0..<9) {
            return true
        }
        return try seek(atOrAfter: start.span)
    }
}

/// Journeys of several sources as one.
struct JourneyMerge {
    private var sources: [JourneySource]
    /// The symbol of each source's next group.
    private var heads: [UInt32]
    private static let atEnd = UInt32.max

    init(_ sources: [JourneySource]) {
        self.sources = sources
        heads = sources.map { $0.symbol ?? JourneyMerge.atEnd }
    }

    /// The last of the sources as it is now.
    var last: JourneySource? { sources.last }

    /// Goes to the first groups of this symbol or later ones.
    mutating func start(_ cursor: inout Cursor, from symbol: UInt32) throws {
        for index in sources.indices {
            try sources[index].start(&cursor, from: symbol)
            heads[index] = sources[index].symbol ?? JourneyMerge.atEnd
        }
    }

    /// Adds whole journeys to `out` until that has so many events, ascending; gives the symbol of the last one, nil at the end.
    mutating func next(
        _ cursor: inout Cursor,
        _ need: JourneyNeed,
        through last: UInt64,
        atLeast count: Int,
        into out: inout JourneyGroups
    ) throws -> UInt32? {
        var reached: UInt32?
        while out.events.count < count {
            var symbol = JourneyMerge.atEnd
            for head in heads { symbol = min(symbol, head) }
            guard symbol != JourneyMerge.atEnd else { return reached }
            reached = symbol
            let isWanted = isWanted(symbol, need)
            for index in sources.indices {
                while heads[index] == symbol {
                    if isWanted {
                        try sources[index].take(&cursor, need, through: last, into: &out)
                    } else {
                        try sources[index].skip(&cursor)
                    }
                    heads[index] = sources[index].symbol ?? JourneyMerge.atEnd
                }
            }
            out.endGroup(symbol)
        }
        return reached
    }

    private func isWanted(_ symbol: UInt32, _ need: JourneyNeed) -> Bool {
        guard let types = need.types else { return true }
        for index in sources.indices where heads[index] == symbol {
            if sources[index].mayHave(types.span, need.typeBits) { return true }
        }
        return false
    }
}
