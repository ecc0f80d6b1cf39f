// Rules: the document in force, and what is wrong with one that is to be.
internal import ArgumentParser
internal import Foundation
internal import JourneyEvents
internal import JourneyRules
internal import JourneyViews
internal import Rihla

struct RulesCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Shows the rules in force, checks a rules document, or puts one in force.",
        subcommands: [Show.self, Check.self, Set.self, History.self]
    )
    static let examples = ["rihla rules show", "rihla rules check rules.yaml"]

    struct Show: AsyncParsableCommand, ShowsExamples {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Prints the rules of the store, or the default where there is no store."
        )
        static let examples = ["rihla rules show", "rihla rules show --store rihla-demo --as-at 100"]
        @Option(
            name: .long,
            help: ArgumentHelp("Those that were in force then.", valueName: "position|time")
        )
        var asAt: String?
        @OptionGroup var global: GlobalOptions

        func run() async throws {
            var rules = RuleSet.default
            if asAt != nil || JourneyStore.exists(at: global.path) {
                rules = try await global.withStore { store in
                    let times = try TimeText(zone: store.rules().timeZone)
                    return try store.rules(asAt: try asAt.map { try times.asAt($0) })
                }
            }
            try Output.standard.write("# rules " + rules.hash + "\n" + rules.readableYAML)
        }
    }

    struct Check: AsyncParsableCommand, ShowsExamples {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Names every unknown key and wrong value of a rules document with line and column."
        )
        static let examples = ["rihla rules check rules.yaml", "rihla rules check rules.yaml --format json"]
        @Argument(help: "The document.")
        var file: String
        @OptionGroup(title: "Output") var output: FormatOptions
        @OptionGroup(title: "Store") var global: GlobalOptions

        func run() async throws {
            let findings = RuleSet.check(yaml: try RuleFile.text(file), path: file)
            var answer = Answer("rules_check")
            answer.columns = [.init("line", number: true), .init("column", number: true), .init("message")]
            answer.rows = findings.map { [.count($0.line), .count($0.column), .string($0.message)] }
            answer.payload = [
                .init("ok", .bool(findings.isEmpty)),
                .init(
                    "findings",
                    .array(answer.rows.map { row in .object(zip(answer.columns, row).map { .init($0.name, $1) }) })
                ),
            ]
            answer.notes = [findings.isEmpty ? "\(file) is good" : "\(file): \(findings.count) findings"]
            if findings.isEmpty { answer.rules = try RuleFile.read(file).hash }
            try Renderer(output, global).print(answer)
            if !findings.isEmpty { throw ExitStatus.found }
        }
    }

    struct Set: AsyncParsableCommand, ShowsExamples {
        static let configuration = CommandConfiguration(
            commandName: "set",
            abstract:
                "Puts a rules document in force from here on; it is kept as an event, so earlier rules stay known."
        )
        static let examples = ["rihla rules set rules.yaml --store rihla-demo"]
        @Argument(help: "The document; it is laid over the default.")
        var file: String
        @OptionGroup(title: "Output") var output: FormatOptions
        @OptionGroup(title: "Store") var global: GlobalOptions

        func run() async throws {
            let yaml = try RuleFile.text(file)
            let answer = try await global.withStore { try await $0.setRules(yaml: yaml, path: file) }
            try Renderer(output, global).print(answer)
        }
    }

    struct History: AsyncParsableCommand, ShowsExamples {
        static let configuration = CommandConfiguration(
            commandName: "history",
            abstract: "Every change of the rules: where, when, and the hash of the rules, the newest first."
        )
        static let examples = ["rihla rules history --store rihla-demo"]
        @OptionGroup(title: "Output") var output: FormatOptions
        @OptionGroup(title: "Store") var global: GlobalOptions

        func run() async throws {
            let answer = try await global.withStore { try $0.rulesHistory() }
            try Renderer(output, global).print(answer)
        }
    }
}
