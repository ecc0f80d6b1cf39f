// An export becomes a store again.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyViews
internal import Rihla

struct ImportCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Makes a store of what `export` wrote: ids, positions, both clocks, money and every property.",
        discussion: """
            The store must be empty or hold the first of the file's events: those are compared and skipped, so an import that \
            was cut off is simply repeated.
            """
    )
    static let examples = ["rihla import demo.ndjson --store rihla-copy"]

    @Argument(help: "Files that `rihla export` wrote, gzip or not, - for standard input.")
    var files: [String]
    @Flag(name: .long, help: "Show progress also where standard error is no terminal.")
    var progress = false
    @OptionGroup(title: "Output") var output: FormatOptions
    @OptionGroup(title: "Store") var global: GlobalOptions

    func run() async throws {
        let line = (progress || Output.error.isTerminal) && !global.quiet ? ProgressLine() : nil
        let summary = try await global.withStore(create: true) { store in
            try await store.importEvents(files) { line?.show($0) }
        }
        line?.end()
        var answer = Answer("import", position: summary.head)
        answer.columns = [.init("accepted", number: true), .init("present", number: true), .init("head", number: true)]
        answer.rows = [[.count(summary.accepted), .count(summary.present), .count(summary.head.rawValue)]]
        answer.payload = zip(answer.columns, answer.rows[0]).map { .init($0.name, $1) }
        try Renderer(output, global).print(answer)
        if summary.interrupted {
            global.notice("interrupted: \(summary.accepted) committed; run it again to go on")
            throw ExitStatus(code: 130)
        }
    }
}
