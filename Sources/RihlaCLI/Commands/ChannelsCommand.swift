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
        "rihla channels --store rihla-demo --from 2026-02-01 --to 2026-03-01 --format json",
    ]

    @Option(name: .long, help: "The attribution model that shares leads, customers and revenue.")
    var model = "last"
    @OptionGroup var range: RangeOptions
    @OptionGroup var read: ReadOptions

    func run() async throws {
        try await read.ask { times in
            var query = ChannelQuery()
            query.model = model
            query.from = try times.optional(range.from, "--from")
            query.to = try times.optional(range.to, "--to")
            query.zone = read.bounds.zone
            return .channels(query)
        }
    }
}
