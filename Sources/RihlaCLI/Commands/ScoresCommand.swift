// Which leads are worth a call.
internal import ArgumentParser
internal import JourneyViews

struct ScoresCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "scores",
        abstract: "Fit, engagement and grade of each customer, the best first, and how well scores tell who converts.",
        discussion: """
            The section `scoring` of the rules says what gives points. --by model asks a model that has learnt from the
            past who converts; its figures of quality are of a later time than the one that it has learnt from.
            """
    )
    static let examples = [
        "rihla scores --store rihla-demo --rules scoring.yaml --top 10",
        "rihla scores --store rihla-demo --rules scoring.yaml --by model --format json",
    ]

    @Option(name: .long, help: "At most so many customers.", transform: WholeNumber.read)
    var top: Int?
    @Option(name: .long, help: "rules or model.")
    var by = "rules"
    @OptionGroup var read: ReadOptions

    func validate() throws {
        if let top, top < 0 { throw ValidationError("--top cannot be negative") }
    }

    func run() async throws {
        try await read.ask { _ in
            var query = ScoreQuery()
            query.by = by
            query.top = top
            return .scores(query)
        }
    }
}
