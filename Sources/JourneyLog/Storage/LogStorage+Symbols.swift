// Texts by number, straight from the chunks that commits have written.
internal import JourneyEvents
internal import LMDB
internal import Platform

extension LogStorage {
    /// The text of a number; "" for 0. `checked` has the keys of the chunks whose checksum was compared already.
    func text(_ kind: SymbolKind, _ number: UInt32, _ checked: inout Set<UInt64>) throws -> String {
        guard number > 0 else { return "" }
        return try read { txn in
            var cursor = try txn.cursor(in: symbols)
            guard try seek(&cursor, kind, number) else { throw damagedSymbols() }
            let bytes = cursor.value
            do {
                let isNew = checked.insert(cursor.integerKey).inserted
                let chunk = try SymbolChunk(bytes, key: cursor.integerKey, isChecked: !isNew)
                return bytes.string(try chunk.text(Int(number - chunk.first), bytes))
            } catch is RecordDamage {
                throw damagedSymbols()
            }
        }
    }

    /// The texts of all numbers of a kind from `first` on; element 0 is that of `first`.
    func texts(_ kind: SymbolKind, from first: UInt32 = 1) throws -> [String] {
        try read { txn in
            var texts: [String] = []
            try eachChunk(kind, from: first, txn) { chunk, bytes in
                for index in 0..<chunk.count where chunk.first + UInt32(index) >= first {
                    texts.append(bytes.string(try chunk.text(index, bytes)))
                }
            }
            return texts
        }
    }

    /// Visits the chunks of a kind that have a number or later ones, ascending.
    func eachChunk(
        _ kind: SymbolKind,
        from first: UInt32,
        _ txn: borrowing ReadTransaction,
        _ body: (SymbolChunk, Span<UInt8>) throws -> Void
    ) throws {
        var cursor = try txn.cursor(in: symbols)
        var found = try seek(&cursor, kind, first)
        if !found { found = try cursor.seek(atOrAfter: SymbolChunk.key(kind, Int(first))) }
        while found, cursor.integerKey >> 40 == UInt64(kind.rawValue) {
            do {
                let bytes = cursor.value
                try body(try SymbolChunk(bytes, key: cursor.integerKey), bytes)
            } catch is RecordDamage {
                throw damagedSymbols()
            }
            found = try cursor.next()
        }
    }

    /// Moves to the chunk that would have a number: the last of its kind that starts at it or before it.
    private func seek(_ cursor: inout Cursor, _ kind: SymbolKind, _ number: UInt32) throws -> Bool {
        let key = SymbolChunk.key(kind, Int(number))
        let found = try cursor.seek(atOrAfter: key)
        if found, cursor.integerKey == key { return true }
        guard try found ? cursor.previous() : cursor.last() else { return false }
        return cursor.integerKey >> 40 == UInt64(kind.rawValue)
    }
}
