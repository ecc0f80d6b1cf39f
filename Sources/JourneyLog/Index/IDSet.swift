// Which ids the log has, as 64-bit hashes with the position of each. A hash that is found is only a suspicion: the real
// id is compared in the record, so that two ids with one hash never cost an event.
internal import Platform

/// Hashes of the events that no run on disk has yet, by open addressing. Hash and position of an entry lie side by side, so
/// that a look-up in a set larger than the caches waits for memory once.
struct IDSet {
    private struct Entry: BitwiseCopyable {
        var hash: UInt64 = 0
        /// 0 in an empty slot.
        var position: UInt64 = 0
    }

    private var entries: [Entry]
    private(set) var count = 0

    init(capacity: Int = 1_024) { entries = IDSet.empty(capacity) }

    /// Empty slots. They are visited in no order, so large pages spare a look-up of the address with nearly every visit.
    private static func empty(_ count: Int) -> [Entry] {
        var entries: [Entry] = []
        entries.reserveCapacity(count)
        ProcessMemory.adviseLargePages(&entries)
        for _ in 0..<count { entries.append(Entry()) }
        return entries
    }

    mutating func insert(_ hash: UInt64, _ position: UInt64) {
        if (count + 1) * 2 > entries.count { grow() }
        let mask = entries.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while entries[slot].position != 0 { slot = (slot + 1) & mask }
        entries[slot] = Entry(hash: hash, position: position)
        count += 1
    }

    /// Says that a hash will be looked for soon.
    func prepare(_ hash: UInt64) { prefetch(entries, Int(truncatingIfNeeded: hash) & (entries.count - 1)) }

    /// Whether an id has this hash.
    func contains(_ hash: UInt64) -> Bool { find(hash) { _ in true } }

    /// Every position whose id has this hash.
    @inline(__always)
    func find(_ hash: UInt64, _ body: (UInt64) throws -> Bool) rethrows -> Bool {
        let mask = entries.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while entries[slot].position != 0 {
            if entries[slot].hash == hash, try body(entries[slot].position) { return true }
            slot = (slot + 1) & mask
        }
        return false
    }

    private mutating func grow() {
        let old = entries
        entries = IDSet.empty(old.count * 2)
        count = 0
        for entry in old where entry.position != 0 { insert(entry.hash, entry.position) }
    }

    /// All entries, by hash and then position.
    func sorted() -> [(hash: UInt64, position: UInt64)] {
        var entries: [(hash: UInt64, position: UInt64)] = []
        entries.reserveCapacity(count)
        for entry in self.entries where entry.position != 0 { entries.append((entry.hash, entry.position)) }
        return IDSet.sorted(entries)
    }

    /// Entries by hash and then position. Hashes are spread evenly: their highest bits put each entry within a few places of
    /// where it belongs, an insertion sort does the rest. O(n) expected; if many share a hash, O(n log n).
    static func sorted(_ entries: [(hash: UInt64, position: UInt64)]) -> [(hash: UInt64, position: UInt64)] {
        typealias Entry = (hash: UInt64, position: UInt64)
        func isBefore(_ a: Entry, _ b: Entry) -> Bool { a.hash != b.hash ? a.hash < b.hash : a.position < b.position }
        guard entries.count > 64 else { return entries.sorted(by: isBefore) }
        let bits = UInt64(entries.count.bitWidth - entries.count.leadingZeroBitCount) - 2
        func bucket(_ hash: UInt64) -> Int { Int(hash >> (64 - bits)) }
        var next = [UInt32](repeating: 0, count: 1 << Int(bits) + 1)
        for entry in entries { next[bucket(entry.hash) + 1] += 1 }
        for index in next.indices.dropFirst() { next[index] += next[index - 1] }
        var out = entries
        for entry in entries {
            let place = bucket(entry.hash)
            out[Int(next[place])] = entry
            next[place] += 1
        }
        var moves = 0
        for index in out.indices.dropFirst() where isBefore(out[index], out[index - 1]) {
            let entry = out[index]
            var place = index
            while place > 0, isBefore(entry, out[place - 1]) {
                out[place] = out[place - 1]
                place -= 1
                moves += 1
            }
            out[place] = entry
            if moves > entries.count * 16 { return entries.sorted(by: isBefore) }
        }
        return out
    }
}

/// Says of most hashes that a run does not have them, from one cache line: 16 bits an id, four of them set.
struct IDFilter {
    private var words: [UInt64]
    private let mask: Int
    /// How many ids it was made for: a run that another process has merged has more.
    let count: Int

    init(count: Int) {
        self.count = count
        var lines = 1
        while lines * 32 < count { lines *= 2 }
        words = Array(repeating: 0, count: lines * 8)
        mask = lines - 1
    }

    mutating func insert(_ hash: UInt64) {
        let line = Int(truncatingIfNeeded: hash >> 20) & mask
        var bits = hash &* 0x9E37_79B9_7F4A_7C15
        for _ in 0..<4 {
            let bit = Int(bits >> 55)
            words[line * 8 + (bit >> 6)] |= 1 << UInt64(bit & 63)
            bits &*= 0xD6E8_FEB8_6659_FD93
        }
    }

    func mayContain(_ hash: UInt64) -> Bool {
        let line = Int(truncatingIfNeeded: hash >> 20) & mask
        var bits = hash &* 0x9E37_79B9_7F4A_7C15
        for _ in 0..<4 {
            let bit = Int(bits >> 55)
            if words[line * 8 + (bit >> 6)] & (1 << UInt64(bit & 63)) == 0 { return false }
            bits &*= 0xD6E8_FEB8_6659_FD93
        }
        return true
    }
}
