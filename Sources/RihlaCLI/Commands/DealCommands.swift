// Deals: all or some of them, and one with its history.
internal import ArgumentParser
internal import JourneyViews

struct DealsCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "deals",
        abstract: "All deals or some of them, the newest first."
    )
    static let examples = [
        "rihla deals --store rihla-demo --state open --overdue",
        "rihla deals --store rihla-demo --stuck --format csv --fields deal,owner,stage,amount",
        "rihla deals --store rihla-demo --limit 10",
    ]

    @Option(name: .long, help: "Only deals that are open, won or lost.")
    var state: String?
    @Option(name: .long, help: "Only deals that are in this stage, or were when they closed.")
    var stage: String?
    @Option(name: .long, help: "Only deals of this owner.")
    var owner: String?
    @Option(name: .long, help: "Only deals of this pipeline.")
    var pipeline: String?
    @Flag(name: .long, help: "Only open deals whose expected close date is over.")
    var overdue = false
    @Flag(name: .long, help: "Only deals that are in their stage for longer than nine of ten others were.")
    var stuck = false
    @Option(name: .long, help: "At most so many deals.", transform: WholeNumber.read)
    var limit: Int?
    @OptionGroup var read: ReadOptions

    func run() async throws {
        try await read.ask { _ in
            var query = DealsQuery()
            (query.state, query.stage, query.owner, query.pipeline) = (state, stage, owner, pipeline)
            (query.overdue, query.stuck, query.limit) = (overdue, stuck, limit)
            query.zone = read.bounds.zone
            return .deals(query)
        }
    }
}

struct DealCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "deal",
        abstract:
            "One deal with everything that happened to it, in order: stages, amounts, dates, proposals, objections."
    )
    static let examples = ["rihla deal d-7 --store rihla-demo", "rihla deal d-7 --store rihla-demo --format json"]

    @Argument(help: "The deal's id.")
    var deal: String
    @OptionGroup var read: ReadOptions

    func run() async throws { try await read.ask { _ in .deal(deal, zone: read.bounds.zone) } }
}
