// What is won and what is expected.
internal import ArgumentParser
internal import JourneyViews

struct ForecastCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "forecast",
        abstract: "What is won and what is expected, period by period: commit, best case, weighted, and what slipped."
    )
    static let examples = [
        "rihla forecast --store rihla-demo", "rihla forecast --store rihla-demo --period quarter --periods 2 --past 1",
        "rihla forecast --store rihla-demo --calibrated --deals --format csv",
    ]

    @Option(name: .long, help: "How many periods, from the one of now on.")
    var periods = 3
    @Option(name: .long, help: "How many periods before that.")
    var past = 0
    @Option(name: .long, help: "week, month or quarter.")
    var period = "month"
    @Option(name: .long, help: "Only this pipeline.")
    var pipeline: String?
    @Option(name: .long, help: "Only deals of this owner.")
    var owner: String?
    @Flag(name: .long, help: "Probabilities from history, for stages that at least 30 closed deals went through.")
    var calibrated = false
    @Flag(name: .long, help: "The deals of each period, with what each of them weighs.")
    var deals = false
    @OptionGroup var read: ReadOptions

    func run() async throws {
        try await read.ask { _ in
            var query = ForecastQuery()
            (query.period, query.periods, query.past) = (period, periods, past)
            (query.pipeline, query.owner) = (pipeline, owner)
            (query.calibrated, query.listsDeals) = (calibrated, deals)
            query.zone = read.bounds.zone
            return .forecast(query)
        }
    }
}
