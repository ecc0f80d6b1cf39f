// Types, channels and property keys are few and come with every event. The scan numbers them while their bytes are at hand,
// so that the commit need not read them again.
internal import JourneyEvents

/// Numbers short texts of one batch.
struct BatchWords: Sendable {
    private struct Entry {
        var word: KeyWord
        var number: UInt16
    }

    /// One word has a place; what comes to a place that is taken has no number.
    private var entries: [Entry]
    /// The words by number less one.
    private(set) var slices: [Slice] = []
    private static let places = 256
    private static let none = Entry(word: KeyWord(""), number: 0)

    init() { entries = Array(repeating: BatchWords.none, count: BatchWords.places) }

    /// Forgets the words.
    mutating func removeAll() {
        for index in entries.indices { entries[index] = BatchWords.none }
        slices.removeAll(keepingCapacity: true)
    }

    /// The number of a text, which lies at `slice`; 0 when it has none.
    @inline(__always)
    mutating func number(_ word: KeyWord, _ slice: Slice) -> UInt16 {
        let place = Int(word.spread &>> 56)
        if entries[place].word == word, entries[place].number != 0 { return entries[place].number }
        return add(word, slice, place)
    }

    private mutating func add(_ word: KeyWord, _ slice: Slice, _ place: Int) -> UInt16 {
        guard word.isWhole, word.count > 0, entries[place].number == 0 else { return 0 }
        slices.append(slice)
        entries[place] = Entry(word: word, number: UInt16(slices.count))
        return entries[place].number
    }
}
