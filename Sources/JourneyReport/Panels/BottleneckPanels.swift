// Where journeys and deals take long and where they end.
internal import JourneyEvents

extension Panel {
    /// Part `bottlenecks`.
    static func bottlenecks(_ source: PanelSource) -> Panel {
        bottlenecks(
            source,
            Label("Where journeys wait", "أين تتعطل الرحلات"),
            events: ["page_viewed", "lead_created", "deal_created", "order_completed"]
        )
    }

    /// Part `deal_bottlenecks`.
    static func dealBottlenecks(_ source: PanelSource) -> Panel {
        bottlenecks(
            source,
            Label("Where deals wait", "أين تتعطل الصفقات"),
            events: ["deal_created", "deal_stage_changed", "deal_won", "deal_lost"]
        )
    }

    private static func bottlenecks(_ source: PanelSource, _ title: Label, events: [String]) -> Panel {
        let lead = Label(
            "Each stage's share of all waiting time, how long it takes, and how many ended or are stuck in it.",
            "حصة كل مرحلة من وقت الانتظار كله، ومدتها، وكم انتهى فيها أو علق."
        )
        let voice = source.voice
        let nodes = source.answer.at("nodes").list.filter { $0.at("n").count > 0 }
        guard !nodes.isEmpty else {
            let body = source.empty(Label("Nothing has moved yet.", "لم يتحرك شيء بعد."), events: events)
            return Panel(id: source.id, title: title, lead: lead, body: body)
        }
        let bars = nodes.map { node in
            BarChart.Bar(
                label: voice.termText(node.at("step").plain ?? ""),
                value: node.at("wait_share").number ?? 0,
                text: NumberText.percent(node.at("wait_share").number ?? 0),
                outline: nil
            )
        }
        let table = DataTable(
            caption: title,
            columns: DataTable.columns(
                voice,
                names: [.stage],
                numbers: [
                    Label("Cases", "الحالات"), Label("Median", "الوسيط"), Label("90% within", "90% خلال"),
                    Label("Ended here", "انتهت هنا"), .stuck,
                ]
            ),
            rows: nodes.map { node in
                [
                    source.term("step", of: node), source.count("n", of: node),
                    source.duration(node.at("dwell").at("p50")),
                    source.duration(node.at("dwell").at("p90")), source.count("dropped", of: node),
                    source.count("stuck", of: node),
                ]
            }
        )
        let chart = BarChart(frame: source.frame(title, lead), bars: bars)
        return Panel(id: source.id, title: title, lead: lead, body: [chart.markup, source.twin(table)])
    }
}
