// Command lines as a shell runs them: with redirections, limits, and standard streams that are closed.
import Foundation
import TestSupport

enum Shell {
    /// What a command line gave.
    struct Result {
        var status: Int32
        var out: String
        var err: String
        var signalled: Bool
    }

    /// Runs a command line of bash in a directory.
    static func run(_ line: String, in directory: String) throws -> Result {
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("rihla-sh-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-c", line]
        process.currentDirectoryURL = URL(filePath: directory)
        var variables = ProcessInfo.processInfo.environment
        variables["RIHLA_STORE"] = nil
        variables["RIHLA"] = RihlaBinary.path
        process.environment = variables
        process.standardInput = FileHandle.nullDevice
        for name in ["out", "err"] { try Data().write(to: scratch.appendingPathComponent(name)) }
        process.standardOutput = try FileHandle(forWritingTo: scratch.appendingPathComponent("out"))
        process.standardError = try FileHandle(forWritingTo: scratch.appendingPathComponent("err"))
        try process.run()
        process.waitUntilExit()
        func text(_ name: String) throws -> String {
            String(decoding: try Data(contentsOf: scratch.appendingPathComponent(name)), as: UTF8.self)
        }
        return Result(
            status: process.terminationStatus,
            out: try text("out"),
            err: try text("err"),
            signalled: process.terminationReason == .uncaughtSignal
        )
    }
}
