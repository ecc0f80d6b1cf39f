// Options of every command that asks: format, bounds, and what-if rules.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyIngest
internal import JourneyRules
internal import JourneyViews
internal import Rihla

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json, ndjson, csv, markdown
}

struct FormatOptions: ParsableArguments {
    @Option(name: .long, help: "How to print: table, json, ndjson, csv or markdown.")
    var format: OutputFormat = .table

    @Option(name: .long, help: ArgumentHelp("Columns to print, in this order.", valueName: "a,b"))
    var fields: String?

    @Flag(name: .long, help: "Print CSV cells that a spreadsheet would run as formulas as they are.")
    var rawCsv = false
}

struct BoundOptions: ParsableArguments {
    @Option(
        name: .long,
        parsing: .unconditional,
        help: ArgumentHelp("Only what had happened by then (see `rihla help time`).", valueName: "time")
    )
    var asOf: String?

    @Option(
        name: .long,
        parsing: .unconditional,
        help: ArgumentHelp("Only what was known then.", valueName: "position|time")
    )
    var asAt: String?

    @Option(name: .long, help: ArgumentHelp("Ask with these rules; nothing is changed.", valueName: "file"))
    var rules: String?

    @Flag(name: .long, help: "Answer from where the views stand, and say how many events that is behind.")
    var staleOk = false

    @Option(name: .long, help: ArgumentHelp("Time zone of dates (default: the rules').", valueName: "zone"))
    var zone: String?
}

/// Times take what follows as it is: `-7d` is a time, not an option.
struct RangeOptions: ParsableArguments {
    @Option(
        name: .long,
        parsing: .unconditional,
        help: ArgumentHelp("From this time on.", valueName: "time")
    )
    var from: String?

    @Option(
        name: .long,
        parsing: .unconditional,
        help: ArgumentHelp("Before this time.", valueName: "time")
    )
    var to: String?
}

/// Everything that a question needs of the command line.
struct ReadOptions: ParsableArguments {
    @OptionGroup(title: "Output") var output: FormatOptions
    @OptionGroup(title: "Bounds") var bounds: BoundOptions
    @OptionGroup(title: "Store") var global: GlobalOptions

    /// Opens the store, asks the question that `make` builds, and prints the answer.
    ///
    /// - Throws: `ExitStatus.found` when the answer found something that a script should notice.
    func ask(_ make: (TimeText) throws -> Query) async throws { try print(try await answer(make)) }

    /// Opens the store and asks the question that `make` builds.
    func answer(_ make: (TimeText) throws -> Query) async throws -> Answer {
        try await global.withStore { store in
            var question = QueryBounds()
            if let file = bounds.rules { question.rules = try RuleFile.read(file) }
            question.allowsStale = bounds.staleOk
            var times = try TimeText(zone: bounds.zone ?? (question.rules ?? store.rules()).timeZone)
            question.asAt = try bounds.asAt.map { try times.asAt($0) }
            // Dates are read by the rules that answer.
            if bounds.zone == nil, question.rules == nil, let then = question.asAt {
                times = try TimeText(zone: store.rules(asAt: then).timeZone)
            }
            question.asOf = try times.optional(bounds.asOf, "--as-of")
            return try await store.answer(try make(times), bounds: question)
        }
    }

    /// Prints an answer.
    ///
    /// - Throws: `ExitStatus.found` when the answer found something that a script should notice.
    func print(_ answer: Answer) throws {
        try Renderer(output, global).print(answer)
        if answer.found { throw ExitStatus.found }
    }
}

/// Rules documents on disk.
enum RuleFile {
    static func read(_ path: String) throws -> RuleSet { try RuleSet(yaml: try text(path), path: path) }

    static func text(_ path: String) throws -> String { try TextFile.read(path, "rules") }
}
