// Values inside of one line of foreign JSON by paths such as `user.address.city` or `items.0.sku`. The line was checked
// before, so this only steps over tokens.
internal import JourneyEvents

/// A path from the outermost object of a line.
struct JSONPath: Sendable {
    /// The whole path as one key: flat lines have keys with dots in them.
    private let whole: [UInt8]
    private let steps: [[UInt8]]

    init(_ text: String) {
        whole = Array(text.utf8)
        steps = text.split(separator: ".", omittingEmptySubsequences: false).map { Array($0.utf8) }
    }

    /// Where the value's token lies; nil when there is none.
    func find(_ bytes: Span<UInt8>, in object: Range<Int>) -> Range<Int>? {
        if let direct = JSONTokens.child(bytes, of: object, whole) { return direct }
        guard steps.count > 1 else { return nil }
        var current = object
        for step in steps {
            guard let next = JSONTokens.child(bytes, of: current, step) else { return nil }
            current = next
        }
        return current
    }
}

/// Steps over the tokens of valid JSON.
enum JSONTokens {
    /// The end of the value that starts at an index.
    static func end(_ bytes: Span<UInt8>, from start: Int, limit: Int) -> Int {
        var at = start
        var depth = 0
        while at < limit {
            switch bytes[at] {
            case 34: at = endOfString(bytes, from: at, limit: limit)
            case 123, 91:
                depth += 1
                at += 1
            case 125, 93:
                depth -= 1
                at += 1
            case 44, 58, 32, 9, 10, 13: at += 1
            default: while at < limit, !endsScalar(bytes[at]) { at += 1 }
            }
            if depth == 0 { return at }
        }
        return limit
    }

    private static func endsScalar(_ byte: UInt8) -> Bool {
        byte == 44 || byte == 125 || byte == 93 || byte <= 32
    }

    private static func endOfString(_ bytes: Span<UInt8>, from start: Int, limit: Int) -> Int {
        var at = start + 1
        while at < limit, bytes[at] != 34 { at += bytes[at] == 92 ? 2 : 1 }
        return min(at + 1, limit)
    }

    private static func skipSpace(_ bytes: Span<UInt8>, _ at: inout Int, _ limit: Int) {
        while at < limit, bytes[at] <= 32 { at += 1 }
    }

    /// The token of a member of an object, or of an element of an array by its number.
    static func child(_ bytes: Span<UInt8>, of parent: Range<Int>, _ key: [UInt8]) -> Range<Int>? {
        guard let first = parent.first, bytes[first] == 123 || bytes[first] == 91 else { return nil }
        let isObject = bytes[first] == 123
        let wanted = isObject ? nil : Int(String(decoding: key, as: UTF8.self))
        if !isObject, wanted == nil { return nil }
        let limit = parent.upperBound - 1
        var at = first + 1
        var index = 0
        while true {
            skipSpace(bytes, &at, limit)
            guard at < limit else { return nil }
            var isFound = index == wanted
            if isObject {
                let end = endOfString(bytes, from: at, limit: limit)
                isFound = text(bytes, at..<end) == key
                at = end
                while at < limit, bytes[at] != 58 { at += 1 }
                at += 1
                skipSpace(bytes, &at, limit)
            }
            let end = end(bytes, from: at, limit: limit)
            if isFound { return at..<end }
            at = end
            while at < limit, bytes[at] != 44 { at += 1 }
            at += 1
            index += 1
        }
    }

    /// The text that a token stands for: a string's content, nothing for null, everything else as written.
    static func text(_ bytes: Span<UInt8>, _ token: Range<Int>) -> [UInt8] {
        guard let first = token.first, bytes[first] != 110 else { return [] }
        guard bytes[first] == 34 else { return token.map { bytes[$0] } }
        var line = JSONLine(base: bytes.count)
        line.begin(from: 0, to: bytes.count)
        _ = line.decodeEscapes(bytes, Slice(start: token.lowerBound + 1, count: max(token.count - 2, 0)))
        return line.decoded
    }
}
