// Numbers positions in ascending order. Positions that lie close together are bits with a count before each word, so that
// the number of one is found in constant time; scattered ones are a sorted list.

/// A set of positions, each with its rank.
struct PositionSet: Sendable {
    private var firstWord: UInt64 = 0
    private var words: [UInt64] = []
    private var ranks: [UInt32] = []
    private var sorted: [UInt64] = []
    private let isDense: Bool
    /// How many positions there are.
    let count: Int

    /// The set of these positions, which may come in any order.
    init(_ positions: [UInt64]) {
        guard let low = positions.min(), let high = positions.max() else {
            (isDense, count) = (false, 0)
            return
        }
        let wordCount = Int(high >> 6 - low >> 6) + 1
        isDense = wordCount <= positions.count
        guard isDense else {
            for position in positions.sorted() where position != sorted.last { sorted.append(position) }
            count = sorted.count
            return
        }
        firstWord = low >> 6
        words = [UInt64](repeating: 0, count: wordCount)
        for position in positions { words[Int(position >> 6 - firstWord)] |= 1 << (position & 63) }
        ranks.reserveCapacity(wordCount)
        var total = 0
        for word in words {
            ranks.append(UInt32(total))
            total += word.nonzeroBitCount
        }
        count = total
    }

    /// How many positions are below this one; nil when it is not in the set.
    func rank(of position: UInt64) -> Int? {
        guard isDense else {
            var (low, high) = (0, sorted.count)
            while low < high {
                let middle = (low + high) / 2
                if sorted[middle] < position { low = middle + 1 } else { high = middle }
            }
            return low < sorted.count && sorted[low] == position ? low : nil
        }
        guard position >> 6 >= firstWord else { return nil }
        let word = Int(position >> 6 - firstWord)
        guard word < words.count, words[word] >> (position & 63) & 1 == 1 else { return nil }
        return Int(ranks[word]) + (words[word] & ((1 << (position & 63)) - 1)).nonzeroBitCount
    }

    /// The positions in ascending order.
    var positions: [UInt64] {
        guard isDense else { return sorted }
        var all: [UInt64] = []
        all.reserveCapacity(count)
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                all.append((firstWord + UInt64(index)) << 6 + UInt64(rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
        return all
    }
}
