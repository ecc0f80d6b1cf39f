// Numbers, dates, counted nouns and colours.
import Foundation
import JourneyEvents
import Testing

@testable import JourneyReport

@Suite struct WordsTests {
    @Test(arguments: [
        ("0", 2, "0.00"), ("1234.505", 2, "1,234.51"), ("1234.504999", 2, "1,234.50"), ("-1234.505", 2, "-1,234.51"),
        ("0.004", 2, "0.00"), ("-0.004", 2, "0.00"), ("999.995", 2, "1,000.00"), ("7", 0, "7"), ("0.5", 0, "1"),
        ("12", 3, "12.000"),
        ("170141183460469231731.5", 2, "170,141,183,460,469,231,731.50"), ("what", 2, "what"), ("1.x", 2, "1.x"),
        ("", 2, ""),
    ])
    func `money is rounded once, half away from zero, and grouped`(text: String, digits: Int, expected: String) {
        #expect(NumberText.money(text, digits: digits) == expected)
    }

    @Test(arguments: [
        (0, 1, "0"), (1.25, 1, "1.3"), (-1.25, 1, "-1.3"), (1_234_567.0, 1, "1,234,567"), (0.04, 1, "0"),
        (-0.04, 1, "0"),
        (999.95, 1, "1,000"), (2.5, 2, "2.5"), (Double.nan, 1, "–"), (1e30, 1, "–"), (100, 0, "100"),
        (1_000, 0, "1,000"),
    ])
    func `decimals that are zero are left out`(value: Double, digits: Int, expected: String) {
        #expect(NumberText.decimal(value, digits: digits) == expected)
    }

    @Test func `durations are in the largest unit of which there is one`() {
        let seconds: [Double] = [0, 59, 60, 3_599, 3_600, 86_399, 86_400, 216_000, -7_200]
        #expect(
            seconds.map { NumberText.duration($0, .english) } == [
                "0 s", "59 s", "1 min", "60 min", "1 h", "24 h", "1 d", "2.5 d", "-2 h",
            ]
        )
        #expect(NumberText.duration(172_800, .arabic) == "2 يوم")
    }

    @Test func `periods and days are told in either language, what is none as it is`() {
        let names = ["2026-02", "2026-W05", "2026-Q1", "2026-02-28", "2026-13", "spring", "2026-xx-01", ""]
        #expect(
            names.map { DateText.period($0, .english) } == [
                "Feb 2026", "Week 05, 2026", "Q1 2026", "28 Feb 2026", "2026-13", "spring", "2026-xx-01", "",
            ]
        )
        #expect(
            DateText.period("2026-02", .arabic) == "فبراير 2026"
                && DateText.period("2026-Q1", .arabic) == "الربع 1، 2026"
        )
        #expect(DateText.minute("2026-02-28T09:05", .english) == "28 Feb 2026, 09:05")
    }

    @Test func `Arabic counts in the forms that its numbers have`() {
        let deals = Noun("deal", "deals", arabic: ["لا صفقات", "صفقة واحدة", "صفقتان", "صفقات", "صفقة", "صفقة كاملة"])
        #expect([0, 1, 2, 5].map { deals.counted($0, .english) } == ["0 deals", "1 deal", "2 deals", "5 deals"])
        #expect(
            [0, 1, 2, 3, 10, 11, 99, 100, 102, 103, 111, 1_000].map { deals.counted($0, .arabic) } == [
                "لا صفقات", "صفقة واحدة", "صفقتان", "3 صفقات", "10 صفقات", "11 صفقة", "99 صفقة", "100 صفقة كاملة",
                "102 صفقة كاملة", "103 صفقات", "111 صفقة", "1,000 صفقة كاملة",
            ]
        )
        #expect(deals.counted(-1, .arabic) == "-1 صفقة كاملة")
    }

    @Test func `the channels and stages of the default rules have words in both languages`() {
        let names = [
            "awareness", "loyalty", "closing", "organic_social", "ai_assistant", "mobile_push", "(unattributed)",
            "price",
        ]
        for name in names {
            #expect(Terms.label(name)?.english.isEmpty == false)
            #expect(Terms.label(name)?.arabic.unicodeScalars.contains { $0.value > 0x600 } == true)
        }
        #expect(Terms.label("spring-sale") == nil)
        // A channel may be called like a model.
        #expect(Terms.label("first") == nil && Terms.model("first") != nil && Terms.model("email") == nil)
    }
}

@Suite struct PaletteTests {
    /// The relative luminance of WCAG 2.2.
    private static func luminance(_ color: String) throws -> Double {
        let value = try #require(UInt32(color.dropFirst(), radix: 16))
        let parts = [16, 8, 0].map { shift -> Double in
            let share = Double(value >> UInt32(shift) & 255) / 255
            return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }

    private static func contrast(_ palette: Palette, _ a: String, _ b: String) throws -> Double {
        let (x, y) = (try luminance(try #require(palette[a])), try luminance(try #require(palette[b])))
        return (max(x, y) + 0.05) / (min(x, y) + 0.05)
    }

    @Test(arguments: [Palette.light, .dark])
    func `texts and charts have the contrast of WCAG AA`(palette: Palette) throws {
        for background in ["page", "card"] {
            for text in ["ink", "soft", "accent"] {
                #expect(try PaletteTests.contrast(palette, text, background) >= 4.5, "\(text) on \(background)")
            }
        }
        #expect(try PaletteTests.contrast(palette, "ghost", "card") >= 3)
        for index in 1...Palette.seriesCount {
            #expect(try PaletteTests.contrast(palette, "s\(index)", "card") >= 3, "s\(index)")
            #expect(try PaletteTests.contrast(palette, "on", "s\(index)") >= 4.5, "number in s\(index)")
        }
        for index in 1...Palette.heatCount {
            let text = index > Palette.heatCount / 2 ? "hhigh" : "hlow"
            #expect(try PaletteTests.contrast(palette, text, "h\(index)") >= 4.5, "h\(index)")
        }
    }

    @Test func `both palettes have the same colours, and each is used`() {
        #expect(Palette.light.entries.map(\.name) == Palette.dark.entries.map(\.name))
        for entry in Palette.light.entries {
            #expect(Stylesheet.text.contains("var(--\(entry.name))"), "\(entry.name)")
        }
    }
}
