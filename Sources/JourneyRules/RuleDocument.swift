// The YAML side of rules: parsing with lines and columns, laying one document over another, the canonical text and digest.
internal import JourneyEvents
internal import Yams

enum RuleDocument {
    static func parse(_ yaml: String, path: String) throws -> Node {
        do {
            guard let node = try Yams.compose(yaml: yaml) else { return Node.mapping([:]) }
            guard node.mapping != nil else {
                throw RihlaError(.invalidInput, "\(path):1:1: a rules document is a mapping of keys")
            }
            return node
        } catch let error as YamlError {
            throw RihlaError(.invalidInput, "\(path): \(error)")
        }
    }

    /// `upper` over `lower`: mappings key by key, everything else replaced.
    static func merge(_ upper: Node, over lower: Node) -> Node {
        guard let above = upper.mapping, var merged = lower.mapping else { return upper }
        for (key, value) in above {
            merged[key] = merged[key].map { merge(value, over: $0) } ?? value
        }
        return .mapping(merged)
    }

    /// The document as text with keys in ascending order: equal documents give equal bytes.
    static func canonical(_ node: Node) -> String {
        var out = ""
        write(node, indent: 0, to: &out)
        return out
    }

    private static func write(_ node: Node, indent: Int, to out: inout String) {
        let pad = String(repeating: "  ", count: indent)
        switch node {
        case .mapping(let mapping):
            for (key, value) in mapping.sorted(by: { ($0.key.string ?? "") < ($1.key.string ?? "") }) {
                out += pad + JSONValue.string(key.string ?? "").text + ":"
                child(value, indent: indent, to: &out)
            }
        case .sequence(let sequence):
            for value in sequence {
                out += pad + "-"
                child(value, indent: indent, to: &out)
            }
        default:
            out += pad + JSONValue.string(node.string ?? "").text + "\n"
        }
    }

    private static func child(_ value: Node, indent: Int, to out: inout String) {
        switch value {
        case .mapping(let mapping) where mapping.isEmpty: out += " {}\n"
        case .sequence(let sequence) where sequence.isEmpty: out += " []\n"
        case .mapping, .sequence:
            out += "\n"
            write(value, indent: indent + 1, to: &out)
        default: out += " " + JSONValue.string(value.string ?? "").text + "\n"
        }
    }

    /// FNV-1a of 128 bits (Fowler, Noll, Vo), its two halves folded together.
    static func digest(_ text: String) -> String {
        var hash: UInt128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D
        for byte in text.utf8 { hash = (hash ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013B }
        let folded = UInt64(truncatingIfNeeded: hash) ^ UInt64(truncatingIfNeeded: hash >> 64)
        let digits = String(folded, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static let topLevel = [
        "version", "extends", "time_zone", "stages", "dormant_after", "types", "aliases", "conversions", "session",
        "attribution", "lists", "channels", "pipelines", "sla", "scoring", "identity",
    ]
    private static let nested: [String: [String]] = [
        "session": ["gap", "on_new_campaign"],
        "attribution": ["lookback", "path", "direct", "transform", "half_life", "first", "last"],
        "sla": ["accept", "contact", "calendar"],
        "scoring": ["fit", "engagement", "mql", "rearm", "caps"],
        "identity": ["devices", "limits", "blocked"],
    ]
    static let conditions = [
        "source", "medium", "campaign", "source_list", "paid", "shopping", "medium_contains", "medium_ends",
        "campaign_contains", "no_click_id",
    ]

    /// Unknown keys and wrong values.
    static func check(_ document: Node) -> [RuleFinding] {
        var findings: [RuleFinding] = []
        func find(_ node: Node, _ message: String) {
            findings.append(.init(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1, message: message))
        }
        func keys(_ node: Node?, _ known: [String], _ place: String) {
            guard let node else { return }
            guard let mapping = node.mapping else { return find(node, "\(place) must be a mapping") }
            for (key, _) in mapping where !known.contains(key.string ?? "") {
                let name = key.string ?? ""
                let meant = Suggestion.nearest(to: name, in: known).map { ", did you mean \"\($0)\"?" } ?? ""
                find(key, "unknown key \"\(name)\" in \(place)\(meant)")
            }
        }
        func duration(_ node: Node?, _ place: String) {
            if let node, DurationText.milliseconds(node.string ?? "") == nil {
                find(node, "\(place) must be a duration such as 90s, 30m, 4h, 7d or 2w")
            }
        }
        func choice(_ node: Node?, _ known: [String], _ place: String) {
            if let node, !known.contains(node.string ?? "") {
                find(node, "\(place) must be one of " + known.joined(separator: ", "))
            }
        }
        keys(document, topLevel, "the rules")
        for (section, known) in nested { keys(document.mapping?[section], known, section) }
        duration(document.mapping?["dormant_after"], "dormant_after")
        duration(document.mapping?["session"]?.mapping?["gap"], "session.gap")
        let attribution = document.mapping?["attribution"]?.mapping
        duration(attribution?["lookback"], "attribution.lookback")
        duration(attribution?["half_life"], "attribution.half_life")
        choice(attribution?["path"], ["overlap", "reset"], "attribution.path")
        choice(attribution?["direct"], ["drop", "keep"], "attribution.direct")
        if let types = document.mapping?["types"]?.mapping {
            for (name, rule) in types {
                keys(rule, ["stage", "touch", "channel", "web", "effect"], "types.\(name.string ?? "")")
                choice(
                    rule.mapping?["touch"],
                    ["true", "false", "session_start", "connected", "never", "always"],
                    "touch"
                )
                choice(rule.mapping?["web"], ["true", "false"], "web")
                choice(rule.mapping?["effect"], Effect.allCases.map(\.rawValue), "effect")
                if let stage = rule.mapping?["stage"] {
                    let stages = document.mapping?["stages"]?.array().compactMap(\.string) ?? RuleSet.defaultStages
                    choice(stage, stages, "stage")
                }
            }
        } else if let types = document.mapping?["types"] {
            find(types, "types must be a mapping")
        }
        for rule in document.mapping?["conversions"]?.array() ?? [] {
            keys(rule, ["name", "type"], "a conversion")
            if rule.mapping?["type"]?.string == nil { find(rule, "a conversion needs a type") }
        }
        for rule in document.mapping?["channels"]?.array() ?? [] {
            keys(rule, ["channel", "when"], "a channel rule")
            keys(rule.mapping?["when"], conditions, "when")
        }
        return findings.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    }
}

extension RuleSet {
    static let defaultStages = ["awareness", "interest", "consideration", "decision", "purchase", "loyalty"]
}
