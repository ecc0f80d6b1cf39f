// Texts of properties, and their normal form.
import Testing

@testable import JourneyViews

@Suite struct TextKeyTests {
    @Test(arguments: [
        (#""one""#, ["one"]), (#"["a, b", "c\"]", 7, true, null, ["d"]]"#, ["a, b", "c\"]", "7", "true", "d"]),
        (#" [ ] "#, []), ("null", []), ("12.50", ["12.50"]),
        (#"{"contact":"phone","n":1,"at":"9, or [10]"}"#, ["contact: phone", "at: 9, or [10]"]),
        (#"[{"by":"mail"},"x"]"#, ["by: mail", "x"]), ("\"\\u0645\\u0631\\u062d\\u0628\\u0627\"", ["مرحبا"]),
    ])
    func `a property holds one text, a list, or named ones`(_ json: String, _ texts: [String]) {
        #expect(propertyTexts(ofJSON: json) == texts)
    }

    @Test func `the normal form is without case and white space, and nothing is no text`() {
        #expect(TextKey(normal: "  How\t much\u{A0}?\n")?.text == "how much ?")
        #expect(TextKey(normal: "كم  السعر")?.text == "كم السعر")
        #expect(TextKey(normal: " \n") == nil)
        #expect(TextKey(exact: "A") < TextKey(exact: "a"))
    }

    @Test func `the most frequent spelling is shown, of several the first by bytes, in any order`() throws {
        for texts in [["b", "B", "b ", "A", "a"], ["a", "A", "b", "B", "b"]] {
            var spellings = Spellings()
            for text in texts { _ = spellings.key(text) }
            #expect(spellings.label(try #require(TextKey(normal: "B"))) == "b")
            #expect(spellings.label(try #require(TextKey(normal: "a"))) == "A")
        }
        // Composed and decomposed letters are equal as texts of Swift; here bytes decide.
        var (one, other) = (Spellings(), Spellings())
        for text in ["\u{E9}", "e\u{301}"] { _ = one.key(text) }
        for text in ["e\u{301}", "\u{E9}"] { _ = other.key(text) }
        let key = try #require(TextKey(normal: "\u{E9}"))
        #expect(Array(one.label(key).utf8) == Array(other.label(key).utf8))
    }
}
