// What is in the pipelines and what became of what was.
internal import ArgumentParser
internal import JourneyViews

struct PipelineCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "pipeline",
        abstract: "Stage by stage what deals did, with win rates, time to win and velocity; by owner, channel or more."
    )
    static let examples = [
        "rihla pipeline --store rihla-demo", "rihla pipeline --store rihla-demo --by channel",
        "rihla pipeline --store rihla-demo --by owner --stages --format csv",
        "rihla pipeline --store rihla-demo --date created --from 2026-01-01 --to 2026-02-01",
    ]

    @Option(
        name: .long,
        help: ArgumentHelp("owner, channel, campaign, account, product or property:NAME.", valueName: "what")
    )
    var by: String?
    @Option(name: .long, help: "Only this pipeline.")
    var pipeline: String?
    @Option(name: .long, help: "Whether --from and --to are about when deals closed or were created.")
    var date = "closed"
    @Flag(name: .long, help: "With --by: a row for each stage, not one for each group.")
    var stages = false
    @Flag(name: .long, help: "A stage that was skipped does not count as passed.")
    var strictVisits = false
    @Flag(name: .long, help: "Probabilities from history, for stages that at least 30 closed deals went through.")
    var calibrated = false
    @OptionGroup var range: RangeOptions
    @OptionGroup var read: ReadOptions

    func run() async throws {
        try await read.ask { times in
            var query = PipelineQuery()
            (query.by, query.pipeline, query.date) = (by, pipeline, date)
            (query.showsStages, query.strictVisits, query.calibrated) = (stages, strictVisits, calibrated)
            query.from = try times.optional(range.from, "--from")
            query.to = try times.optional(range.to, "--to")
            return .pipeline(query)
        }
    }
}
