// Names of commands: other names that people type, and what was probably meant.
internal import ArgumentParser
internal import JourneyEvents
internal import JourneyRules

enum CommandNames {
    /// `replay` is `rebuild`.
    static func expanded(_ arguments: [String]) -> [String] {
        guard arguments.first == "replay" else { return arguments }
        return ["rebuild"] + arguments.dropFirst()
    }

    static var all: [String] {
        RihlaCommand.configuration.subcommands.map { $0._commandName } + ["help"]
    }

    /// The error for a first word that is no command; nil when it is one.
    static func unknownCommand(_ arguments: [String]) -> RihlaError? {
        guard let first = arguments.first, !first.hasPrefix("-"), !all.contains(first) else { return nil }
        return RihlaError(
            .usage,
            "there is no command \"\(first)\"",
            hint: Suggestion.nearest(to: first, in: all).map { "did you mean \"\($0)\"?" }
                ?? "`rihla --help` lists them"
        )
    }
}
