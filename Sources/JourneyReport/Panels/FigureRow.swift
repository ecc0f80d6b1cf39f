// The row of figures at the top, with how they went over the last periods.
internal import JourneyEvents

/// The first card of the page.
struct FigureRow {
    let voice: Voice
    let report: JSONValue

    /// The figures whose trend is known.
    private static let trends = ["new_customers", "conversions", "deals_created", "deals_won"]
    /// What is shown, and the money that belongs to it.
    private static let shown: [(name: String, money: String?)] = [
        ("new_customers", nil), ("conversions", "value"), ("deals_created", nil), ("deals_won", "won_amount"),
        ("win_rate", nil), ("open_deals", "open_amount"),
    ]

    private var figures: [String: JSONValue] {
        Dictionary(report.at("figures").list.map { ($0.at("figure").plain ?? "", $0) }) { first, _ in first }
    }

    var panel: Panel {
        Panel(
            id: "figures",
            title: Label("The period in figures", "الفترة بالأرقام"),
            lead: Label(
                "This period, and the one before as its own report had it; lines show the last periods.",
                "هذه الفترة، والفترة السابقة كما وردت في تقريرها؛ الخطوط تعرض آخر الفترات."
            ),
            isWide: true,
            body: [
                .element(
                    .ul,
                    [.css("tiles")],
                    FigureRow.shown.compactMap { name, money in figures[name].map { tile(name, $0, money: money) } }
                ),
                twin,
            ]
        )
    }

    private func tile(_ name: String, _ figure: JSONValue, money: String?) -> Markup {
        let (now, before) = KeyFigure.pair(figure)
        var content: [Markup] = [
            .element(.span, [.css("what")], [KeyFigure.title(name, voice)]),
            .element(.span, [.css("big")], [KeyFigure.value(now, named: name, voice)]),
        ]
        for line in voice.moneyTexts(KeyFigure.pair(money.flatMap { figures[$0] } ?? .null).now, digits: 0) {
            content.append(.element(.span, [.css("money")], [voice.number(line)]))
        }
        content.append(
            .element(
                .span,
                [.css("was")],
                [
                    voice.say(Label("before: ", "قبلها: ")), KeyFigure.value(before, named: name, voice),
                    change(now, before, isShare: name.hasSuffix("_rate")),
                ]
            )
        )
        if FigureRow.trends.contains(name) { content.append(line(name)) }
        return .element(.li, [.css("tile")], content)
    }

    /// The difference with a sign, so that no colour is needed to see which way it went.
    private func change(_ now: JSONValue, _ before: JSONValue, isShare: Bool) -> Markup {
        guard let now = now.number, let before = before.number, now != before else { return .empty }
        let difference = NumberText.decimal((now - before) * (isShare ? 100 : 1), digits: 1)
        let sign = now > before ? "▲ +" : "▼ "
        return .text(" · ") + voice.number(sign + difference)
            + (isShare ? voice.say(Label(" points", " نقطة مئوية")) : .empty)
    }

    private func line(_ name: String) -> Markup {
        let trend = report.at("trend").list
        let label = KeyFigure.label(name) ?? .value
        return LineChart(
            frame: ChartFrame(
                title: voice.text(label),
                description: trend.map {
                    DateText.period($0.at("period").plain ?? "", voice.language) + ": "
                        + NumberText.count($0.at(name).count)
                }.joined(separator: voice.text(.comma)),
                voice: voice
            ),
            values: trend.map { $0.at(name).number ?? 0 }
        ).markup
    }

    private var twin: Markup {
        let all = DataTable(
            caption: Label("All figures", "كل المؤشرات"),
            columns: DataTable.columns(voice, names: [Label("Figure", "المؤشر")], numbers: [.now, .before]),
            rows: report.at("figures").list.map { figure in
                let name = figure.at("figure").plain ?? ""
                let pair = KeyFigure.pair(figure)
                return [
                    .markup(KeyFigure.title(name, voice)), .markup(KeyFigure.value(pair.now, named: name, voice)),
                    .markup(KeyFigure.value(pair.before, named: name, voice)),
                ]
            }
        )
        let trend = DataTable(
            caption: Label("The last periods", "آخر الفترات"),
            columns: DataTable.columns(
                voice,
                names: [Label("Period", "الفترة")],
                numbers: FigureRow.trends.map { KeyFigure.label($0) ?? .value }
            ),
            rows: report.at("trend").list.map { period in
                [.markup(voice.period(period.at("period").plain ?? ""))]
                    + FigureRow.trends.map { .number(NumberText.count(period.at($0).count)) }
            }
        )
        return .element(
            .details,
            [],
            [
                .element(.summary, [], [voice.say(Label("As tables", "كجداول"))]), all.markup(voice),
                trend.markup(voice),
            ]
        )
    }
}
