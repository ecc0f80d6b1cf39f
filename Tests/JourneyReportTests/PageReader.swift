// Reads a page strictly: every element closed in order, every attribute quoted and named once.
import JourneyEvents

/// One element of a page.
final class Element {
    let name: String
    let attributes: [String: String]
    var children: [Element] = []
    /// The text directly inside, unescaped.
    var text = ""
    weak var parent: Element?

    init(name: String, attributes: [String: String]) {
        self.name = name
        self.attributes = attributes
    }

    /// This element and all inside it, in document order.
    var all: [Element] { [self] + children.flatMap(\.all) }
    func all(_ name: String) -> [Element] { all.filter { $0.name == name } }
    var classes: [String] { attributes["class"]?.split(separator: " ").map(String.init) ?? [] }
    /// All text inside.
    var words: String { ([text] + children.map(\.words)).filter { !$0.isEmpty }.joined(separator: " ") }
    func isInside(_ names: Set<String>) -> Bool {
        names.contains(name) || parent?.isInside(names) == true
    }
}

/// What is wrong with a page.
struct PageError: Error, CustomStringConvertible { var description: String }

enum PageReader {
    /// The root of a page.
    static func read(_ html: String) throws -> Element {
        let start = "<!DOCTYPE html>\n"
        guard html.hasPrefix(start) else { throw PageError(description: "no doctype") }
        var rest = Substring(html.dropFirst(start.count))
        let root = Element(name: "", attributes: [:])
        var open = [root]
        while let next = rest.firstIndex(of: "<") {
            open[open.count - 1].text += try unescaped(rest[..<next])
            rest = rest[rest.index(after: next)...]
            if rest.first == "/" {
                guard let end = rest.firstIndex(of: ">") else { throw PageError(description: "an end without >") }
                let name = String(rest[rest.index(after: rest.startIndex)..<end])
                guard open.count > 1, open.removeLast().name == name else {
                    throw PageError(description: "</\(name)> ends nothing")
                }
                rest = rest[rest.index(after: end)...]
                continue
            }
            let element = try tag(&rest)
            element.parent = open[open.count - 1]
            open[open.count - 1].children.append(element)
            if element.name == "style" {
                guard let end = rest.firstRange(of: "</style>") else { throw PageError(description: "no </style>") }
                element.text = String(rest[..<end.lowerBound])
                rest = rest[end.upperBound...]
            } else if element.name != "meta" {
                open.append(element)
            }
        }
        guard open.count == 1, rest == "\n", root.children.count == 1 else {
            throw PageError(description: "\(open.last?.name ?? "") is not closed, or something stands behind the page")
        }
        return root.children[0]
    }

    private static func tag(_ rest: inout Substring) throws -> Element {
        guard let end = endOfTag(rest) else { throw PageError(description: "a tag without >") }
        var inside = rest[..<end]
        rest = rest[rest.index(after: end)...]
        let name = String(inside.prefix { $0 != " " })
        guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) else {
            throw PageError(description: "<\(name)> is no element")
        }
        inside = inside.dropFirst(name.count)
        var attributes: [String: String] = [:]
        while !inside.isEmpty {
            guard inside.first == " ", let equals = inside.firstRange(of: "=\"") else {
                throw PageError(description: "<\(name)\(inside)> has an attribute without a quoted value")
            }
            let key = String(inside[..<equals.lowerBound].dropFirst())
            inside = inside[equals.upperBound...]
            guard let close = inside.firstIndex(of: "\"") else { throw PageError(description: "\(key) has no end") }
            guard attributes.updateValue(try unescaped(inside[..<close]), forKey: key) == nil else {
                throw PageError(description: "\(key) stands twice in <\(name)>")
            }
            inside = inside[inside.index(after: close)...]
        }
        return Element(name: name, attributes: attributes)
    }

    /// Where a tag ends; `>` inside a value would have been escaped.
    private static func endOfTag(_ text: Substring) -> Substring.Index? { text.firstIndex(of: ">") }

    private static func unescaped(_ text: Substring) throws -> String {
        guard !text.contains(">") && !text.contains("<") else { throw PageError(description: "not escaped: \(text)") }
        var out = ""
        var rest = text
        while let ampersand = rest.firstIndex(of: "&") {
            out += rest[..<ampersand]
            guard let end = rest[ampersand...].firstIndex(of: ";"),
                let character = entities[String(rest[rest.index(after: ampersand)..<end])]
            else { throw PageError(description: "not escaped: \(rest)") }
            out += character
            rest = rest[rest.index(after: end)...]
        }
        return out + rest
    }

    private static let entities = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "#39": "'"]
}
