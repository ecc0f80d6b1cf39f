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
        abstract: "Shows the rules in force, or checks a rules document.",
        subcommands: [Show.self, Check.self]
    )
    static let examples = ["rihla rules show", "rihla rules check rules.yaml"]

    struct Show: AsyncParsableCommand, ShowsExamples {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Prints the rules of the store, or the default where there is no store."
        )
        static let examples = ["rihla rules show", "rihla rules show --store rihla-demo"]
        @OptionGroup var global: GlobalOptions

        func run() async throws {
            let rules =
                JourneyStore.exists(at: global.path)
                ? try await global.withStore { try $0.rules() } : RuleSet.default
            try Output.standard.write("# rules " + rules.hash + "\n" + rules.yaml)
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
}
