// The runs of journeys that the index has: each has those of one stretch of the log, and together they have all of them.
internal import LMDB
internal import Platform
internal import Synchronization

/// One run: its number and the first and last position of the events that it has.
struct JourneyRun: Hashable {
    var number: UInt64
    var first: UInt64
    var last: UInt64

    /// How many positions it has.
    var count: UInt64 { last - first + 1 }
}

/// All runs in order of position.
struct JourneyRuns: Hashable {
    static let key = Array("journeys".utf8)

    var list: [JourneyRun] = []
    /// The number of the next run: it is higher than that of any run before, so that its blocks come behind all others.
    var nextNumber: UInt64 = 1

    init() {}

    /// `u32 CRC of the rest, u32 0, u64 next number`, then for each run `u64 number, u64 first, u64 last`.
    var bytes: [UInt8] {
        var out = [UInt8](repeating: 0, count: 8)
        out.appendInteger(nextNumber)
        for run in list {
            out.appendInteger(run.number)
            out.appendInteger(run.first)
            out.appendInteger(run.last)
        }
        out.setInteger(Checksum.crc32c(out.span.extracting(4..<out.count)), at: 0)
        return out
    }

    /// What is stored.
    init(_ bytes: Span<UInt8>) throws {
        guard bytes.count >= 16, (bytes.count - 16) % 24 == 0,
            Checksum.crc32c(bytes.extracting(4..<bytes.count)) == loadLittleEndian(bytes, at: 0, as: UInt32.self)
        else { throw IndexDamage(position: 1) }
        nextNumber = loadLittleEndian(bytes, at: 8, as: UInt64.self)
        for at in stride(from: 16, to: bytes.count, by: 24) {
            list.append(
                JourneyRun(
                    number: loadLittleEndian(bytes, at: at, as: UInt64.self),
                    first: loadLittleEndian(bytes, at: at + 8, as: UInt64.self),
                    last: loadLittleEndian(bytes, at: at + 16, as: UInt64.self)
                )
            )
        }
    }

    /// Those that have the events through a position, which must be all of them.
    func through(_ last: UInt64) throws -> [JourneyRun] {
        var next: UInt64 = 1
        var found: [JourneyRun] = []
        for run in list where run.first <= last {
            guard run.first == next, run.last >= run.first else { throw IndexDamage(position: next) }
            next = run.last + 1
            found.append(run)
        }
        guard next > last else { throw IndexDamage(position: next) }
        return found
    }
}

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
            try block.load(found, cursor.value, kind, first: run.first)
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

/// Reads all journeys in ascending order of symbol. It holds no snapshot between two calls: when runs are merged meanwhile it
/// goes on in the merged ones.
package struct JourneyReader: Sendable {
    private let log: EventLog
    private let kind: SymbolKind
    /// What is wanted of them.
    package var need = JourneyNeed()
    /// The last position that is read from the index.
    private let indexed: UInt64
    private var runs: [JourneyRun] = []
    /// The runs and, at the end, what is in memory.
    private var merge: JourneyMerge
    private var nextSymbol: UInt32 = 1
    private var isAtEnd = false

    /// The journeys of customers or deals through a position.
    package init(_ log: EventLog, _ kind: SymbolKind, through last: UInt64) {
        self.init(log, kind, JourneyReader.memory(log, through: last))
    }

    /// The journeys of several kinds through a position, at one moment of the log.
    package static func readers(_ log: EventLog, _ kinds: Set<SymbolKind>, through last: UInt64) -> [SymbolKind:
        JourneyReader]
    {
        let memory = memory(log, through: last)
        return Dictionary(uniqueKeysWithValues: kinds.map { ($0, JourneyReader(log, $0, memory)) })
    }

    /// How far the index is read, and the events behind that.
    private typealias Memory = (indexed: UInt64, events: [FoldEvent], kept: KeptProperties)

    private static func memory(_ log: EventLog, through last: UInt64) -> Memory {
        let (reach, tail) = log.published.withLock { ($0.reach.position, $0.tail) }
        let (events, kept) = tail.part(after: reach, through: last)
        return (min(reach, last), events, kept)
    }

    private init(_ log: EventLog, _ kind: SymbolKind, _ memory: Memory) {
        (self.log, self.kind, indexed) = (log, kind, memory.indexed)
        merge = JourneyMerge([JourneySource(JourneyMemory(memory.events, memory.kept, kind), kind)])
    }

    /// Puts the next journeys, as many as have so many events, in the place of those in `groups`; false after the last. There may
    /// be none although others follow.
    package mutating func next(_ groups: inout JourneyGroups, atLeast count: Int) throws -> Bool {
        groups.removeAll()
        guard !isAtEnd else { return false }
        let reached = try log.readIndex { txn in
            var cursor = try txn.cursor(in: log.index.journeys)
            let found = try log.index.runs(txn).through(indexed)
            if found != runs {
                merge = JourneyMerge(found.map { JourneySource($0, kind) } + [merge.last].compactMap(\.self))
                try merge.start(&cursor, from: nextSymbol)
                runs = found
            }
            return try merge.next(&cursor, need, through: indexed, atLeast: count, into: &groups)
        }
        isAtEnd = reached == nil
        if let reached { nextSymbol = reached &+ 1 }
        return !isAtEnd
    }
}
