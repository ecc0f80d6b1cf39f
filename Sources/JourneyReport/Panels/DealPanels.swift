// Deals: the open ones by age, the stages of pipelines, and what is expected.
internal import JourneyEvents

extension Panel {
    private static let dealEvents = ["deal_created", "deal_stage_changed", "deal_won", "deal_lost"]

    /// Part `open_deals`.
    static func openDeals(_ source: PanelSource) -> Panel {
        let title = Label("Open deals by age", "الصفقات المفتوحة حسب العمر")
        let lead = Label(
            "Open deals by stage, parted by days since they were created.",
            "الصفقات المفتوحة حسب المرحلة، موزعة حسب الأيام منذ إنشائها."
        )
        let voice = source.voice
        let stages = source.answer.at("stages").list
        guard !stages.isEmpty else {
            let body = source.empty(Label("No deal is open.", "لا توجد صفقات مفتوحة."), events: dealEvents)
            return Panel(id: source.id, title: title, lead: lead, isWide: true, body: body)
        }
        let ages =
            source.answer.at("ages").list.map { age in
                let (from, to) = (Sentence.Part.words("\(age.at("from_days").count)"), age.at("to_days").number)
                guard let to else {
                    return voice.sentence(Label("{0} days and more", "{0} يومًا فأكثر"), from).text
                }
                return voice.sentence(Label("{0}–{1} days", "من {0} إلى {1} يومًا"), from, .words("\(Int(to) - 1)")).text
            } + [voice.text(Label("unknown", "غير معروف"))]
        let hasUnknown = stages.contains { $0.at("ages").list.last?.count ?? 0 > 0 }
        let shown = hasUnknown ? ages : Array(ages.dropLast())
        func place(_ stage: JSONValue) -> String { stagePlace(stage, in: stages, voice) }
        let bars = stages.map { stage in
            StackedChart.Bar(
                label: place(stage),
                text: NumberText.count(stage.at("open").count),
                values: stage.at("ages").list.prefix(shown.count).map { $0.number ?? 0 }
            )
        }
        let table = DataTable(
            caption: title,
            columns: DataTable.columns(voice, names: [.stage], numbers: [.open])
                + shown.map { .init(label: .text($0), isNumber: true) }
                + DataTable.columns(voice, names: [], numbers: [.overdue, .stuck, .amount]),
            rows: stages.map { stage in
                [.markup(voice.name(place(stage))), source.count("open", of: stage)]
                    + stage.at("ages").list.prefix(shown.count).map { .number(NumberText.count($0.count)) }
                    + [
                        source.count("overdue", of: stage), source.count("stuck", of: stage),
                        source.money("amount", of: stage),
                    ]
            }
        )
        let chart = StackedChart(frame: source.frame(title, lead), series: shown, bars: bars, showsSums: true)
        return Panel(
            id: source.id,
            title: title,
            lead: lead,
            isWide: true,
            body: [
                chart.markup, source.twin(table),
                .element(.h3, [], [voice.say(Label("The oldest of them", "أقدمها"))]),
                dealTable(source, source.answer.at("oldest").list).markup(voice),
            ]
        )
    }

    /// The name of a stage; with its pipeline's when there are several.
    private static func stagePlace(_ stage: JSONValue, in stages: [JSONValue], _ voice: Voice) -> String {
        let name = stage.at("stage").plain.map(voice.termText) ?? "–"
        guard Set(stages.map { $0.at("pipeline").plain ?? "" }).count > 1 else { return name }
        return voice.termText(stage.at("pipeline").plain ?? "") + " · " + name
    }

    private static func dealTable(_ source: PanelSource, _ deals: [JSONValue]) -> DataTable {
        let voice = source.voice
        return DataTable(
            caption: Label("The oldest open deals", "أقدم الصفقات المفتوحة"),
            columns: DataTable.columns(
                voice,
                names: [
                    .deal, .stage, .owner, Label("Expected close", "الإغلاق المتوقع"), Label("Attention", "تنبيه"),
                ],
                numbers: [.amount, Label("Age", "العمر")]
            ),
            rows: deals.map { deal in
                let money = JSONValue.array(
                    deal.at("amount").plain == nil
                        ? [] : [.object([.init("amount", deal.at("amount")), .init("currency", deal.at("currency"))])]
                )
                let flags = [(deal.at("overdue"), Label.overdue), (deal.at("stuck"), .stuck)].filter(\.0.isTrue).map {
                    Markup.element(.span, [.css("flag")], [voice.say($0.1)]) + .text(" ")
                }
                return [
                    source.name("deal", of: deal), source.term("stage", of: deal), source.name("owner", of: deal),
                    deal.at("expected_close").plain.map { .markup(voice.period($0)) } ?? .none,
                    flags.isEmpty ? .none : .markup(flags.reduce(.empty, +)),
                    .markup(voice.money(money)), source.duration(deal.at("age_seconds")),
                ]
            },
            showsCaption: false
        )
    }

    /// Part `pipeline`.
    static func pipeline(_ source: PanelSource) -> Panel {
        let title = Label("Pipeline", "مسار البيع")
        let lead = Label(
            "The share of the deals that went on from each stage or were won in it; the table has how many came, went and stay.",
            "نسبة الصفقات التي تقدمت من كل مرحلة أو رُبحت فيها؛ ويضم الجدول ما دخل إليها وما خرج وما بقي."
        )
        let voice = source.voice
        let pipelines = source.answer.at("pipelines").list
        let stages = pipelines.flatMap { pipeline in
            pipeline.at("stages").list.map { stage -> JSONValue in
                .object(stage.members.filter { $0.key != "pipeline" } + [.init("pipeline", pipeline.at("pipeline"))])
            }
        }
        guard !stages.isEmpty else {
            let body = source.empty(Label("No deals yet.", "لا صفقات بعد."), events: dealEvents)
            return Panel(id: source.id, title: title, lead: lead, isWide: true, body: body)
        }
        let bars = stages.compactMap { stage -> BarChart.Bar? in
            guard stage.at("entered").count > 0, let rate = stage.at("rate").number else { return nil }
            return BarChart.Bar(
                label: stagePlace(stage, in: stages, voice),
                value: rate,
                text: NumberText.percent(rate),
                outline: nil
            )
        }
        let table = DataTable(
            caption: Label("Stages of the pipeline", "مراحل مسار البيع"),
            columns: DataTable.columns(
                voice,
                names: [.stage],
                numbers: [
                    Label("Probability", "الاحتمال"), .open, .amount, Label("Weighted", "المرجّح"),
                    Label("Entered", "دخلت"), Label("Advanced", "تقدمت"), Label("Moved back", "تراجعت"), .won, .lost,
                    Label("Rate", "النسبة"), Label("Median stay", "البقاء الوسيط"), .stuck,
                ]
            ),
            rows: stages.map { stage in
                [
                    .markup(voice.name(stagePlace(stage, in: stages, voice))), source.percent("probability", of: stage),
                    source.count("open", of: stage), source.money("amount", of: stage),
                    source.money("weighted", of: stage), source.count("entered", of: stage),
                    source.count("advanced", of: stage), source.count("moved_back", of: stage),
                    source.count("won", of: stage), source.count("lost", of: stage), source.percent("rate", of: stage),
                    source.duration(stage.at("dwell").at("p50")), source.count("stuck", of: stage),
                ]
            }
        )
        let totals = DataTable(
            caption: Label("Pipelines as a whole", "مسارات البيع إجمالًا"),
            columns: DataTable.columns(
                voice,
                names: [.pipeline],
                numbers: [
                    .won, .lost, .winRate, Label("Won amount", "قيمة الصفقات الرابحة"),
                    Label("Median cycle", "الدورة الوسيطة"), Label("Velocity a day", "السرعة في اليوم"),
                ]
            ),
            rows: pipelines.map { pipeline in
                [
                    source.term("pipeline", of: pipeline), source.count("won", of: pipeline),
                    source.count("lost", of: pipeline), source.percent("win_rate", of: pipeline),
                    source.money("won_amount", of: pipeline), source.duration(pipeline.at("cycle").at("p50")),
                    source.money("velocity_per_day", of: pipeline),
                ]
            }
        )
        return Panel(
            id: source.id,
            title: title,
            lead: lead,
            isWide: true,
            body: (bars.isEmpty ? [] : [BarChart(frame: source.frame(title, lead), bars: bars, whole: 1).markup])
                + [table.markup(voice), totals.markup(voice)]
        )
    }

    /// Part `forecast`.
    static func forecast(_ source: PanelSource) -> Panel {
        let title = Label("Forecast", "التوقعات")
        let lead = Label(
            "What is won and what is expected, by the period of the expected close.",
            "ما تحقق وما هو متوقع، حسب فترة الإغلاق المتوقعة."
        )
        let voice = source.voice
        let periods = source.answer.at("periods").list
        guard !periods.isEmpty else {
            let body = source.empty(
                Label("No deal has an expected close date.", "لا صفقة لها تاريخ إغلاق متوقع."),
                events: ["deal_created", "deal_close_date_changed"]
            )
            return Panel(id: source.id, title: title, lead: lead, isWide: true, body: body)
        }
        let categories: [(key: String, label: Label)] = [
            ("closed", Label("Closed", "مغلقة")), ("commit", Label("Commit", "مؤكدة")),
            ("best_case", Label("Best case", "أفضل حالة")), ("pipeline", .pipeline),
        ]
        let codes = Set(
            periods.flatMap { period in
                categories.flatMap { period.at($0.key).list.compactMap { $0.at("currency").plain } }
            }
        ).sorted()
        // Money of different currencies is never one bar.
        let charts = codes.map { code in
            let bars = periods.map { period in
                let parts = categories.map { money(code, in: period.at($0.key)) }
                return StackedChart.Bar(
                    label: DateText.period(period.at("period").plain ?? "", voice.language),
                    text: NumberText.decimal(parts.reduce(0, +), digits: 0) + " " + code,
                    values: parts
                )
            }
            return StackedChart(
                frame: ChartFrame(
                    title: voice.text(title) + " · " + code,
                    description: voice.text(lead),
                    voice: voice
                ),
                series: categories.map { voice.text($0.label) },
                bars: bars,
                showsSums: true
            ).markup
        }
        let table = DataTable(
            caption: title,
            columns: DataTable.columns(
                voice,
                names: [Label("Period", "الفترة")],
                numbers: categories.map(\.label) + [
                    Label("Weighted", "المرجّح"), Label("Slipped deals", "صفقات تأخرت"),
                    Label("Slipped amount", "مبلغ تأخر"),
                ]
            ),
            rows: periods.map { period in
                [.markup(voice.period(period.at("period").plain ?? ""))]
                    + categories.map { source.money($0.key, of: period) }
                    + [
                        source.money("weighted", of: period), source.count("deals", of: period.at("slipped")),
                        source.money("amount", of: period.at("slipped")),
                    ]
            }
        )
        return Panel(
            id: source.id,
            title: title,
            lead: lead,
            isWide: true,
            body: (charts.isEmpty
                ? [] : [.element(.div, [.css("columns")], charts.map { .element(.div, [], [$0]) })])
                + [source.twin(table)]
        )
    }

    /// How long a bar is: the exact amount stands in the table.
    private static func money(_ code: String, in sums: JSONValue) -> Double {
        let part = sums.list.first { $0.at("currency").plain == code }
        return part?.at("amount").plain.flatMap(Double.init) ?? 0
    }
}
