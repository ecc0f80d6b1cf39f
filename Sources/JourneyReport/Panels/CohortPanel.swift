// Who comes back, as a table whose cells are the darker the more of a cohort was active.
internal import JourneyEvents

extension Panel {
    /// Part `cohorts`.
    static func cohorts(_ source: PanelSource) -> Panel {
        let title = Label("Who comes back", "من يعود")
        let lead = Label(
            "Of the customers first seen in a period, the share that was active so many periods later.",
            "من العملاء الذين ظهروا أول مرة في فترة ما، نسبة النشطين بعد عدد من الفترات."
        )
        let voice = source.voice
        let cohorts = source.answer.at("cohorts").list
        guard !cohorts.isEmpty else {
            let body = source.empty(
                Label("There are no customers.", "لا يوجد عملاء بعد."),
                events: ["page_viewed", "lead_created", "order_completed"]
            )
            return Panel(id: source.id, title: title, lead: lead, isWide: true, body: body)
        }
        let length = cohorts.reduce(0) { max($0, $1.at("periods").list.count) }
        let columns =
            DataTable.columns(voice, names: [Label("First seen", "أول ظهور")], numbers: [.customers])
            + (0..<length).map { DataTable.Column(label: voice.number("+\($0)")) }
        let rows: [[DataTable.Cell]] = cohorts.map { cohort in
            let cells = cohort.at("periods").list
            return [
                .markup(voice.period(cohort.at("cohort").plain ?? "")),
                source.count("size", of: cohort),
            ]
                + (0..<length).map { index -> DataTable.Cell in
                    guard index < cells.count, let rate = cells[index].at("rate").number else {
                        return .markup(.empty)
                    }
                    return .heat(rate, NumberText.decimal(rate * 100, digits: 0) + "%")
                }
        }
        let table = DataTable(caption: lead, columns: columns, rows: rows, style: "heat", showsCaption: false)
        return Panel(id: source.id, title: title, lead: lead, isWide: true, body: [table.markup(voice)])
    }
}
