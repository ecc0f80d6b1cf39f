// Rihla's own commands write events too: rules, statements about identity. Their source is kept for them, so that no file can
// speak in their name; what looks like it to a reader counts as it.

/// The source of the events that Rihla's own commands write.
public enum OwnSource {
    /// The source as it is stored.
    public static let name = "rihla"

    /// Whether a source is this one, or reads like it: in any case, with blanks or invisible characters around it.
    public static func isMeant(by bytes: Span<UInt8>, in range: Range<Int>) -> Bool {
        // Most sources begin with another letter.
        guard let start = range.first, range.count >= name.utf8.count else { return false }
        let first = bytes[start]
        guard first | 32 == 114 || first <= 32 || first >= 127 else { return false }
        return isMeant(by: String(decoding: range.map { bytes[$0] }, as: UTF8.self))
    }

    /// Whether a source is this one, or reads like it.
    public static func isMeant(by source: String) -> Bool {
        var scalars = source.unicodeScalars[...]
        while let first = scalars.first, isUnseen(first) { scalars.removeFirst() }
        while let last = scalars.last, isUnseen(last) { scalars.removeLast() }
        return String(scalars).lowercased() == name
    }

    private static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        guard !properties.isWhitespace, !properties.isDefaultIgnorableCodePoint else { return true }
        return properties.generalCategory == .control || properties.generalCategory == .format
    }
}
