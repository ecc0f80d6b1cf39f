// The whole log as a file that `import` turns into the same store.
internal import ArgumentParser
internal import Foundation
internal import JourneyEvents
internal import Rihla

struct ExportCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes every event with all that it has, as NDJSON; `import` gives the same store."
    )
    static let examples = ["rihla export ndjson --store rihla-demo -o demo.ndjson", "rihla export --store rihla-demo"]

    @Argument(help: "The form: ndjson.")
    var form = "ndjson"
    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("The file (default: standard output).", valueName: "path")
    )
    var output: String?
    @OptionGroup(title: "Store") var global: GlobalOptions

    func run() async throws {
        _ = try OneOf.check(form, ["ndjson"], "the form of an export")
        try await global.withStore { store in
            guard let output else {
                _ = try store.export { try Output.standard.write($0) }
                return
            }
            // Beside the target and renamed at the end: a reader never finds a part.
            let temporary = output + ".part"
            guard FileManager.default.createFile(atPath: temporary, contents: nil),
                let handle = FileHandle(forWritingAtPath: temporary)
            else {
                throw RihlaError(
                    .io,
                    "cannot write \(temporary)",
                    hint: "check that its directory exists and may be written"
                )
            }
            do {
                let last = try store.export { chunk in
                    try Task.checkCancellation()
                    try handle.write(contentsOf: Data(chunk))
                }
                try handle.synchronize()
                try handle.close()
                guard unsafe rename(temporary, output) == 0 else {
                    throw RihlaError(.io, "cannot rename \(temporary) to \(output): errno \(errno)")
                }
                global.notice("\(last.rawValue) events in \(output)")
            } catch {
                try? FileManager.default.removeItem(atPath: temporary)
                throw error
            }
        }
    }
}
