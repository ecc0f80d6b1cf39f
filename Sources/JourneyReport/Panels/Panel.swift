// One panel of the page: a question, its answer as a chart and a table, and the command that asks it.
internal import JourneyEvents

struct Panel {
    /// Unique in the page.
    let id: String
    let title: Label
    /// What the figures are.
    let lead: Label
    var command: String?
    var isWide = false
    let body: [Markup]

    func markup(_ voice: Voice) -> Markup {
        var content: [Markup] = [
            .element(.h2, [Attribute(.id, id)], [voice.say(title)]),
            .element(.p, [.css("lead")], [voice.say(lead)]), .element(.div, [.css("body")], body),
        ]
        if let command {
            content.append(
                .element(
                    .p,
                    [.css("command")],
                    [
                        .element(.span, [], [voice.say(.command)]), .text(" "),
                        .element(.code, [Attribute(.dir, "ltr")], text: command),
                    ]
                )
            )
        }
        return .element(
            .section,
            [.css(isWide ? "card wide" : "card"), Attribute(.ariaLabelledBy, id)],
            content
        )
    }
}

/// What a panel is made of: one part of the report, and how to speak.
struct PanelSource {
    let voice: Voice
    /// The answer of the part.
    let answer: JSONValue
    /// The part's name.
    let id: String

    func frame(_ title: Label, _ description: Label) -> ChartFrame {
        ChartFrame(
            title: voice.text(title),
            description: voice.text(description),
            voice: voice
        )
    }

    /// What stands where there is nothing to show: what is missing, and the events that bring it.
    func empty(_ label: Label, events: [String]) -> [Markup] {
        let names = events.enumerated().map { index, name in
            Markup.text(index == 0 ? "" : voice.text(.comma)) + .element(.code, [Attribute(.dir, "ltr")], text: name)
        }
        return [
            .element(
                .p,
                [.css("none")],
                [voice.say(label), .text(" "), voice.say(.ingest), .text(" ")] + names + [.text(".")]
            )
        ]
    }

    /// The table behind a chart.
    func twin(_ table: DataTable) -> Markup {
        var untitled = table
        untitled.showsCaption = false
        return .element(.details, [], [.element(.summary, [], [voice.say(.asTable)]), untitled.markup(voice)])
    }

    func money(_ key: String, of value: JSONValue) -> DataTable.Cell { .markup(voice.money(value.at(key))) }

    func count(_ key: String, of value: JSONValue) -> DataTable.Cell {
        value.at(key).number.map { .number(NumberText.decimal($0, digits: 1)) } ?? .none
    }

    func percent(_ key: String, of value: JSONValue) -> DataTable.Cell {
        value.at(key).number.map { .number(NumberText.percent($0)) } ?? .none
    }

    func duration(_ value: JSONValue) -> DataTable.Cell {
        value.number.map { .markup(.element(.bdi, [], text: NumberText.duration($0, voice.language))) } ?? .none
    }

    func term(_ key: String, of value: JSONValue) -> DataTable.Cell { value.at(key).plain.map { .term($0) } ?? .none }
    func name(_ key: String, of value: JSONValue) -> DataTable.Cell { value.at(key).plain.map { .name($0) } ?? .none }
}

extension Label {
    static let command = Label("Ask it yourself:", "اسأل بنفسك:")
    static let comma = Label(", ", "، ")
    static let and = Label(" and ", " و ")
    static let asTable = Label("As a table", "كجدول")
    static let ingest = Label("It comes with these events:", "تأتي مع هذه الأحداث:")
    static let stage = Label("Stage", "المرحلة")
    static let channel = Label("Channel", "القناة")
    static let customers = Label("Customers", "العملاء")
    static let conversions = Label("Conversions", "التحويلات")
    static let value = Label("Value", "القيمة")
    static let amount = Label("Amount", "المبلغ")
    static let owner = Label("Owner", "المسؤول")
    static let deal = Label("Deal", "الصفقة")
    static let deals = Label("Deals", "الصفقات")
    static let won = Label("Won", "رابحة")
    static let lost = Label("Lost", "خاسرة")
    static let winRate = Label("Win rate", "نسبة الفوز")
    static let pipeline = Label("Pipeline", "مسار البيع")
    static let open = Label("Open", "مفتوحة")
    static let stuck = Label("Stuck", "عالقة")
    static let overdue = Label("Overdue", "متأخرة")
    static let now = Label("Now", "الآن")
    static let before = Label("Before", "قبلها")
}
