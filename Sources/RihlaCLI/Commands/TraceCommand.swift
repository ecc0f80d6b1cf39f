// What led to an event, and what came of it.
internal import ArgumentParser
internal import JourneyViews

struct TraceCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Causes and effects of an event, by causation_id and correlation_id, as a tree."
    )
    static let examples = ["rihla trace d-7-won --store rihla-demo", "rihla trace 12 --store rihla-demo --format json"]

    @Argument(help: "The event's id, or its position.")
    var event: String
    @OptionGroup var read: ReadOptions

    func run() async throws { try await read.ask { _ in .trace(event) } }
}
