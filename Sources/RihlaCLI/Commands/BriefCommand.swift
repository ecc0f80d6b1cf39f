// What sales should know of a customer, on one page.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyViews

extension BriefWords.Language: ExpressibleByArgument {}

struct BriefCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "brief",
        abstract: "What sales should know of a customer, on one page: who, what for, what was said, what to do next.",
        discussion: """
            As text the page is 80 columns wide. --html writes it as one file that needs nothing else, for a screen or a
            printer; --format json has all of it.
            """
    )
    static let examples = [
        "rihla brief user_id:u-7 --store rihla-demo",
        "rihla brief user_id:u-7 --store rihla-demo --html brief.html --language ar --zone Asia/Riyadh",
        "rihla brief user_id:u-7 --store rihla-demo --as-of 2026-02-01 --format json",
    ]

    @Argument(help: "The customer, `kind:value`; a plain value is a customer_id.")
    var customer: String
    @Option(
        name: .long,
        help: ArgumentHelp("Write the page as HTML to this file; - is standard output.", valueName: "file")
    )
    var html: String?
    @Option(name: .long, help: "The language of the HTML page's own words: en or ar.")
    var language: BriefWords.Language = .english
    @OptionGroup var read: ReadOptions

    func validate() throws {
        guard html == nil || read.output.format == .table else {
            throw ValidationError("--html and --format do not go together")
        }
        guard html != nil || language == .english else { throw ValidationError("--language goes with --html") }
    }

    func run() async throws {
        let answer = try await read.answer { _ in .brief(customer, zone: read.bounds.zone) }
        guard read.output.format == .table, read.output.fields == nil else { return try read.print(answer) }
        let sheet = BriefSheet(answer, language)
        for warning in answer.warnings { read.global.notice("\(warning.message): \(warning.count)") }
        switch html {
        case nil: try Output.standard.write(BriefText(sheet: sheet).text)
        case "-": try Output.standard.write(BriefPage(sheet: sheet).html)
        case .some(let path):
            try OutputFile.write(path) { try $0(Array(BriefPage(sheet: sheet).html.utf8)) }
            read.global.notice("the brief is in \(path)")
        }
        if answer.found { throw ExitStatus.found }
    }
}
