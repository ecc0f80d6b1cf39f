// The key figures of both teams.
internal import ArgumentParser
internal import JourneyViews

struct KPIsCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "kpis",
        abstract: "The key figures of marketing, sales and both, each beside that of the period before."
    )
    static let examples = [
        "rihla kpis --store rihla-demo --period month",
        "rihla kpis --store rihla-demo --period week --periods 6",
        "rihla kpis --store rihla-demo --segment property:origin --format json",
    ]

    @Option(name: .long, help: "The calendar period: week, month or quarter.")
    var period = "month"
    @Option(name: .long, help: "How many periods side by side, the current one with those before it.")
    var periods = 2
    @Option(
        name: .long,
        help: ArgumentHelp("Split customers by their last value of a property.", valueName: "property:NAME")
    )
    var segment: String?
    @OptionGroup var read: ReadOptions

    func run() async throws {
        try await read.ask { _ in
            var query = KPIQuery()
            query.period = period
            query.periods = periods
            query.segment = segment
            query.zone = read.bounds.zone
            return .kpis(query)
        }
    }
}
