// What leaves the store as files.
internal import ArgumentParser
internal import JourneyEvents
internal import Rihla

struct ExportCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes every event with all that it has, or conversions for advertisers.",
        subcommands: [ExportLogCommand.self, ExportConversionsCommand.self],
        defaultSubcommand: ExportLogCommand.self
    )
    static let examples = [
        "rihla export ndjson --store rihla-demo -o demo.ndjson", "rihla export --store rihla-demo",
        "rihla export conversions --for google --store rihla-demo",
    ]
}

struct ExportLogCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "ndjson",
        abstract: "Writes every event with all that it has, as NDJSON; `import` gives the same store."
    )
    static let examples = ["rihla export ndjson --store rihla-demo -o demo.ndjson", "rihla export --store rihla-demo"]

    @Argument(help: "The form: ndjson.")
    var form = "ndjson"
    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("The file (default: -, standard output).", valueName: "path")
    )
    var output: String?
    @OptionGroup(title: "Store") var global: GlobalOptions

    func run() async throws {
        _ = try OneOf.check(form, ["ndjson", "conversions"], "the form of an export")
        try await global.withStore { store in
            guard let output else {
                _ = try store.export { try Output.standard.write($0) }
                return
            }
            let last = try OutputFile.write(output, as: .json) { write in
                try store.export { chunk in
                    try Task.checkCancellation()
                    try write(chunk)
                }
            }
            global.notice("\(last.rawValue) events in \(output)")
        }
    }
}
