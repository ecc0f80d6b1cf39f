// The store itself: making one, its views, its numbers, its health.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyViews
internal import Rihla

struct InitCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(commandName: "init", abstract: "Makes an empty store.")
    static let examples = ["rihla init --store rihla-new"]

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let isThere = JourneyStore.exists(at: global.path)
        try await global.withStore(create: true) { _ in }
        if isThere { global.notice("the store \(global.path) is there already") }
    }
}

struct ProjectionsCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "projections",
        abstract: "Where each read model is: checkpoint, lag, parked keys."
    )
    static let examples = ["rihla projections --store rihla-demo"]

    @OptionGroup(title: "Output") var output: FormatOptions
    @OptionGroup(title: "Store") var global: GlobalOptions

    func run() async throws { try await report(output, global) { try await $0.projections() } }
}

struct RebuildCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Makes read models anew from the log; --verify compares instead (also: replay)."
    )
    static let examples = ["rihla rebuild --store rihla-demo", "rihla rebuild customers --verify --store rihla-demo"]

    @Argument(help: "The views; none: all.")
    var views: [String] = []
    @Flag(name: .long, help: "Only compare the stored rows with a fold of the whole log.")
    var verify = false
    @OptionGroup(title: "Output") var output: FormatOptions
    @OptionGroup(title: "Store") var global: GlobalOptions

    func run() async throws { try await report(output, global) { try await $0.rebuild(views, verify: verify) } }
}

struct VerifyCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Reads the whole store and names whatever is not as it was written."
    )
    static let examples = ["rihla verify --store rihla-demo", "rihla verify --store rihla-demo --format json"]

    @OptionGroup(title: "Output") var output: FormatOptions
    @OptionGroup(title: "Store") var global: GlobalOptions

    func run() async throws {
        let answer = try await JourneyStore.verify(at: global.path)
        try Renderer(output, global).print(answer)
        if answer.found { throw ExitStatus(code: 6) }
    }
}

struct StatsCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Counts, sizes, and the ids that pin the history."
    )
    static let examples = ["rihla stats --store rihla-demo"]

    @OptionGroup(title: "Output") var output: FormatOptions
    @OptionGroup(title: "Store") var global: GlobalOptions

    func run() async throws { try await report(output, global) { try await $0.stats() } }
}

/// Opens the store, prints what `body` says of it, and ends with status 2 when it found something.
private func report(
    _ output: FormatOptions,
    _ global: GlobalOptions,
    _ body: (JourneyStore) async throws -> Answer
) async throws {
    let answer = try await global.withStore { try await body($0) }
    try Renderer(output, global).print(answer)
    if answer.found { throw ExitStatus.found }
}
