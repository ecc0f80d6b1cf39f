// The columns, turned from order of position into journeys: the events of each key together, in journey order. Keys are
// taken in ranges whose events fit a bound, so that memory does not grow with the log.
internal import JourneyEvents
public import JourneyLog
internal import Platform

/// The events of some keys, grouped.
public struct EventGroups: Sendable {
    /// How many events one range may have (48 bytes each).
    static let capacity = 524_288

    /// All events, by key and then in journey order.
    public private(set) var events: [FoldEvent] = []
    /// The first key.
    public private(set) var firstKey: UInt32 = 1
    /// Where each key's events end; those of the key with index `i` end at `ends[i]`.
    public private(set) var ends: [Int] = []
    /// The keys, when they do not follow one another.
    private var keys: [UInt32] = []
    /// Whether the keys were asked for one by one: some may have no events.
    private(set) var isListed = false

    /// The key of the group with this index.
    public func key(_ index: Int) -> UInt32 { keys.isEmpty ? firstKey + UInt32(index) : keys[index] }

    /// The groups of all keys in ascending order, a range of keys at a time.
    public struct Ranges: Sendable {
        private let log: LogSnapshot
        private let filter: Filter
        private var counts: [UInt32]
        private var first = 1

        /// Groups of the events inside `bounds`; with `types`, only of those whose type's symbol is marked. Customers are
        /// persons: their key is that of the person whose `identity` says the event is.
        public init(
            _ log: LogSnapshot,
            key: SymbolKind,
            bounds: EventBounds,
            types: [Bool]? = nil,
            identity: IdentityMap = IdentityMap()
        ) throws {
            self.log = log
            let keyCount = log.symbolCount(key)
            filter = Filter(
                key: key,
                keyCount: UInt32(keyCount),
                bounds: bounds,
                types: types,
                identity: key == .customer && !identity.isTrivial ? identity : nil
            )
            var counts = [UInt32](repeating: 0, count: keyCount + 1)
            let filter = self.filter
            try log.scanFoldBlocks(after: 0, through: bounds.through.rawValue) { events in
                for event in events {
                    let symbol = filter.symbol(event)
                    if symbol > 0 { counts[Int(symbol)] += 1 }
                }
            }
            self.counts = counts
        }

        /// The next groups; nil after the last.
        public mutating func next() throws -> EventGroups? {
            while first < counts.count {
                var last = first
                var size = Int(counts[first])
                while last + 1 < counts.count, size + Int(counts[last + 1]) <= capacity {
                    last += 1
                    size += Int(counts[last])
                }
                let range = first...last
                first = last + 1
                if size > 0 { return try EventGroups(log, filter, range, counts[range]) }
            }
            return nil
        }
    }

    /// Which events are grouped, and by what.
    private struct Filter: Sendable {
        let key: SymbolKind
        let keyCount: UInt32
        let bounds: EventBounds
        let types: [Bool]?
        /// Nil when everybody is who they say.
        let identity: IdentityMap?

        /// The key of an event; 0 when it has none or is not wanted.
        @inline(__always)
        func symbol(_ event: FoldEvent) -> UInt32 {
            var symbol = key == .customer ? event.customer : event.deal
            if let identity { symbol = identity.person(symbol, at: event.occurredAt) }
            guard symbol > 0, symbol <= keyCount, bounds.contains(event) else { return 0 }
            if let types { guard Int(event.type) < types.count, types[Int(event.type)] else { return 0 } }
            return symbol
        }
    }

    private init(_ log: LogSnapshot, _ filter: Filter, _ keys: ClosedRange<Int>, _ counts: ArraySlice<UInt32>) throws {
        var builder = Builder(counts)
        let (low, high) = (UInt32(keys.lowerBound), UInt32(keys.upperBound))
        let symbols = filter.identity?.symbols(of: low...high) ?? low...high
        try log.scanFoldBlocks(of: filter.key, in: symbols, through: filter.bounds.through.rawValue) { events in
            for event in events {
                let symbol = filter.symbol(event)
                if symbol >= low, symbol <= high { builder.add(event, Int(symbol - low)) }
            }
        }
        self.init(&builder, firstKey: low)
    }

    /// Puts events into groups whose sizes are known.
    private struct Builder {
        fileprivate var events: [FoldEvent]
        /// Where the next event of each group goes; where the group ends once it is complete.
        fileprivate var next: [Int]

        /// Room for groups of these sizes.
        init(_ counts: ArraySlice<UInt32>) {
            next = []
            next.reserveCapacity(counts.count)
            var size = 0
            for count in counts {
                next.append(size)
                size += Int(count)
            }
            events = []
            events.reserveCapacity(size)
            ProcessMemory.adviseLargePages(&events)
            let blank = FoldEvent(position: 0, occurredAt: 0, type: 0)
            for _ in 0..<size { events.append(blank) }
        }

        /// Adds an event to the group with this index. Each group gets as many as it has room for.
        @inline(__always)
        mutating func add(_ event: FoldEvent, _ index: Int) {
            let slot = next[index]
            events[slot] = event
            next[index] = slot + 1
        }

    }

    /// The groups of a builder, which has none afterwards; `firstKey` is the key of the first group.
    private init(_ builder: inout Builder, firstKey: UInt32) {
        self.firstKey = firstKey
        // Taken, not copied: there is one copy of the events.
        swap(&ends, &builder.next)
        swap(&events, &builder.events)
        sortGroups()
    }

    /// No groups.
    init() {}

    /// Takes the groups of journeys in exchange for the memory of these, and puts them in journey order.
    mutating func take(_ journeys: inout JourneyGroups) {
        swap(&events, &journeys.events)
        swap(&ends, &journeys.ends)
        swap(&keys, &journeys.symbols)
        for index in journeys.unsorted {
            EventGroups.sort(&events, index == 0 ? 0 : ends[index - 1], ends[index])
        }
    }

    /// Sorts each group by time; equal times keep their order of position.
    private mutating func sortGroups() {
        var start = 0
        for end in ends {
            EventGroups.sort(&events, start, end)
            start = end
        }
    }

    /// Sorts a group by time; equal times keep their order of position. O(n) when it is sorted already.
    static func sort(_ events: inout [FoldEvent], _ start: Int, _ end: Int) {
        var moved = 0
        var index = start + 1
        while index < end {
            guard events[index].occurredAt < events[index - 1].occurredAt else {
                index += 1
                continue
            }
            let event = events[index]
            var slot = index
            while slot > start, event.occurredAt < events[slot - 1].occurredAt {
                events[slot] = events[slot - 1]
                slot -= 1
                moved += 1
            }
            events[slot] = event
            if moved > (end - start) * 16 {
                // Far from sorted: insertion would be quadratic.
                let sorted = events[start..<end].sorted(by: FoldEvent.inJourneyOrder)
                events.replaceSubrange(start..<end, with: sorted)
                return
            }
            index += 1
        }
    }

    /// The groups of some keys (ascending) through a position; those without events are empty.
    init(
        _ log: LogSnapshot,
        kind: SymbolKind,
        keys: [UInt32],
        bounds: EventBounds,
        identity: IdentityMap = IdentityMap()
    )
        throws
    {
        (self.keys, isListed) = (keys, true)
        let isResolved = kind == .customer && !identity.isTrivial
        func key(_ event: FoldEvent) -> UInt32 {
            if isResolved { return identity.person(event.customer, at: event.occurredAt) }
            return kind == .customer ? event.customer : event.deal
        }
        var symbols = keys
        if isResolved { symbols = Set(keys.flatMap { identity.identifiers(of: $0) }).sorted() }
        let wanted = Set(isResolved ? keys : [])
        let found = try log.folds(of: kind, symbols, through: bounds.through).filter {
            bounds.contains($0) && (!isResolved || wanted.contains(key($0)))
        }
        func index(_ event: FoldEvent) -> Int {
            let symbol = key(event)
            var (low, high) = (0, keys.count)
            while low < high {
                let middle = (low + high) / 2
                if keys[middle] < symbol { low = middle + 1 } else { high = middle }
            }
            return low
        }
        var next = [Int](repeating: 0, count: keys.count + 1)
        for event in found { next[index(event) + 1] += 1 }
        for at in next.indices.dropFirst() { next[at] += next[at - 1] }
        next.removeLast()
        events = found
        for event in found {
            let at = index(event)
            events[next[at]] = event
            next[at] += 1
        }
        ends = next
        sortGroups()
    }
}
