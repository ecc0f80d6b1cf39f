// Texts with columns in braces, such as `won:{deal_id}`, compiled to indexes so that a row is mapped without looking up
// names.

/// How a field's text is made from a row.
struct Template: Sendable {
    enum Part: Sendable {
        /// A text by its index among the mapping's constants.
        case text(Int)
        /// A column by its index among the mapping's columns.
        case column(Int)
        /// The number of the row's first line.
        case line
    }
    /// The template as it was written, for messages.
    var source: String
    var parts: [Part]

    /// The column, when the template is that and nothing else.
    var single: Int? {
        guard parts.count == 1, case .column(let index) = parts[0] else { return nil }
        return index
    }
    /// The text's index, when no row changes it.
    var constant: Int? {
        guard parts.count == 1, case .text(let index) = parts[0] else { return nil }
        return index
    }
    /// Whether rows differ in it.
    var hasColumns: Bool {
        parts.contains { part in
            if case .text = part { return false }
            return true
        }
    }
    /// Whether the row's line number is in it.
    var hasLine: Bool {
        parts.contains { part in
            if case .line = part { return true }
            return false
        }
    }
}

/// A piece of a template before names have indexes.
enum TemplatePiece: Equatable {
    case text(String)
    case column(String)

    /// Cuts a text at its braces; doubled braces stand for themselves. Nil when a brace has no partner or names nothing.
    static func pieces(of text: String) -> [TemplatePiece]? {
        var pieces: [TemplatePiece] = []
        var literal = ""
        var rest = Substring(text)
        while let first = rest.first {
            rest.removeFirst()
            switch first {
            case "{" where rest.first == "{", "}" where rest.first == "}":
                literal.append(first)
                rest.removeFirst()
            case "{":
                guard let close = rest.firstIndex(of: "}"), close > rest.startIndex else { return nil }
                if !literal.isEmpty { pieces.append(.text(literal)) }
                literal = ""
                pieces.append(.column(String(rest[..<close])))
                rest = rest[rest.index(after: close)...]
            case "}": return nil
            default: literal.append(first)
            }
        }
        if !literal.isEmpty || pieces.isEmpty { pieces.append(.text(literal)) }
        return pieces
    }
}
