// Prints an answer in the format that was asked for. Data goes to standard output, all else to standard error.
internal import JourneyEvents
internal import JourneyRules
internal import JourneyViews

struct Renderer {
    private let format: OutputFormat
    private let fields: [String]?
    private let rawCSV: Bool
    private let global: GlobalOptions

    /// - Parameter standard: The format where a table would be no use.
    init(_ output: FormatOptions, _ global: GlobalOptions, standard: OutputFormat = .table) {
        format = output.format == .table ? standard : output.format
        fields = output.fields?.split(separator: ",").map { String($0).trimmingWhitespace() }
        rawCSV = output.rawCsv
        self.global = global
    }

    func print(_ answer: Answer) throws {
        if format != .json {
            for warning in answer.warnings { global.notice("\(warning.message): \(warning.count)") }
        }
        try Output.standard.write(try bytes(answer), as: form)
    }

    /// What ``bytes(_:)`` are for a terminal.
    var form: Sanitizer.Form {
        switch format {
        case .json, .ndjson: .json
        case .csv: .text
        case .table, .markdown: .styled
        }
    }

    /// What ``print(_:)`` writes on standard output.
    func bytes(_ answer: Answer) throws -> [UInt8] {
        switch format {
        case .json:
            guard fields == nil else {
                throw RihlaError(.usage, "--fields does not go with --format json", hint: "use ndjson or csv")
            }
            return Array((answer.json + "\n").utf8)
        case .ndjson: return try ndjson(answer)
        case .csv: return Array(try csv(answer).utf8)
        case .markdown: return Array(markdown(try chosen(answer)).utf8)
        case .table: return Array(try table(answer).utf8)
        }
    }

    /// The columns and rows that are wanted. Rows that are events print their first cell only as ndjson.
    private func chosen(_ answer: Answer) throws -> (columns: [Answer.Column], rows: [[JSONValue]]) {
        let hidden = answer.rowsAreObjects ? 1 : 0
        let columns = Array(answer.columns.dropFirst(hidden))
        guard let fields else { return (columns, answer.rows.map { Array($0.dropFirst(hidden)) }) }
        let names = columns.map(\.name)
        let indexes = try fields.map { field in
            guard let index = names.firstIndex(of: field) else {
                throw RihlaError(
                    .usage,
                    "there is no field \"\(field)\"",
                    hint: Suggestion.nearest(to: field, in: names).map { "did you mean \"\($0)\"?" }
                        ?? "fields: " + names.joined(separator: ", ")
                )
            }
            return index
        }
        return (indexes.map { columns[$0] }, answer.rows.map { row in indexes.map { row[$0 + hidden] } })
    }

    private func ndjson(_ answer: Answer) throws -> [UInt8] {
        var out: [UInt8] = []
        if answer.rowsAreObjects, fields == nil {
            for row in answer.rows {
                out += Array((row.first ?? .null).text.utf8)
                out.append(10)
            }
        } else {
            let (columns, rows) = try chosen(answer)
            for row in rows {
                out += Array(JSONValue.object(zip(columns, row).map { .init($0.name, $1) }).text.utf8)
                out.append(10)
            }
        }
        return out
    }

    private func csv(_ answer: Answer) throws -> String {
        let (columns, rows) = try chosen(answer)
        var out = columns.map { Cell.csv(.string($0.name), raw: true) }.joined(separator: ",") + "\n"
        for row in rows { out += row.map { Cell.csv($0, raw: rawCSV) }.joined(separator: ",") + "\n" }
        return out
    }

    private func markdown(_ table: (columns: [Answer.Column], rows: [[JSONValue]])) -> String {
        func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
        func escaped(_ value: JSONValue) -> String {
            Sanitizer.printed(Cell.text(Cell.rounded(value))).replacing("|", with: "\\|")
        }
        return line(table.columns.map { Sanitizer.printed($0.name) })
            + line(table.columns.map { $0.isNumber ? "---:" : "---" })
            + table.rows.map { line($0.map(escaped)) }.joined()
    }

    private func table(_ answer: Answer) throws -> String {
        let (columns, rows) = try chosen(answer)
        var out = TextTable(columns, rows, color: Terminal.usesColor(noColor: global.noColor)).text(
            width: Terminal.width
        )
        for note in answer.notes { out += Sanitizer.printed(note) + "\n" }
        return out
    }
}
