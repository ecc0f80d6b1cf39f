// Texts that people write as keys of figures: compared by their bytes, so that no order of arrival can choose between two
// spellings of one text.
internal import JourneyEvents

/// A text as a key.
struct TextKey: Hashable, Comparable, Sendable {
    /// The key of what has no name.
    static let none = TextKey(exact: "(none)")
    private let bytes: [UInt8]

    /// A text as it was written.
    init(exact text: String) { bytes = Array(text.utf8) }

    /// A text in lower case, without white space at its ends and with one space for each run inside; nil when nothing is
    /// left.
    init?(normal text: String) {
        let normal = text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard !normal.isEmpty else { return nil }
        bytes = Array(normal.utf8)
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    static func < (a: TextKey, b: TextKey) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }
}

/// The spellings of texts whose normal form is one: each is shown as it was written most often, of several the first one by
/// bytes.
struct Spellings {
    private var counts: [TextKey: [TextKey: Int]] = [:]

    /// The normal form of a text; nil when it is empty.
    mutating func key(_ text: String) -> TextKey? {
        guard let key = TextKey(normal: text) else { return nil }
        counts[key, default: [:]][TextKey(exact: text.trimmingWhitespace()), default: 0] += 1
        return key
    }

    /// How a normal form is shown.
    func label(_ key: TextKey) -> String {
        let best = counts[key]?.min { a, b in a.value != b.value ? a.value > b.value : a.key < b.key }
        return best?.key.text ?? key.text
    }
}

/// The texts that a property's JSON holds: one text, each entry of a list, or `key: value` of an object's members. Numbers
/// and truth values are as they were written; null is nothing.
func propertyTexts(ofJSON token: String) -> [String] {
    let token = token.trimmingWhitespace()
    switch token.utf8.first {
    case nil: return []
    case 34: return stringValue(ofJSON: token).map { [$0] } ?? []
    case 91: return entries(ofArray: token).flatMap { propertyTexts(ofJSON: $0) }
    case 123: return textMembers(ofJSON: token).map { $0.key + ": " + $0.value }
    default: return token == "null" ? [] : [token]
    }
}

/// The entries of a JSON array, each as JSON text; the token must be valid JSON.
private func entries(ofArray token: String) -> [String] {
    let bytes = Array(token.utf8)
    var entries: [String] = []
    var (depth, start, at) = (0, 1, 1)
    func take(_ end: Int) {
        let entry = String(decoding: bytes[start..<end], as: UTF8.self).trimmingWhitespace()
        if !entry.isEmpty { entries.append(entry) }
    }
    while at < bytes.count {
        switch bytes[at] {
        case 34:
            at += 1
            while at < bytes.count, bytes[at] != 34 { at += bytes[at] == 92 ? 2 : 1 }
        case 91, 123: depth += 1
        case 93, 125:
            if depth == 0 {
                take(at)
                return entries
            }
            depth -= 1
        case 44 where depth == 0:
            take(at)
            start = at + 1
        default: break
        }
        at += 1
    }
    return entries
}
