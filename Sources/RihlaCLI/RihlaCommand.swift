// The command tree.
internal import ArgumentParser

struct RihlaCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "rihla",
        abstract: "A customer-journey store: marketing touches and sales actions in one history.",
        discussion: """
            Events go into an append-only log; stages, funnels, attribution and deals are read out of it, as of any moment,
            and every number explains itself. Topics: rihla help formats | rules | time | exit-codes | environment.
            """,
        version: "rihla 0.1.0",
        subcommands: [
            DemoCommand.self, InitCommand.self, IngestCommand.self, AppendCommand.self, ImportCommand.self,
            TimelineCommand.self, CustomerCommand.self, CustomersCommand.self, StagesCommand.self, FunnelCommand.self,
            CohortsCommand.self, BottlenecksCommand.self, AttributionCommand.self, PathsCommand.self,
            ChannelsCommand.self, ObjectionsCommand.self, FeedbackCommand.self, KPIsCommand.self, BudgetCommand.self,
            ScoresCommand.self, DealsCommand.self, DealCommand.self, PipelineCommand.self, ForecastCommand.self,
            EventsCommand.self, SLACommand.self, FollowUpsCommand.self, BriefCommand.self, ReportCommand.self,
            IdentityCommand.self, LinkCommand.self, UnlinkCommand.self, BlockCommand.self,
            TraceCommand.self, ExplainCommand.self, DiffCommand.self,
            RulesCommand.self, ProjectionsCommand.self, RebuildCommand.self, VerifyCommand.self, StatsCommand.self,
            ExportCommand.self,
        ]
    )
    static let examples = [
        "rihla demo --store rihla-demo", "rihla stages --store rihla-demo",
        "rihla attribution --store rihla-demo --model linear,last",
    ]
}
