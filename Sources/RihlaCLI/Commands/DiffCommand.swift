// What would change, and what has changed.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyViews
internal import Rihla

struct DiffCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract:
            "What other rules would change (--rules), or what has changed between two positions (--as-at P1..P2).",
        discussion: """
            Lists the customers whose stage, the channels whose credit and the conversions whose value or credit differ.
            By markov and shapley, which credit channels in total, it lists channels, of all conversions and of each type of
            them, and no single conversions. With both options the two positions are compared under the rules of the file.
            """
    )
    static let examples = [
        "rihla diff --rules rules.yaml --store rihla-demo --model linear",
        "rihla diff --rules rules.yaml --store rihla-demo --model markov --order 2",
        "rihla diff --as-at 500..600 --store rihla-demo --format json",
    ]

    @Option(name: .long, help: "The attribution model.")
    var model = "last"
    @Option(name: .long, help: ArgumentHelp("Touchpoints in a state of markov, 1 to 4.", valueName: "k"))
    var order = 1
    @OptionGroup var identity: IdentityOptions
    @OptionGroup var read: ReadOptions

    func run() async throws {
        var read = read
        let ends = read.bounds.asAt.map { DiffCommand.ends($0) } ?? []
        guard ends.count == 2 else {
            guard let file = read.bounds.rules else {
                throw RihlaError(
                    .usage,
                    "nothing to compare with",
                    hint: "name other rules with --rules FILE, or two positions with --as-at P1..P2"
                )
            }
            let rules = try RuleFile.read(file)
            // The store's own rules are the side before.
            read.bounds.rules = nil
            return try await read.ask { _ in
                var query = try self.query()
                query.rules = rules
                return .diff(query)
            }
        }
        read.bounds.asAt = ends[1]
        try await read.ask { times in
            var query = try self.query()
            query.from = try times.asAt(ends[0])
            return .diff(query)
        }
    }

    private func query() throws -> DiffQuery {
        var query = DiffQuery()
        query.model = model
        query.order = order
        query.identity = try identity.view()
        return query
    }

    /// The two ends of `P1..P2`; one when there is no `..`.
    private static func ends(_ text: String) -> [String] {
        guard let dots = text.firstRange(of: "..") else { return [text] }
        return [String(text[..<dots.lowerBound]), String(text[dots.upperBound...])]
    }
}
