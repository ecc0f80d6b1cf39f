// What each channel costs and brings.
internal import ArgumentParser
internal import JourneyViews

struct ChannelsCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "channels",
        abstract: "Spend, reach, leads, customers and revenue by channel: what a customer costs, what a spend brings."
    )
    static let examples = [
        "rihla channels --store rihla-demo --model linear",
        "rihla channels --store rihla-demo --model markov --order 2 --margin 0.6",
        "rihla channels --store rihla-demo --identity as-of-event --format csv",
        "rihla channels --store rihla-demo --from 2026-02-01 --to 2026-03-01 --format json",
    ]

    @Option(name: .long, help: "The attribution model that shares leads, customers and revenue.")
    var model = "last"
    @Option(name: .long, help: ArgumentHelp("Touchpoints in a state of markov, 1 to 4.", valueName: "k"))
    var order = 1
    @Option(
        name: .long,
        help: ArgumentHelp("The part of revenue that pays a channel back, as in 0.6 (default: all).", valueName: "part")
    )
    var margin: Double?
    @OptionGroup var identity: IdentityOptions
    @OptionGroup var range: RangeOptions
    @OptionGroup var read: ReadOptions

    func run() async throws {
        try await read.ask { times in
            var query = ChannelQuery()
            query.model = model
            query.order = order
            query.margin = margin
            query.identity = try identity.view()
            query.from = try times.optional(range.from, "--from")
            query.to = try times.optional(range.to, "--to")
            query.zone = read.bounds.zone
            return .channels(query)
        }
    }
}
