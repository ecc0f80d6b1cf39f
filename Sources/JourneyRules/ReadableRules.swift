// Rules as people write them: what fits a line stands on one, and quotes stand only where YAML needs them.
internal import JourneyEvents

extension RuleSet {
    /// The rules in force as a document to read and to edit; reading it again gives the same rules.
    public var readableYAML: String {
        var out = ""
        let members = document.members
        let rest = members.keys.filter { !RuleSet.order.contains($0) }.sorted()
        for key in RuleSet.order + rest { if let value = members[key] { out += value.readable(key: key, indent: 0) } }
        return out
    }

    /// The order in which the parts of a document are explained.
    private static let order = [
        "version", "extends", "time_zone", "stages", "dormant_after", "types", "aliases", "conversions", "session",
        "attribution",
        "channels", "lists", "pipelines", "sla", "scoring", "identity",
    ]
}

extension RuleNode {
    private static let width = 110

    fileprivate func readable(key: String, indent: Int) -> String {
        let start = String(repeating: " ", count: indent) + RuleNode.plain(key) + ":"
        let line = start + " " + flow
        switch self {
        case .scalar: return line + "\n"
        case .map(let members):
            if members.isEmpty || (indent > 0 && line.count <= RuleNode.width) { return line + "\n" }
            return start + "\n"
                + members.sorted { $0.key < $1.key }.map { $1.readable(key: $0, indent: indent + 2) }.joined()
        case .list(let list):
            if list.isEmpty || line.count <= RuleNode.width { return line + "\n" }
            let pad = String(repeating: " ", count: indent + 2)
            return start + "\n" + list.map { pad + "- " + $0.flow + "\n" }.joined()
        }
    }

    /// The value within a line.
    private var flow: String {
        switch self {
        case .scalar(let text): RuleNode.plain(text)
        case .list(let list): "[" + list.map(\.flow).joined(separator: ", ") + "]"
        case .map(let members):
            "{"
                + members.sorted { $0.key < $1.key }.map { RuleNode.plain($0) + ": " + $1.flow }.joined(separator: ", ")
                + "}"
        }
    }

    /// A text without quotes where it is a word or a number in YAML too.
    private static func plain(_ text: String) -> String {
        func isPlain(_ byte: UInt8) -> Bool {
            switch byte {
            case 48...57, 65...90, 97...122, 95, 45, 46, 47: true
            default: false
            }
        }
        guard let first = text.utf8.first, first != 45, text.utf8.allSatisfy(isPlain) else {
            return JSONValue.string(text).text
        }
        return text
    }
}
