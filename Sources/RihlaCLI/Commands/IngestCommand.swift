// Files in.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyIngest
internal import JourneyViews
internal import Rihla

struct IngestCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "ingest",
        abstract: "Takes events in from files, or from standard input (-); makes the store when there is none.",
        discussion: """
            Good lines go in, bad ones are reported: the first ten on standard error, all of them in --rejects; the exit status \
            is 2 then. Running it again is safe: events that are there already are counted as duplicates.
            """
    )
    static let examples = [
        "rihla ingest events.ndjson --store rihla-demo",
        "rihla ingest orders.csv --mapping orders.yaml --store rihla-demo",
    ]

    @Argument(help: "Files (NDJSON or CSV, gzip or not), - for standard input.")
    var files: [String]
    @Option(name: .long, help: "auto, ndjson or csv.")
    var from = "auto"
    @Option(name: .long, help: ArgumentHelp("How columns become events (YAML).", valueName: "file"))
    var mapping: String?
    @Option(name: .long, help: "Source of events that name none.")
    var source: String?
    @Option(name: .long, help: "skip bad lines, or stop at the first.")
    var onError = "skip"
    @Option(name: .long, help: ArgumentHelp("Write bad lines to this file as they came.", valueName: "file"))
    var rejects: String?
    @Flag(name: .long, help: "Check everything, write nothing, and show three events.")
    var dryRun = false
    @Flag(name: .long, help: "Show progress also where standard error is no terminal.")
    var progress = false
    @OptionGroup(title: "Output") var output: FormatOptions
    @OptionGroup(title: "Store") var global: GlobalOptions

    func run() async throws {
        _ = try OneOf.check(onError, ["skip", "stop"], "--on-error")
        guard let kind = InputKind(rawValue: from) else {
            _ = try OneOf.check(from, InputKind.allCases.map(\.rawValue), "--from")
            return
        }
        var options = IngestOptions()
        options.from = kind
        options.mapping = mapping
        options.source = source
        options.stopOnError = onError == "stop"
        options.dryRun = dryRun
        let rejected = try rejects.map { try OutputFile($0) }
        defer { rejected?.discard() }
        options.onReject = { try rejected?.write($0 + [10]) }
        let line = (progress || Output.error.isTerminal) && !global.quiet ? ProgressLine() : nil
        let summary = try await summary(options) { line?.show($0) }
        line?.end()
        try rejected?.commit()
        for error in summary.errors.prefix(10) {
            let place = error.file + ":\(error.line)" + (error.column.map { ":\($0)" } ?? "")
            global.notice("\(place): \(error.code): \(error.message)")
        }
        if summary.rejected > 10 {
            global.notice("\(summary.rejected - 10) more lines were rejected; --rejects keeps them all")
        }
        var answer = summary.answer
        answer.notes = [IngestCommand.sentence(summary, dryRun: dryRun)]
        if dryRun { for sample in summary.samples { answer.notes += ["", sample.raw, "-> " + sample.event] } }
        try Renderer(output, global).print(answer)
        if summary.interrupted {
            global.notice("interrupted: \(summary.accepted) committed; run it again to go on")
            throw ExitStatus(code: 130)
        }
        if answer.found { throw ExitStatus.found }
    }

    /// A dry run needs no store.
    private func summary(
        _ options: IngestOptions,
        _ progress: @escaping @Sendable (IngestProgress) -> Void
    ) async throws -> IngestSummary {
        if dryRun { return try await JourneyStore.rehearse(files, options: options, progress: progress) }
        return try await global.withStore(create: true) { store in
            try await store.ingest(files, options: options, progress: progress)
        }
    }

    private static func sentence(_ summary: IngestSummary, dryRun: Bool) -> String {
        "\(summary.accepted) \(dryRun ? "would be accepted" : "accepted"), \(summary.duplicates) duplicates, "
            + "\(summary.rejected) rejected"
    }
}
