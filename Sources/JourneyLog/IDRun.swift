// A run is a sorted list of id hashes, one value in the index: `u32 CRC, u32 count, hashes, u32 offset of each position
// from the run's first`. Hashes are spread evenly, so a look-up guesses where its hash lies and is right within a few.
internal import Platform

enum IDRun {
    /// The stored form of sorted entries; `first` is the run's first position.
    static func encode(_ entries: [(hash: UInt64, position: UInt64)], first: UInt64) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(8 + entries.count * 12)
        out.appendInteger(UInt32(0))
        out.appendInteger(UInt32(entries.count))
        for entry in entries { out.appendInteger(entry.hash) }
        for entry in entries { out.appendInteger(UInt32(entry.position - first)) }
        out.setInteger(Checksum.crc32c(out.span.extracting(4..<out.count)), at: 0)
        return out
    }

    /// How many ids a run has; nil when its size is not that of a run.
    static func count(_ bytes: Span<UInt8>) -> Int? {
        guard bytes.count >= 8 else { return nil }
        let count = Int(loadLittleEndian(bytes, at: 4, as: UInt32.self))
        return bytes.count == 8 + count * 12 ? count : nil
    }

    static func isIntact(_ bytes: Span<UInt8>) -> Bool {
        count(bytes) != nil
            && Checksum.crc32c(bytes.extracting(4..<bytes.count)) == loadLittleEndian(bytes, at: 0, as: UInt32.self)
    }

    @inline(__always)
    static func hash(_ bytes: Span<UInt8>, _ index: Int) -> UInt64 {
        loadLittleEndian(bytes, at: 8 + index * 8, as: UInt64.self)
    }

    @inline(__always)
    static func offset(_ bytes: Span<UInt8>, _ index: Int, count: Int) -> UInt64 {
        UInt64(loadLittleEndian(bytes, at: 8 + count * 8 + index * 4, as: UInt32.self))
    }

    /// Visits the offsets of every id with this hash until `body` says that it found its own. O(log log n) expected.
    static func find(_ bytes: Span<UInt8>, _ hash: UInt64, _ body: (UInt64) throws -> Bool) rethrows -> Bool {
        guard let count = count(bytes), count > 0 else { return false }
        var low = 0
        var high = count
        var guess = Int(hash.multipliedFullWidth(by: UInt64(count)).high)
        var step = 8
        // Gallop from the guess to a bracket, then halve it.
        if self.hash(bytes, guess) < hash {
            low = guess + 1
            while low < count {
                guess = min(low + step, count) - 1
                if self.hash(bytes, guess) >= hash {
                    high = guess + 1
                    break
                }
                low = guess + 1
                step *= 2
            }
        } else {
            high = guess + 1
            while high > 0 {
                guess = max(high - step, 0)
                if self.hash(bytes, guess) < hash {
                    low = guess + 1
                    break
                }
                high = guess + 1
                if guess == 0 { break }
                step *= 2
            }
        }
        while low < high {
            let middle = (low + high) / 2
            if self.hash(bytes, middle) < hash { low = middle + 1 } else { high = middle }
        }
        while low < count, self.hash(bytes, low) == hash {
            if try body(offset(bytes, low, count: count)) { return true }
            low += 1
        }
        return false
    }
}
