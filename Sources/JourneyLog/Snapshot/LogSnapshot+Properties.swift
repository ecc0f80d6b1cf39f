// Chosen properties of chosen events, as the bytes that came.
internal import JourneyEvents
internal import LMDB
internal import Platform

extension LogSnapshot {
    /// Text and numbers of chosen properties at ascending positions: for each position the values of `keys` that the event
    /// has, as JSON text; ``RecordPart/id`` and ``RecordPart/causation`` give plain text, ``RecordPart/account`` the digits of
    /// the symbol.
    public func properties(_ keys: [UInt32], at positions: [UInt64]) throws -> [[UInt32: String]] {
        var found = [[UInt32: String]](repeating: [:], count: positions.count)
        try eachProperty(keys, at: positions) { index, key, value in
            found[index][key] = value.string(0..<value.count)
        }
        return found
    }

    /// Visits chosen properties of the events at ascending positions without making text of them: the index of the position,
    /// the key, and the value's JSON text; parts of the event as ``RecordPart`` says.
    public func eachProperty(
        _ keys: [UInt32],
        at positions: [UInt64],
        _ body: (Int, UInt32, Span<UInt8>) throws -> Void
    ) throws {
        let wanted = KeySet(keys)
        let isPass = positions.count > 4_096
        var touched = TouchedPages()
        var start = 0
        // A snapshot of LMDB that lives long keeps pages from being used again: a new one every so many events.
        while start < positions.count {
            let end = min(start + 32_768, positions.count)
            var index = start
            try storage.visit(positions[start..<end]) { _, _, bytes, range in
                if isPass { touched.add(bytes) }
                try RecordView(bytes, range).each(wanted, bytes) { try body(index, $0, $1) }
                index += 1
            }
            start = end
        }
        if isPass { touched.release() }
    }
}

extension RecordView {
    /// Visits the wanted properties and parts of a record.
    fileprivate func each(_ wanted: KeySet, _ bytes: Span<UInt8>, _ body: (UInt32, Span<UInt8>) throws -> Void) throws {
        guard !presence.contains(.erased) else { return }
        if wanted.hasID {
            if presence.contains(.uuid) {
                try body(RecordPart.id, Array(idText(bytes).utf8).span)
            } else {
                try body(RecordPart.id, bytes.extracting(id))
            }
        }
        if wanted.hasCausation, presence.contains(.causation) {
            try body(RecordPart.causation, bytes.extracting(causation))
        }
        if wanted.hasCorrelation, presence.contains(.correlation) {
            try body(RecordPart.correlation, bytes.extracting(correlation))
        }
        if wanted.hasAccount, account != 0 { try body(RecordPart.account, Array(String(account).utf8).span) }
        guard propertyCount > 0 else { return }
        try eachProperty(bytes) { key, value in
            if wanted.containsSymbol(key) { try body(key, bytes.extracting(value)) }
        }
    }
}
