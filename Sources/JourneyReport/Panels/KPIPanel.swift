// The figures of marketing, of sales and of both, each beside that of the period before.
internal import JourneyEvents

extension Panel {
    /// Part `kpis`.
    static func kpis(_ source: PanelSource) -> Panel {
        let title = Label("Key figures of both teams", "المؤشرات الرئيسية للفريقين")
        let lead = Label(
            "Each figure of the period beside the same one of the period before.",
            "كل مؤشر في الفترة إلى جانب مثيله في الفترة السابقة."
        )
        let voice = source.voice
        let teams: [(key: String, label: Label)] = [
            ("marketing", Label("Marketing", "التسويق")), ("sales", Label("Sales", "المبيعات")),
            ("shared", Label("Shared", "المشترك")),
        ]
        var body: [Markup] = []
        for team in teams {
            let figures = source.answer.at(team.key).members
            guard !figures.isEmpty else { continue }
            let table = DataTable(
                caption: team.label,
                columns: DataTable.columns(
                    voice,
                    names: [Label("Figure", "المؤشر")],
                    numbers: [.now, .before]
                ),
                rows: figures.map { figure in
                    let pair = KeyFigure.pair(figure.value)
                    return [
                        .markup(KeyFigure.title(figure.key, voice)),
                        .markup(KeyFigure.value(pair.now, named: figure.key, voice)),
                        .markup(KeyFigure.value(pair.before, named: figure.key, voice)),
                    ]
                },
                showsCaption: false
            )
            body.append(
                .element(.div, [], [.element(.h3, [], [voice.say(team.label)]), table.markup(voice)])
            )
        }
        if body.isEmpty {
            body = source.empty(
                Label("There are no figures.", "لا توجد مؤشرات."),
                events: ["ad_impression", "page_viewed", "mql_reached", "deal_won"]
            )
        }
        let columns = Markup.element(.div, [.css("columns")], body)
        return Panel(id: source.id, title: title, lead: lead, isWide: true, body: [columns])
    }
}
