// Which channels earned the conversions, by which paths, and what they cost.
internal import JourneyEvents

extension Panel {
    private static let conversionEvents = ["order_completed", "deal_won"]
    private static let noConversions = Label(
        "No conversion in this period.",
        "لا تحويلات في هذه الفترة."
    )

    /// Part `attribution`.
    static func attribution(_ source: PanelSource) -> Panel {
        let title = Label("Attribution by models", "إسناد التحويلات حسب النماذج")
        let lead = Label(
            "The conversions of this period, shared between channels by several models: where they agree, trust them.",
            "تحويلات هذه الفترة موزعة على القنوات وفق عدة نماذج: ما تتفق عليه أجدر بالثقة."
        )
        let models = source.answer.at("models").list
        guard source.answer.at("conversions").count != 0 else {
            let body = source.empty(noConversions, events: conversionEvents)
            return Panel(id: source.id, title: title, lead: lead, isWide: true, body: body)
        }
        let shares = models.map { model in
            Dictionary(
                model.at("rows").list.map { ($0.at("key").plain ?? "", $0.at("conversions").number ?? 0) },
                uniquingKeysWith: { first, _ in first }
            )
        }
        var totals: [String: Double] = [:]
        for share in shares { for (key, number) in share { totals[key, default: 0] += number } }
        let ranked = totals.sorted {
            $0.value != $1.value ? $0.value > $1.value : $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
        }.map(\.key)
        let shown = Array(ranked.prefix(Palette.seriesCount - 1))
        let rest = Set(ranked.dropFirst(shown.count))
        let voice = source.voice
        let names = shown.map { voice.termText($0) } + (rest.isEmpty ? [] : [voice.text(Label("All others", "البقية"))])
        let bars = zip(models, shares).map { model, share in
            let others = rest.sorted().reduce(0) { $0 + (share[$1] ?? 0) }
            return StackedChart.Bar(
                label: voice.modelText(model.at("model").plain ?? ""),
                text: NumberText.decimal(share.keys.sorted().reduce(0) { $0 + (share[$1] ?? 0) }, digits: 1),
                values: shown.map { share[$0] ?? 0 } + (rest.isEmpty ? [] : [others])
            )
        }
        let table = DataTable(
            caption: Label("Conversions by channel and model", "التحويلات حسب القناة والنموذج"),
            columns: [.init(label: voice.say(.channel))]
                + models.map { .init(label: voice.model($0.at("model").plain ?? ""), isNumber: true) },
            rows: ranked.map { key in
                [.term(key)] + shares.map { .number(NumberText.decimal($0[key] ?? 0, digits: 1)) }
            }
        )
        let chart = StackedChart(frame: source.frame(title, lead), series: names, bars: bars, showsSums: false)
        return Panel(
            id: source.id,
            title: title,
            lead: lead,
            isWide: true,
            body: [chart.markup, source.twin(table)]
        )
    }

    /// Part `paths`.
    static func paths(_ source: PanelSource) -> Panel {
        let title = Label("Top paths", "أبرز المسارات")
        let lead = Label(
            "The ways on which most conversions of this period came about.",
            "الطرق التي جاءت منها معظم تحويلات هذه الفترة."
        )
        let voice = source.voice
        let paths = source.answer.at("paths").list.filter { $0.at("conversions").count > 0 }
        guard !paths.isEmpty else {
            return Panel(
                id: source.id,
                title: title,
                lead: lead,
                isWide: true,
                body: source.empty(noConversions, events: conversionEvents)
            )
        }
        let rows: [[DataTable.Cell]] = paths.map { path in
            let steps = path.at("path").list.compactMap(\.plain)
            let shown = steps.prefix(8).map { Markup.element(.span, [.css("step")], [voice.term($0)]) + .text(" ") }
            let more =
                steps.count > 8
                ? Markup.element(.span, [.css("step")], text: "+" + NumberText.count(steps.count - 8)) : .empty
            let way = steps.isEmpty ? voice.term("(unattributed)") : shown.reduce(.empty, +) + more
            return [.markup(way), source.count("conversions", of: path), source.money("value", of: path)]
        }
        let table = DataTable(
            caption: title,
            columns: DataTable.columns(
                voice,
                names: [Label("Path", "المسار")],
                numbers: [.conversions, .value]
            ),
            rows: rows,
            showsCaption: false
        )
        return Panel(id: source.id, title: title, lead: lead, isWide: true, body: [table.markup(voice)])
    }

    /// Part `channels`.
    static func channels(_ source: PanelSource) -> Panel {
        let title = Label("Channels: cost and return", "القنوات: التكلفة والعائد")
        let lead = Label(
            "Spend, leads, new customers and revenue of this period by channel (linear model).",
            "الإنفاق والعملاء المحتملون والعملاء الجدد والإيراد في هذه الفترة حسب القناة (النموذج الخطي)."
        )
        let voice = source.voice
        let rows = source.answer.at("rows").list.filter { row in
            !row.at("spend").list.isEmpty || !row.at("revenue").list.isEmpty
                || ["touches", "leads", "customers", "impressions"].contains { row.at($0).number ?? 0 > 0 }
        }
        let table = DataTable(
            caption: title,
            columns: DataTable.columns(
                voice,
                names: [.channel],
                numbers: [
                    Label("Spend", "الإنفاق"), Label("Touches", "نقاط التواصل"), Label("Leads", "عملاء محتملون"),
                    Label("New customers", "عملاء جدد"), Label("Revenue", "الإيراد"),
                    Label("Cost of a customer", "تكلفة العميل"), Label("Return on spend", "العائد على الإنفاق"),
                ]
            ),
            rows: rows.map { row in
                [
                    source.term("channel", of: row), source.money("spend", of: row), source.count("touches", of: row),
                    source.count("leads", of: row), source.count("customers", of: row),
                    source.money("revenue", of: row), source.money("cac", of: row),
                    row.at("roas").number.map { .number(NumberText.decimal($0, digits: 2) + "×") } ?? .none,
                ]
            },
            showsCaption: false
        )
        let empty = source.empty(
            Label("No channel has done anything in this period.", "لم تُسجَّل أي قناة نشاطًا في هذه الفترة."),
            events: ["spend_recorded", "ad_clicked", "page_viewed", "order_completed"]
        )
        return Panel(
            id: source.id,
            title: title,
            lead: lead,
            isWide: true,
            body: rows.isEmpty ? empty : [table.markup(voice)]
        )
    }
}
