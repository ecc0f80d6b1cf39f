// A step as people write it: `type`, with conditions `type[property=value]`, and a `?` behind a step that may be left out.
internal import JourneyEvents

/// Which events make a step of a funnel.
struct FunnelStep: Hashable, Sendable {
    /// A field of the event and the text that it must have.
    struct Condition: Hashable, Sendable {
        var field: String
        var value: String
    }

    /// As it was written, without what says whether it is optional.
    var name: String
    /// The event type as it was written.
    var type: String
    /// All of them must hold.
    var conditions: [Condition] = []
    var isOptional = false

    /// Reads `type[field=value][field="va]lue"]?`.
    ///
    /// - Throws: `usage` when the text is not written so.
    init(_ text: String) throws {
        isOptional = text.hasSuffix("?")
        name = isOptional ? String(text.dropLast()) : text
        let start = name.firstIndex(of: "[") ?? name.endIndex
        type = String(name[..<start]).trimmingWhitespace()
        var rest = name[start...]
        while rest.first == "[" {
            guard let found = FunnelStep.condition(rest) else { break }
            conditions.append(found.condition)
            rest = found.rest
        }
        guard rest.isEmpty, !type.isEmpty else {
            throw RihlaError(
                .usage,
                "\"\(text)\" is no step of a funnel",
                hint: "write type, type[property=value] or type[property=value]?"
            )
        }
    }

    private static func condition(_ text: Substring) -> (condition: Condition, rest: Substring)? {
        let inner = text.dropFirst()
        guard let equals = inner.firstIndex(of: "=") else { return nil }
        let field = String(inner[..<equals]).trimmingWhitespace()
        var value = inner[inner.index(after: equals)...]
        guard !field.isEmpty, !field.contains("]") else { return nil }
        let isQuoted = value.first == "\""
        if isQuoted { value = value.dropFirst() }
        guard let end = value.firstIndex(of: isQuoted ? "\"" : "]") else { return nil }
        var rest = value[value.index(after: end)...]
        if isQuoted {
            guard rest.first == "]" else { return nil }
            rest = rest.dropFirst()
        }
        return (Condition(field: field, value: String(value[..<end])), rest)
    }
}

extension FunnelQuery {
    /// Splits steps at the commas that stand in no condition.
    public static func list(_ text: String) -> [String] {
        var parts: [String] = [""]
        var isInside = false
        var isQuoted = false
        for character in text {
            switch character {
            case "\"" where isInside: isQuoted.toggle()
            case "[" where !isQuoted: isInside = true
            case "]" where !isQuoted: isInside = false
            case "," where !isInside:
                parts.append("")
                continue
            default: break
            }
            parts[parts.count - 1].append(character)
        }
        return parts.map { $0.trimmingWhitespace() }.filter { !$0.isEmpty }
    }
}
