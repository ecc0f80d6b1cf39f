// How fast sales took up what marketing handed over.
internal import JourneyEvents

extension Panel {
    /// Part `sla`.
    static func sla(_ source: PanelSource) -> Panel {
        let title = Label("Hand-off to sales", "التسليم إلى المبيعات")
        let lead = Label(
            "Leads that marketing handed off, and whether they were taken up and called in the agreed time.",
            "العملاء المحتملون الذين سلّمهم التسويق، وهل قُبلوا وتم التواصل معهم في الوقت المتفق عليه."
        )
        let voice = source.voice
        let summary = source.answer.at("summary")
        guard summary.at("handed_off").count > 0 else {
            let body = source.empty(
                Label("No lead was handed off.", "لم يُسلَّم أي عميل محتمل."),
                events: ["lead_handed_off", "lead_accepted", "call_made"]
            )
            return Panel(id: source.id, title: title, lead: lead, isWide: true, body: body)
        }
        let states: [(key: String, label: Label)] = [
            ("met", Label("Met", "ضمن المهلة")), ("breached", Label("Breached", "خارج المهلة")), ("open", .open),
        ]
        let steps: [(key: String, label: Label)] = [
            ("handed_off", Label("Handed off", "سُلّموا")), ("accepted", Label("Accepted", "قُبلوا")),
            ("rejected", Label("Rejected", "رُفضوا")), ("contacted", Label("Contacted", "تم التواصل معهم")),
        ]
        let columns = steps + states
        let hasShare = summary["kept"] != nil
        func share(_ tally: JSONValue) -> [DataTable.Cell] { hasShare ? [source.percent("kept", of: tally)] : [] }
        let tally = StackedChart.Bar(
            label: voice.text(Label("All hand-offs", "كل التسليمات")),
            text: states.map { voice.text($0.label) + " " + NumberText.count(summary.at($0.key).count) }
                .joined(separator: " · "),
            values: states.map { summary.at($0.key).number ?? 0 }
        )
        let chart = StackedChart(
            frame: source.frame(title, lead),
            series: states.map { voice.text($0.label) },
            bars: [tally],
            showsSums: false
        )
        let owners = source.answer.at("by_owner").list
        let all = columns.map { source.count($0.key, of: summary) } + share(summary)
        let table = DataTable(
            caption: Label("By owner", "حسب المسؤول"),
            columns: DataTable.columns(
                voice,
                names: [.owner],
                numbers: columns.map(\.label) + (hasShare ? [Label("In time", "نسبة الالتزام")] : [])
            ),
            rows: owners.map { owner in
                [source.name("owner", of: owner)] + columns.map { source.count($0.key, of: owner) } + share(owner)
            } + [[.markup(.element(.strong, [], [voice.say(Label("All", "الكل"))]))] + all]
        )
        return Panel(id: source.id, title: title, lead: lead, isWide: true, body: [chart.markup, table.markup(voice)])
    }
}
