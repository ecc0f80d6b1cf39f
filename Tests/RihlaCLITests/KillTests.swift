// kill -9 at random moments, with a ledger of what was acknowledged outside the store. RIHLA_KILLS sets how many.
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct KillTests {
    private static let kills = ProcessInfo.processInfo.environment["RIHLA_KILLS"].flatMap { Int($0) } ?? 20

    private func line(_ number: Int) -> String {
        let time = "2026-01-01T00:\(String(format: "%02d:%02d", number / 60 % 60, number % 60))Z"
        return
            #"{"id":"k-\#(number)","source":"kill","type":"page_viewed","occurred_at":"\#(time)","customer":"c-\#(number % 50)","n":\#(number)}"#
    }

    /// Starts the binary, feeds it, kills it after some milliseconds, and gives what it wrote until then.
    private func killed(_ arguments: [String], input: Data, after milliseconds: Int) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: RihlaBinary.path)
        process.arguments = arguments
        let (stdin, stdout) = (Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = FileHandle.nullDevice
        try process.run()
        let feeder = Thread {
            // The reader dies on purpose: what it does not take is not acknowledged.
            try? stdin.fileHandleForWriting.write(contentsOf: input)
            try? stdin.fileHandleForWriting.close()
        }
        feeder.start()
        let killer = Thread {
            Thread.sleep(forTimeInterval: Double(milliseconds) / 1_000)
            kill(process.processIdentifier, SIGKILL)
        }
        killer.start()
        let out = try stdout.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: out, as: UTF8.self)
    }

    private func ids(_ store: String) throws -> [String] {
        let events = try RihlaBinary.run(["events", "--store", store, "--format", "ndjson"])
        #expect(events.status == 0, "\(events.err)")
        return try events.out.split(separator: "\n").enumerated().compactMap { index, line in
            let event = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
            #expect(event["position"] as? Int == index + 1)
            // What Rihla itself says of an ingest that reached its end.
            return event["source"] as? String == "rihla" ? nil : event["id"] as? String ?? ""
        }
    }

    @Test func `promise 1: kill -9 of append loses no acknowledged event and leaves no half batch`() async throws {
        signal(SIGPIPE, SIG_IGN)
        var random = SplitMix.fresh()
        let seed = random.seed
        try await withScratchDirectory { path in
            _ = try RihlaBinary.run(["init", "--store", path])
            var next = 0
            var acknowledged: [String] = []
            for round in 0..<KillTests.kills {
                let count = [1, 7, 1_000].randomElement(using: &random) ?? 1
                let input = (next..<(next + count)).map { line($0) + "\n" }.joined()
                next += count
                let delay = Int.random(in: 5...60, using: &random)
                let arguments = ["append", "--store", path] + (round % 3 == 0 ? ["--atomic"] : [])
                let out = try killed(arguments, input: Data(input.utf8), after: delay)
                for ack in out.split(separator: "\n", omittingEmptySubsequences: true) {
                    // The last line may be cut: it was not read, so it is no acknowledgement.
                    let value = try? JSONSerialization.jsonObject(with: Data(ack.utf8)) as? [String: Any]
                    if let id = value?["id"] as? String { acknowledged.append(id) }
                }
                if round % 3 == 0 {
                    let stored = try ids(path).filter { $0.hasPrefix("k-") }.compactMap { Int($0.dropFirst(2)) }
                        .filter { $0 >= next - count }
                    #expect(stored.isEmpty || stored.count == count, "seed \(seed): a unit was cut")
                }
            }
            let stored = try ids(path)
            #expect(Set(stored).count == stored.count, "seed \(seed): an event stands twice")
            let lost = Set(acknowledged).subtracting(stored)
            #expect(lost.isEmpty, "seed \(seed): lost \(lost.sorted().prefix(5))")
            let verify = try RihlaBinary.run(["verify", "--store", path])
            #expect(verify.status == 0, "seed \(seed): \(verify.out)")
            let rebuilt = try RihlaBinary.run(["rebuild", "--verify", "--store", path])
            #expect(rebuilt.status == 0, "seed \(seed): \(rebuilt.out)")
        }
    }

    @Test func `promise 7: kill -9 of ingest leaves a store that goes on, with views equal to rebuilt`() async throws {
        var random = SplitMix.fresh()
        let seed = random.seed
        try await withScratchDirectory { path in
            _ = try RihlaBinary.run(["init", "--store", path])
            let file = path + "/../" + UUID().uuidString + ".ndjson"
            defer { try? FileManager.default.removeItem(atPath: file) }
            let total = 20_000
            try Data((0..<total).map { line($0) + "\n" }.joined().utf8).write(to: URL(filePath: file))
            for _ in 0..<KillTests.kills {
                let delay = Int.random(in: 5...400, using: &random)
                _ = try killed(["ingest", file, "--store", path], input: Data(), after: delay)
                let verify = try RihlaBinary.run(["verify", "--store", path])
                #expect(verify.status == 0, "seed \(seed): \(verify.out) \(verify.err)")
            }
            let rebuilt = try RihlaBinary.run(["rebuild", "--verify", "--store", path])
            #expect(rebuilt.status == 0, "seed \(seed): \(rebuilt.out)")
            let last = try RihlaBinary.run(["ingest", file, "--store", path, "--format", "json"])
            #expect(last.status == 0)
            #expect(try ids(path) == (0..<total).map { "k-\($0)" }, "seed \(seed)")
        }
    }
}
