// Keys that look like mistyped fields. Each key is compared once and its result kept in a table of fixed size, since a file
// has few keys and many lines.

struct NearMisses: Sendable {
    private struct Slot {
        var word: KeyWord
        /// Index among the near misses; -1 for a key that looks like no field.
        var index: Int
    }
    private static let size = 1_024
    /// So many keys are compared with the fields' names; an input with more has keys made up by a program, which mistypes none.
    private static let mostLooks = 10_000
    private var looks = 0
    private var slots: [Slot?] = Array(repeating: nil, count: size)
    private var found: [(name: String, count: Int)] = []

    /// How often each such key came; at most a thousand of them.
    var counts: [String: Int] { Dictionary(found.map { ($0.name, $0.count) }, uniquingKeysWith: +) }

    /// Notes a key of a property; `text` gives it in full.
    @inline(__always)
    mutating func note(_ word: KeyWord, text: () -> String) {
        guard word.count >= 4, word.count <= 16 else { return }
        var at = Int(truncatingIfNeeded: word.spread >> 54)
        for _ in 0..<8 {
            guard let slot = slots[at] else { break }
            if slot.word == word {
                if slot.index >= 0 { found[slot.index].count += 1 }
                return
            }
            at = (at &+ 1) & (NearMisses.size &- 1)
        }
        add(word, at, text())
    }

    /// Whether a key looks like a mistyped field.
    static func isNear(_ name: String) -> Bool {
        Field.allCases.contains { $0.name.utf8.count >= 4 && EditDistance.isAtMostTwo(name, $0.name) }
    }

    @inline(never)
    private mutating func add(_ word: KeyWord, _ at: Int, _ name: String) {
        guard looks < NearMisses.mostLooks else { return }
        looks += 1
        guard NearMisses.isNear(name) else {
            slots[at] = Slot(word: word, index: -1)
            return
        }
        guard found.count < 1_000 else { return }
        slots[at] = Slot(word: word, index: found.count)
        found.append((name, 1))
    }
}
