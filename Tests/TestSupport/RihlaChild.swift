// A `rihla` that runs beside the test: fed line by line, stopped, killed, run as somebody else.
internal import Foundation

/// A running `rihla`. Its standard error goes into a file, so that it never waits for a reader of that.
public final class RihlaChild {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let errors: URL
    private var buffer: [UInt8] = []
    private var isOver = false

    /// Starts it, as the user `asUser` where that is named.
    public init(_ arguments: [String], asUser user: UInt32? = nil, binary: String = RihlaBinary.path) throws {
        signal(SIGPIPE, SIG_IGN)
        errors = FileManager.default.temporaryDirectory.appendingPathComponent("rihla-err-" + UUID().uuidString)
        try Data().write(to: errors)
        process.executableURL = URL(filePath: user == nil ? binary : "/usr/bin/env")
        let other = user.map { ["setpriv", "--reuid=\($0)", "--regid=\($0)", "--clear-groups", binary] } ?? []
        process.arguments = other + arguments
        process.currentDirectoryURL = URL(filePath: "/")
        var variables = ProcessInfo.processInfo.environment
        variables["RIHLA_STORE"] = nil
        variables["NO_COLOR"] = "1"
        process.environment = variables
        process.standardInput = input
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        try? FileManager.default.removeItem(at: errors)
    }

    /// Whether it has not ended yet.
    public var isRunning: Bool { process.isRunning }

    /// Gives it a line; false when it has gone.
    @discardableResult public func send(_ line: String) -> Bool {
        (try? input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))) != nil
    }

    /// Its next line of standard output; nil when there is none within the time.
    public func line(within seconds: Double = 20) -> String? {
        let deadline = Date(timeIntervalSinceNow: seconds)
        while true {
            if let end = buffer.firstIndex(of: 10) {
                defer { buffer.removeFirst(end + 1) }
                return String(decoding: buffer[..<end], as: UTF8.self)
            }
            guard !isOver, let piece = read(until: deadline) else { return nil }
            buffer += piece
            isOver = piece.isEmpty
        }
    }

    private func read(until deadline: Date) -> Data? {
        var waiting = pollfd(fd: output.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
        let milliseconds = Int32(max(0, deadline.timeIntervalSinceNow * 1_000))
        guard poll(&waiting, 1, milliseconds) > 0 else { return nil }
        return output.fileHandleForReading.availableData
    }

    /// Sends a line and gives what is answered, as a JSON object; empty when nothing came.
    public func ask(_ line: String) -> [String: Any] {
        guard send(line), let answer = self.line() else { return [:] }
        return (try? JSONSerialization.jsonObject(with: Data(answer.utf8)) as? [String: Any]) ?? [:]
    }

    /// Sends a signal.
    public func send(signal number: Int32) { kill(process.processIdentifier, number) }

    /// Ends its input, reads the rest of its output, and waits; one that does not end in time is killed.
    public func end(within seconds: Double = 20) -> RihlaBinary.Result {
        try? input.fileHandleForWriting.close()
        let deadline = Date(timeIntervalSinceNow: seconds)
        while !isOver, let piece = read(until: deadline) {
            buffer += piece
            isOver = piece.isEmpty
        }
        while process.isRunning, deadline.timeIntervalSinceNow > 0 { usleep(1_000) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        return RihlaBinary.Result(
            status: process.terminationStatus,
            out: String(decoding: buffer, as: UTF8.self),
            err: (try? String(contentsOf: errors, encoding: .utf8)) ?? "",
            signalled: process.terminationReason == .uncaughtSignal
        )
    }
}
