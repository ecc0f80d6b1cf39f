// Signals and full disks in the middle of work.
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct InterruptionTests {
    private func manyLines(_ count: Int) -> Data {
        var text = ""
        for number in 0..<count {
            text +=
                #"{"id":"m-\#(number)","type":"page_viewed","occurred_at":"2026-01-01T00:00:00Z","customer":"c-\#(number % 900)","note":"\#(String(repeating: "x", count: 200))"}"#
                + "\n"
        }
        return Data(text.utf8)
    }

    @Test func `Ctrl-C in an ingest says how much is committed, and a second run goes on`() async throws {
        try await withScratchDirectory { path in
            let process = Process()
            process.executableURL = URL(filePath: RihlaBinary.path)
            process.arguments = ["ingest", "-", "--store", path]
            let (stdin, stderr) = (Pipe(), Pipe())
            process.standardInput = stdin
            process.standardOutput = FileHandle.nullDevice
            process.standardError = stderr
            try process.run()
            let lines = manyLines(40_000)
            signal(SIGPIPE, SIG_IGN)
            let feeder = Thread {
                // More than it will take before it is interrupted, and no end of file.
                try? stdin.fileHandleForWriting.write(contentsOf: lines)
            }
            feeder.start()
            for _ in 0..<200 where !FileManager.default.fileExists(atPath: path + "/HEAD") {
                try await Task.sleep(for: .milliseconds(10))
            }
            try await Task.sleep(for: .milliseconds(100))
            kill(process.processIdentifier, SIGINT)
            try await Task.sleep(for: .milliseconds(50))
            try stdin.fileHandleForWriting.close()
            process.waitUntilExit()
            let text = String(decoding: try stderr.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            #expect(process.terminationStatus == 130)
            #expect(text.contains("committed; run it again to go on"), "\(text)")
            let again = try RihlaBinary.run(["ingest", "-", "--store", path, "--format", "json"], input: lines)
            #expect(again.status == 0)
            let answer = try again.json()
            #expect((answer["accepted"] as? Int ?? 0) + (answer["duplicates"] as? Int ?? 0) == 40_000)
            #expect(try RihlaBinary.run(["verify", "--store", path]).status == 0)
        }
    }

    @Test func `Ctrl-C ends an ingest whose input is silent, with what came committed`() async throws {
        try await withScratchDirectory { path in
            let process = Process()
            process.executableURL = URL(filePath: RihlaBinary.path)
            process.arguments = ["ingest", "-", "--store", path]
            let (stdin, stderr) = (Pipe(), Pipe())
            process.standardInput = stdin
            process.standardOutput = FileHandle.nullDevice
            process.standardError = stderr
            try process.run()
            try stdin.fileHandleForWriting.write(contentsOf: manyLines(100))
            func committed() throws -> Int {
                let stats = try RihlaBinary.run(["stats", "--store", path, "--format", "json"])
                return stats.status == 0 ? try stats.json()["position"] as? Int ?? 0 : 0
            }
            for _ in 0..<100 where try committed() < 100 { try await Task.sleep(for: .milliseconds(20)) }
            #expect(try committed() == 100)
            kill(process.processIdentifier, SIGINT)
            // Nothing comes and nothing ends: only the signal can end it.
            let identifier = process.processIdentifier
            let guardian = Task {
                try await Task.sleep(for: .seconds(20))
                kill(identifier, SIGKILL)
            }
            process.waitUntilExit()
            guardian.cancel()
            let text = String(decoding: try stderr.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            #expect(process.terminationStatus == 130)
            #expect(text.contains("100 committed; run it again to go on"), "\(text)")
        }
    }

    @Test func `promise 21: a full disk is a clean error and the store goes on when there is room`() async throws {
        try await withScratchDirectory { path in
            _ = try RihlaBinary.run(["init", "--store", path])
            let input = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString + ".ndjson")
            defer { try? FileManager.default.removeItem(at: input) }
            try manyLines(20_000).write(to: input)
            let process = Process()
            process.executableURL = URL(filePath: "/bin/bash")
            // A limit on the size of files, in KiB, stands for a disk without room.
            process.arguments = [
                "-c", "ulimit -f 1500; '\(RihlaBinary.path)' ingest '\(input.path)' --store '\(path)'",
            ]
            let stderr = Pipe()
            process.standardOutput = FileHandle.nullDevice
            process.standardError = stderr
            try process.run()
            process.waitUntilExit()
            let text = String(decoding: try stderr.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            #expect(process.terminationStatus == 5, "\(text)")
            #expect(text.contains("disk full"), "\(text)")
            #expect(try RihlaBinary.run(["verify", "--store", path]).status == 0)
            let again = try RihlaBinary.run(["ingest", input.path, "--store", path, "--format", "json"])
            #expect(again.status == 0, "\(again.err)")
            #expect(try RihlaBinary.run(["rebuild", "--verify", "--store", path]).status == 0)
        }
    }
}
