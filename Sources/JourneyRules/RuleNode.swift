// A rules document as a plain tree. User documents come from the YAML parser; the document inside the binary is read by a
// small reader of its own, because it is read at every start and a full YAML parser takes ten times as long.
internal import JourneyEvents
internal import Yams

/// A value of a rules document; scalars are kept as text.
indirect enum RuleNode: Hashable, Sendable {
    case scalar(String)
    case list([RuleNode])
    case map([String: RuleNode])

    /// The tree of a parsed YAML document.
    init(_ node: Node) {
        if let mapping = node.mapping {
            var members: [String: RuleNode] = [:]
            for (key, value) in mapping { members[key.string ?? ""] = RuleNode(value) }
            self = .map(members)
        } else if let sequence = node.sequence {
            self = .list(sequence.map { RuleNode($0) })
        } else {
            self = .scalar(node.string ?? "")
        }
    }

    subscript(_ key: String) -> RuleNode? { members[key] }
    var members: [String: RuleNode] { if case .map(let members) = self { members } else { [:] } }
    var list: [RuleNode] { if case .list(let list) = self { list } else { [] } }
    var text: String? { if case .scalar(let text) = self { text } else { nil } }

    /// This document over another: maps key by key, everything else replaced.
    func over(_ lower: RuleNode) -> RuleNode {
        guard case .map(let above) = self, case .map(let below) = lower else { return self }
        return .map(below.merging(above) { $1.over($0) })
    }

    /// The document as text with keys in ascending order: equal documents give equal bytes.
    var canonical: String {
        var out: [UInt8] = []
        write(indent: 0, to: &out)
        return String(decoding: out, as: UTF8.self)
    }

    private func write(indent: Int, to out: inout [UInt8]) {
        func pad() { for _ in 0..<indent { out.append(contentsOf: [32, 32]) } }
        switch self {
        case .map(let members):
            for (key, value) in members.sorted(by: { $0.key < $1.key }) {
                pad()
                RuleNode.quote(key, to: &out)
                out.append(58)
                value.child(indent: indent, to: &out)
            }
        case .list(let list):
            for value in list {
                pad()
                out.append(45)
                value.child(indent: indent, to: &out)
            }
        case .scalar(let text):
            pad()
            RuleNode.quote(text, to: &out)
            out.append(10)
        }
    }

    private func child(indent: Int, to out: inout [UInt8]) {
        switch self {
        case .map(let members) where members.isEmpty: out.append(contentsOf: " {}\n".utf8)
        case .list(let list) where list.isEmpty: out.append(contentsOf: " []\n".utf8)
        case .map, .list:
            out.append(10)
            write(indent: indent + 1, to: &out)
        case .scalar(let text):
            out.append(32)
            RuleNode.quote(text, to: &out)
            out.append(10)
        }
    }

    private static func quote(_ text: String, to out: inout [UInt8]) {
        if text.utf8.allSatisfy({ $0 >= 32 && $0 != 34 && $0 != 92 && $0 != 127 }) {
            out.append(34)
            out.append(contentsOf: text.utf8)
            out.append(34)
        } else {
            out.append(contentsOf: JSONValue.string(text).text.utf8)
        }
    }
}
