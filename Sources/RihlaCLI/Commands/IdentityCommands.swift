// Who is who: a look at it, and statements about it.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyViews
internal import Rihla

struct IdentityCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "identity",
        abstract: "Persons with several identifiers, and links that were refused; or all that was said of one person."
    )
    static let examples = [
        "rihla identity --store rihla-demo", "rihla identity user_id:u-7 --store rihla-demo --format json",
    ]

    @Argument(help: "Any identifier of the person, `kind:value`; a plain value is a customer_id.")
    var customer: String?
    @Option(name: .long, help: "At most so many persons.", transform: WholeNumber.read)
    var limit: Int?
    @OptionGroup var read: ReadOptions

    func run() async throws { try await read.ask { _ in .identity(customer, limit: limit) } }
}

/// What all statements take.
struct ClaimOptions: ParsableArguments {
    @Option(name: .long, help: "Why.")
    var reason: String?
    @Option(name: .long, help: ArgumentHelp("Since when it is so (default: now).", valueName: "time"))
    var at: String?
    @OptionGroup(title: "Output") var output: FormatOptions
    @OptionGroup(title: "Store") var global: GlobalOptions

    /// Appends the statement and prints what it changed.
    ///
    /// - Throws: `ExitStatus.found` when the link was refused.
    func state(_ claim: IdentityClaim) async throws {
        let answer = try await global.withStore { store in
            let times = try TimeText(zone: try store.rules().timeZone)
            return try await store.state(claim, reason: reason, at: try times.optional(at, "--at"))
        }
        try Renderer(output, global).print(answer)
        if answer.found { throw ExitStatus.found }
    }
}

struct LinkCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "link",
        abstract: "Says that two identifiers are one person, and shows the conversions whose path that changes.",
        discussion: """
            All events of both, also earlier ones, are the person's from then on; `unlink` takes it back exactly. Two users \
            are not merged unless it is forced: both stay, and the exit status is 2.
            """
    )
    static let examples = [
        "rihla link user_id:u-7 email:u7@shop.example --reason login --store rihla-demo",
        "rihla link user_id:u-8 user_id:u-9 --force --reason 'one person, two accounts' --store rihla-demo",
    ]

    @Argument(help: "One identifier, `kind:value`.")
    var a: String
    @Argument(help: "The other one.")
    var b: String
    @Flag(name: .long, help: "Also beyond the limits of the rules; needs --reason.")
    var force = false
    @OptionGroup var claim: ClaimOptions

    func run() async throws { try await claim.state(.link(a, b, force: force)) }
}

struct UnlinkCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "unlink",
        abstract: "Takes the link of two identifiers back: both have their own events again."
    )
    static let examples = ["rihla unlink user_id:u-7 email:u7@shop.example --reason mistake --store rihla-demo"]

    @Argument(help: "One identifier, `kind:value`.")
    var a: String
    @Argument(help: "The other one.")
    var b: String
    @OptionGroup var claim: ClaimOptions

    func run() async throws { try await claim.state(.unlink(a, b)) }
}

struct BlockCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "block",
        abstract: "Says that an identifier is nobody (a desk's telephone, a test address): it joins nobody any more."
    )
    static let examples = ["rihla block phone:+96650000000 --reason 'reception desk' --store rihla-demo"]

    @Argument(help: "The identifier, `kind:value`.")
    var identifier: String
    @OptionGroup var claim: ClaimOptions

    func run() async throws { try await claim.state(.block(identifier)) }
}
