// Texts that events share (customers, types, channels, …) become dense numbers, one numbering per kind, first come first
// numbered from 1. Folds then index arrays instead of hashing text.
internal import LMDB
internal import Platform

/// All symbols of one kind in memory: text to number by open addressing, number to text by offset.
package struct SymbolTable: Sendable {
    private var arena: [UInt8] = []
    private var starts: [UInt32] = [0]
    private var hashes: [UInt64] = []
    /// The number of the symbol in a slot below the high half of its hash; 0 in an empty slot. What differs in the half
    /// is not looked at any further.
    private var slots: [UInt64]
    private let kind: SymbolKind
    private let key: HashKey
    /// The number that a text of some length and ends had last. Types, channels and property keys are few and come again
    /// and again: one comparison finds them without a hash. Not kept for tables of many symbols.
    private var recent = [UInt32](repeating: 0, count: SymbolTable.recentSize)
    private static let recentSize = 128
    private static let mostForRecent = 4_096

    /// An empty table with room for some symbols.
    init(kind: SymbolKind, key: HashKey, capacity: Int = 0) {
        (self.kind, self.key) = (kind, key)
        var size = 64
        while size < capacity * 2 + 2 { size *= 2 }
        slots = Array(repeating: 0, count: size)
        hashes.reserveCapacity(capacity)
        starts.reserveCapacity(capacity + 1)
    }

    /// How many symbols there are; the highest number.
    package var count: Int { hashes.count }

    /// Whether so many more bytes of text can be numbered: where a text ends is kept in 32 bits.
    func hasRoom(for count: Int) -> Bool { arena.count + count <= Int(UInt32.max) }

    /// The number of a text, nil when it has none yet.
    func find(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt32? {
        find(bytes, range, hash: key.hash(kind, bytes, range)).number
    }

    private func find(_ bytes: Span<UInt8>, _ range: Range<Int>, hash: UInt64) -> (number: UInt32?, slot: Int) {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while true {
            let found = slots[slot]
            if found == 0 { return (nil, slot) }
            if (found ^ hash) >> 32 == 0 {
                let number = UInt32(truncatingIfNeeded: found)
                let index = Int(number) - 1
                if sameText(arena.span, Int(starts[index])..<Int(starts[index + 1]), bytes, range) {
                    return (number, slot)
                }
            }
            slot = (slot + 1) & mask
        }
    }

    /// The number of a text; a new one when the text is new.
    package mutating func intern(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt32 {
        guard hashes.count <= SymbolTable.mostForRecent, let last = range.last else { return lookUp(bytes, range) }
        let place =
            (range.count &* 31 ^ Int(bytes[range.lowerBound]) &* 7 ^ Int(bytes[last])) & (SymbolTable.recentSize - 1)
        let number = Int(recent[place])
        if number > 0, number <= hashes.count,
            sameText(arena.span, Int(starts[number - 1])..<Int(starts[number]), bytes, range)
        {
            return UInt32(number)
        }
        let found = lookUp(bytes, range)
        recent[place] = found
        return found
    }

    private mutating func lookUp(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt32 {
        intern(bytes, range, hash: key.hash(kind, bytes, range))
    }

    /// As ``intern(_:_:)`` for a text whose hash is known.
    mutating func intern(_ bytes: Span<UInt8>, _ range: Range<Int>, hash: UInt64) -> UInt32 {
        let (found, slot) = find(bytes, range, hash: hash)
        if let found { return found }
        arena.append(bytes, range)
        starts.append(UInt32(arena.count))
        hashes.append(hash)
        let number = UInt32(hashes.count)
        slots[slot] = SymbolTable.entry(hash, number)
        if hashes.count * 2 > slots.count { grow() }
        return number
    }

    /// Says that a text with this hash will be looked for soon: first its slot is asked for, then (`step` 1) where its text
    /// starts, then (2) the text. Each needs the one before, so some work lies between the steps. (It changes nothing, but is
    /// mutating so that its caller need not copy the table.)
    mutating func prepare(_ hash: UInt64, step: Int) {
        let slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        guard step > 0 else { return prefetch(slots, slot) }
        let number = Int(UInt32(truncatingIfNeeded: slots[slot]))
        guard number > 0 else { return }
        if step == 1 { prefetch(starts, number - 1) } else { prefetch(arena, Int(starts[number - 1])) }
    }

    private static func entry(_ hash: UInt64, _ number: UInt32) -> UInt64 { hash & ~0xFFFF_FFFF | UInt64(number) }

    /// Takes the newest symbol back.
    mutating func removeLast() {
        guard let hash = hashes.popLast() else { return }
        // Nothing came after it, so no other symbol's way leads over its slot.
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while UInt32(truncatingIfNeeded: slots[slot]) != UInt32(hashes.count + 1) { slot = (slot + 1) & mask }
        slots[slot] = 0
        starts.removeLast()
        arena.removeLast(arena.count - Int(starts[hashes.count]))
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        let mask = slots.count - 1
        for index in hashes.indices where starts[index] < starts[index + 1] {
            var slot = Int(truncatingIfNeeded: hashes[index]) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = SymbolTable.entry(hashes[index], UInt32(index + 1))
        }
    }

    /// The bytes of a number's text; none when there is no such number.
    func bytes(_ number: UInt32) -> [UInt8] {
        guard number > 0, Int(number) <= hashes.count else { return [] }
        return Array(arena[Int(starts[Int(number) - 1])..<Int(starts[Int(number)])])
    }

    /// The bytes of a number's text without a copy; none when there is no such number.
    package func slice(_ number: UInt32) -> ArraySlice<UInt8> {
        guard number > 0, Int(number) <= hashes.count else { return [] }
        return arena[Int(starts[Int(number) - 1])..<Int(starts[Int(number)])]
    }

    func hash(_ number: UInt32) -> UInt64 { hashes[Int(number) - 1] }

    /// The symbols from number `first` through `last` in their stored form.
    func chunk(from first: Int, through last: Int, salt: [UInt8]) -> [UInt8] {
        SymbolChunk.encode(
            arena,
            from: starts[first - 1],
            ends: starts[first...last],
            key: SymbolChunk.key(kind, first),
            salt: salt
        )
    }

    /// Adds the symbols of a stored chunk, which must follow those that are there. A text that an erasure has emptied keeps
    /// its number, and nobody finds it.
    mutating func load(_ chunk: SymbolChunk, _ bytes: Span<UInt8>) throws(RecordDamage) {
        guard Int(chunk.first) == count + 1 else { throw RecordDamage(offset: 0) }
        for index in 0..<chunk.count {
            let range = try chunk.text(index, bytes)
            if range.isEmpty {
                starts.append(UInt32(arena.count))
                hashes.append(0)
                continue
            }
            guard intern(bytes, range) == chunk.first + UInt32(index) else {
                throw RecordDamage(offset: range.lowerBound)
            }
        }
    }
}

/// Whether two short texts are equal: 8 bytes at a time, the last ones overlapping, without a call.
@inline(__always)
private func sameText(_ a: Span<UInt8>, _ aRange: Range<Int>, _ b: Span<UInt8>, _ bRange: Range<Int>) -> Bool {
    let count = aRange.count
    guard count == bRange.count else { return false }
    guard count >= 8 else {
        var offset = 0
        while offset < count {
            if a[aRange.lowerBound + offset] != b[bRange.lowerBound + offset] { return false }
            offset += 1
        }
        return true
    }
    var offset = 0
    while offset + 8 <= count {
        if loadLittleEndian(a, at: aRange.lowerBound + offset, as: UInt64.self)
            != loadLittleEndian(b, at: bRange.lowerBound + offset, as: UInt64.self)
        {
            return false
        }
        offset += 8
    }
    return loadLittleEndian(a, at: aRange.upperBound - 8, as: UInt64.self)
        == loadLittleEndian(b, at: bRange.upperBound - 8, as: UInt64.self)
}
