// The page: from the JSON of a report to one self-contained HTML document, in either language. It is a function of the JSON
// alone, so the same facts give the same bytes.
public import JourneyEvents

/// A report as people read it.
public struct ReportPage: Sendable {
    private let report: JSONValue
    private let voice: Voice
    /// Options that make a command of a panel ask what the panel shows.
    private let options: String

    /// Which panel shows a part of the report, in the order of the page. A part that the report does not have is not shown.
    private static let panels: [(part: String, make: @Sendable (PanelSource) -> Panel)] = [
        ("kpis", Panel.kpis), ("funnel", Panel.funnel), ("stages", Panel.stages), ("attribution", Panel.attribution),
        ("channels", Panel.channels), ("paths", Panel.paths), ("pipeline", Panel.pipeline),
        ("open_deals", Panel.openDeals), ("forecast", Panel.forecast), ("cohorts", Panel.cohorts),
        ("objections", Panel.objections), ("sla", Panel.sla), ("bottlenecks", Panel.bottlenecks),
        ("deal_bottlenecks", Panel.dealBottlenecks),
    ]

    /// A page of an answer of `rihla report`.
    ///
    /// - Parameters:
    ///   - report: The answer as JSON.
    ///   - language: The language of the page's own words.
    ///   - zone: The zone that was asked for; nil when it is the rules'.
    ///   - rules: The file of rules that was asked with; nil when they are the store's.
    public init(_ report: JSONValue, language: Language = .english, zone: String? = nil, rules: String? = nil) {
        self.report = report
        voice = Voice(language: language)
        var options = ""
        if let time = report.at("as_of").plain { options += " --as-of " + time }
        if let position = report.at("as_at").number { options += " --as-at \(Int(position))" }
        if let zone { options += " --zone " + zone }
        if let rules { options += " --rules " + ReportPage.quoted(rules) }
        self.options = options
    }

    /// What changed, in plain sentences.
    public var sentences: [String] {
        report.at("period") == .null ? [] : ChangeList(voice: voice, report: report).sentences.map(\.text)
    }

    /// The page.
    public var html: String {
        let title = voice.text(.title) + (period.map { " · " + $0 } ?? "")
        let head: [Markup] = [
            .element(.meta, [Attribute(.charset, "utf-8")]),
            .element(
                .meta,
                [Attribute(.httpEquiv, "Content-Security-Policy"), Attribute(.content, Stylesheet.policy)]
            ),
            .element(
                .meta,
                [Attribute(.name, "viewport"), Attribute(.content, "width=device-width, initial-scale=1")]
            ),
            .element(.meta, [Attribute(.name, "color-scheme"), Attribute(.content, "light dark")]),
            .element(.title, [], text: title), .style,
        ]
        let page = Markup.element(.div, [.css("page")], [header, main, footer])
        return Markup.document(
            .element(
                .html,
                [Attribute(.lang, voice.language.rawValue), Attribute(.dir, voice.language.direction)],
                [.element(.head, [], head), .element(.body, [], [page])]
            )
        )
    }

    private var period: String? {
        report.at("period").at("name").plain.map { DateText.period($0, voice.language) }
    }

    private var header: Markup {
        let period = report.at("period")
        var content: [Markup] = [
            .element(.p, [.css("kicker")], [voice.say(Label("Marketing and sales", "التسويق والمبيعات"))]),
            .element(.h1, [], [voice.say(.title)] + (self.period.map { [.text(" · "), .text($0)] } ?? [])),
        ]
        if let first = period.at("first_day").plain, let last = period.at("last_day").plain,
            let local = report.at("local_time").plain
        {
            let state =
                period.at("complete").isTrue
                ? Label("the whole period", "الفترة كاملة") : Label("the period so far", "الفترة حتى الآن")
            let asOf =
                report.at("as_of").plain == nil
                ? Label("last event {0}", "آخر حدث {0}") : Label("as of {0}", "حتى {0}")
            content.append(
                .element(
                    .p,
                    [.css("soft")],
                    [
                        voice.sentence(
                            Label("{0} to {1}, {2}, {3}", "{0} إلى {1}، {2}، {3}"),
                            .words(DateText.day(first, voice.language)),
                            .words(DateText.day(last, voice.language)),
                            .words(voice.text(state)),
                            .sentence(voice.sentence(asOf, .words(DateText.minute(local, voice.language))))
                        ).markup(voice)
                    ]
                )
            )
        }
        return .element(.header, [], content)
    }

    private var main: Markup {
        guard report.at("period") != .null else {
            let empty = PanelSource(voice: voice, answer: .null, id: "empty").empty(
                Label("The store has no events yet.", "لا أحداث في المخزن بعد."),
                events: ["page_viewed", "ad_clicked", "lead_created", "deal_created", "order_completed"]
            )
            let panel = Panel(
                id: "empty",
                title: Label("Nothing to report", "لا شيء بعد"),
                lead: Label("`rihla ingest FILE` takes events in.", "الأمر `rihla ingest FILE` يُدخل الأحداث."),
                body: empty
            )
            return .element(.main, [.css("grid")], [panel.markup(voice)])
        }
        var panels = [
            FigureRow(voice: voice, report: report).panel, ChangeList(voice: voice, report: report).panel,
        ]
        for (part, make) in ReportPage.panels {
            guard let found = report.at("parts").list.first(where: { $0.at("part").plain == part }) else { continue }
            var panel = make(PanelSource(voice: voice, answer: found.at("answer"), id: part))
            panel.command = found.at("command").plain.map { $0 + options }
            panels.append(panel)
        }
        return .element(.main, [.css("grid")], panels.map { $0.markup(voice) })
    }

    private var footer: Markup {
        let facts = report.at("facts")
        func item(_ label: Label, _ value: Markup) -> Markup {
            .element(.li, [], [voice.say(label), .text(": "), value])
        }
        var items: [Markup] = [
            item(Label("Events", "الأحداث"), voice.number(NumberText.count(facts.at("events").count))),
            item(Label("Last position", "آخر موضع"), voice.number(NumberText.count(facts.at("position").count))),
        ]
        if let time = report.at("as_of").plain { items.append(item(Label("As of", "حتى"), voice.number(time))) }
        if let position = report.at("as_at").number {
            items.append(item(Label("As known at", "كما عُرف عند"), voice.number(NumberText.count(Int(position)))))
        }
        if let time = facts.at("last_event_at").plain {
            items.append(item(Label("Last event", "آخر حدث"), voice.number(time)))
        }
        if let rules = report.at("rules").plain { items.append(item(Label("Rules", "القواعد"), voice.number(rules))) }
        if let zone = report.at("zone").plain {
            items.append(item(Label("Time zone", "المنطقة الزمنية"), voice.number(zone)))
        }
        for warning in report.at("warnings").list {
            items.append(
                item(
                    Label("Note", "ملاحظة"),
                    voice.name(warning.at("message").plain ?? "") + .text(" ")
                        + voice.number(NumberText.count(warning.at("count").count))
                )
            )
        }
        return .element(.footer, [], [.element(.ul, [], items)])
    }

    /// A word of a shell.
    private static func quoted(_ text: String) -> String {
        let isPlain = text.unicodeScalars.allSatisfy { scalar in
            scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "/._-".unicodeScalars.contains(scalar)
        }
        return isPlain && !text.isEmpty ? text : "'" + text.replacing("'", with: "'\\''") + "'"
    }
}

extension Label {
    fileprivate static let title = Label("Customer journey report", "تقرير رحلة العميل")
}
