// One report that marketing and sales read together: figures in a terminal, or a page.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyReport
internal import JourneyViews

struct ReportCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "What both teams read in their meeting: figures, what changed, funnel, attribution, deals, cohorts.",
        discussion: """
            The report is about the calendar period of the last event, or of --as-of; a moment at which a period begins \
            belongs to the one before. --html writes one page without scripts or links that can be mailed and printed.
            """
    )
    static let examples = [
        "rihla report --store rihla-demo --period month",
        "rihla report --store rihla-demo --period month --html report.html",
        "rihla report --store rihla-demo --period week --as-of 2026-03-02 --language ar --html report-ar.html",
    ]

    @Option(name: .long, help: "The calendar period: week, month or quarter.")
    var period = "week"
    @Option(name: .long, help: ArgumentHelp("Write a page; - is standard output.", valueName: "file"))
    var html: String?
    @Option(name: .long, help: "The language of the page and of sentences: en or ar.")
    var language = "en"
    @OptionGroup var read: ReadOptions

    func validate() throws {
        guard html == nil || read.output.format == .table else {
            throw ValidationError("--html and --format do not go together")
        }
    }

    func run() async throws {
        _ = try OneOf.check(language, Language.allCases.map(\.rawValue), "the language of a report")
        var answer = try await read.answer { _ in
            var query = ReportQuery()
            query.period = period
            query.zone = read.bounds.zone
            return .report(query)
        }
        let page = ReportPage(
            answer.value,
            language: Language(rawValue: language) ?? .english,
            zone: read.bounds.zone,
            rules: read.bounds.rules
        )
        guard let html else {
            // Sentences are for people; the other formats have their facts.
            answer.notes += page.sentences
            try read.print(answer)
            return
        }
        for warning in answer.warnings { read.global.notice("\(warning.message): \(warning.count)") }
        if html == "-" {
            try Output.standard.write(page.html)
        } else {
            try OutputFile.write(html) { try $0(Array(page.html.utf8)) }
            read.global.notice("the report is in \(html)")
        }
        if answer.found { throw ExitStatus.found }
    }
}
