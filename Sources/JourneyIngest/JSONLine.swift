// Reads one JSON text without building it: checks syntax, UTF-8, depth and duplicate keys in one pass, and notes where the
// members of the outermost object lie. The first byte that is wrong is named.
internal import JourneyEvents

/// What kind of JSON value stands somewhere.
enum TokenKind: Sendable {
    case string, number, object, array, literal, null
}

/// One member of the outermost object, or of its `properties`.
struct Member: Sendable {
    /// The unescaped key: a slice of the input, or of the decoded text behind it.
    var key: Slice
    /// The value's token.
    var value: Slice
    /// First byte of the key's token.
    var keyStart: UInt32
    /// The key's number among the known ones.
    var known: UInt8
    var kind: TokenKind
    /// For strings: whether the token has escapes.
    var isEscaped: Bool
}

/// A fault with the index of its byte; a negative index names no byte.
struct Fault: Error {
    var at: Int
    var code: Rejection.Code
    var message: String
}

/// The reader of one line. Texts with escapes are decoded into `decoded`, which stands behind the input: slices with a
/// start at or above `base` point there.
struct JSONLine {
    private(set) var at = 0
    private(set) var end = 0
    private let base: Int
    private var depth = 0
    var decoded: [UInt8] = []
    /// Members of the outermost object, then those of `properties`.
    private(set) var members: [Member] = []
    private(set) var inner: [Member] = []
    private struct OpenKey {
        var word: KeyWord
        var slice: Slice
    }
    /// Keys of the objects that are open, those that are not known.
    private var keys: [OpenKey] = []
    /// The keys of the lines so far.
    var known = KnownKeys()
    private static let propertiesWord = KeyWord("properties")
    static let maximumDepth = 64
    /// From this many keys in an object on, they are compared through a set.
    private static let manyKeys = 32

    /// A reader of lines that lie before `base`.
    init(base: Int) { self.base = base }

    /// Starts a line.
    mutating func begin(from start: Int, to end: Int) {
        at = start
        self.end = end
        depth = 0
        members.removeAll(keepingCapacity: true)
        inner.removeAll(keepingCapacity: true)
        keys.removeAll(keepingCapacity: true)
    }

    /// The start of a slice at an index of `decoded`.
    func sliceStart(_ index: Int) -> Int { base + index }

    @inline(__always)
    func byte(_ bytes: Span<UInt8>, _ index: Int) -> UInt8 { index < base ? bytes[index] : decoded[index - base] }

    func equal(_ bytes: Span<UInt8>, _ a: Slice, _ b: Slice) -> Bool {
        guard a.count == b.count else { return false }
        for offset in 0..<Int(a.count) where byte(bytes, Int(a.start) + offset) != byte(bytes, Int(b.start) + offset) {
            return false
        }
        return true
    }

    @inline(__always)
    mutating func skipSpace(_ bytes: Span<UInt8>) {
        if at < end, bytes[at] > 32 { return }
        while at < end, bytes[at] == 32 || bytes[at] == 9 || bytes[at] == 13 { at += 1 }
    }

    @inline(never)
    private func unexpected(_ bytes: Span<UInt8>) -> Fault {
        if at < end, bytes[at] >= 128, UTF8Check.length(bytes, at, end) == 0 {
            return Fault(at: at, code: .invalidUTF8, message: "a byte that is not UTF-8")
        }
        let found = at < end ? "a byte that cannot stand here" : "the line ends too early"
        return Fault(at: at, code: .invalidJSON, message: found)
    }

    /// Reads the whole line: one object, and nothing after it.
    mutating func read(_ bytes: Span<UInt8>) throws(Fault) {
        skipSpace(bytes)
        let start = at
        guard at < end, bytes[at] == 123 else {
            let kind = try value(bytes).kind
            skipSpace(bytes)
            guard at == end else { throw trailing() }
            throw Fault(at: start, code: .invalidType, message: "a line must be an object, this is \(kind)")
        }
        try object(bytes, collect: .outer)
        skipSpace(bytes)
        guard at == end else { throw trailing() }
    }

    /// Reads an object that is a whole line, whose end is not known: no JSON text has a line feed in it, except as space. False
    /// when it is not as simple as that.
    mutating func readOne(_ bytes: Span<UInt8>, from start: Int, to last: Int) -> Bool {
        begin(from: start, to: last)
        let mark = decoded.count
        // What is wrong with it shows when it is read with its end.
        if (try? oneObject(bytes)) == true { return true }
        decoded.removeLast(decoded.count - mark)
        return false
    }

    private mutating func oneObject(_ bytes: Span<UInt8>) throws(Fault) -> Bool {
        skipSpace(bytes)
        guard at < end, bytes[at] == 123 else { return false }
        try object(bytes, collect: .outer)
        skipSpace(bytes)
        return at == end || bytes[at] == 10
    }

    private func trailing() -> Fault { Fault(at: at, code: .trailingData, message: "data after the object") }

    private enum Collect { case outer, properties, nothing }

    private mutating func object(_ bytes: Span<UInt8>, collect: Collect) throws(Fault) {
        try enter()
        at += 1
        let firstKey = keys.count
        // A bit for each known key of the object, and one for each spread of an unknown one: most are new by this alone.
        var seen: UInt64 = 0
        var spreads: UInt64 = 0
        var before = KnownKeys.none
        var many: Set<[UInt8]>?
        skipSpace(bytes)
        if at < end, bytes[at] == 125 {
            at += 1
            depth -= 1
            return
        }
        while true {
            skipSpace(bytes)
            guard at < end, bytes[at] == 34 else { throw unexpected(bytes) }
            let keyStart = at
            let (key, number) = try self.key(bytes, after: before, collect)
            before = number
            if number != KnownKeys.none {
                let bit = UInt64(1) &<< UInt64(number)
                if seen & bit != 0 { throw twice(bytes, key, keyStart) }
                seen |= bit
            } else {
                let word = word(bytes, key)
                let bit = UInt64(1) &<< (word.spread &>> 58)
                if spreads & bit != 0 || keys.count &- firstKey >= JSONLine.manyKeys,
                    isTwice(bytes, word, key, from: firstKey, &many)
                {
                    throw twice(bytes, key, keyStart)
                }
                spreads |= bit
                keys.append(OpenKey(word: word, slice: key))
            }
            skipSpace(bytes)
            guard at < end, bytes[at] == 58 else { throw unexpected(bytes) }
            at += 1
            skipSpace(bytes)
            let start = at
            let isProperties =
                collect == .outer && key.count == 10 && at < end && bytes[at] == 123
                && word(bytes, key) == JSONLine.propertiesWord
            let token: (kind: TokenKind, escaped: Bool)
            if isProperties {
                try object(bytes, collect: .properties)
                token = (.object, false)
            } else {
                token = try value(bytes)
            }
            if collect != .nothing {
                let member = Member(
                    key: key,
                    value: Slice(start: start, count: at - start),
                    keyStart: UInt32(truncatingIfNeeded: keyStart),
                    known: number,
                    kind: token.kind,
                    isEscaped: token.escaped
                )
                if collect == .outer { members.append(member) } else { inner.append(member) }
            }
            skipSpace(bytes)
            guard at < end else { throw unexpected(bytes) }
            if bytes[at] == 44 {
                at += 1
                continue
            }
            guard bytes[at] == 125 else { throw unexpected(bytes) }
            at += 1
            keys.removeLast(keys.count &- firstKey)
            depth -= 1
            return
        }
    }

    /// Reads a key and gives its number. In an object whose members are collected it is likely to be the one that followed the
    /// key before it last time; what it is otherwise is remembered.
    @inline(__always)
    private mutating func key(_ bytes: Span<UInt8>, after before: UInt8, _ collect: Collect) throws(Fault) -> (
        slice: Slice, number: UInt8
    ) {
        guard collect != .nothing else {
            let key = try string(bytes, decode: true).slice
            return (key, known.find(word(bytes, key)))
        }
        let (first, second) = known.guesses(after: before)
        if let key = take(first, bytes) { return (key, first) }
        if let key = take(second, bytes) {
            known.note(second, after: before)
            return (key, second)
        }
        return try newKey(bytes, after: before)
    }

    /// Reads a key if it is the one with this number.
    @inline(__always)
    private mutating func take(_ number: UInt8, _ bytes: Span<UInt8>) -> Slice? {
        guard Int(number) < known.keys.count else { return nil }
        let word = known.keys[Int(number)].word
        let close = at &+ 1 &+ word.count
        guard close < end, bytes[close] == 34, KeyWord(bytes, start: at &+ 1, count: word.count) == word else {
            return nil
        }
        let key = Slice(start: at &+ 1, count: word.count)
        at = close &+ 1
        return key
    }

    @inline(never)
    private mutating func newKey(_ bytes: Span<UInt8>, after before: UInt8) throws(Fault) -> (
        slice: Slice, number: UInt8
    ) {
        let key = try string(bytes, decode: true).slice
        let word = word(bytes, key)
        var number = known.find(word)
        if number == KnownKeys.none, known.canLearn(word) { number = known.learn(word, text(bytes, key)) }
        known.note(number, after: before)
        return (key, number)
    }

    /// A key as words.
    @inline(__always)
    func word(_ bytes: Span<UInt8>, _ key: Slice) -> KeyWord {
        let start = Int(key.start)
        guard start >= base else { return KeyWord(bytes, start: start, count: Int(key.count)) }
        return KeyWord(decoded.span, start: start - base, count: Int(key.count))
    }

    /// Whether the key stands in its object already. Keys are compared with one another; many of them through a set.
    private func isTwice(
        _ bytes: Span<UInt8>,
        _ word: KeyWord,
        _ key: Slice,
        from firstKey: Int,
        _ many: inout Set<[UInt8]>?
    ) -> Bool {
        guard keys.count &- firstKey < JSONLine.manyKeys else {
            return isTwiceOfMany(bytes, key, from: firstKey, &many)
        }
        var index = firstKey
        while index < keys.count {
            if keys[index].word == word, word.isWhole || equal(bytes, keys[index].slice, key) { return true }
            index &+= 1
        }
        return false
    }

    @inline(never)
    private func isTwiceOfMany(
        _ bytes: Span<UInt8>,
        _ key: Slice,
        from firstKey: Int,
        _ many: inout Set<[UInt8]>?
    ) -> Bool {
        var known = many ?? Set(keys[firstKey...].map { copy(bytes, $0.slice) })
        many = nil
        defer { many = known }
        return !known.insert(copy(bytes, key)).inserted
    }

    @inline(never)
    private func twice(_ bytes: Span<UInt8>, _ key: Slice, _ keyStart: Int) -> Fault {
        Fault(at: keyStart, code: .duplicateKey, message: "the key \"\(text(bytes, key))\" stands twice")
    }

    func copy(_ bytes: Span<UInt8>, _ slice: Slice) -> [UInt8] {
        slice.range.map { byte(bytes, $0) }
    }

    func text(_ bytes: Span<UInt8>, _ slice: Slice) -> String { String(decoding: copy(bytes, slice), as: UTF8.self) }

    private mutating func enter() throws(Fault) {
        depth += 1
        guard depth <= JSONLine.maximumDepth else {
            throw Fault(at: at, code: .tooDeep, message: "nested deeper than \(JSONLine.maximumDepth) levels")
        }
    }

    private mutating func value(_ bytes: Span<UInt8>) throws(Fault) -> (kind: TokenKind, escaped: Bool) {
        guard at < end else { throw unexpected(bytes) }
        switch bytes[at] {
        case 34: return (.string, try string(bytes, decode: false).escaped)
        case 123:
            try object(bytes, collect: .nothing)
            return (.object, false)
        case 91:
            try array(bytes)
            return (.array, false)
        case 45, 48...57:
            try number(bytes)
            return (.number, false)
        case 116:
            try literal(bytes, "true")
            return (.literal, false)
        case 102:
            try literal(bytes, "false")
            return (.literal, false)
        case 110:
            try literal(bytes, "null")
            return (.null, false)
        default: throw unexpected(bytes)
        }
    }

    private mutating func array(_ bytes: Span<UInt8>) throws(Fault) {
        try enter()
        at += 1
        skipSpace(bytes)
        if at < end, bytes[at] == 93 {
            at += 1
            depth -= 1
            return
        }
        while true {
            skipSpace(bytes)
            _ = try value(bytes)
            skipSpace(bytes)
            guard at < end else { throw unexpected(bytes) }
            if bytes[at] == 44 {
                at += 1
                continue
            }
            guard bytes[at] == 93 else { throw unexpected(bytes) }
            at += 1
            depth -= 1
            return
        }
    }

    private mutating func literal(_ bytes: Span<UInt8>, _ word: String) throws(Fault) {
        for letter in word.utf8 {
            guard at < end, bytes[at] == letter else { throw unexpected(bytes) }
            at += 1
        }
    }

    private mutating func digits(_ bytes: Span<UInt8>) throws(Fault) {
        guard at < end, bytes[at] &- 48 < 10 else { throw unexpected(bytes) }
        while at < end, bytes[at] &- 48 < 10 { at += 1 }
    }

    private mutating func number(_ bytes: Span<UInt8>) throws(Fault) {
        if bytes[at] == 45 { at += 1 }
        if at < end, bytes[at] == 48 { at += 1 } else { try digits(bytes) }
        if at < end, bytes[at] == 46 {
            at += 1
            try digits(bytes)
        }
        if at < end, bytes[at] | 32 == 101 {
            at += 1
            if at < end, bytes[at] == 43 || bytes[at] == 45 { at += 1 }
            try digits(bytes)
        }
    }

    /// Reads a string token; with `decode`, escapes are resolved into `decoded`.
    @inline(__always)
    private mutating func string(_ bytes: Span<UInt8>, decode: Bool) throws(Fault) -> (slice: Slice, escaped: Bool) {
        let start = at + 1
        at = start
        var escaped = false
        while true {
            at = WordScan.skipPlain(bytes, from: at, to: end)
            guard at < end else { throw unexpected(bytes) }
            let byte = bytes[at]
            if byte == 34 { break }
            if byte == 92 {
                escaped = true
                try escape(bytes)
            } else if byte >= 128 {
                let length = UTF8Check.length(bytes, at, end)
                guard length > 0 else {
                    throw Fault(at: at, code: .invalidUTF8, message: "a byte that is not UTF-8")
                }
                at += length
            } else if byte < 32 {
                throw unexpected(bytes)
            } else {
                at += 1
            }
        }
        let slice = Slice(start: start, count: at - start)
        at += 1
        return (escaped && decode ? decodeEscapes(bytes, slice) : slice, escaped)
    }

    @inline(never)
    private mutating func escape(_ bytes: Span<UInt8>) throws(Fault) {
        let start = at
        func bad(_ what: String) -> Fault { Fault(at: start, code: .invalidJSON, message: what) }
        guard at + 1 < end else {
            at = end
            throw unexpected(bytes)
        }
        switch bytes[at + 1] {
        case 34, 92, 47, 98, 102, 110, 114, 116: at += 2
        case 117:
            guard let unit = hex(bytes, at + 2) else { throw bad("a bad \\u escape") }
            guard unit < 0xD800 || unit > 0xDFFF else {
                guard unit < 0xDC00, at + 7 < end, bytes[at + 6] == 92, bytes[at + 7] == 117,
                    let low = hex(bytes, at + 8), low >= 0xDC00, low <= 0xDFFF
                else { throw bad("half of a surrogate pair") }
                at += 12
                return
            }
            at += 6
        default: throw bad("no such escape")
        }
    }

    private func hex(_ bytes: Span<UInt8>, _ from: Int) -> UInt32? {
        guard from + 4 <= end else { return nil }
        var value: UInt32 = 0
        for index in from..<(from + 4) {
            let byte = bytes[index]
            if byte &- 48 < 10 {
                value = value << 4 | UInt32(byte &- 48)
            } else if (byte | 32) &- 97 < 6 {
                value = value << 4 | UInt32((byte | 32) &- 87)
            } else {
                return nil
            }
        }
        return value
    }

    /// Resolves the escapes of a checked string token's inside.
    mutating func decodeEscapes(_ bytes: Span<UInt8>, _ slice: Slice) -> Slice {
        let start = decoded.count
        var index = Int(slice.start)
        let last = index + Int(slice.count)
        while index < last {
            let byte = bytes[index]
            guard byte == 92 else {
                decoded.append(byte)
                index += 1
                continue
            }
            let kind = bytes[index + 1]
            index += 2
            switch kind {
            case 98: decoded.append(8)
            case 102: decoded.append(12)
            case 110: decoded.append(10)
            case 114: decoded.append(13)
            case 116: decoded.append(9)
            case 117:
                var scalar = hex(bytes, index) ?? 0xFFFD
                index += 4
                if scalar >= 0xD800, scalar < 0xDC00 {
                    scalar = 0x10000 + (scalar - 0xD800) << 10 + ((hex(bytes, index + 2) ?? 0xDC00) - 0xDC00)
                    index += 6
                }
                if let character = Unicode.Scalar(scalar) {
                    decoded.append(contentsOf: UTF8.encode(character) ?? .init())
                }
            default: decoded.append(kind)
            }
        }
        return Slice(start: base + start, count: decoded.count - start)
    }
}
