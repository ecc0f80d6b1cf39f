// Which touchpoints earned the conversions.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyViews

struct AttributionCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "attribution",
        abstract: "Which touchpoints earned the conversions, by one model or several side by side.",
        discussion: "Models, beside those of the rules:\n"
            + ModelName.allCases.map { "  \($0.rawValue): \($0.summary)\n" }.joined()
    )
    static let examples = [
        "rihla attribution --store rihla-demo --model first,last,linear",
        "rihla attribution --store rihla-demo --model time-decay --by campaign --lookback 90d",
        "rihla attribution --store rihla-demo --model w-shaped,markov,shapley --order 2 --format json",
        "rihla attribution --store rihla-demo --model linear --identity as-of-event",
    ]

    @Option(
        name: .long,
        help: ArgumentHelp("Models side by side: \(ModelName.list), or of the rules.", valueName: "a,b")
    )
    var model = "last"
    @OptionGroup var paths: PathOptions
    @Option(name: .long, help: ArgumentHelp("Half-life of time-decay (default: the rules').", valueName: "duration"))
    var halfLife: String?
    @Option(name: .long, help: ArgumentHelp("Touchpoints in a state of markov, 1 to 4.", valueName: "k"))
    var order = 1
    @Option(
        name: .long,
        help: ArgumentHelp("Convert credits too, by the fx_rate that each conversion recorded.", valueName: "code")
    )
    var currency: String?
    @OptionGroup var range: RangeOptions
    @OptionGroup var read: ReadOptions

    func run() async throws {
        try await read.ask { times in
            var query = try paths.query(range, times)
            query.models = model.split(separator: ",").map { String($0).trimmingWhitespace() }
            query.halfLifeMilliseconds = try halfLife.map { try TimeText.duration($0, "--half-life") }
            query.order = order
            query.currency = currency
            return .attribution(query)
        }
    }
}
