// The subset of YAML that the document inside the binary is written in: maps and lists by indentation, flow maps and lists
// within a line, plain and double-quoted scalars without escapes.

/// Reads a document of that subset; anything else is not noticed, so nothing that a user wrote comes here.
struct PlainYAML {
    private let lines: [(indent: Int, bytes: ArraySlice<UInt8>)]
    private var at = 0

    /// The tree of a document.
    static func parse(_ text: String) -> RuleNode {
        var reader = PlainYAML(Array(text.utf8))
        return reader.block(indent: 0)
    }

    private init(_ bytes: [UInt8]) {
        lines = bytes.split(separator: 10).compactMap { line in
            guard let first = line.firstIndex(where: { $0 != 32 }), line[first] != 35 else { return nil }
            return (first - line.startIndex, line[first...])
        }
    }

    private mutating func block(indent: Int) -> RuleNode {
        guard at < lines.count else { return .scalar("") }
        if lines[at].bytes.first == 45 {
            var list: [RuleNode] = []
            while at < lines.count, lines[at].indent == indent, lines[at].bytes.first == 45 {
                var flow = Flow(lines[at].bytes.dropFirst(2))
                list.append(flow.value())
                at += 1
            }
            return .list(list)
        }
        var members: [String: RuleNode] = [:]
        while at < lines.count, lines[at].indent == indent {
            var flow = Flow(lines[at].bytes)
            let key = flow.key()
            at += 1
            if flow.isAtEnd {
                members[key] = block(indent: at < lines.count ? lines[at].indent : indent)
            } else {
                members[key] = flow.value()
            }
        }
        return .map(members)
    }

    /// One line's flow content.
    private struct Flow {
        private let bytes: ArraySlice<UInt8>
        private var at: Int

        init(_ bytes: ArraySlice<UInt8>) {
            self.bytes = bytes
            at = bytes.startIndex
        }

        private var byte: UInt8 { at < bytes.endIndex ? bytes[at] : 0 }
        var isAtEnd: Bool { at >= bytes.endIndex }

        private mutating func skip() { while byte == 32 { at += 1 } }

        /// A key and the colon after it.
        mutating func key() -> String {
            let key = scalar(endingAt: 58)
            at += 1
            skip()
            return key
        }

        mutating func value() -> RuleNode {
            skip()
            switch byte {
            case 123:
                var members: [String: RuleNode] = [:]
                at += 1
                skip()
                while byte != 125, !isAtEnd {
                    let name = key()
                    members[name] = value()
                    separator()
                }
                at += 1
                return .map(members)
            case 91:
                var list: [RuleNode] = []
                at += 1
                skip()
                while byte != 93, !isAtEnd {
                    list.append(value())
                    separator()
                }
                at += 1
                return .list(list)
            default: return .scalar(scalar(endingAt: 0))
            }
        }

        private mutating func separator() {
            skip()
            if byte == 44 { at += 1 }
            skip()
        }

        private mutating func scalar(endingAt end: UInt8) -> String {
            if byte == 34 {
                let start = at + 1
                at = start
                while byte != 34, !isAtEnd { at += 1 }
                defer { at += 1 }
                return String(decoding: bytes[start..<at], as: UTF8.self)
            }
            let start = at
            while !isAtEnd, byte != 44, byte != 125, byte != 93, end == 0 || byte != end { at += 1 }
            var last = at
            while last > start, bytes[last - 1] == 32 { last -= 1 }
            return String(decoding: bytes[start..<last], as: UTF8.self)
        }
    }
}
