// Whether sales keeps its promises: to marketing, and to customers.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyViews

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

    @Option(name: .long, help: "Only what was handed to this owner.")
    var owner: String?
    @Option(name: .long, help: "List only hand-offs in this state: met, breached, open or n/a.")
    var state: String?
    @Option(name: .long, help: "owner: one row for each owner.")
    var by: String?
    @Option(name: .long, help: "List at most so many hand-offs.")
    var limit: Int?
    @OptionGroup var range: RangeOptions
    @OptionGroup var read: ReadOptions

    func validate() throws {
        if let limit, limit < 0 { throw ValidationError("--limit cannot be negative") }
    }

    func run() async throws {
        try await read.ask { times in
            var query = SLAQuery()
            query.owner = owner
            query.state = state
            query.isByOwner = try OneOf.check(by, ["owner"], "--by") != nil
            query.limit = limit
            query.from = try times.optional(range.from, "--from")
            query.to = try times.optional(range.to, "--to")
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

    @Option(name: .long, help: "Only what this owner has to do.")
    var owner: String?
    @Option(name: .long, help: "List only follow-ups in this state: overdue, open, done_late or done.")
    var state: String?
    @Option(name: .long, help: "owner: one row for each owner.")
    var by: String?
    @Option(name: .long, help: "List at most so many follow-ups.")
    var limit: Int?
    @OptionGroup var range: RangeOptions
    @OptionGroup var read: ReadOptions

    func validate() throws {
        if let limit, limit < 0 { throw ValidationError("--limit cannot be negative") }
    }

    func run() async throws {
        try await read.ask { times in
            var query = FollowUpQuery()
            query.owner = owner
            query.state = state
            query.isByOwner = try OneOf.check(by, ["owner"], "--by") != nil
            query.limit = limit
            query.zone = read.bounds.zone
            query.from = try times.optional(range.from, "--from")
            query.to = try times.optional(range.to, "--to")
            return .followUps(query)
        }
    }
}
