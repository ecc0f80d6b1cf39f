// How to spend an amount by channel.
internal import ArgumentParser
internal import JourneyViews

struct BudgetCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "budget",
        abstract: "A proposal for the next period's budget by channel, with its uncertainty, or why there can be none."
    )
    static let examples = [
        "rihla budget --store rihla-demo --total 8000",
        "rihla budget --store rihla-demo --total 2000 --period week --periods 12 --format json",
    ]

    @Option(name: .long, help: ArgumentHelp("The amount to spend in the next period.", valueName: "amount"))
    var total: String
    @Option(
        name: .long,
        help: ArgumentHelp("Its currency (default: that of spend, where it is one).", valueName: "code")
    )
    var currency: String?
    @Option(name: .long, help: "The attribution model that gives channels their return.")
    var model = "linear"
    @Option(name: .long, help: "The calendar period of the budget: week, month or quarter.")
    var period = "month"
    @Option(name: .long, help: "How many complete periods to look back, 3 to 31.")
    var periods = 6
    @OptionGroup var read: ReadOptions

    func run() async throws {
        try await read.ask { _ in
            var query = BudgetQuery(total: total)
            query.currency = currency
            query.model = model
            query.period = period
            query.periods = periods
            query.zone = read.bounds.zone
            return .budget(query)
        }
    }
}
