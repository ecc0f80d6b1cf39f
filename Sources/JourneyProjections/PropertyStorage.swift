// Where the values of a property table are: those of one event side by side, found by its position.
internal import JourneyEvents
internal import JourneyLog

/// Values of properties by position and key, gathered once and never changed.
final class PropertyStorage: Sendable {
    /// An event: where its values are.
    fileprivate struct Holder {
        var position: UInt64
        var start: UInt32
        var end: UInt32
    }

    private let holders: [Holder]
    /// Indices of holders plus one, by open addressing; the number of slots is a power of two.
    private let slots: [UInt32]
    private let values: KeptProperties
    /// The keys that the fold may see; nil for all.
    private let keys: KeySet?

    init(_ builder: consuming Builder, _ keys: KeySet?) {
        var count = 8
        while count < builder.holders.count * 2 { count *= 2 }
        var slots = [UInt32](repeating: 0, count: count)
        for (index, holder) in builder.holders.enumerated() {
            var slot = PropertyStorage.slot(holder.position, count)
            while slots[slot] != 0 { slot = (slot + 1) & (count - 1) }
            slots[slot] = UInt32(index + 1)
        }
        (self.slots, holders, values, self.keys) = (slots, builder.holders, builder.values, keys)
    }

    @inline(__always)
    private static func slot(_ position: UInt64, _ count: Int) -> Int {
        Int(truncatingIfNeeded: position &* 0x9E37_79B9_7F4A_7C15 >> 32) & (count - 1)
    }

    /// Gathers values, and says which of them are those of an event.
    struct Builder {
        fileprivate var holders: [Holder] = []
        fileprivate var values: KeptProperties

        /// Starts with these values, which are no event's yet.
        init(_ values: KeptProperties = KeptProperties(), capacity: Int = 0) {
            self.values = values
            holders.reserveCapacity(capacity)
        }

        /// Whether no event has any.
        var isEmpty: Bool { holders.isEmpty }

        /// Says that the values of a range are those of an event.
        mutating func add(_ position: UInt64, _ range: Range<Int>) {
            holders.append(
                Holder(position: position, start: UInt32(range.lowerBound), end: UInt32(range.upperBound))
            )
        }

        /// Adds what the log has at positions, which may come in any order.
        mutating func read(_ log: LogSnapshot, _ keys: [UInt32], _ positions: [UInt64]) throws {
            guard !keys.isEmpty, !positions.isEmpty else { return }
            let isAscending = zip(positions, positions.dropFirst()).allSatisfy { $0 < $1 }
            let ascending = isAscending ? positions : Set(positions).sorted()
            var start = values.count
            let first = start
            try log.eachProperty(keys, at: ascending) { index, key, value in
                let position = ascending[index]
                if values.count > first, values.position(values.count - 1) != position {
                    add(values.position(values.count - 1), start..<values.count)
                    start = values.count
                }
                values.append(position, key, value, 0..<value.count)
            }
            if values.count > start { add(values.position(start), start..<values.count) }
        }
    }

    /// Where the values of the event at a position are.
    func values(at position: UInt64) -> Range<UInt32> {
        var slot = PropertyStorage.slot(position, slots.count)
        while slots[slot] != 0 {
            let holder = holders[Int(slots[slot]) - 1]
            if holder.position == position { return holder.start..<holder.end }
            slot = (slot + 1) & (slots.count - 1)
        }
        return 0..<0
    }

    /// The index of the value of a key among those of an event; of a key that is written twice the last one.
    func index(_ key: UInt32, _ range: Range<UInt32>) -> Int? {
        guard !range.isEmpty, key != 0 else { return nil }
        var index = Int(range.upperBound)
        while index > Int(range.lowerBound) {
            index -= 1
            if values.key(index) == key { return keys?.contains(key) ?? true ? index : nil }
        }
        return nil
    }

    /// The bytes of a value.
    func bytes(_ key: UInt32, _ range: Range<UInt32>) -> ArraySlice<UInt8>? {
        index(key, range).map { values.bytes[values.range($0)] }
    }

    /// The JSON text of a value.
    func json(_ key: UInt32, _ range: Range<UInt32>) -> String? {
        index(key, range).map { values.string($0) }
    }

    /// The text of a value that is a JSON string.
    func text(_ key: UInt32, _ range: Range<UInt32>) -> String? {
        guard let index = index(key, range) else { return nil }
        let range = values.range(index)
        guard range.count >= 2, values.bytes[range.lowerBound] == 34, values.bytes[range.upperBound - 1] == 34 else {
            return nil
        }
        // Few texts have escapes; the others are what stands between the quotes.
        for at in range where values.bytes[at] == 92 { return stringValue(ofJSON: values.string(index)) }
        return values.string((range.lowerBound + 1)..<(range.upperBound - 1))
    }
}
