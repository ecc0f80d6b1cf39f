// How far customers get, and where they are.
internal import JourneyEvents

extension Panel {
    /// Part `funnel`.
    static func funnel(_ source: PanelSource) -> Panel {
        let group = source.answer.at("groups").list.first ?? .null
        let steps = group.at("steps").list
        let title = Label("Funnel", "قمع رحلة العميل")
        let lead = Label(
            "Customers who reached each stage of the lifecycle so far; the outline is the stage before.",
            "العملاء الذين بلغوا كل مرحلة حتى الآن؛ الإطار المتقطع هو المرحلة السابقة."
        )
        var body = source.empty(
            Label("No customer has reached a stage.", "لم يبلغ أي عميل أي مرحلة بعد."),
            events: ["ad_clicked", "page_viewed", "lead_created", "deal_created", "order_completed"]
        )
        if group.at("entered").count > 0 {
            let voice = source.voice
            let bars = steps.enumerated().map { index, step in
                let rate = step.at("step_rate").number.map { " · " + NumberText.percent($0) } ?? ""
                return BarChart.Bar(
                    label: voice.termText(step.at("name").plain ?? ""),
                    value: step.at("reached").number ?? 0,
                    text: NumberText.count(step.at("reached").count) + (index == 0 ? "" : rate),
                    outline: index == 0 ? nil : steps[index - 1].at("reached").number
                )
            }
            let table = DataTable(
                caption: title,
                columns: DataTable.columns(
                    voice,
                    names: [.stage],
                    numbers: [
                        .customers, Label("From the stage before", "من المرحلة السابقة"),
                        Label("From the first", "من الأولى"), Label("Median time", "الوقت الوسيط"),
                    ]
                ),
                rows: steps.map { step in
                    [
                        source.term("name", of: step), source.count("reached", of: step),
                        source.percent("step_rate", of: step), source.percent("overall_rate", of: step),
                        source.duration(step.at("from_previous").at("p50")),
                    ]
                }
            )
            body = [BarChart(frame: source.frame(title, lead), bars: bars).markup, source.twin(table)]
        }
        return Panel(id: source.id, title: title, lead: lead, body: body)
    }

    /// Part `stages`.
    static func stages(_ source: PanelSource) -> Panel {
        let stages = source.answer.at("stages").list.filter { $0.at("stage").plain != nil }
        let title = Label("Where customers are now", "أين العملاء الآن")
        let lead = Label(
            "Customers by the stage that they are in; the table has the furthest that they ever came to.",
            "العملاء حسب مرحلتهم الحالية؛ ويضم الجدول أبعد مرحلة بلغوها."
        )
        var body = source.empty(
            Label("There are no customers.", "لا يوجد عملاء بعد."),
            events: ["ad_clicked", "page_viewed", "lead_created"]
        )
        if source.answer.at("customers").count > 0 {
            let voice = source.voice
            let bars = stages.map { stage in
                BarChart.Bar(
                    label: voice.termText(stage.at("stage").plain ?? ""),
                    value: stage.at("now").number ?? 0,
                    text: NumberText.count(stage.at("now").count),
                    outline: nil
                )
            }
            let table = DataTable(
                caption: title,
                columns: DataTable.columns(
                    voice,
                    names: [.stage],
                    numbers: [.now, Label("Furthest stage", "أبعد مرحلة")]
                ),
                rows: stages.map {
                    [source.term("stage", of: $0), source.count("now", of: $0), source.count("peak", of: $0)]
                }
            )
            body = [BarChart(frame: source.frame(title, lead), bars: bars).markup, source.twin(table)]
        }
        return Panel(id: source.id, title: title, lead: lead, body: body)
    }
}
