// Turns texts, names, numbers and money into markup of one language. Whatever comes from data is isolated, so that a name in
// another script moves nothing around it.
internal import JourneyEvents

/// Speaks one language.
struct Voice: Sendable {
    let language: Language

    var isMirrored: Bool { language == .arabic }

    func text(_ label: Label) -> String { label.text(language) }
    func say(_ label: Label) -> Markup { .text(label.text(language)) }

    /// A name from data, in whatever script it is.
    func name(_ text: String) -> Markup { .element(.bdi, [], text: text) }

    /// A name of the vocabulary in the report's language; any other one as it is.
    func term(_ text: String) -> Markup { Terms.label(text).map { say($0) } ?? name(text) }

    /// An attribution model; one of the rules' own by its name.
    func model(_ text: String) -> Markup { Terms.model(text).map { say($0) } ?? name(text) }
    func modelText(_ text: String) -> String { Terms.model(text)?.text(language) ?? text }

    /// A name of the vocabulary for texts inside SVG and for plain text.
    func termText(_ text: String) -> String { Terms.label(text)?.text(language) ?? text }

    /// A day or a period of an answer; what is none is a name from data.
    func period(_ text: String) -> Markup {
        let words = DateText.period(text, language)
        return words == text ? name(text) : .text(words)
    }

    /// A formatted number, which reads from left to right everywhere.
    func number(_ text: String) -> Markup { .element(.bdi, [Attribute(.dir, "ltr")], text: text) }

    /// Money of an answer, one line a currency.
    func money(_ value: JSONValue, digits: Int? = nil) -> Markup {
        let lines = moneyTexts(value, digits: digits)
        guard lines.count != 1 else { return number(lines[0]) }
        guard !lines.isEmpty else { return .text("–") }
        return lines.reduce(.empty) { $0 + .element(.span, [.css("line")], [number($1)]) }
    }

    /// Money of an answer as texts: `1,234.50 EUR`.
    func moneyTexts(_ value: JSONValue, digits: Int? = nil) -> [String] {
        if value["amount"] != nil { return moneyText(value, digits: digits).map { [$0] } ?? [] }
        return value.list.compactMap { moneyText($0, digits: digits) }
    }

    private func moneyText(_ value: JSONValue, digits: Int?) -> String? {
        guard let amount = value["amount"]?.plain, let code = value["currency"]?.plain else { return nil }
        return NumberText.money(amount, digits: digits ?? Currency(code)?.minorDigits ?? 2) + " " + code
    }

    /// A label with its places filled.
    func sentence(_ label: Label, _ parts: Sentence.Part...) -> Sentence { Sentence(text(label), parts) }
}

/// A sentence whose names and numbers are kept apart from its words, so that markup can isolate them.
struct Sentence: Sendable {
    /// A part of a sentence.
    enum Part: Sendable {
        /// Words of the report.
        case words(String)
        /// A name from data.
        case name(String)
        /// A formatted number.
        case number(String)
        /// Another sentence.
        case sentence(Sentence)
    }

    private let parts: [Part]

    init(_ parts: [Part]) { self.parts = parts }

    /// A template with `{0}`, `{1}` for the parts.
    init(_ template: String, _ values: [Part]) {
        var parts: [Part] = []
        var rest = Substring(template)
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            parts.append(.words(String(rest[..<open])))
            if let index = Int(rest[rest.index(after: open)..<close]), values.indices.contains(index) {
                parts.append(values[index])
            }
            rest = rest[rest.index(after: close)...]
        }
        parts.append(.words(String(rest)))
        self.parts = parts
    }

    /// The sentence as plain text.
    var text: String {
        parts.reduce(into: "") { text, part in
            switch part {
            case .words(let words): text += words
            case .name(let name): text += name
            case .number(let number): text += number
            case .sentence(let sentence): text += sentence.text
            }
        }
    }

    /// The sentence as markup.
    func markup(_ voice: Voice) -> Markup {
        parts.reduce(.empty) { markup, part in
            switch part {
            case .words(let words): markup + .text(words)
            case .name(let name): markup + voice.name(name)
            case .number(let number): markup + voice.number(number)
            case .sentence(let sentence): markup + sentence.markup(voice)
            }
        }
    }
}

extension JSONValue {
    /// The elements of a list, none of anything else.
    var list: [JSONValue] { if case .array(let values) = self { values } else { [] } }
    /// A text.
    var plain: String? { if case .string(let text) = self { text } else { nil } }
    /// A number.
    var number: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }
    /// A whole number; 0 when it is none.
    var count: Int { number.map { Int($0.rounded()) } ?? 0 }
    /// Whether it is true.
    var isTrue: Bool { self == .bool(true) }
    /// The members of an object.
    var members: [Member] { if case .object(let members) = self { members } else { [] } }
    /// A member; null when there is none.
    func at(_ key: String) -> JSONValue { self[key] ?? .null }
}
