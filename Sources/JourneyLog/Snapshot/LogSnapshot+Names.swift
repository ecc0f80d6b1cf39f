// Texts and their numbers at one moment.
internal import JourneyEvents
internal import LMDB

extension LogSnapshot {
    /// The number of a text; nil when no event has it.
    public func symbol(_ kind: SymbolKind, _ text: String) throws -> UInt32? {
        let bytes = Array(text.utf8)
        let hash = storage.hashKey.hash(kind, bytes)
        let (known, all) = (index == nil ? 0 : reach.symbols[Int(kind.rawValue) - 1], UInt32(symbolCount(kind)))
        if known > 0 {
            let candidates = try readIndex { txn, index in try index.candidates(kind, hash: hash, txn) }
            for number in candidates where number <= all {
                if try symbolText(kind, number) == text { return number }
            }
        }
        guard known < all else { return nil }
        let names = try storage.texts(kind, from: known + 1).prefix(Int(all - known))
        return names.firstIndex(of: text).map { known + 1 + UInt32($0) }
    }

    /// The text of a number; "" for 0.
    public func symbolText(_ kind: SymbolKind, _ number: UInt32) throws -> String {
        var checked: Set<UInt64> = []
        return try storage.text(kind, number, &checked)
    }

    /// The texts of all numbers of a kind from `first` on; element 0 is that of `first`.
    public func symbolTexts(_ kind: SymbolKind, from first: UInt32 = 1) throws -> [String] {
        Array(try storage.texts(kind, from: first).prefix(max(0, symbolCount(kind) - Int(first) + 1)))
    }

    /// The keys whose values the index keeps: symbols, and ``RecordPart/account``.
    package func keptKeys() throws -> Set<UInt32> {
        var keys: Set<UInt32> = [RecordPart.account]
        for (index, text) in try symbolTexts(.propertyKey).enumerated() where storage.keptNames.contains(text) {
            keys.insert(UInt32(index + 1))
        }
        return keys
    }
}
