// What sales learnt, for marketing.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyViews

struct FeedbackCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "feedback",
        abstract: "What became of leads by campaign, channel or content: wins, losses and why, objections, messages."
    )
    static let examples = [
        "rihla feedback --store rihla-demo", "rihla feedback --store rihla-demo --by channel --model first",
    ]

    @Option(name: .long, help: "campaign, channel or content.")
    var by = "campaign"
    @Option(
        name: .long,
        help: "What a lead or deal counts for: the last or the first marketing touchpoint before it, or any of them."
    )
    var model = "last"
    @OptionGroup var read: ReadOptions

    func run() async throws {
        try await read.ask { _ in
            var query = FeedbackQuery()
            query.by = by
            query.model = model
            return .feedback(query)
        }
    }
}
