// Errors as people and scripts see them: `rihla: what failed: why (what to do)`, one exit status for each code.
internal import JourneyEvents

enum ErrorReport {
    /// The exit status of a code; scripts rely on these.
    static func status(of code: RihlaError.Code) -> Int32 {
        switch code {
        case .failure, .invalidInput: 1
        case .notFound, .noStore: 3
        case .versionConflict, .idConflict, .permission: 4
        case .diskFull, .io: 5
        case .damaged, .shortened, .newerFormat, .olderFormat, .notAStore: 6
        case .busy: 7
        case .usage: 64
        case .cancelled: 130
        }
    }

    static func print(_ error: RihlaError, asJSON: Bool) {
        if asJSON {
            Output.error.finish(writing: json(error) + "\n", as: .json)
        } else {
            Output.error.finish(writing: "rihla: " + Sanitizer.safe(error.description) + "\n")
        }
    }

    private static func json(_ error: RihlaError) -> String {
        JSONValue.object([
            .init(
                "error",
                .object([
                    .init("code", .string(error.code.rawValue)), .init("message", .string(error.message)),
                    .init("hint", .text(error.hint)),
                ])
            )
        ]).text
    }

    /// Whether the arguments ask for JSON, known before they are parsed.
    static func wantsJSON(_ arguments: [String]) -> Bool {
        if arguments.contains("--format=json") { return true }
        guard let flag = arguments.firstIndex(of: "--format"), flag + 1 < arguments.count else { return false }
        return arguments[flag + 1] == "json"
    }
}
