// Every help text ends with examples; the tests run them.
internal import ArgumentParser

/// A command with examples.
protocol ShowsExamples: ParsableCommand {
    /// Command lines that work on a store made by `rihla demo`.
    static var examples: [String] { get }
}

enum Examples {
    /// The examples of the command that the arguments name, as the end of a help text.
    static func text(for arguments: [String]) -> String {
        var command: any ParsableCommand.Type = RihlaCommand.self
        for word in arguments where !word.hasPrefix("-") && word != "help" {
            guard let next = command.configuration.subcommands.first(where: { $0._commandName == word }) else { break }
            command = next
        }
        guard !arguments.contains("--version"), let shown = command as? any ShowsExamples.Type else { return "" }
        return "\nEXAMPLES:\n" + shown.examples.map { "  " + $0 + "\n" }.joined()
    }
}
