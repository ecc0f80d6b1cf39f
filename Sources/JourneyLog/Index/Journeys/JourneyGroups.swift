// Journeys on their way: what readers give, and what is written as blocks. The same memory is used again for the next ones.

/// Events of some customers or deals, grouped, in ascending order of symbol and then of position.
package struct JourneyGroups: Sendable {
    /// All events.
    package var events: [FoldEvent] = []
    /// The symbols; those that follow one another may be equal where journeys are parted.
    package var symbols: [UInt32] = []
    /// Where each symbol's events end.
    package var ends: [Int] = []
    /// What is kept of their properties, in order of the events.
    package var kept = KeptProperties()
    /// Where each symbol's kept properties end.
    package var keptEnds: [Int] = []
    /// The events that have kept properties.
    package var holders: [Holder] = []
    /// The highest symbol of a type that an event has.
    package var lastType: UInt32 = 0
    /// The indices of the groups whose events are not in journey order too.
    package private(set) var unsorted: [Int] = []
    /// The latest event of the group that is not ended yet, and whether its events are in journey order so far.
    var latest = Int64.min
    var isSorted = true

    /// An event that has kept properties: its index, and where they are.
    package struct Holder: BitwiseCopyable, Sendable {
        package var index: UInt32
        package var start: UInt32
        package var end: UInt32

        /// Where they are.
        package var range: Range<Int> { Int(start)..<Int(end) }

        init(_ index: Int, _ start: Int, _ end: Int) {
            (self.index, self.start, self.end) = (UInt32(index), UInt32(start), UInt32(end))
        }
    }

    /// No groups.
    package init() {}

    /// Forgets everything but the room that it took.
    package mutating func removeAll() {
        events.removeAll(keepingCapacity: true)
        symbols.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        kept.removeAll()
        keptEnds.removeAll(keepingCapacity: true)
        holders.removeAll(keepingCapacity: true)
        lastType = 0
        unsorted.removeAll(keepingCapacity: true)
        (latest, isSorted) = (.min, true)
    }

    /// Adds an event to the group that is not ended yet, with its kept properties among others.
    package mutating func append(_ event: FoldEvent, _ others: KeptProperties, _ range: Range<Int>) {
        if !range.isEmpty {
            holders.append(Holder(events.count, kept.count, kept.count + range.count))
            kept.append(others, range)
        }
        note(event)
        events.append(event)
    }

    /// Notes what is asked of all events, for one that goes to the group that is not ended yet.
    @inline(__always)
    private mutating func note(_ event: FoldEvent) {
        lastType = max(lastType, event.type)
        if event.occurredAt < latest { isSorted = false }
        latest = event.occurredAt
    }

    /// Adds events to the group that is not ended yet, without properties: those of a list at some indices.
    mutating func append(_ all: [FoldEvent], at indices: ArraySlice<UInt32>) {
        var (type, latest, isSorted) = (lastType, latest, isSorted)
        events.append(addingCapacity: indices.count) { (added: inout OutputSpan<FoldEvent>) in
            for index in indices {
                let event = all[Int(index)]
                type = max(type, event.type)
                if event.occurredAt < latest { isSorted = false }
                latest = event.occurredAt
                added.append(event)
            }
        }
        (lastType, self.latest, self.isSorted) = (type, latest, isSorted)
    }

    /// Adds the events of another's group, those through a position, to the group that is not ended yet.
    package mutating func append(_ other: JourneyGroups, _ index: Int, through last: UInt64 = .max) {
        other.eachEvent(index) { event, range in if event.position <= last { append(event, other.kept, range) } }
    }

    /// Visits the events of the group at an index, each with the range of its kept properties.
    package func eachEvent(_ index: Int, _ body: (FoldEvent, Range<Int>) throws -> Void) rethrows {
        var at = keptRange(index).lowerBound
        let end = keptRange(index).upperBound
        for event in events[range(index)] {
            let start = at
            while at < end, kept.position(at) == event.position { at += 1 }
            try body(event, start..<at)
        }
    }

    /// Leaves out the events at some positions, and the groups that had no others.
    mutating func remove(_ hidden: HiddenPositions) {
        guard events.contains(where: { hidden.contains($0.position) }) else { return }
        var left = JourneyGroups()
        for (index, symbol) in symbols.enumerated() {
            eachEvent(index) { event, range in
                if !hidden.contains(event.position) { left.append(event, kept, range) }
            }
            left.endGroup(symbol)
        }
        self = left
    }

    /// Where the events of the group at an index lie.
    package func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }
    /// Where the kept properties of the group at an index lie.
    package func keptRange(_ index: Int) -> Range<Int> { (index == 0 ? 0 : keptEnds[index - 1])..<keptEnds[index] }

    /// Ends the group of a symbol: what was added since the last one is its own. Without events there is no group.
    package mutating func endGroup(_ symbol: UInt32) {
        guard events.count > ends.last ?? 0 else { return }
        if !isSorted { unsorted.append(symbols.count) }
        (latest, isSorted) = (.min, true)
        symbols.append(symbol)
        ends.append(events.count)
        keptEnds.append(kept.count)
    }
}

/// What a reader wants of journeys.
package struct JourneyNeed: Sendable {
    /// The types of which a journey must have one, by symbol; nil when all journeys are wanted. Others may come too.
    package var types: [Bool]? {
        didSet {
            typeBits = 0
            for (type, isWanted) in (types ?? []).enumerated() where isWanted {
                typeBits |= JourneyBlock.typeBit(UInt32(type))
            }
        }
    }
    /// The bits of these types in a block.
    private(set) var typeBits: UInt16 = 0
    /// Whether the events of a type are wanted with kept properties, by symbol.
    package var keptTypes: [Bool] = []
    /// Whether those of the types behind them are.
    package var keepsOthers = true

    /// All journeys with all that is kept.
    package init() {}
}
