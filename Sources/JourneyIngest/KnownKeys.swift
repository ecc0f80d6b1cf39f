// A file has few keys, and they come in much the same order in every line. Each gets a number when it is first seen and
// remembers which one followed it last: most keys are then found by one comparison, without reading them again.

/// Keys of the lines so far, at most 64: a bit of a word says whether an object has one.
struct KnownKeys: Sendable {
    /// What is known of a key.
    struct Key: Sendable {
        /// The whole key: longer ones are not known.
        var word: KeyWord
        /// The numbers of the keys that followed it last and, when that was another, before.
        var next = KnownKeys.none
        var earlier = KnownKeys.none
        /// The field that it names at the top level.
        var field: Field?
        /// Whether it is a property that nothing more needs to be found out about.
        var isPlain: Bool
    }

    /// The number of no key.
    static let none: UInt8 = 255
    static let most = 64
    /// The keys by number.
    private(set) var keys: [Key] = []
    /// The number of the key that objects began with last.
    private var first = KnownKeys.none
    /// The number of the key at each place. What comes to a place that is taken stays unknown for good, so that equal keys are
    /// either all known or all unknown.
    private var places: [UInt8] = []
    private static let names = FieldNames()

    /// No keys, and none will be known.
    init() {}

    /// No keys yet.
    init(learning: Void) { places = Array(repeating: KnownKeys.none, count: 256) }

    /// The numbers of the keys that are likely to follow another.
    @inline(__always)
    func guesses(after number: UInt8) -> (UInt8, UInt8) {
        guard Int(number) < keys.count else { return (first, KnownKeys.none) }
        return (keys[Int(number)].next, keys[Int(number)].earlier)
    }

    /// Says which key followed another, when it was not the first guess.
    mutating func note(_ number: UInt8, after before: UInt8) {
        guard Int(before) < keys.count else { return first = number }
        keys[Int(before)].earlier = keys[Int(before)].next
        keys[Int(before)].next = number
    }

    /// The number of a key; `none` when it is not known.
    @inline(__always)
    func find(_ word: KeyWord) -> UInt8 {
        guard !places.isEmpty else { return KnownKeys.none }
        let number = places[Int(word.spread &>> 56)]
        return Int(number) < keys.count && keys[Int(number)].word == word ? number : KnownKeys.none
    }

    /// Whether a key that is not known can become so.
    func canLearn(_ word: KeyWord) -> Bool {
        !places.isEmpty && word.isWhole && keys.count < KnownKeys.most
            && places[Int(word.spread &>> 56)] == KnownKeys.none
    }

    /// Makes a key known that can be; `text` is all of it.
    mutating func learn(_ word: KeyWord, _ text: String) -> UInt8 {
        let place = Int(word.spread &>> 56)
        let field = KnownKeys.names.field(word)
        let isPlain = field == nil && !StampMembers.names.contains(word) && !NearMisses.isNear(text)
        places[place] = UInt8(keys.count)
        keys.append(Key(word: word, field: field, isPlain: isPlain))
        return places[place]
    }
}
