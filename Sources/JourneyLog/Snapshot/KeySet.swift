// Which symbols are wanted, asked once for each event or property: a bit each.

/// A set of symbols, and of the names that stand for parts of a record in their place.
package struct KeySet: Sendable {
    let hasID: Bool
    let hasCausation: Bool
    let hasCorrelation: Bool
    let hasAccount: Bool
    private var bits: [UInt64] = []

    /// The set of these.
    package init(_ keys: [UInt32]) {
        hasID = keys.contains(RecordPart.id)
        hasCausation = keys.contains(RecordPart.causation)
        hasCorrelation = keys.contains(RecordPart.correlation)
        hasAccount = keys.contains(RecordPart.account)
        for key in keys where !RecordPart.contains(key) {
            let word = Int(key >> 6)
            if word >= bits.count { bits += [UInt64](repeating: 0, count: word + 1 - bits.count) }
            bits[word] |= 1 << UInt64(key & 63)
        }
    }

    /// Whether a symbol or a part of a record is in it.
    package func contains(_ key: UInt32) -> Bool {
        switch key {
        case RecordPart.id: hasID
        case RecordPart.causation: hasCausation
        case RecordPart.correlation: hasCorrelation
        case RecordPart.account: hasAccount
        default: containsSymbol(key)
        }
    }

    /// Whether a symbol is in it.
    @inline(__always)
    func containsSymbol(_ key: UInt32) -> Bool {
        let word = Int(key >> 6)
        return word < bits.count && bits[word] >> UInt64(key & 63) & 1 == 1
    }
}
