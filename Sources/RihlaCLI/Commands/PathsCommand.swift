// Which paths led to the conversions.
internal import ArgumentParser
internal import JourneyViews

struct PathsCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "paths",
        abstract: "The paths of touchpoints, how often each led to a conversion, and how often to none."
    )
    static let examples = [
        "rihla paths --store rihla-demo --limit 10",
        "rihla paths --store rihla-demo --by campaign --conversion deal_won --transform exposure --format csv",
        "rihla paths --store rihla-demo --identity as-of-event --limit 5",
    ]

    @OptionGroup var paths: PathOptions
    @Option(name: .long, help: "At most so many paths.", transform: WholeNumber.read)
    var limit: Int?
    @OptionGroup var range: RangeOptions
    @OptionGroup var read: ReadOptions

    func run() async throws {
        try await read.ask { times in .paths(try paths.query(range, times), limit: limit) }
    }
}
