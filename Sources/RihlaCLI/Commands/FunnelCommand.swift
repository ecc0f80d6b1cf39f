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
        "rihla funnel --store rihla-demo --steps 'ad_clicked[channel=paid_search],form_submitted?,deal_created' "
            + "--exclude lead_disqualified --list 3:dropped --limit 5",
    ]

    @OptionGroup var steps: FunnelOptions
    @Option(name: .long, help: "Break down by channel, campaign or property:NAME.")
    var by: String?
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Whose value makes the group: first_touch, last_touch, step_2, or all_events.",
            valueName: "rule"
        )
    )
    var attribution = "first_touch"
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The people behind a bar: STEP:converted, STEP:dropped or STEP:in-progress.",
            valueName: "bar"
        )
    )
    var list: String?
    @Option(name: .long, help: "At most so many people.", transform: WholeNumber.read)
    var limit: Int?
    @OptionGroup var read: ReadOptions

    func run() async throws {
        try await read.ask { times in
            var query = try steps.query(times)
            query.by = by
            query.attribution = attribution
            query.list = list
            query.limit = limit
            return .funnel(query)
        }
    }
}

/// What says which funnel.
struct FunnelOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Steps in order, `type`, `type[property=value]` or `type?` for one that may be left out; none: the lifecycle.",
            valueName: "a,b,c"
        )
    )
    var steps: String?
    @Option(name: .long, help: "From the first step to the last, at most.")
    var window = "30d"
    @Option(
        name: .long,
        help: "ordered, strict-time (later instants), strict (nothing between the steps) or any-order."
    )
    var mode = "ordered"
    @Option(
        name: .long,
        help: ArgumentHelp(
            "An event that must not come between the steps; `type:2` between the second and the third.",
            valueName: "type"
        )
    )
    var exclude: [String] = []
    @OptionGroup var identity: IdentityOptions
    @OptionGroup var range: RangeOptions

    func query(_ times: TimeText) throws -> FunnelQuery {
        var query = FunnelQuery()
        query.steps = FunnelQuery.list(steps ?? "")
        query.windowMilliseconds = try TimeText.duration(window, "--window")
        query.mode = mode
        query.identity = try identity.view()
        query.exclude = exclude.flatMap { FunnelQuery.list($0) }
        query.from = try times.optional(range.from, "--from")
        query.to = try times.optional(range.to, "--to")
        return query
    }
}
