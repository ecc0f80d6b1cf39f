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
            let figures = source.answer.at(team.key).members.flatMap { figure in
                figure.value.list.isEmpty
                    ? [(title: KeyFigure.title(figure.key, voice), name: figure.key, value: figure.value)]
                    : figure.value.list.map { (title: listed($0, voice), name: figure.key, value: $0) }
            }
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
                    let isPart = figure.value.at("denominator").number != nil
                    return [
                        .markup(figure.title),
                        .markup(KeyFigure.value(pair.now, named: figure.name, isPart: isPart, voice)),
                        .markup(KeyFigure.value(pair.before, named: figure.name, isPart: isPart, voice)),
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

    /// The title of a figure of a list: from which stage to which, or how well a stage of a pipeline goes.
    private static func listed(_ figure: JSONValue, _ voice: Voice) -> Markup {
        if let from = figure["from"]?.plain, let to = figure["to"]?.plain {
            return voice.term(from) + voice.say(Label(" to ", " إلى ")) + voice.term(to)
        }
        return voice.say(Label("Success in stage ", "النجاح في مرحلة ")) + voice.term(figure.at("stage").plain ?? "")
    }
}
