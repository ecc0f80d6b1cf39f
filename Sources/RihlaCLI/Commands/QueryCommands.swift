// Questions about customers: one command each, all with the same options.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyViews

struct TimelineCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "timeline",
        abstract: "Every event of a customer, a deal or an account in journey order."
    )
    static let examples = [
        "rihla timeline user_id:u-7 --store rihla-demo", "rihla timeline --deal d-7 --store rihla-demo --format ndjson",
    ]

    @Argument(help: "The customer, `kind:value`; a plain value is a customer_id.")
    var customer: String?
    @Option(name: .long, help: "The deal instead of a customer.")
    var deal: String?
    @Option(name: .long, help: "The account instead of a customer.")
    var account: String?
    @Option(name: .long, help: "At most so many events.", transform: WholeNumber.read)
    var limit: Int?
    @OptionGroup var range: RangeOptions
    @OptionGroup var read: ReadOptions

    func validate() throws {
        guard [customer, deal, account].compactMap({ $0 }).count == 1 else {
            throw ValidationError("name one of CUSTOMER, --deal and --account")
        }
    }

    func run() async throws {
        let subject: TimelineSubject =
            deal.map { .deal($0) } ?? account.map { .account($0) } ?? .customer(customer ?? "")
        try await read.ask { times in
            .timeline(
                subject,
                from: try times.optional(range.from, "--from"),
                to: try times.optional(range.to, "--to"),
                limit: limit
            )
        }
    }
}

struct CustomerCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "customer",
        abstract: "What the store knows of one customer: stage, touchpoints, deals, revenue."
    )
    static let examples = [
        "rihla customer user_id:u-7 --store rihla-demo",
        "rihla customer user_id:u-7 --store rihla-demo --as-of 2026-02-01 --format json",
    ]

    @Argument(help: "The customer, `kind:value`; a plain value is a customer_id.")
    var customer: String
    @OptionGroup var read: ReadOptions

    func run() async throws { try await read.ask { _ in .customer(customer) } }
}

struct CustomersCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "customers",
        abstract: "All customers with stage, last event and revenue."
    )
    static let examples = [
        "rihla customers --store rihla-demo --stage decision --limit 5",
        "rihla customers --store rihla-demo --format csv --fields customer,stage_now",
    ]

    @Option(name: .long, help: "Only those that are in this stage now.")
    var stage: String?
    @Option(
        name: .long,
        help: ArgumentHelp("Start behind this customer: the `next` of an earlier answer.", valueName: "cursor")
    )
    var after: String?
    @Option(name: .long, help: "At most so many customers.", transform: WholeNumber.read)
    var limit: Int?
    @OptionGroup var read: ReadOptions

    func run() async throws { try await read.ask { _ in .customers(stage: stage, after: after, limit: limit) } }
}

struct StagesCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "stages",
        abstract: "How many customers are in each lifecycle stage now, and how many ever came so far."
    )
    static let examples = ["rihla stages --store rihla-demo", "rihla stages --store rihla-demo --as-of 2026-02-01"]

    @OptionGroup var read: ReadOptions

    func run() async throws { try await read.ask { _ in .stages } }
}
