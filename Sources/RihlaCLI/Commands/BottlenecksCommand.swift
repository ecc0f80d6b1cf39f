// Where journeys take long and where they end.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyViews

struct BottlenecksCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "bottlenecks",
        abstract: "Where journeys take long and where they end: over lifecycle stages, stages of deals, or event types."
    )
    static let examples = [
        "rihla bottlenecks --store rihla-demo", "rihla bottlenecks --store rihla-demo --over deals",
        "rihla bottlenecks --store rihla-demo --over types --types lead_created,deal_created,deal_won --edges",
    ]

    @Option(name: .long, help: "stages, deals or types.")
    var over = "stages"
    @Option(name: .long, help: ArgumentHelp("Event types to look at, over types (default: all).", valueName: "a,b"))
    var types: String?
    @Option(name: .long, help: "At most so many of the most frequent ways from beginning to end.")
    var variants = 10
    @Flag(name: .long, help: "Show the ways from step to step.")
    var edges = false
    @OptionGroup var range: RangeOptions
    @OptionGroup var read: ReadOptions

    func validate() throws {
        guard variants >= 0 else { throw ValidationError("--variants cannot be less than 0") }
    }

    func run() async throws {
        try await read.ask { times in
            var query = BottleneckQuery()
            query.over = over
            query.types = FunnelQuery.list(types ?? "")
            query.variants = variants
            query.showsEdges = edges
            query.from = try times.optional(range.from, "--from")
            query.to = try times.optional(range.to, "--to")
            return .bottlenecks(query)
        }
    }
}
