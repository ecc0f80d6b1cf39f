// Who comes back.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyViews

struct CohortsCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "cohorts",
        abstract: "Who comes back: customers by the period of their first event, their activity and revenue after it."
    )
    static let examples = [
        "rihla cohorts --store rihla-demo --by month --event lead_created",
        "rihla cohorts --store rihla-demo --by week --retention n-day --days 1,7,30",
        "rihla cohorts --store rihla-demo --ltv",
        "rihla cohorts --store rihla-demo --lifecycle",
        "rihla cohorts --store rihla-demo --by quarter --recurring",
    ]

    @Option(name: .long, help: "The period of a cohort: day, week, month or quarter.")
    var by = "month"
    @Option(
        name: .long,
        help: ArgumentHelp("calendar, n-day, unbounded or bracket:DAYS.", valueName: "rule")
    )
    var retention = "calendar"
    @Option(
        name: .long,
        help: ArgumentHelp("What puts a customer into a cohort (default: the first event).", valueName: "type")
    )
    var event: String?
    @Option(
        name: .long,
        parsing: .upToNextOption,
        help: ArgumentHelp("What counts as coming back (default: any event).", valueName: "type")
    )
    var activity: [String] = []
    @Option(name: .long, help: ArgumentHelp("The days of a retention by days.", valueName: "1,7,30"))
    var days: String?
    @Option(name: .long, help: "At most so many periods after a cohort's own.")
    var periods: Int?
    @Flag(name: .long, help: "What customers of each cohort have brought, and what they would bring by a formula.")
    var ltv = false
    @Flag(name: .long, help: "Who was new, returned, came back or went, period by period.")
    var lifecycle = false
    @Flag(name: .long, help: "Churn and revenue retention (GRR, NRR) of subscriptions, period by period.")
    var recurring = false
    @OptionGroup var range: RangeOptions
    @OptionGroup var read: ReadOptions

    func run() async throws {
        try await read.ask { times in
            var query = CohortQuery()
            query.by = by
            query.retention = retention
            query.event = event
            query.activity = activity.flatMap { FunnelQuery.list($0) }
            if let days {
                query.days = try days.split(separator: ",").map { word in
                    guard let day = Int64(String(word).trimmingWhitespace()) else {
                        throw RihlaError(.usage, "--days \"\(word)\" is no number of days", hint: "write --days 1,7,30")
                    }
                    return day
                }
            }
            query.periods = periods
            query.rows = recurring ? .recurring : lifecycle ? .lifecycle : ltv ? .values : .cohorts
            query.zone = read.bounds.zone
            query.from = try times.optional(range.from, "--from")
            query.to = try times.optional(range.to, "--to")
            return .cohorts(query)
        }
    }
}
