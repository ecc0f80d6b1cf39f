// The way in and out of the process: arguments, signals, errors and exit status. Nothing below this file ends the process.
internal import ArgumentParser
internal import Foundation
internal import JourneyEvents
internal import JourneyLog
internal import Platform

@main
struct Main {
    static func main() async {
        Descriptor.occupyStandard()
        var arguments = Array(CommandLine.arguments.dropFirst())
        // A closed pipe, and a file above the size that it may have, are noticed by the write that fails, so that the store
        // is closed properly.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        ProcessMemory.keepFreed()
        CrashReport.install(status: ErrorReport.status(of: .damaged))
        arguments = CommandNames.expanded(arguments)
        let wantsJSON = ErrorReport.wantsJSON(arguments)
        if let text = HelpTopics.text(for: arguments) { exit(ended(wantsJSON) { try Output.standard.write(text) }) }
        if let unknown = CommandNames.unknownCommand(arguments) {
            ErrorReport.print(unknown, asJSON: wantsJSON)
            exit(64)
        }
        if let failure = Limits.failure() {
            ErrorReport.print(failure, asJSON: wantsJSON)
            exit(ErrorReport.status(of: failure.code))
        }
        let words = arguments
        let status = await Interruption.run { await run(words, wantsJSON: wantsJSON) }
        // A system may say only at the end that there was no room.
        let end = ended(wantsJSON) { try Output.standard.end() }
        exit(status == 0 ? end : status)
    }

    /// Runs the last of a process's writes and gives the exit status that it makes.
    private static func ended(_ wantsJSON: Bool, _ body: () throws -> Void) -> Int32 {
        do {
            try body()
            return 0
        } catch is ClosedPipe {
            return 0
        } catch let error as RihlaError {
            ErrorReport.print(error, asJSON: wantsJSON)
            return ErrorReport.status(of: error.code)
        } catch {
            ErrorReport.print(RihlaError(.io, "cannot write standard output: \(error)"), asJSON: wantsJSON)
            return ErrorReport.status(of: .io)
        }
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
        } catch  where RihlaCommand.exitCode(for: error) == .failure {
            // Nothing of the arguments: an error that no stage has made a sentence of.
            let failure = translated(error, "finish")
            ErrorReport.print(failure, asJSON: wantsJSON)
            return ErrorReport.status(of: failure.code)
        } catch {
            return reportUsage(error, arguments, wantsJSON)
        }
    }

    /// Prints help where it was asked for, else what is wrong with the arguments.
    private static func reportUsage(_ error: any Error, _ arguments: [String], _ wantsJSON: Bool) -> Int32 {
        let code = RihlaCommand.exitCode(for: error)
        guard code != .success else {
            let text = RihlaCommand.fullMessage(for: error) + "\n" + Examples.text(for: arguments)
            return ended(wantsJSON) { try Output.standard.write(text) }
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
