// The tokens of a document, read without building anything, as YAML 1.1 and libyaml cut them. Two things must be known before
// the parser sees a text: which words are aliases, and whether a list or a mapping is used as a key, since the parser compares
// keys by all that is in them.
internal import Yams

/// Walks over the tokens of one document.
struct YAMLOutline {
    /// Stands before the name of an alias where it is to be read as a text; no document means anything by it.
    private static let mark = "\u{E000}"
    private struct Flow {
        let isMapping: Bool
        /// Whether a key comes next.
        var isAtKey: Bool
    }
    private let bytes: [UInt8]
    private var at = 0
    private var line = 1
    private var lineStart = 0
    /// Columns of the lists and mappings that are open by indentation.
    private var indents: [Int] = []
    private var flows: [Flow] = []
    /// Where the value began on this line that a colon would make a key.
    private var keyStart: (line: Int, column: Int)?
    /// A key after a question mark, which no colon has followed yet.
    private var openKey: (line: Int, column: Int)?
    private var isAfterClose = false
    /// The text with aliases as texts, up to `copied`.
    private var copy: [UInt8] = []
    private var copied = 0

    init(_ text: String) {
        bytes = Array(text.utf8)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { (at, lineStart) = (3, 3) }
    }

    /// The name of an alias that stands as a text.
    static func alias(in text: String) -> String? { text.hasPrefix(mark) ? String(text.dropFirst()) : nil }

    static func keyFault(_ mark: Mark?) -> YAMLFault { YAMLFault(mark, keyMessage) }
    private static let keyMessage = "a key must be a text, not a list or a mapping"

    /// The document with its aliases as texts; nil when it has none.
    mutating func read() throws(YAMLFault) -> String? {
        while skipSpace() { try token() }
        guard copied > 0 else { return nil }
        copy += bytes[copied...]
        return String(decoding: copy, as: UTF8.self)
    }

    // MARK: Bytes

    private var column: Int { at - lineStart }
    private var indent: Int { indents.last ?? -1 }

    private func byte(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }
    private func isBreak(_ index: Int) -> Bool { breakLength(index) > 0 }
    private func isBlank(_ index: Int) -> Bool { isBreak(index) || bytes[index] == 32 || bytes[index] == 9 }

    /// The bytes of the line end at an index: line feed, carriage return, both, or one of the three that Unicode has. Beyond the
    /// end of the text there is one too.
    private func breakLength(_ index: Int) -> Int {
        guard index < bytes.count else { return 1 }
        switch bytes[index] {
        case 10: return 1
        case 13: return byte(index + 1) == 10 ? 2 : 1
        case 0xC2: return byte(index + 1) == 0x85 ? 2 : 0
        case 0xE2: return byte(index + 1) == 0x80 && byte(index + 2) & 0xFE == 0xA8 ? 3 : 0
        default: return 0
        }
    }

    private mutating func passBreak() {
        at += breakLength(at)
        line += 1
        lineStart = at
    }

    /// Passes blanks, comments and line ends; false at the end.
    private mutating func skipSpace() -> Bool {
        while at < bytes.count {
            if isBreak(at) {
                passBreak()
            } else if isBlank(at) {
                at += 1
            } else if bytes[at] == 35 {
                while !isBreak(at) { at += 1 }
            } else {
                return true
            }
        }
        return false
    }

    private var isAtDocumentMark: Bool {
        guard column == 0, isBlank(at + 3) else { return false }
        let start = bytes[at..<min(at + 3, bytes.count)]
        return start.elementsEqual("---".utf8) || start.elementsEqual("...".utf8)
    }

    private func fault(_ message: String) -> YAMLFault { YAMLFault(line: line, column: column + 1, message: message) }

    // MARK: Tokens

    private mutating func token() throws(YAMLFault) {
        let isBlock = flows.isEmpty
        if isBlock {
            while indent > column { indents.removeLast() }
            // A colon or an entry in the column of its question mark belongs to the key.
            if let key = openKey, key.line < line,
                key.column > column || key.column == column && bytes[at] != 58 && bytes[at] != 45
            {
                openKey = nil
            }
            if isAtDocumentMark {
                indents = []
                at += 3
                return
            }
            if column == 0, bytes[at] == 37 {
                while !isBreak(at) { at += 1 }
                return
            }
        }
        let wasAfterClose = isAfterClose
        isAfterClose = false
        switch bytes[at] {
        case 91, 123: try open()
        case 93, 125:
            if !flows.isEmpty { flows.removeLast() }
            isAfterClose = true
            at += 1
        case 44:
            if let top = flows.indices.last { flows[top].isAtKey = flows[top].isMapping }
            at += 1
        case 45 where isBlank(at + 1):
            try entry()
        case 63 where !isBlock || isBlank(at + 1):
            try question()
        case 58 where !isBlock || isBlank(at + 1):
            try colon(wasAfterClose)
        case 42, 38: name()
        case 33:
            beginValue()
            while !isBlank(at), isBlock || !Self.isFlowMark(bytes[at]) { at += 1 }
        case 124 where isBlock, 62 where isBlock: blockText()
        case 39, 34: quoted()
        default: plain()
        }
    }

    private static func isFlowMark(_ byte: UInt8) -> Bool {
        byte == 44 || byte == 91 || byte == 93 || byte == 123 || byte == 125
    }

    /// Notes where a value begins, which may be a key.
    private mutating func beginValue() { if keyStart?.line != line { keyStart = (line, column) } }

    private mutating func push(_ column: Int) throws(YAMLFault) {
        guard indent < column else { return }
        indents.append(column)
        try checkDepth()
    }

    /// Keeps the parser, which calls itself for each level, from going deep; the exact bound is checked on the tree.
    private func checkDepth() throws(YAMLFault) {
        guard max(indents.count, flows.count) > YAMLText.maximumDepth else { return }
        throw fault("nested deeper than \(YAMLText.maximumDepth) levels")
    }

    private mutating func open() throws(YAMLFault) {
        guard flows.last?.isAtKey != true, openKey == nil else { throw fault(YAMLOutline.keyMessage) }
        beginValue()
        let isMapping = bytes[at] == 123
        flows.append(Flow(isMapping: isMapping, isAtKey: isMapping))
        try checkDepth()
        at += 1
    }

    private mutating func entry() throws(YAMLFault) {
        if flows.isEmpty {
            guard openKey == nil else { throw fault(YAMLOutline.keyMessage) }
            try push(column)
        }
        keyStart = nil
        at += 1
    }

    private mutating func question() throws(YAMLFault) {
        if let top = flows.indices.last {
            flows[top].isAtKey = true
        } else {
            guard openKey == nil else { throw fault(YAMLOutline.keyMessage) }
            try push(column)
            openKey = (line, column)
        }
        keyStart = nil
        at += 1
    }

    private mutating func colon(_ wasAfterClose: Bool) throws(YAMLFault) {
        if let top = flows.indices.last {
            guard !wasAfterClose else { throw fault(YAMLOutline.keyMessage) }
            flows[top].isAtKey = false
        } else {
            guard !wasAfterClose || keyStart == nil else { throw fault(YAMLOutline.keyMessage) }
            if let key = openKey {
                // Another colon than the one that the question mark waits for makes a mapping of the key.
                guard key.line < line, key.column == column else { throw fault(YAMLOutline.keyMessage) }
                openKey = nil
            }
            try push(keyStart?.line == line ? keyStart?.column ?? column : column)
        }
        keyStart = nil
        at += 1
    }

    /// An anchor or an alias.
    private mutating func name() {
        beginValue()
        let start = at
        at += 1
        while at < bytes.count, YAMLOutline.isNameByte(bytes[at]) { at += 1 }
        guard bytes[start] == 42, at > start + 1 else { return }
        copy += bytes[copied..<start]
        copy += Array(YAMLOutline.mark.utf8)
        copy += bytes[(start + 1)..<at]
        copied = at
        // A colon ends an alias, and a text only with a blank behind it.
        if byte(at) == 58 {
            copy += [32, 58, 32]
            copied += 1
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (byte | 32) &- 97 < 26 || byte &- 48 < 10 || byte == 95 || byte == 45
    }

    // MARK: Texts

    private mutating func quoted() {
        beginValue()
        let quote = bytes[at]
        at += 1
        while at < bytes.count {
            if isBreak(at) {
                passBreak()
            } else if bytes[at] == 92, quote == 34 {
                at += isBreak(at + 1) ? 1 : 2
            } else if bytes[at] == quote {
                at += 1
                guard quote == 39, byte(at) == 39 else { return }
                at += 1
            } else {
                at += 1
            }
        }
    }

    private mutating func plain() {
        beginValue()
        // The first byte is of the text whatever it is, so that every token moves on.
        at += 1
        while true {
            while !isBlank(at) {
                if bytes[at] == 58, isBlank(at + 1) { return }
                if !flows.isEmpty,
                    YAMLOutline.isFlowMark(bytes[at]) || bytes[at] == 58 && YAMLOutline.isFlowMark(byte(at + 1))
                {
                    return
                }
                at += 1
            }
            let (end, endLine, endStart) = (at, line, lineStart)
            while at < bytes.count, isBlank(at) { if isBreak(at) { passBreak() } else { at += 1 } }
            let goesOn =
                at < bytes.count && bytes[at] != 35 && !isAtDocumentMark
                && (line == endLine || !flows.isEmpty || column > indent)
            guard goesOn else {
                (at, line, lineStart) = (end, endLine, endStart)
                return
            }
        }
    }

    /// A text of whole lines, which ends where one is indented less.
    private mutating func blockText() {
        beginValue()
        var least = max(indent, 0) + 1
        var isGiven = false
        while !isBreak(at) {
            if bytes[at] == 35, isBlank(at - 1) { break }
            if bytes[at] &- 49 < 9 {
                least = max(indent, 0) + Int(bytes[at] - 48)
                isGiven = true
            }
            at += 1
        }
        while !isBreak(at) { at += 1 }
        while at < bytes.count {
            passBreak()
            var text = at
            while byte(text) == 32 { text += 1 }
            if isBreak(text) {
                at = text
                continue
            }
            if !isGiven {
                least = max(least, text - at)
                isGiven = true
            }
            guard text - at >= least else { return }
            while !isBreak(at) { at += 1 }
        }
    }
}
