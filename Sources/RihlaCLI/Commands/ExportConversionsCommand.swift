// Conversions in the forms of those who sold the clicks.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyViews

struct ExportConversionsCommand: AsyncParsableCommand, ShowsExamples {
    static let configuration = CommandConfiguration(
        commandName: "conversions",
        abstract: "Writes conversions with their click ids for an advertiser: only what is new since a position.",
        discussion: """
            Without --after all conversions are written; with the position that the last export named as the next one, those \
            that it did not have, and changes of those that it had. The position is said on standard error, and is `next` of \
            --format json.
            """
    )
    static let examples = [
        "rihla export conversions --for google --store rihla-demo",
        "rihla export conversions --for google --after 10 --adjustments adjustments.csv -o conversions.csv --store rihla-demo",
        "rihla export conversions --for meta --from -7d --store rihla-demo",
        "rihla export conversions --store rihla-demo --format ndjson",
    ]

    @Option(name: .customLong("for"), help: "google, meta or generic.")
    var audience = "generic"
    @Option(name: .long, help: "The position that the last export named as the next one.")
    var after: UInt64 = 0
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The file for Google's adjustments: it takes them apart from conversions.",
            valueName: "path"
        )
    )
    var adjustments: String?
    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("The file (default: -, standard output).", valueName: "path")
    )
    var output: String?
    @Option(
        name: .long,
        help: ArgumentHelp("One conversion definition or event type (default: all).", valueName: "name")
    )
    var conversion: String?
    @Option(
        name: .long,
        help: ArgumentHelp(
            "How long before it a click may be, 0 for no limit (default: the rules').",
            valueName: "duration"
        )
    )
    var lookback: String?
    @Option(name: .long, help: ArgumentHelp("Meta's action_source.", valueName: "word"))
    var actionSource = "system_generated"
    @OptionGroup var range: RangeOptions
    @OptionGroup var read: ReadOptions

    func run() async throws {
        let format = read.output.format
        if audience == "google" || audience == "meta", format != .table, format != .json {
            throw RihlaError(
                .usage,
                "\(audience) has a form of its own, which is not \(format.rawValue)",
                hint: "leave --format out, or take json for the whole answer"
            )
        }
        if adjustments != nil, audience != "google" {
            throw RihlaError(.usage, "--adjustments is of Google's form; the others have one file")
        }
        if let adjustments, adjustments == output ?? "-" {
            throw RihlaError(
                .usage,
                "conversions and adjustments would both go to \(adjustments)",
                hint: "name two files"
            )
        }
        let answer = try await read.answer { times in
            var query = ConversionQuery()
            query.audience = audience
            query.after = Position(after)
            query.conversion = conversion
            query.lookbackMilliseconds = try lookback.map { try TimeText.duration($0, "--lookback") }
            query.actionSource = actionSource
            query.from = try times.optional(range.from, "--from")
            query.to = try times.optional(range.to, "--to")
            return .conversions(query)
        }
        try print(answer)
        if answer.found { throw ExitStatus.found }
    }

    private func print(_ answer: Answer) throws {
        if read.output.format == .json {
            try write(answer.json + "\n", as: .json)
        } else {
            try printForm(answer)
        }
        let next = answer.position.rawValue
        read.global.notice("\(answer.notes.joined(separator: "; ")); the next export starts with --after \(next)")
    }

    private func printForm(_ answer: Answer) throws {
        let changes = answer.payload.first { $0.key == "adjustments" }?.value
        var adjusted: [JSONValue] = []
        if audience == "google", case .array(let list) = changes { adjusted = list }
        guard adjusted.isEmpty || adjustments != nil else {
            throw RihlaError(
                .usage,
                "there are \(adjusted.count) adjustments, which Google takes in a file of their own",
                hint: "name it with --adjustments FILE; nothing was written"
            )
        }
        for warning in answer.warnings { read.global.notice("\(warning.message): \(warning.count)") }
        switch audience {
        case "google":
            // Both files or none: the next export starts behind them.
            let second = try adjustments.map { try OutputFile($0) }
            defer { second?.discard() }
            try second?.write(Array(GoogleFile.text(ConversionQuery.googleAdjustmentColumns, adjusted).utf8))
            try write(
                GoogleFile.text(
                    answer.columns.map(\.name),
                    answer.rows.map { row in .object(zip(answer.columns, row).map { .init($0.name, $1) }) }
                )
            )
            try second?.commit()
        case "meta": try write(answer.rows.map { ($0.first ?? .null).text + "\n" }.joined(), as: .json)
        default:
            let renderer = Renderer(read.output, read.global, standard: .csv)
            try write(String(decoding: try renderer.bytes(answer), as: UTF8.self), as: renderer.form)
        }
    }

    private func write(_ text: String, as form: Sanitizer.Form = .text) throws {
        guard let output else { return try Output.standard.write(text, as: form) }
        try OutputFile.write(output, as: form) { try $0(Array(text.utf8)) }
    }
}

/// Google's CSV: a line that names the time zone, then a header. Names and ids that a spreadsheet would run are kept from
/// doing so by a leading `'`; click ids, amounts and times cannot be formulas.
enum GoogleFile {
    private static let texts: Set<String> = ["Order ID", "Conversion Name"]

    static func text(_ columns: [String], _ rows: [JSONValue]) -> String {
        var out = "Parameters:TimeZone=UTC\n" + columns.joined(separator: ",") + "\n"
        for row in rows {
            out += columns.map { Cell.csv(row[$0] ?? .null, raw: !texts.contains($0)) }.joined(separator: ",") + "\n"
        }
        return out
    }
}
