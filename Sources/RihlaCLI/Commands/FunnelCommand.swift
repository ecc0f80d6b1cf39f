// How far customers get.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyViews

struct FunnelCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "funnel",
        abstract: "How far customers get: through the lifecycle, or through steps within a window."
    )
    static let examples = [
        "rihla funnel --store rihla-demo",
        "rihla funnel --store rihla-demo --steps page_viewed,form_submitted,deal_won --window 90d --by channel",
    ]

    @Option(name: .long, help: ArgumentHelp("Event types, in order; none: the lifecycle.", valueName: "a,b,c"))
    var steps: String?
    @Option(name: .long, help: "From the first step to the last, at most.")
    var window = "30d"
    @Option(name: .long, help: "ordered or strict-time.")
    var mode = "ordered"
    @Option(name: .long, help: "Break down by channel or campaign of the first step.")
    var by: String?
    @OptionGroup var range: RangeOptions
    @OptionGroup var read: ReadOptions

    func run() async throws {
        try await read.ask { times in
            var query = FunnelQuery()
            query.steps = steps?.split(separator: ",").map { String($0).trimmingWhitespace() } ?? []
            query.windowMilliseconds = try TimeText.duration(window, "--window")
            query.mode = mode
            query.by = by
            query.from = try times.optional(range.from, "--from")
            query.to = try times.optional(range.to, "--to")
            return .funnel(query)
        }
    }
}
