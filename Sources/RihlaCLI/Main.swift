// The way in and out of the process: arguments, signals, errors and exit status. Nothing below this file ends the process.
internal import ArgumentParser
internal import Dispatch
internal import Foundation
internal import JourneyEvents
internal import Platform

@main
struct Main {
    static func main() async {
        var arguments = Array(CommandLine.arguments.dropFirst())
        // A closed pipe is noticed by the write that fails, so that the store is closed properly.
        signal(SIGPIPE, SIG_IGN)
        ProcessMemory.keepFreed()
        CrashReport.install(status: ErrorReport.status(of: .damaged))
        arguments = CommandNames.expanded(arguments)
        let wantsJSON = ErrorReport.wantsJSON(arguments)
        if let text = HelpTopics.text(for: arguments) {
            Output.standard.finish(writing: text)
            exit(0)
        }
        if let unknown = CommandNames.unknownCommand(arguments) {
            ErrorReport.print(unknown, asJSON: wantsJSON)
            exit(64)
        }
        let words = arguments
        exit(await Interruption.run { await run(words, wantsJSON: wantsJSON) })
    }

    private static func run(_ arguments: [String], wantsJSON: Bool) async -> Int32 {
        do {
            var command = try RihlaCommand.parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return 0
        } catch let status as ExitStatus {
            return status.code
        } catch is ClosedPipe {
            return 0
        } catch let error as RihlaError {
            ErrorReport.print(error, asJSON: wantsJSON)
            return ErrorReport.status(of: error.code)
        } catch is CancellationError {
            ErrorReport.print(RihlaError(.cancelled, "interrupted"), asJSON: wantsJSON)
            return 130
        } catch {
            return reportUsage(error, arguments, wantsJSON)
        }
    }

    /// Prints help where it was asked for, else what is wrong with the arguments.
    private static func reportUsage(_ error: any Error, _ arguments: [String], _ wantsJSON: Bool) -> Int32 {
        let code = RihlaCommand.exitCode(for: error)
        guard code != .success else {
            Output.standard.finish(writing: RihlaCommand.fullMessage(for: error) + "\n" + Examples.text(for: arguments))
            return 0
        }
        if wantsJSON {
            ErrorReport.print(RihlaError(.usage, RihlaCommand.message(for: error)), asJSON: true)
        } else {
            let full = RihlaCommand.fullMessage(for: error)
            let text = full.hasPrefix("Error: ") ? "rihla: " + full.dropFirst(7) : full
            Output.error.finish(writing: text + "\n")
        }
        return code == .validationFailure ? 64 : code.rawValue
    }
}

/// Ends a command with a status other than 0 after it has printed what it had to say.
struct ExitStatus: Error {
    var code: Int32
    /// Ran, but found something: rejected lines, findings, parked keys.
    static let found = ExitStatus(code: 2)
}
