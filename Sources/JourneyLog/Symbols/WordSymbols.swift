// The symbols of a batch's words, each looked up once for each kind of symbol that it is used for.
internal import JourneyEvents

/// Symbols by kind and number of a word.
struct WordSymbols {
    private var numbers: [UInt32]
    private let stride: Int

    /// Those of a batch with so many words; none is known yet.
    init(count: Int) {
        stride = count + 1
        numbers = [UInt32](repeating: 0, count: stride * (SymbolKind.allCases.count + 1))
    }

    /// The symbol of a word; 0 when it is not known, as for the word 0. What is set for the word 0 is not kept.
    @inline(__always)
    subscript(_ kind: SymbolKind, _ word: UInt16) -> UInt32 {
        get { Int(word) < stride ? numbers[Int(kind.rawValue) * stride + Int(word)] : 0 }
        set { if word > 0, Int(word) < stride { numbers[Int(kind.rawValue) * stride + Int(word)] = newValue } }
    }

    /// Forgets them all: some may have been taken back.
    mutating func removeAll() { for index in numbers.indices { numbers[index] = 0 } }
}
