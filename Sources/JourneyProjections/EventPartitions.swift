// What a rebuild reads once and folds part by part: events by ranges of keys. Writing each event to its own key's place would
// wait for memory a million times. Instead every range of keys gathers a few events where the processor's caches hold them,
// and gives them to one long list when they are enough; one range's events are small enough to be put in order in the caches.
internal import JourneyEvents
internal import JourneyLog
internal import LMDB

/// Events of a log by ranges of keys, each range in order of position.
struct EventPartitions: Sendable {
    /// How many events a part has on average: as ``FoldEvent`` they fit the cache of a processor's core.
    private static let partSize = 8_192
    /// So many events are given to the list at once.
    private static let chunkSize = 16
    /// Positions are kept in 32 bits, and memory is bounded: more events than that are read a range at a time.
    static let mostEvents: UInt64 = 4 << 20

    /// What all events have; amounts, which few have, stand apart.
    private struct Packed: BitwiseCopyable {
        var occurredAt: Int64
        var position: UInt32
        var customer: UInt32
        var deal: UInt32
        var type: UInt32
        var channel: UInt32
        var campaign: UInt32

        init(_ event: FoldEvent) {
            occurredAt = event.occurredAt
            position = UInt32(truncatingIfNeeded: event.position)
            (customer, deal, type) = (event.customer, event.deal, event.type)
            (channel, campaign) = (event.channel, event.campaign)
        }
    }

    private struct Money {
        var position: UInt32
        var scale: UInt8
        var currency: UInt32
        var units: Int64
    }

    private struct Part {
        /// Where the chunks begin in `events`.
        var chunks: [UInt32] = []
        var amounts: [Money] = []
    }

    private let kind: SymbolKind
    /// Nil when everybody is who they say.
    private let persons: IdentityMap?
    private let keyCount: UInt32
    /// A part has the keys that are equal but for so many lowest bits.
    private let shift: UInt32
    private var parts: [Part]
    private var events: [Packed] = []
    /// The newest events of each part, which are no whole chunk yet, and how many they are.
    private var newest: [Packed]
    private var newestCounts: [Int]

    /// How many parts there are.
    var count: Int { parts.count }

    /// No events yet of the first `keyCount` keys. `expected` of them are expected; more can be added.
    init(by kind: SymbolKind, keyCount: Int, expected: Int, _ persons: IdentityMap) {
        (self.kind, self.keyCount) = (kind, UInt32(keyCount))
        self.persons = kind == .customer && !persons.isTrivial ? persons : nil
        let width = min(max(1, keyCount * EventPartitions.partSize / max(expected, 1)), 1 << 20)
        shift = UInt32(Int.bitWidth - 1 - width.leadingZeroBitCount)
        parts = Array(repeating: Part(), count: keyCount >> shift + 1)
        let blank = Packed(FoldEvent(position: 0, occurredAt: 0, type: 0))
        newest = Array(repeating: blank, count: parts.count * EventPartitions.chunkSize)
        newestCounts = Array(repeating: 0, count: parts.count)
        events.reserveCapacity(expected)
        ProcessMemory.adviseLargePages(&events)
    }

    /// The key of an event; 0 when it has none.
    @inline(__always)
    private func key(_ customer: UInt32, _ deal: UInt32, at time: Int64) -> UInt32 {
        if let persons { return persons.person(customer, at: time) }
        return kind == .customer ? customer : deal
    }

    /// Adds an event that comes after those before it; one that has no key, or a newer one, is left out.
    @inline(__always)
    mutating func add(_ event: FoldEvent) {
        let key = key(event.customer, event.deal, at: event.occurredAt)
        guard key > 0, key <= keyCount else { return }
        let part = Int(key >> shift)
        let count = newestCounts[part]
        newest[part * EventPartitions.chunkSize + count] = Packed(event)
        newestCounts[part] = count + 1
        if count + 1 == EventPartitions.chunkSize { closeChunk(part) }
        if event.currency != 0 { addAmount(event, part) }
    }

    private mutating func closeChunk(_ part: Int) {
        let start = part * EventPartitions.chunkSize
        parts[part].chunks.append(UInt32(events.count))
        events.append(contentsOf: newest[start..<(start + EventPartitions.chunkSize)])
        newestCounts[part] = 0
    }

    private mutating func addAmount(_ event: FoldEvent, _ part: Int) {
        parts[part].amounts.append(
            Money(
                position: UInt32(truncatingIfNeeded: event.position),
                scale: event.scale,
                currency: event.currency,
                units: event.units
            )
        )
    }

    /// Puts the events of one part in the place of those in `groups`, by key and then in journey order; those of keys that
    /// have no event of `rowTypes` are left out.
    func fill(_ groups: inout EventGroups, with part: Int, _ rowTypes: RowTypes) {
        let low = UInt32(part) << shift
        groups.refill(from: low, keys: Int(min(low + (1 << shift) - 1, keyCount) - low) + 1) { events, ends in
            count(part, low, rowTypes, into: &ends)
            var size = 0
            for key in ends.indices {
                let count = ends[key]
                ends[key] = size
                size += count
            }
            if events.count > size { events.removeLast(events.count - size) }
            let blank = FoldEvent(position: 0, occurredAt: 0, type: 0)
            while events.count < size { events.append(blank) }
            place(part, low, into: &events, &ends)
        }
    }

    /// Adds to `counts`, which are 0, how many events each key has, if it can have a row.
    private func count(_ part: Int, _ low: UInt32, _ rowTypes: RowTypes, into counts: inout [Int]) {
        var mayHaveRow = [Bool](repeating: rowTypes.isEveryType, count: counts.count)
        var counts = counts.mutableSpan
        var marks = mayHaveRow.mutableSpan
        eachEvent(part) { event in
            let index = Int(key(event.customer, event.deal, at: event.occurredAt) - low)
            counts[index] += 1
            if rowTypes.contains(event.type) { marks[index] = true }
        }
        for index in counts.indices where !marks[index] { counts[index] = 0 }
    }

    /// Puts each event where those of its key go on; `next` says where, and where each key ends afterwards.
    private func place(_ part: Int, _ low: UInt32, into groups: inout [FoldEvent], _ next: inout [Int]) {
        // Where the room of each key ends: a key without a row has none.
        let limits = next.dropFirst() + [groups.count]
        let amounts = parts[part].amounts
        var amount = 0
        var groups = groups.mutableSpan
        var next = next.mutableSpan
        eachEvent(part) { packed in
            let hasAmount = amount < amounts.count && amounts[amount].position == packed.position
            if hasAmount { amount += 1 }
            let index = Int(key(packed.customer, packed.deal, at: packed.occurredAt) - low)
            let slot = next[index]
            guard slot < limits[limits.startIndex + index] else { return }
            var event = FoldEvent(
                position: UInt64(packed.position),
                occurredAt: packed.occurredAt,
                customer: packed.customer,
                deal: packed.deal,
                type: packed.type,
                channel: packed.channel,
                campaign: packed.campaign
            )
            if hasAmount {
                let money = amounts[amount - 1]
                (event.units, event.currency, event.scale) = (money.units, money.currency, money.scale)
            }
            groups[slot] = event
            next[index] = slot + 1
        }
    }

    /// Visits the events of a part. Its chunks lie apart: their memory is asked for some chunks ahead.
    @inline(__always)
    private func eachEvent(_ part: Int, _ body: (Packed) -> Void) {
        let size = EventPartitions.chunkSize
        let chunks = parts[part].chunks
        for (index, chunk) in chunks.enumerated() {
            if index + 8 < chunks.count {
                let ahead = Int(chunks[index + 8])
                for slot in stride(from: ahead, to: ahead + size, by: 2) { prefetch(events, slot) }
            }
            for slot in Int(chunk)..<(Int(chunk) + size) { body(events[slot]) }
        }
        for slot in (part * size)..<(part * size + newestCounts[part]) { body(newest[slot]) }
    }
}
