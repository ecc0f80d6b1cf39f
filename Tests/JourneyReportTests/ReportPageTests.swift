// The page: its structure, both languages, what it says of each part, and that data cannot get out of its text.
import Crypto
import Foundation
import JourneyEvents
import Testing

@testable import JourneyReport

private func page(
    _ name: String = "spring-sale",
    _ language: Language = .english,
    parts: [String]? = nil,
    full: Bool = true
) throws -> Element {
    try PageReader.read(
        ReportPage(try SampleReport.report(name: name, parts: parts, full: full), language: language).html
    )
}

/// The cells of the first table of a panel, row by row.
private func cells(_ part: String, table index: Int = 0, _ language: Language = .english) throws -> [[String]] {
    let page = try page("spring-sale", language, parts: [part])
    let section = try #require(page.all("section").first { $0.attributes["aria-labelledby"] == part })
    let table = try #require(section.all("table").dropFirst(index).first)
    return table.all("tr").map { row in row.children.map { $0.words.trimmingCharacters(in: .whitespaces) } }
}

@Suite struct ReportPageTests {
    @Test(arguments: Language.allCases, [true, false])
    func `a page is one well-formed document with everything labelled`(language: Language, full: Bool) throws {
        let root = try page("spring-sale", language, full: full)
        #expect(root.name == "html" && root.attributes["lang"] == language.rawValue)
        #expect(root.attributes["dir"] == (language == .arabic ? "rtl" : "ltr"))
        let all = root.all
        let ids = all.compactMap { $0.attributes["id"] }
        #expect(Set(ids).count == ids.count)
        let levels = all.compactMap { ["h1": 1, "h2": 2, "h3": 3][$0.name] }
        #expect(levels.first == 1 && levels.filter { $0 == 1 }.count == 1)
        for (before, after) in zip(levels, levels.dropFirst()) { #expect(after <= before + 1) }
        for heading in all where ["h1", "h2", "h3", "summary", "caption", "title"].contains(heading.name) {
            #expect(!heading.words.isEmpty)
        }
        for svg in root.all("svg") {
            #expect(svg.attributes["role"] == "img")
            #expect(svg.children.prefix(2).map(\.name) == ["title", "desc"])
            // A chart has its figures as a table beside it.
            var panel = svg.parent
            while let inner = panel, inner.name != "section" { panel = inner.parent }
            #expect(panel?.all("table").isEmpty == false)
        }
        for table in root.all("table") {
            #expect(table.children.map(\.name) == ["caption", "thead", "tbody"])
            let width = table.all("tr")[0].children.count
            for row in table.all("tr") { #expect(row.children.count == width, "\(table.words)") }
            for header in table.all("th") { #expect(["col", "row"].contains(header.attributes["scope"])) }
            for row in table.children[2].children { #expect(row.children.first?.name == "th") }
        }
        for section in root.all("section") { #expect(ids.contains(section.attributes["aria-labelledby"] ?? "")) }
        for list in all where ["ul", "ol"].contains(list.name) {
            #expect(!list.children.isEmpty && list.children.allSatisfy { $0.name == "li" })
        }
        #expect(root.all("svg").isEmpty != full || !root.all("svg").isEmpty)
        #expect(root.all("section").count == SampleReport.partNames.count + 2)
    }

    @Test func `nothing of a page can run, load or lead away, and its policy allows its own style alone`() throws {
        let root = try page()
        for element in root.all {
            #expect(Tag(rawValue: element.name) != nil || element.name == "style")
            for name in element.attributes.keys {
                #expect(Attribute.Name(rawValue: name) != nil && !name.hasPrefix("on") && name != "style")
            }
        }
        for tag in Tag.allCases {
            #expect(!["script", "a", "img", "link", "iframe", "object", "form", "use", "image"].contains(tag.rawValue))
        }
        for name in Attribute.Name.allCases { #expect(!["href", "src", "action", "data"].contains(name.rawValue)) }
        let style = try #require(root.all("style").first)
        let hash = Data(SHA256.hash(data: Data(style.text.utf8))).base64EncodedString()
        let policy = root.all("meta").first { $0.attributes["http-equiv"] == "Content-Security-Policy" }
        let content = try #require(policy?.attributes["content"])
        #expect(content.hasPrefix("default-src 'none'; style-src 'sha256-\(hash)'"))
        #expect(root.all("style").count == 1)
        #expect(!style.text.contains("url(") && !style.text.contains("@import") && !style.text.contains("://"))
        // The policy stands before what it is about.
        let head = root.children[0].children.map(\.name)
        #expect(head == ["meta", "meta", "meta", "meta", "title", "style"])
    }

    private static let noCharacters = String(
        String.UnicodeScalarView([0xFFFE, 0xFEFF, 0xFFFF, 0xFDD0, 0x1FFFE].compactMap { Unicode.Scalar(UInt32($0)) })
    )
    private static let hostile = [
        "<script>alert(1)</script>", "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>",
        "\"><svg onload=alert(1)>", "'><svg/onload=alert(1)>", "\" onmouseover=\"alert(1)",
        "' onfocus='alert(1)' autofocus='",
        "</title><script>alert(1)</script>", "</style><script>alert(1)</script>", "</svg><script>alert(1)</script>",
        "</td></tr></table><h1>x</h1>", "</bdi></p></body></html>", "<!-- ", "--><b>", "<![CDATA[<script>]]>", "]]>",
        "&lt;script&gt;", "&#60;script&#62;", "&amp;lt;", "&", "&;", "&#x3c;", "javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>", "<a href=javascript:alert(1)>x</a>",
        "<style>*{display:none}</style>",
        "<meta http-equiv=refresh content=0;url=//x.example>", "<base href=//x.example>", "<iframe srcdoc=x>",
        "{{7*7}} ${7*7} {0}{1}", "{9}", "`rm -rf`", "$(rm -rf .)", "\u{0}\u{1}\u{8}\u{1B}[31m", "a\u{7F}\u{9B}b",
        "a\nb\r\nc\td",
        "\u{202E}drawkcab\u{202C}", "\u{2066}\u{2067}\u{2068}\u{2069}\u{2069}", "\u{200F}\u{061C}\u{200E}",
        "\u{2028}\u{2029}",
        noCharacters, "حملة الربيع", "מבצע אביב", "春のセール", "🇸🇦👩🏽‍💻",
        "e\u{301}\u{302}\u{303}",
        String(repeating: "w", count: 5_000), String(repeating: "<", count: 500), "", " ", "null",
        "<\u{0}script>alert(1)</script>", "＜script＞", "%3Cscript%3E", "\\u003cscript\\u003e", "onerror=alert(1)",
        "x:expression(alert(1))",
    ]

    @Test(arguments: hostile, Language.allCases)
    func `a name from data changes the text of a page and nothing of its structure`(name: String, language: Language)
        throws
    {
        let (found, expected) = (try page(name, language), try page("spring-sale", language))
        func skeleton(_ root: Element) -> [String] {
            root.all.map { "\($0.name) \($0.attributes.keys.sorted()) \($0.classes)" }
        }
        #expect(skeleton(found) == skeleton(expected))
        // What is data is the only thing that differs.
        for (a, b) in zip(found.all, expected.all) where b.text == "spring-sale" {
            let visible = name.unicodeScalars.reduce(into: "") { text, scalar in
                switch scalar.value {
                case 0..<32, 127..<160, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFDD0...0xFDEF,
                    0xFEFF,
                    0xFFFE, 0xFFFF, 0x1FFFE:
                    text += "\\u{" + String(scalar.value, radix: 16) + "}"
                default: text.unicodeScalars.append(scalar)
                }
            }
            #expect(a.text == visible)
        }
        for element in found.all where element.name == "style" || element.name == "meta" {
            #expect(
                expected.all.contains {
                    $0.name == element.name && $0.text == element.text && $0.attributes == element.attributes
                }
            )
        }
    }

    @Test(arguments: [true, false])
    func `a page in Arabic says nothing of its own in another script`(full: Bool) throws {
        let root = try page("بيع الربيع", .arabic, full: full)
        var words = 0
        for element in root.all where !element.isInside(["code", "style", "bdi"]) {
            // Acronyms and currencies are the same in both, and a chart names what has no word.
            var text = element.text
            for known in ["MQL", "EUR", "USD", "KWD", "`rihla ingest FILE`", "second"] {
                text = text.replacing(known, with: "")
            }
            #expect(!text.unicodeScalars.contains { ("a"..."z").contains($0) || ("A"..."Z").contains($0) }, "\(text)")
            words += text.unicodeScalars.contains { $0.value >= 0x600 && $0.value < 0x700 } ? 1 : 0
        }
        #expect(words > (full ? 100 : 30))
    }

    @Test func `charts grow from the right in Arabic, by the same widths`() throws {
        let (left, right) = (try page("x", .english), try page("x", .arabic))
        func bars(_ root: Element) -> [(x: Double, width: Double)] {
            root.all("rect").map { rect in
                func share(_ key: String) -> Double { Double(rect.attributes[key]?.dropLast() ?? "") ?? -1 }
                return (share("x"), share("width"))
            }
        }
        let pairs = Array(zip(bars(left), bars(right)))
        #expect(pairs.count == bars(right).count && pairs.count > 30)
        for (a, b) in pairs {
            #expect(a.width == b.width && abs(a.x + a.width + b.x - 100) < 0.02)
            #expect(a.x >= 0 && a.x + a.width <= 100.01 && b.x >= -0.01)
        }
        #expect(pairs.contains { $0.0.x == 0 && $0.0.width > 0 && $0.0.width < 100 && $0.1.x > 0 })
    }

    @Test func `what has no data says which events bring it`() throws {
        let root = try page(full: false)
        let wanted = [
            "kpis": "page_viewed", "funnel": "lead_created", "stages": "ad_clicked", "attribution": "order_completed",
            "channels": "spend_recorded", "paths": "deal_won", "pipeline": "deal_created",
            "open_deals": "deal_stage_changed",
            "forecast": "deal_close_date_changed", "cohorts": "page_viewed", "objections": "objection_raised",
            "sla": "lead_handed_off", "bottlenecks": "deal_created", "deal_bottlenecks": "deal_lost",
        ]
        #expect(Set(wanted.keys) == Set(SampleReport.partNames))
        for (part, event) in wanted {
            let section = try #require(root.all("section").first { $0.attributes["aria-labelledby"] == part })
            #expect(section.all("table").isEmpty && section.all("svg").isEmpty, "\(part)")
            #expect(section.all("code").map(\.text).contains(event), "\(part)")
        }
    }

    @Test func `a part that the report does not have is not shown, and one that nobody knows neither`() throws {
        let root = try page(parts: ["funnel"])
        #expect(
            root.all("section").compactMap { $0.attributes["aria-labelledby"] } == ["figures", "changes", "funnel"]
        )
    }

    @Test func `each panel shows the command that asks it, with the bounds of the report`() throws {
        let report = try SampleReport.report(name: "x", parts: ["funnel", "sla"])
        func commands(_ page: ReportPage) throws -> [String] {
            try PageReader.read(page.html).all("code").map(\.text)
        }
        #expect(
            try commands(ReportPage(report)) == [
                "rihla funnel --as-of 2026-03-01T00:00:00.000Z --as-at 7",
                "rihla sla --as-of 2026-03-01T00:00:00.000Z --as-at 7",
            ]
        )
        #expect(
            try commands(ReportPage(report, zone: "Asia/Riyadh", rules: "my rules'.yaml"))[0].hasSuffix(
                #" --as-at 7 --zone Asia/Riyadh --rules 'my rules'\''.yaml'"#
            )
        )
    }

    @Test func `the foot of a page says what it was made from`() throws {
        let foot = try #require(try page().all("footer").first)
        for text in ["1,234", "7", "2026-03-01T00:00:00.000Z", "733ad47e8c9e9f05", "UTC", "2026-02-28T09:00:00.000Z"] {
            #expect(foot.all("bdi").map(\.text).contains(text), "\(text)")
        }
    }
}

@Suite struct ReportPanelTests {
    @Test func `the key figures stand by their kind beside those before`() throws {
        #expect(
            try cells("kpis").dropFirst().sorted { $0[0] < $1[0] } == [
                ["Buyers who came back", "12.5%", "–"], ["Dwell time", "1.5 min", "45 s"],
                ["Visits", "1,200", "1,000"],
                ["zzspring-sale", "1", "2"],
            ]
        )
        /// The rows of a table; spaces stand once.
        func rows(_ table: Int) throws -> [[String]] {
            try cells("kpis", table: table).dropFirst().map { row in
                row.map { $0.split(separator: " ").joined(separator: " ") }
            }.sorted { $0[0] < $1[0] }
        }
        let sales = try rows(1)
        #expect(sales == [["Revenue", "12.50 EUR", "–"], ["Success in stage spring-sale", "50%", "–"]])
        let shared = try rows(2)
        #expect(
            shared == [["Awareness to Interest", "100%", "85%"], ["Share of revenue from marketing", "25% EUR", "–"]]
        )
    }

    @Test func `a pipeline has its stages and its totals`() throws {
        #expect(
            try cells("pipeline")[1...] == [
                [
                    "spring-sale · spring-sale", "20%", "3", "300.00 EUR", "60.00 EUR", "9", "4", "1", "0", "1", "80%",
                    "2 d", "1",
                ],
                ["second · –", "–", "1", "–", "–", "–", "–", "–", "–", "–", "–", "–", "–"],
            ]
        )
        #expect(
            try cells("pipeline", table: 1)[1...] == [
                ["spring-sale", "4", "2", "66.7%", "400.00 EUR", "10 d", "26.67 EUR"],
                ["second", "0", "0", "–", "–", "–", "–"],
            ]
        )
    }

    @Test func `a forecast is a chart for each currency, and never mixes them`() throws {
        #expect(
            try cells("forecast")[1] == [
                "Mar 2026", "1,000.00 EUR", "–", "500.00 EUR", "70.00 USD", "1,250.00 EUR", "2", "99.00 EUR",
            ]
        )
        let charts = try page(parts: ["forecast"]).all("svg").map { $0.children[0].text }
        #expect(charts.suffix(2) == ["Forecast · EUR", "Forecast · USD"])
    }

    @Test func `objections show what they go together with, and hide what there is too little of`() throws {
        #expect(
            try cells("objections")[1...] == [
                ["Price", "12", "9", "11", "4", "7", "36.4%", "-13.6%"],
                ["spring-sale", "1", "0", "1", "0", "0", "–", "–"],
            ]
        )
        #expect(try cells("objections", table: 1)[1] == ["spring-sale", "6", "5", "1", "83.3%", "43.7%"])
        #expect(try cells("objections", table: 2)[1] == ["spring-sale", "5", "0", "5", "0%"])
        #expect(try cells("objections", table: 3)[1] == ["spring-sale", "3", "2"])
        let chart = try #require(try page(parts: ["objections"]).all("svg").last)
        #expect(chart.all("circle").map { $0.attributes["cx"] } == ["36.36%"])
        #expect(chart.all("line").filter { $0.classes == ["span"] }.map { $0.attributes["x2"] } == ["64.62%"])
    }

    @Test func `hand-offs are told by owner and in all`() throws {
        #expect(
            try cells("sla")[1...] == [
                ["spring-sale", "7", "5", "1", "4", "4", "2", "1"], ["All", "7", "5", "1", "4", "4", "2", "1"],
            ]
        )
    }

    @Test func `channels that did nothing are left out, money keeps the digits of its currency`() throws {
        #expect(
            try cells("channels")[1...] == [["spring-sale", "10.00 EUR", "3", "1.5", "1", "-25.50 EUR", "–", "2.55×"]]
        )
    }

    @Test func `open deals stand by age, those of unknown age apart, and the oldest by name`() throws {
        #expect(
            try cells("open_deals") == [
                ["Stage", "Open", "0–14 days", "15 days and more", "unknown", "Overdue", "Stuck", "Amount"],
                ["spring-sale", "2", "1", "0", "1", "1", "1", "5.000 KWD"],
            ]
        )
        #expect(
            try cells("open_deals", table: 1)[1...] == [
                ["spring-sale", "spring-sale", "spring-sale", "3 Feb 2026", "Overdue", "1,234.50 EUR", "1 d"],
                ["d-9", "–", "–", "spring-sale", "Stuck", "–", "–"],
            ]
        )
    }

    @Test func `channels beyond six are told together in the chart and apart in the table`() throws {
        let root = try page(parts: ["attribution"])
        let legend = root.all("ul").first { $0.classes == ["legend"] }?.children.map { $0.children[1].text }
        #expect(legend == ["spring-sale", "Email", "a", "b", "c", "d", "All others"])
        #expect(try cells("attribution").count == 9)
    }

    @Test func `cohorts are the darker the more came back`() throws {
        let rows = try page(parts: ["cohorts"]).all("table").last?.children[2].children ?? []
        #expect(
            rows.map { row in row.children.dropFirst(2).map { $0.classes.last ?? "" } } == [
                ["h6", "h2", "cell"], ["h3", "cell", "cell"],
            ]
        )
        #expect(try cells("cohorts")[1] == ["Jan 2026", "8", "100%", "25%", ""])
    }

    @Test func `what changed is told in sentences of either language`() throws {
        let report = try SampleReport.report(name: "spring-sale")
        #expect(
            ReportPage(report).sentences == [
                "12 new customers, 3 more than in the period before.",
                "2 conversions worth 1,235 EUR, as many as in the period before.",
                "Known customers in a later stage than before: 3; in an earlier one: 1. Most often: 3 from Interest to spring-sale.",
                "Won: 2 deals (10 EUR). Lost: 1 deal. Win rate 66.7%, before –.",
                "Slipped out of the period in which they should have closed: 5 deals (99 EUR): spring-sale, d-3, d-4 and +2.",
                "Open again after they were closed: 1 deal: spring-sale.",
                "Open deals in another stage than before: 4.",
                "Largest changes in conversions by channel (linear model): spring-sale from 1.5 to 4.3.",
            ]
        )
        let arabic = ReportPage(report, language: .arabic).sentences
        #expect(arabic.count == 8)
        #expect(arabic[0] == "12 عميلًا جديدًا، بزيادة 3 عن الفترة السابقة.")
        #expect(arabic[1] == "تحويلان بقيمة 1,235 EUR، كما في الفترة السابقة.")
        #expect(arabic[3].hasPrefix("رابحة: صفقتان (10 EUR). خاسرة: صفقة واحدة."))
        #expect(arabic[4].contains("5 صفقات (99 EUR): spring-sale، d-3، d-4 و +2"))
    }
}
