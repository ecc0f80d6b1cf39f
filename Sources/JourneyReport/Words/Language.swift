// The two languages that a report speaks. Every word of its own is written once, in both.

/// The language of a report.
public enum Language: String, Sendable, CaseIterable {
    /// English, from left to right.
    case english = "en"
    /// Arabic, from right to left.
    case arabic = "ar"

    var direction: String { self == .arabic ? "rtl" : "ltr" }
}

/// A text of the report in both languages. `{0}`, `{1}` are places for what is counted or named.
struct Label: Hashable, Sendable {
    let english: String
    let arabic: String

    init(_ english: String, _ arabic: String) {
        self.english = english
        self.arabic = arabic
    }

    func text(_ language: Language) -> String { language == .arabic ? arabic : english }
}

/// Something that is counted, in the forms that the languages have for numbers.
struct Noun: Hashable, Sendable {
    let one: String
    let other: String
    /// Arabic: none, one, two, 3–10, 11–99, and hundreds.
    let arabic: [String]

    /// - Parameter arabic: zero, one, two, few, many, other; the first three say the number themselves.
    init(_ one: String, _ other: String, arabic: [String]) {
        self.one = one
        self.other = other
        self.arabic = arabic
    }

    /// A number of it.
    func counted(_ count: Int, _ language: Language) -> String {
        let number = NumberText.count(count)
        guard language == .arabic else { return number + " " + (count == 1 ? one : other) }
        switch (count, count % 100) {
        case (0...2, _): return arabic[count]
        case (_, 3...10): return number + " " + arabic[3]
        case (_, 11...99): return number + " " + arabic[4]
        default: return number + " " + arabic[5]
        }
    }
}
