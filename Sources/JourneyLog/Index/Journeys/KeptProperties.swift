// Properties that folds ask for again and again, few and short: the index keeps them beside the events, so that a rebuild does
// not read the log for them.
internal import JourneyEvents
internal import Platform

/// Properties of events, those of one event side by side.
package struct KeptProperties: Sendable {
    @usableFromInline
    package struct Entry: BitwiseCopyable, Sendable {
        @usableFromInline package var position: UInt64
        @usableFromInline package var key: UInt32
        @usableFromInline package var count: UInt32
        /// Where the value starts in `bytes`.
        @usableFromInline package var start: Int
    }

    @usableFromInline package private(set) var entries: [Entry] = []
    @usableFromInline package private(set) var bytes: [UInt8] = []

    /// None.
    package init() {}

    /// How many there are.
    @inlinable package var count: Int { entries.count }

    /// Where the value at an index lies in the bytes that ``each(_:_:)`` gives.
    @inlinable @inline(__always)
    package func range(_ index: Int) -> Range<Int> {
        let entry = entries[index]
        return entry.start..<(entry.start + Int(entry.count))
    }

    /// Adds a property of an event: the key's symbol, or what stands for a part of the record, and the JSON text.
    package mutating func append(_ position: UInt64, _ key: UInt32, _ value: Span<UInt8>, _ range: Range<Int>) {
        entries.append(Entry(position: position, key: key, count: UInt32(range.count), start: bytes.count))
        bytes.append(value, range)
    }

    /// Adds the properties of an event as a block of journeys has them: `varint count`, then for each `varint key`,
    /// `varint length`, JSON text.
    mutating func append(_ position: UInt64, stored: Span<UInt8>, _ range: Range<Int>) throws(RecordDamage) {
        // All bytes at once; what stands between the values stays there.
        let shift = bytes.count - range.lowerBound
        bytes.append(stored, range)
        var reader = ByteReader(from: range.lowerBound, to: range.upperBound)
        for _ in 0..<(try reader.varint(stored)) {
            let key = try reader.symbol(stored)
            let value = try reader.text(stored)
            entries.append(
                Entry(position: position, key: key, count: UInt32(value.count), start: value.lowerBound + shift)
            )
        }
    }

    /// Adds some of others.
    package mutating func append(_ others: KeptProperties, _ range: Range<Int>) {
        guard !range.isEmpty else { return }
        let from = others.entries[range.lowerBound].start
        let shift = bytes.count - from
        bytes.append(others.bytes.span, from..<others.range(range.upperBound - 1).upperBound)
        entries.append(addingCapacity: range.count) { (added: inout OutputSpan<Entry>) in
            for index in range {
                var entry = others.entries[index]
                entry.start += shift
                added.append(entry)
            }
        }
    }

    /// Asks for the memory of the property at an index (step 0), and then (step 1) of its value.
    func prepare(_ index: Int, _ step: Int) {
        if step == 0 { prefetch(entries, index) } else { prefetch(bytes, range(index).lowerBound) }
    }

    /// Gives what is there, and starts anew with room for as many.
    package mutating func taken() -> KeptProperties {
        var next = KeptProperties()
        next.entries.reserveCapacity(entries.count)
        next.bytes.reserveCapacity(bytes.count)
        swap(&next, &self)
        return next
    }

    /// Forgets all but the first so many.
    package mutating func keepFirst(_ count: Int) {
        guard count < entries.count else { return }
        bytes.removeLast(bytes.count - entries[count].start)
        entries.removeLast(entries.count - count)
    }

    /// Forgets everything but the room that it took.
    package mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
    }

    /// Those behind a position, when they are in order of position.
    func after(_ position: UInt64) -> KeptProperties {
        var rest = KeptProperties()
        rest.append(self, firstIndex(after: position)..<entries.count)
        return rest
    }

    /// The index of the first one behind a position, when they are in order of position.
    func firstIndex(after position: UInt64) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].position <= position { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The position of the event whose property is at an index.
    @inlinable @inline(__always)
    package func position(_ index: Int) -> UInt64 { entries[index].position }

    /// The key of the property at an index.
    @inlinable @inline(__always)
    package func key(_ index: Int) -> UInt32 { entries[index].key }

    /// The JSON text of the property at an index.
    package func string(_ index: Int) -> String { string(range(index)) }

    /// The text of a range of ``bytes``.
    package func string(_ range: Range<Int>) -> String {
        let bytes = bytes.span
        return bytes.string(range)
    }

    /// Visits those in a range: position, key, and where the value lies in the bytes that are given too.
    @inlinable @inline(__always)
    package func each(_ range: Range<Int>, _ body: (UInt64, UInt32, Span<UInt8>, Range<Int>) -> Void) {
        for index in range { body(entries[index].position, entries[index].key, bytes.span, self.range(index)) }
    }

    /// Adds what is kept of a stored record.
    mutating func append(_ position: UInt64, _ record: RecordView, _ bytes: Span<UInt8>, _ keys: KeptKeys) throws {
        guard !record.presence.contains(.erased) else { return }
        if record.account != 0 { appendAccount(position, record.account) }
        try record.eachProperty(bytes) { key, value in
            if keys.contains(key) { append(position, key, bytes, value) }
        }
    }

    /// Adds the account of an event.
    mutating func appendAccount(_ position: UInt64, _ account: UInt32) {
        let digits = Array(String(account).utf8)
        append(position, RecordPart.account, digits.span, 0..<digits.count)
    }
}
