// Whether sales keeps its promises: to marketing, and to customers.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyViews

/// What lists of things that owners have to do share.
struct OwnerOptions: ParsableArguments {
    @Option(name: .long, help: "Only what this owner has, or had, to do.")
    var owner: String?
    @Option(name: .long, help: "owner: one row for each owner.")
    var by: String?
    @Option(name: .long, help: "List at most so many.", transform: WholeNumber.read)
    var limit: Int?
    @OptionGroup var range: RangeOptions

    var isByOwner: Bool { get throws { try OneOf.check(by, ["owner"], "--by") != nil } }

    func validate() throws {
        if let limit, limit < 0 { throw ValidationError("--limit cannot be negative") }
    }
}

struct SLACommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "sla",
        abstract: "Whether sales accepted and contacted in time what marketing handed over.",
        discussion: """
            The section `sla` of the rules has the targets, in business time, and the calendar: zone, hours of the week,
            holidays. The newest hand-off comes first; --from and --to select by the time of the hand-off.
            """
    )
    static let examples = [
        "rihla sla --store rihla-demo --state breached", "rihla sla --store rihla-demo --by owner",
        "rihla sla --store rihla-demo --owner amira --from 2026-02-01 --format json",
    ]

    @Option(name: .long, help: "List only hand-offs in this state: met, breached, open or n/a.")
    var state: String?
    @OptionGroup var filter: OwnerOptions
    @OptionGroup var read: ReadOptions

    func run() async throws {
        try await read.ask { times in
            var query = SLAQuery()
            query.owner = filter.owner
            query.state = state
            query.isByOwner = try filter.isByOwner
            query.limit = filter.limit
            query.from = try times.optional(filter.range.from, "--from")
            query.to = try times.optional(filter.range.to, "--to")
            return .sla(query)
        }
    }
}

struct FollowUpsCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "follow-ups",
        abstract: "What was promised to customers: overdue, open, done in time, done late.",
        discussion: """
            The most urgent comes first: what is overdue longest, then what is due next, then what was done last. --from
            and --to select by when it is due.
            """
    )
    static let examples = [
        "rihla follow-ups --store rihla-demo --state overdue", "rihla follow-ups --store rihla-demo --by owner",
    ]

    @Option(name: .long, help: "List only follow-ups in this state: overdue, open, done_late or done.")
    var state: String?
    @OptionGroup var filter: OwnerOptions
    @OptionGroup var read: ReadOptions

    func run() async throws {
        try await read.ask { times in
            var query = FollowUpQuery()
            query.owner = filter.owner
            query.state = state
            query.isByOwner = try filter.isByOwner
            query.limit = filter.limit
            query.zone = read.bounds.zone
            query.from = try times.optional(filter.range.from, "--from")
            query.to = try times.optional(filter.range.to, "--to")
            return .followUps(query)
        }
    }
}
