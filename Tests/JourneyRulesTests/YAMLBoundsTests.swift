// Documents of YAML that stand for more than they are. 600 bytes of nested aliases took all memory of every later command.
import Foundation
import JourneyEvents
import JourneyRules
import JourneyYAML
import TestSupport
import Testing
import Yams

@Suite struct YAMLBoundsTests {
    private func read(_ text: String) -> String {
        do {
            return try YAMLText.compose(text) == nil ? "nothing" : "read"
        } catch {
            return "\(error.line):\(error.column) \(error.message)"
        }
    }

    private static let tooDeep = "nested deeper than 64 levels"
    private static let grows = "its aliases stand for more than 10 times the values that are written"
    private static let key = "a key must be a text, not a list or a mapping"

    /// `count` lines, each of nine aliases of the line before.
    private static func bomb(_ count: Int, _ line: (String, String) -> String) -> String {
        var text = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
        for index in 1...count {
            text += line("a\(index)", Array(repeating: "*a\(index - 1)", count: 9).joined(separator: ",")) + "\n"
        }
        return text
    }

    private static let list = bomb(9) { "\($0): &\($0) [\($1)]" }
    private static let bombs: [(String, String)] = [
        (list, "1:1 " + grows),
        (bomb(9) { "\($0): &\($0) {<<: [\($1)]}" }, "1:1 " + grows),
        (bomb(9) { "# c\u{85}\($0): &\($0) [\($1)]" }, "1:1 " + grows),
        (bomb(9) { "? &\($0)k \($0)\n: &\($0) [\($1)]" }, "1:1 " + grows),
        (bomb(60) { "\($0): &\($0) [\($1)]" }, "1:1 " + grows),
        (bomb(70) { "\($0): &\($0) [\($1)]" }, "64:12 " + tooDeep),
        (list + "*a9 : x\n", "11:1 " + key), (list + "x: {*a9: y}\n", "11:5 " + key),
        (list + "x: [*a9:y]\n", "11:5 " + key),
        ("x: " + String(repeating: "[", count: 64) + String(repeating: "]", count: 64), "1:67 " + tooDeep),
    ]
    private static let faults: [(String, String)] = [
        ("[a]: b", "1:4 " + key), ("{a: b}: c", "1:7 " + key), ("{[a]: b}", "1:2 " + key), ("[[a]: b]", "1:5 " + key),
        ("[? {a: b} : c]", "1:4 " + key), ("? - a\n: b", "1:3 " + key), ("?\n- a\n: b", "2:1 " + key),
        ("? a: b\n: c", "1:4 " + key), ("?\n  a: b\n: c", "2:4 " + key), ("? |\n  x\n  y\n: {? [a]}", "4:6 " + key),
        ("a: &a [*a]", "1:8 found undefined alias"), ("a: *b", "1:4 found undefined alias"),
        ("a: 1\na: 2", "1:1 the same key stands twice: \"a\""),
        ("a: b\n\u{1}", "2:1 control characters are not allowed"),
    ]

    @Test(.timeLimit(.minutes(1)), arguments: bombs + faults)
    func `what grows without end is refused before it does`(text: String, expected: String) {
        #expect(read(text) == expected)
    }

    private static let sound: [String] = [
        "", "# nothing\n", "a: b\n", "x: " + String(repeating: "[", count: 63) + String(repeating: "]", count: 63),
        "a: &a [x, y]\nb: *a\nc: [*a, *a]\n", "a: &k key\n*k : b\nc: {*k: d}\n", "? a\n: b\n? c\n: [d]\n",
        "? |\n  long\n  key\n: v\n", "a: \"*b [ {\"\nc: '*d ''[' # *e [\n", "a: |\n  *b [[[ {\n   : x\nc: >-\n  ? [\n",
        "a: x *b [c\n   *d ] e\n", "a*b: c*d\n", "- &a b\n- *a\n- [*a , *a]\n", "%YAML 1.1\n--- # *a\na: b\n...\n",
        "a: !!str c\n", "{a: [b], \"c\": d}", "[a: b, c]",
        "a: -b\n", "a:\r\n- &x b\r\n- *x\r\n", "{? a : b, ? c}",

        "k: >2\n    *x\n   y\nl: m\n", "a: &b\n  c: d\ne:\n  f: *b\n", "f: \"a\\\"*b\"\ng: &h i\nj: *h\n",
    ]

    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("[", 1_000_000, "1:65 " + tooDeep), ("- ", 500_000, "1:129 " + tooDeep), ("{", 1_000_000, "1:2 " + key),
            ("? ", 500_000, "1:3 " + key), ("a", 1_048_577, "1:1 the document is larger than 1 MiB"),
        ]
    ) func `a megabyte of one beginning is refused at once`(piece: String, count: Int, expected: String) {
        let found = read(String(repeating: piece, count: count))
        #expect(found == expected)
    }

    @Test(arguments: sound) func `sound documents are read as ever`(text: String) throws {
        let expected = try Yams.compose(yaml: text, .basic)
        let found = try YAMLText.compose(text)
        #expect(found == expected)
        #expect(found.map(places) == expected.map(places))
    }

    private func places(_ node: Node) -> [String] {
        let own = ["\(node.mark?.line ?? 0):\(node.mark?.column ?? 0)"]
        if let mapping = node.mapping { return own + mapping.flatMap { places($0.key) + places($0.value) } }
        return own + (node.sequence.map { $0.flatMap { places($0) } } ?? [])
    }

    private func hasCollectionKey(_ node: Node) -> Bool {
        if let mapping = node.mapping {
            return mapping.contains { $0.key.scalar == nil || hasCollectionKey($0.key) || hasCollectionKey($0.value) }
        }
        return node.sequence?.contains { hasCollectionKey($0) } ?? false
    }

    @Test func `whatever a text is made of, the parser and the bounds agree on it`() throws {
        var random = SplitMix.fresh()
        let parts = [
            "a", "b", "key", "*a", "*b", "&a ", "&b ", ": ", ":", "- ", "? ", "[", "]", "{", "}", ", ", ",", "\"", "'",
            "\n",
            "\n", "\n  ", "\n    ", " ", "#", " #", "|", ">\n  ", "!t ", "--- ", "\\", "\r\n", "é", "\u{85}",
            "\u{2028}", "\t", "a: b\n",
            "- c\n", "x: &a [b]\n", "y: *a\n",
        ]
        var counts = (read: 0, refused: 0)
        for _ in 0..<3_000 {
            let text = (0..<Int.random(in: 1...14, using: &random)).map { _ in parts.randomElement(using: &random) ?? ""
            }
            .joined()
            let expected = try? Yams.compose(yaml: text, .basic)
            let found: Result<Node?, any Error> = Result { try YAMLText.compose(text) }
            guard let expected else {
                // Nothing, or a text at fault: nothing else than that comes of it.
                #expect((try? found.get()) == nil, "seed \(random.seed): \(text.debugDescription)")
                continue
            }
            if hasCollectionKey(expected) {
                counts.refused += 1
                #expect(throws: YAMLFault.self, "seed \(random.seed): \(text.debugDescription)") { try found.get() }
            } else {
                counts.read += 1
                let tree = try? found.get()
                #expect(tree == expected, "seed \(random.seed): \(text.debugDescription)")
            }
        }
        #expect(counts.read > 100, "\(counts)")
        #expect(throws: YAMLFault.self) { try YAMLText.compose("? [a]\n: b\n") }
    }

    @Test func `a document of rules of a hundred thousand faults names a thousand of them, in time`() throws {
        let unknown = (0..<20_000).map { "k\($0): 1\n" }.joined()
        let findings = RuleSet.check(yaml: unknown, path: "r.yaml")
        #expect(findings.count == 1_001)
        #expect(findings.contains { $0.message == "there are more findings, which are not listed" })
        let long = String(repeating: "s", count: 200_000)
        let names = "extends: none\nstages: [\(long)]\ntypes: {a: {stage: \(long)x}}\n"
        #expect(RuleSet.check(yaml: names, path: "r.yaml").count == 1)
    }
}
