// Which properties the index keeps is said by whoever opens the log: it knows what its folds read.

/// Which symbols of property keys are kept.
struct KeptKeys: Sendable {
    private let names: Set<String>
    /// By symbol; those beyond have not been asked for.
    private var isKept = [false]

    /// Those of properties with these names; no symbol has been asked for.
    init(_ names: Set<String>) { self.names = names }

    /// As ``init(_:)``; the symbols with these texts have been asked for.
    init(_ names: Set<String>, texts: [String]) {
        self.names = names
        isKept += texts.map { names.contains($0) }
    }

    /// Whether a symbol is kept; one that the log did not have is not.
    @inline(__always)
    func contains(_ key: UInt32) -> Bool { Int(key) < isKept.count && isKept[Int(key)] }

    /// Whether it was asked for.
    @inline(__always)
    func knows(_ key: UInt32) -> Bool { Int(key) < isKept.count }

    /// Asks for the symbols that a table has.
    mutating func look(_ table: SymbolTable) {
        while isKept.count <= table.count {
            let text = String(decoding: table.bytes(UInt32(isKept.count)), as: UTF8.self)
            isKept.append(names.contains(text))
        }
    }

    /// Forgets symbols above a number, which may come again as others.
    mutating func forget(above count: Int) {
        if isKept.count > count + 1 { isKept.removeLast(isKept.count - count - 1) }
    }
}
