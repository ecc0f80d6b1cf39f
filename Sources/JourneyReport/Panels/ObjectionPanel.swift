// What buyers object to, and what goes with it.
internal import JourneyEvents

extension Panel {
    /// Part `objections`.
    static func objections(_ source: PanelSource) -> Panel {
        let title = Label("Objections", "الاعتراضات")
        let lead = Label(
            "Win rate of the closed deals with an objection, with its 95% interval; the broken mark is the rate of all deals. It shows what goes together, not what causes what.",
            "نسبة الفوز في الصفقات المغلقة التي ورد فيها الاعتراض، مع مجال الثقة 95%؛ العلامة المتقطعة هي نسبة كل الصفقات. هذا تلازم وليس سببية."
        )
        let voice = source.voice
        let categories = source.answer.at("categories").list
        guard !categories.isEmpty else {
            let body = source.empty(
                Label("Nobody has objected.", "لا اعتراضات بعد."),
                events: ["objection_raised", "objection_resolved"]
            )
            return Panel(id: source.id, title: title, lead: lead, isWide: true, body: body)
        }
        let rows = categories.compactMap { category -> RangeChart.Row? in
            guard let rate = category.at("win_rate").number, let low = category.at("low").number,
                let high = category.at("high").number
            else { return nil }
            return RangeChart.Row(
                label: voice.termText(category.at("category").plain ?? ""),
                text: NumberText.percent(rate) + " (" + NumberText.percent(low) + " – " + NumberText.percent(high)
                    + ")",
                rate: rate,
                low: low,
                high: high
            )
        }
        let table = DataTable(
            caption: title,
            columns: DataTable.columns(
                voice,
                names: [Label("Category", "الفئة")],
                numbers: [
                    Label("Raised", "أُثيرت"), Label("Resolved", "عولجت"), .deals, .won, .lost, .winRate,
                    Label("Against all deals", "مقارنة بكل الصفقات"),
                ]
            ),
            rows: categories.map { category in
                [
                    source.term("category", of: category), source.count("raised", of: category),
                    source.count("resolved", of: category), source.count("deals", of: category),
                    source.count("won", of: category), source.count("lost", of: category),
                    source.percent("win_rate", of: category),
                    category.at("lift").number.map { .number(($0 > 0 ? "+" : "") + NumberText.percent($0)) } ?? .none,
                ]
            },
            showsCaption: false
        )
        let chart = RangeChart(
            frame: source.frame(title, lead),
            base: source.answer.at("base_win_rate").number,
            rows: rows
        )
        var body = (rows.isEmpty ? [] : [chart.markup]) + [table.markup(voice)]
        body += [responses, competitors, questions].compactMap { $0(source)?.markup(voice) }
        return Panel(id: source.id, title: title, lead: lead, isWide: true, body: body)
    }

    /// At most so many rows of each table.
    private static let shown = 10

    private static func responses(_ source: PanelSource) -> DataTable? {
        table(
            source.answer.at("responses").list,
            DataTable(
                caption: Label("Responses that were followed by wins", "ردود أعقبها فوز"),
                columns: DataTable.columns(
                    source.voice,
                    names: [Label("Response", "الرد")],
                    numbers: [Label("Used", "استُخدم"), .won, .lost, .winRate, Label("At least", "على الأقل")]
                ),
                rows: []
            )
        ) { response in
            [
                source.name("response", of: response), source.count("used", of: response),
                source.count("won", of: response), source.count("lost", of: response),
                source.percent("win_rate", of: response), source.percent("low", of: response),
            ]
        }
    }

    private static func competitors(_ source: PanelSource) -> DataTable? {
        table(
            source.answer.at("competitors").list,
            DataTable(
                caption: Label("Competitors that were named", "المنافسون الذين ذُكروا"),
                columns: DataTable.columns(
                    source.voice,
                    names: [Label("Competitor", "المنافس")],
                    numbers: [.deals, .won, .lost, .winRate]
                ),
                rows: []
            )
        ) { competitor in
            [
                source.name("competitor", of: competitor), source.count("deals", of: competitor),
                source.count("won", of: competitor), source.count("lost", of: competitor),
                source.percent("win_rate", of: competitor),
            ]
        }
    }

    private static func questions(_ source: PanelSource) -> DataTable? {
        table(
            source.answer.at("questions").list,
            DataTable(
                caption: Label("Questions that were asked", "الأسئلة التي طُرحت"),
                columns: DataTable.columns(
                    source.voice,
                    names: [Label("Question", "السؤال")],
                    numbers: [Label("Times", "المرات"), .customers]
                ),
                rows: []
            )
        ) { question in
            [
                source.name("question", of: question), source.count("count", of: question),
                source.count("customers", of: question),
            ]
        }
    }

    private static func table(
        _ list: [JSONValue],
        _ table: DataTable,
        _ row: (JSONValue) -> [DataTable.Cell]
    ) -> DataTable? {
        guard !list.isEmpty else { return nil }
        var table = table
        table.rows = list.prefix(shown).map(row)
        return table
    }
}
