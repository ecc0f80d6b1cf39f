// Runs the command-line tool as a user would.
public import Foundation

/// The built `rihla`.
public struct RihlaBinary: Sendable {
    /// What a run gave.
    public struct Result: Sendable {
        /// The exit status, or the signal.
        public var status: Int32
        /// Standard output.
        public var out: String
        /// Standard error.
        public var err: String
        /// Whether a signal ended it.
        public var signalled: Bool
        /// Standard output as a JSON object.
        public func json() throws -> [String: Any] {
            let value = try JSONSerialization.jsonObject(with: Data(out.utf8), options: .fragmentsAllowed)
            return value as? [String: Any] ?? [:]
        }
    }

    /// Beside the test binary, in the products directory.
    public static let path: String = {
        if let exe = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
            return (exe as NSString).deletingLastPathComponent + "/rihla"
        }
        return Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }
            .map { ($0.bundlePath as NSString).deletingLastPathComponent + "/rihla" } ?? "rihla"
    }()

    /// Runs it to its end. `environment` is laid over an environment without RIHLA_STORE and with UTC.
    public static func run(
        _ arguments: [String],
        input: Data = Data(),
        directory: String? = nil,
        environment: [String: String] = [:]
    ) throws -> Result {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
        var variables = ProcessInfo.processInfo.environment
        variables["RIHLA_STORE"] = nil
        variables["NO_COLOR"] = "1"
        variables.merge(environment) { $1 }
        process.environment = variables
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("rihla-io-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        // Files instead of pipes: no reader can fall behind.
        let files = try ["in", "out", "err"].map { name in
            let url = scratch.appendingPathComponent(name)
            try (name == "in" ? input : Data()).write(to: url)
            return try name == "in" ? FileHandle(forReadingFrom: url) : FileHandle(forWritingTo: url)
        }
        process.standardInput = files[0]
        process.standardOutput = files[1]
        process.standardError = files[2]
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
