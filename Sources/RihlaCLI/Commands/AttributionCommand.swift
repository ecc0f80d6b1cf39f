// Which touchpoints earned the conversions.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyViews

struct AttributionCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "attribution",
        abstract: "Which touchpoints earned the conversions, by one model or several side by side."
    )
    static let examples = [
        "rihla attribution --store rihla-demo --model first,last,linear",
        "rihla attribution --store rihla-demo --model time-decay --by campaign --lookback 90d",
    ]

    @Option(
        name: .long,
        help: ArgumentHelp("first, last, last-non-direct, linear, position, time-decay.", valueName: "a,b")
    )
    var model = "last"
    @Option(name: .long, help: "channel, campaign, source-medium or type.")
    var by = "channel"
    @Option(
        name: .long,
        help: ArgumentHelp("One conversion definition or event type (default: all).", valueName: "name")
    )
    var conversion: String?
    @Option(
        name: .long,
        help: ArgumentHelp("Look-back window, 0 for no limit (default: the rules').", valueName: "duration")
    )
    var lookback: String?
    @Option(
        name: .long,
        help: "overlap: a touchpoint may serve many conversions; reset: a path starts after the one before."
    )
    var path: String?
    @Option(name: .long, help: "drop direct touchpoints unless all are direct, or keep them.")
    var direct: String?
    @Option(name: .long, help: ArgumentHelp("Half-life of time-decay (default: the rules').", valueName: "duration"))
    var halfLife: String?
    @OptionGroup var range: RangeOptions
    @OptionGroup var read: ReadOptions

    func run() async throws {
        try await read.ask { times in
            var query = AttributionQuery()
            query.models = model.split(separator: ",").map { String($0).trimmingWhitespace() }
            query.by = by
            query.conversion = conversion
            query.lookbackMilliseconds = try lookback.map { try TimeText.duration($0, "--lookback") }
            query.path = try OneOf.check(path, ["overlap", "reset"], "--path")
            query.direct = try OneOf.check(direct, ["drop", "keep"], "--direct")
            query.halfLifeMilliseconds = try halfLife.map { try TimeText.duration($0, "--half-life") }
            query.from = try times.optional(range.from, "--from")
            query.to = try times.optional(range.to, "--to")
            return .attribution(query)
        }
    }
}
