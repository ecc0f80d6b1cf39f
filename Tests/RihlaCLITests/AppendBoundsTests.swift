// The door for input at its limits, as a program at the other end meets it.
import Foundation
import TestSupport
import Testing

@Suite struct AppendBoundsTests {
    private func line(_ id: String) -> String {
        #"{"id":"\#(id)","type":"page_viewed","occurred_at":"2026-01-01T00:00:00Z","customer":"c-1"}"# + "\n"
    }

    private func codes(_ out: String) throws -> [String] {
        try out.split(separator: "\n").map { text in
            let value = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
            let error = value["error"] as? [String: Any]
            return error.map { "\(value["line"] ?? "") \($0["code"] ?? "")" } ?? "\(value["id"] ?? "")"
        }
    }

    // The whole of a line without an end was held in memory.
    @Test func `a line that is too long is refused, and the lines behind it go in`() async throws {
        try await withScratchDirectory { path in
            let long = String(repeating: "a", count: 9 << 20)
            let input = Data((line("1") + long + "\n" + line("2") + long).utf8)
            let result = try RihlaBinary.run(["append", "--store", path, "--quiet"], input: input)
            #expect(result.status == 2)
            #expect(try codes(result.out) == ["1", "2 too_long", "2", "4 too_long"])
            let unit = try RihlaBinary.run(["append", "--atomic", "--store", path, "--quiet"], input: input)
            #expect(unit.status == 2)
            #expect(try codes(unit.out) == ["1 not_appended", "2 too_long", "3 not_appended", "4 too_long"])
        }
    }

    @Test func `a line is acknowledged when it came, also while the input stays open`() async throws {
        try await withScratchDirectory { path in
            let process = Process()
            process.executableURL = URL(filePath: RihlaBinary.path)
            process.arguments = ["append", "--store", path, "--quiet"]
            let (input, output) = (Pipe(), Pipe())
            (process.standardInput, process.standardOutput) = (input, output)
            try process.run()
            let identifier = process.processIdentifier
            let guardian = Task {
                try await Task.sleep(for: .seconds(20))
                kill(identifier, SIGKILL)
            }
            // Shorter than any event, and than what tells gzip: it is answered all the same.
            for (sent, expected) in [(line("1"), ["1"]), ("{}\n", ["2 missing_field"]), (line("3"), ["3"])] {
                try input.fileHandleForWriting.write(contentsOf: Data(sent.utf8))
                let answer = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
                #expect(try codes(answer) == expected)
            }
            // The start of a line waits for its end, one that is too long does not.
            try input.fileHandleForWriting.write(contentsOf: Data(String(repeating: "a", count: 3 << 20).utf8))
            let answer = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
            #expect(try codes(answer) == ["4 too_long"])
            try input.fileHandleForWriting.write(contentsOf: Data(("a\n" + line("5")).utf8))
            try input.fileHandleForWriting.close()
            let last = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            #expect(try codes(last) == ["5"])
            process.waitUntilExit()
            guardian.cancel()
            #expect(process.terminationStatus == 2)
        }
    }

    @Test func `damaged gzip is told with a sentence, and what came before it stays`() async throws {
        try await withScratchDirectory { path in
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            let packed = try TestData.bytes("journeys/bad.ndjson.gz")
            let cases: [(String, [UInt8], String)] = [
                ("two", [0x1F, 0x8B], "unexpected end of file"),
                ("junk", packed + Array("oops".utf8), "what follows byte \(packed.count), the end of its last gzip"),
            ]
            for (name, bytes, message) in cases {
                let file = path + "/" + name + ".ndjson.gz"
                try Data(bytes).write(to: URL(filePath: file))
                let result = try RihlaBinary.run(["ingest", file, "--store", path + "/" + name, "--quiet"])
                #expect(result.status == 1)
                #expect(result.err.contains(message), "\(result.err)")
                guard name == "junk" else { continue }
                let stored = try RihlaBinary.run([
                    "events", "--store", path + "/junk", "--format", "csv", "--fields", "id",
                ])
                #expect(stored.out.split(separator: "\n").count > 10)
            }
        }
    }

    @Test(arguments: ["9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00+23:59", "-9999999d", "+9999999d"])
    func `a time of an option lies in the years that times can have`(time: String) async throws {
        let result = try RihlaBinary.run(["stages", "--as-of", time, "--store", DemoStore.store])
        #expect(result.status == 64)
        #expect(result.err.contains("--as-of \"\(time)\""), "\(result.err)")
    }
}
