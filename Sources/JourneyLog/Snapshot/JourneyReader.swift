// Journeys in the order of their keys, whether the index has them or memory.
internal import LMDB

/// Reads all journeys in ascending order of symbol. It holds no snapshot between two calls: when runs are merged meanwhile it
/// goes on in the merged ones.
package struct JourneyReader: Sendable {
    private let log: LogSnapshot
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
    /// The journeys in memory, when the index has none of them.
    private var alone: JourneyMemory?

    /// The journeys of customers or deals through a position.
    package init(_ log: LogSnapshot, _ kind: SymbolKind, through last: UInt64) throws {
        self.init(log, kind, try JourneyReader.memory(log, through: last))
    }

    /// The journeys of several kinds through a position, at one moment of the log.
    package static func readers(_ log: LogSnapshot, _ kinds: Set<SymbolKind>, through last: UInt64) throws
        -> [SymbolKind: JourneyReader]
    {
        let memory = try memory(log, through: last)
        return Dictionary(uniqueKeysWithValues: kinds.map { ($0, JourneyReader(log, $0, memory)) })
    }

    /// How far the index is read, and the events behind that.
    private typealias Memory = (indexed: UInt64, events: [FoldEvent], kept: KeptProperties)

    private static func memory(_ log: LogSnapshot, through last: UInt64) throws -> Memory {
        var memory: Memory = (0, [], KeptProperties())
        try log.read(after: 0, through: last) { _, last in
            memory.indexed = last
        } memory: { after, last in
            (memory.events, memory.kept) = log.tail.part(after: after, through: last)
        }
        return memory
    }

    private init(_ log: LogSnapshot, _ kind: SymbolKind, _ memory: Memory) {
        (self.log, self.kind, indexed) = (log, kind, memory.indexed)
        let journeys = JourneyMemory(memory.events, memory.kept, kind)
        if indexed == 0 { alone = journeys }
        merge = JourneyMerge([JourneySource(journeys, kind)])
    }

    /// Puts the next journeys, as many as have so many events, in the place of those in `groups`; false after the last. There may
    /// be none although others follow.
    package mutating func next(_ groups: inout JourneyGroups, atLeast count: Int) throws -> Bool {
        groups.removeAll()
        guard !isAtEnd else { return false }
        let reached = try indexed == 0 ? nextInMemory(&groups, atLeast: count) : nextOfAll(&groups, atLeast: count)
        isAtEnd = reached == nil
        if let reached { nextSymbol = reached &+ 1 }
        if log.hidden.hasCorrections { groups.remove(log.hidden) }
        return !isAtEnd
    }

    private mutating func nextOfAll(_ groups: inout JourneyGroups, atLeast count: Int) throws -> UInt32? {
        try log.readIndex { txn, index in
            var cursor = try txn.cursor(in: index.journeys)
            let found = try index.runs(txn).through(indexed)
            if found != runs {
                merge = JourneyMerge(found.map { JourneySource($0, kind) } + [merge.last].compactMap(\.self))
                try merge.start(&cursor, from: nextSymbol)
                runs = found
            }
            return try merge.next(&cursor, need, through: indexed, atLeast: count, into: &groups)
        }
    }

    private mutating func nextInMemory(_ groups: inout JourneyGroups, atLeast count: Int) -> UInt32? {
        guard var memory = alone else { return nil }
        alone = nil
        defer { alone = memory }
        var reached: UInt32?
        while groups.events.count < count, let symbol = memory.symbol {
            reached = symbol
            if need.types.map({ memory.mayHave($0.span) }) ?? true {
                memory.take(need, into: &groups)
                groups.endGroup(symbol)
            } else {
                memory.skip()
            }
        }
        return reached
    }
}
