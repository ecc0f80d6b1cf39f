// What stands in the way of deals.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyViews

struct ObjectionsCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "objections",
        abstract: "What buyers object to and what answers it, who else they look at, and what they ask.",
        discussion: "Win rates beside objections show what comes together, not what causes what."
    )
    static let examples = [
        "rihla objections --store rihla-demo", "rihla objections --store rihla-demo --by owner",
        "rihla objections --store rihla-demo --responses", "rihla objections --store rihla-demo --questions --limit 10",
    ]

    @Option(name: .long, help: "category, or the categories of each stage, competitor, owner or campaign.")
    var by = "category"
    @Flag(name: .long, help: "The responses, the best first.")
    var responses = false
    @Flag(name: .long, help: "The competitors, and how deals end in which they are named.")
    var competitors = false
    @Flag(name: .long, help: "The questions that people ask, the most frequent first.")
    var questions = false
    @Option(name: .long, help: "At most so many questions.", transform: WholeNumber.read)
    var limit: Int?
    @OptionGroup var read: ReadOptions

    func validate() throws {
        guard [responses, competitors, questions].count(where: { $0 }) <= 1 else {
            throw ValidationError("take one of --responses, --competitors and --questions")
        }
    }

    func run() async throws {
        try await read.ask { _ in
            var query = ObjectionQuery()
            query.by = by
            query.rows = responses ? .responses : competitors ? .competitors : questions ? .questions : .categories
            query.limit = limit
            return .objections(query)
        }
    }
}
