// HTML that cannot be wrong by forgetting: elements and attributes have the names of two closed lists, and every text goes
// through one escape. There is no attribute that loads, links or runs anything, so data has no way to.

/// The elements that a report is made of, of HTML and SVG.
enum Tag: String, CaseIterable {
    case html, head, meta, title, body
    case header, main, section, footer
    case h1, h2, h3, p, ul, li, div, span, bdi, strong, code
    case table, caption, thead, tbody, tr, th, td, details, summary
    case svg, rect, line, circle, polyline, text, desc
}

/// One attribute; its value is escaped when it is written.
struct Attribute: Hashable, Sendable {
    /// The attributes that a report uses.
    enum Name: String, CaseIterable {
        case lang, dir, id, role, scope, tabindex, charset, name, content
        case `class` = "class"
        case httpEquiv = "http-equiv"
        case ariaLabel = "aria-label"
        case ariaLabelledBy = "aria-labelledby"
        case x, y, width, height, rx, cx, cy, r, x1, x2, y1, y2, points, viewBox, preserveAspectRatio
        case textAnchor = "text-anchor"
        case vectorEffect = "vector-effect"
    }

    let name: Name
    let value: String

    init(_ name: Name, _ value: String) {
        self.name = name
        self.value = value
    }

    /// A class of the style sheet.
    static func css(_ value: String) -> Attribute { Attribute(.class, value) }
}

/// A piece of HTML. It is made of text and elements only, and everything in it is escaped.
struct Markup: Hashable, Sendable {
    /// The HTML.
    let source: String

    private init(source: String) { self.source = source }

    /// Nothing.
    static let empty = Markup(source: "")

    /// A text.
    static func text(_ text: String) -> Markup { Markup(source: escaped(text)) }

    /// A text inside SVG, where `<bdi>` does not exist: its direction has no effect on what stands around it.
    static func isolated(_ text: String) -> Markup { Markup(source: "\u{2068}" + escaped(text) + "\u{2069}") }

    /// An element with what is inside it.
    static func element(_ tag: Tag, _ attributes: [Attribute] = [], _ content: [Markup] = []) -> Markup {
        var source = "<" + tag.rawValue
        for attribute in attributes {
            source += " " + attribute.name.rawValue + "=\"" + escaped(attribute.value) + "\""
        }
        source += ">"
        // The one element without an end.
        guard tag != .meta else { return Markup(source: source) }
        for part in content { source += part.source }
        return Markup(source: source + "</" + tag.rawValue + ">")
    }

    /// An element with one text inside.
    static func element(_ tag: Tag, _ attributes: [Attribute] = [], text: String) -> Markup {
        element(tag, attributes, [.text(text)])
    }

    /// The style sheet of the report, the one text that is not escaped: it holds no data.
    static let style = Markup(source: "<style>" + Stylesheet.text + "</style>")

    /// A whole document.
    static func document(_ root: Markup) -> String { "<!DOCTYPE html>\n" + root.source + "\n" }

    static func + (a: Markup, b: Markup) -> Markup { Markup(source: a.source + b.source) }

    /// Safe between tags and inside a quoted value. What would reorder or break its surroundings, or is no character of
    /// HTML, is shown by its number.
    private static func escaped(_ text: String) -> String {
        var out = ""
        out.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            case _ where isUnsafe(scalar.value): out += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    /// Controls, marks and overrides of direction, separators of lines, and what Unicode says is no character.
    private static func isUnsafe(_ value: UInt32) -> Bool {
        switch value {
        case 0..<32, 127..<160, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFDD0...0xFDEF, 0xFEFF:
            true
        default: value & 0xFFFE == 0xFFFE
        }
    }
}
