// Which ids the log has, as 64-bit hashes with the position of each. A hash that is found is only a suspicion: the real
// id is compared in the record, so that two ids with one hash never cost an event.

/// Hashes of the events that no run on disk has yet, by open addressing.
struct IDSet {
    private var hashes: [UInt64]
    private var positions: [UInt64]
    private(set) var count = 0

    init(capacity: Int = 1_024) {
        hashes = Array(repeating: 0, count: capacity)
        positions = Array(repeating: 0, count: capacity)
    }

    mutating func insert(_ hash: UInt64, _ position: UInt64) {
        if (count + 1) * 2 > positions.count { grow() }
        let mask = positions.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while positions[slot] != 0 { slot = (slot + 1) & mask }
        hashes[slot] = hash
        positions[slot] = position
        count += 1
    }

    /// Every position whose id has this hash.
    func find(_ hash: UInt64, _ body: (UInt64) throws -> Bool) rethrows -> Bool {
        let mask = positions.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while positions[slot] != 0 {
            if hashes[slot] == hash, try body(positions[slot]) { return true }
            slot = (slot + 1) & mask
        }
        return false
    }

    private mutating func grow() {
        let old = (hashes, positions)
        hashes = Array(repeating: 0, count: old.0.count * 2)
        positions = Array(repeating: 0, count: old.0.count * 2)
        count = 0
        for index in old.1.indices where old.1[index] != 0 { insert(old.0[index], old.1[index]) }
    }

    /// All entries, by hash and then position.
    func sorted() -> [(hash: UInt64, position: UInt64)] {
        var entries: [(hash: UInt64, position: UInt64)] = []
        entries.reserveCapacity(count)
        for index in positions.indices where positions[index] != 0 { entries.append((hashes[index], positions[index])) }
        entries.sort { $0.hash != $1.hash ? $0.hash < $1.hash : $0.position < $1.position }
        return entries
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
