// The columns, turned from order of position into journeys: the events of each key together, in journey order. Keys are
// taken in ranges whose events fit a bound, so that memory does not grow with the log.
internal import JourneyEvents
public import JourneyLog

/// The events of a range of keys, grouped.
public struct EventGroups: Sendable {
    /// How many events one range may have (72 bytes each, twice).
    static let capacity = 1_000_000
    /// All events, by key and then in journey order.
    public private(set) var events: [FoldEvent] = []
    /// The first key.
    public private(set) var firstKey: UInt32 = 1
    /// Where each key's events end; those of key `firstKey + i` end at `ends[i]`.
    public private(set) var ends: [Int] = []

    /// The groups of all keys in ascending order, a range of keys at a time.
    public struct Ranges: Sendable {
        private let log: EventLog
        private let key: SymbolKind
        private let bounds: EventBounds
        private let types: [Bool]?
        private var counts: [Int32]
        private var first = 1

        /// Groups of the events inside `bounds`; with `types`, only of those whose type's symbol is marked.
        public init(_ log: EventLog, key: SymbolKind, bounds: EventBounds, types: [Bool]? = nil) throws {
            self.log = log
            self.key = key
            self.bounds = bounds
            self.types = types
            let keyCount = log.symbolCount(key)
            var counts = [Int32](repeating: 0, count: keyCount + 1)
            try log.scanFolds(after: 0, through: bounds.through.rawValue) { event in
                let symbol = Int(key == .customer ? event.customer : event.deal)
                if symbol > 0, symbol <= keyCount, bounds.contains(event), isWanted(event, types) {
                    counts[symbol] += 1
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
                let start = first
                first = last + 1
                if size > 0 {
                    return try EventGroups(
                        log,
                        key: key,
                        first: start,
                        last: last,
                        counts: counts,
                        size: size,
                        bounds,
                        types
                    )
                }
            }
            return nil
        }
    }

    private static func isWanted(_ event: FoldEvent, _ types: [Bool]?) -> Bool {
        guard let types else { return true }
        return Int(event.type) < types.count && types[Int(event.type)]
    }

    private init(
        _ log: EventLog,
        key: SymbolKind,
        first: Int,
        last: Int,
        counts: [Int32],
        size: Int,
        _ bounds: EventBounds,
        _ types: [Bool]?
    ) throws {
        firstKey = UInt32(first)
        var next = [Int](repeating: 0, count: last - first + 1)
        var at = 0
        for index in next.indices {
            next[index] = at
            at += Int(counts[first + index])
        }
        var grouped = [FoldEvent](repeating: FoldEvent(position: 0, occurredAt: 0, type: 0), count: size)
        try log.scanFolds(after: 0, through: bounds.through.rawValue) { event in
            let symbol = Int(key == .customer ? event.customer : event.deal)
            guard symbol >= first, symbol <= last, bounds.contains(event), EventGroups.isWanted(event, types) else {
                return
            }
            grouped[next[symbol - first]] = event
            next[symbol - first] += 1
        }
        ends = next
        var start = 0
        for end in next {
            EventGroups.sort(&grouped, start, end)
            start = end
        }
        events = grouped
    }

    /// Sorts a group by time; equal times keep their order of position. O(n) when it is sorted already.
    static func sort(_ events: inout [FoldEvent], _ start: Int, _ end: Int) {
        var moved = 0
        var index = start + 1
        while index < end {
            let event = events[index]
            var slot = index
            while slot > start, event.occurredAt < events[slot - 1].occurredAt {
                events[slot] = events[slot - 1]
                slot -= 1
                moved += 1
                if moved > (end - start) * 16 {
                    // Far from sorted: insertion would be quadratic.
                    events[slot] = event
                    let sorted = events[start..<end].sorted(by: FoldEvent.inJourneyOrder)
                    events.replaceSubrange(start..<end, with: sorted)
                    return
                }
            }
            events[slot] = event
            index += 1
        }
    }

    /// One group, for a single key.
    init(key: UInt32, events: [FoldEvent]) {
        firstKey = key
        self.events = events.sorted(by: FoldEvent.inJourneyOrder)
        ends = [events.count]
    }
}
