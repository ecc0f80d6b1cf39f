// The summary in the form of every answer.
internal import JourneyEvents
public import JourneyViews

extension IngestSummary {
    /// The summary as an answer.
    public var answer: Answer {
        var answer = Answer("ingest", position: lastPosition ?? .start)
        answer.warnings = warnings
        answer.found = rejected > 0
        func table(_ counts: [String: Int]) -> JSONValue {
            .object(counts.sorted { $0.key < $1.key }.map { .init($0.key, .count($0.value)) })
        }
        answer.payload = [
            .init("accepted", .count(accepted)), .init("duplicates", .count(duplicates)),
            .init("rejected", .count(rejected)),
            .init("first_position", firstPosition.map { .count($0.rawValue) } ?? .null),
            .init("last_position", lastPosition.map { .count($0.rawValue) } ?? .null),
            .init("by_type", table(byType)), .init("unknown_types", table(unknownTypes)),
            .init("files", .array(files.map(IngestSummary.value))),
            .init("errors", .array(errors.map(IngestSummary.value))), .init("seconds", .double(seconds)),
        ]
        if isDryRun {
            answer.payload.append(.init("samples", .array(samples.map(IngestSummary.value))))
            answer.notes.append("nothing was written; whether events are there already is found when they are")
        }
        if interrupted { answer.notes.append("stopped before the end: \(accepted) events were appended and stay") }
        answer.columns = [
            .init("file"), .init("lines", number: true), .init("accepted", number: true),
            .init("duplicates", number: true), .init("rejected", number: true),
        ]
        answer.rows = files.map {
            [.string($0.path), .count($0.lines), .count($0.accepted), .count($0.duplicates), .count($0.rejected)]
        }
        return answer
    }

    private static func value(_ file: File) -> JSONValue {
        .object([
            .init("path", .string(file.path)), .init("lines", .count(file.lines)),
            .init("accepted", .count(file.accepted)), .init("duplicates", .count(file.duplicates)),
            .init("rejected", .count(file.rejected)),
        ])
    }

    private static func value(_ error: InputError) -> JSONValue {
        .object([
            .init("file", .string(error.file)), .init("line", .count(error.line)),
            .init("column", error.column.map { .count($0) } ?? .null), .init("code", .string(error.code)),
            .init("message", .string(error.message)),
        ])
    }

    private static func value(_ sample: Sample) -> JSONValue {
        .object([
            .init("file", .string(sample.file)), .init("line", .count(sample.line)), .init("raw", .string(sample.raw)),
            .init("event", .raw(sample.event)),
        ])
    }
}
