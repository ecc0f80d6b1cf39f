// Files and standard input in, as a script meets it.
import Foundation
import TestSupport
import Testing

@Suite struct IngestCommandTests {
    private func line(_ id: String, _ more: String = "") -> String {
        #"{"id":"\#(id)","type":"page_viewed","occurred_at":"2026-01-01T00:00:00Z","customer":"c-1"\#(more)}"# + "\n"
    }

    @Test func `a first ingest tells all that happened`() async throws {
        try await withScratchDirectory { path in
            let input = line("1") + "oops\n" + line("2") + line("1")
            let result = try RihlaBinary.run(
                ["ingest", "-", "--store", path, "--rejects", path + ".bad"],
                input: Data(input.utf8)
            )
            defer { try? FileManager.default.removeItem(atPath: path + ".bad") }
            #expect(result.status == 2)
            #expect(
                result.out == """
                    file  lines  accepted  duplicates  rejected
                    -         4         2           1         1
                    2 accepted, 1 duplicates, 1 rejected

                    """
            )
            #expect(
                result.err == """
                    rihla: made the store \(path)
                    rihla: -:2:1: invalid_json: a byte that cannot stand here

                    """
            )
            #expect(try String(contentsOfFile: path + ".bad", encoding: .utf8) == "oops\n")
        }
    }

    @Test func `the bad lines of the set are named with file, line, column and code, and the good ones go in`()
        async throws
    {
        try await withScratchDirectory { path in
            let file = TestData.path("journeys/bad.ndjson.gz")
            let result = try RihlaBinary.run(["ingest", file, "--store", path, "--format", "json"])
            #expect(result.status == 2)
            let answer = try result.json()
            #expect(answer["accepted"] as? Int == 10)
            #expect(answer["duplicates"] as? Int == 1)
            #expect(answer["rejected"] as? Int == 76)
            let expected = try String(contentsOfFile: TestData.path("journeys/bad.expected.ndjson"), encoding: .utf8)
                .split(separator: "\n").map {
                    try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
                }
            let found = (answer["errors"] as? [[String: Any]] ?? []).sorted {
                ($0["line"] as? Int ?? 0) < ($1["line"] as? Int ?? 0)
            }
            func key(_ error: [String: Any]) -> String {
                "\(error["line"] as? Int ?? 0):\((error["column"] as? Int).map(String.init) ?? "-"):\(error["code"] as? String ?? "")"
            }
            #expect(found.map(key) == expected.map(key))
        }
    }

    @Test func `a dry run writes nothing`() async throws {
        try await withScratchDirectory { path in
            let result = try RihlaBinary.run(
                ["ingest", "-", "--dry-run", "--store", path],
                input: Data(line("1").utf8)
            )
            #expect(result.status == 0)
            #expect(result.out.contains("1 would be accepted"))
            let after = try RihlaBinary.run(["stats", "--store", path])
            #expect(after.status == 3 || after.out.contains("events          0"))
        }
    }

    @Test func `with stop the first bad line ends the run and what came before is there`() async throws {
        try await withScratchDirectory { path in
            let input = line("1") + "oops\n" + line("2")
            let result = try RihlaBinary.run(
                ["ingest", "-", "--on-error", "stop", "--store", path],
                input: Data(input.utf8)
            )
            #expect(result.status == 2)
            let events = try RihlaBinary.run(["events", "--store", path, "--format", "csv", "--fields", "id"])
            #expect(events.out.split(separator: "\n").prefix(2) == ["id", "1"])
            #expect(
                events.out.split(separator: "\n").count == 3,
                "the run is recorded, and nothing else: \(events.out)"
            )
        }
    }

    @Test func `append acknowledges each line in order`() async throws {
        try await withScratchDirectory { path in
            let input =
                line("1") + "oops\n" + line("1") + line("2", #","deal":"d"}"#.dropLast().description)
                + line("1", #","channel":"x""#)
            let result = try RihlaBinary.run(["append", "--store", path, "--quiet"], input: Data(input.utf8))
            #expect(result.status == 2)
            #expect(
                result.out == """
                    {"id":"1","source":"","position":1,"version":1,"duplicate":false}
                    {"line":2,"error":{"code":"invalid_json","column":1,"message":"a byte that cannot stand here"}}
                    {"id":"1","source":"","position":1,"version":1,"duplicate":true}
                    {"id":"2","source":"","position":2,"version":2,"duplicate":false}
                    {"line":5,"error":{"code":"id_conflict","column":null,"message":"the same source and id stand at position 1 with other content"}}

                    """
            )
            #expect(result.err.isEmpty)
        }
    }

    @Test func `append refuses a unit whose stream is not as expected`() async throws {
        try await withScratchDirectory { path in
            _ = try RihlaBinary.run(["append", "--store", path], input: Data(line("1").utf8))
            let stream = ["append", "--store", path, "--stream", "customer:c-1", "--expect"]
            let refused = try RihlaBinary.run(stream + ["none"], input: Data(line("2").utf8))
            #expect(refused.status == 4)
            #expect(refused.out.contains(#""code":"version_conflict""#))
            #expect(refused.err.contains("is at version 1"))
            let taken = try RihlaBinary.run(stream + ["1"], input: Data(line("2").utf8))
            #expect(taken.status == 0)
            #expect(taken.out.contains(#""version":2"#))
        }
    }

    @Test func `atomic lines go in together or not at all`() async throws {
        try await withScratchDirectory { path in
            let input = Data((line("1") + "oops\n").utf8)
            let result = try RihlaBinary.run(["append", "--atomic", "--store", path, "--quiet"], input: input)
            #expect(result.status == 2)
            #expect(
                result.out == """
                    {"line":1,"error":{"code":"not_appended","column":null,"message":"another line of the unit was rejected"}}
                    {"line":2,"error":{"code":"invalid_json","column":1,"message":"a byte that cannot stand here"}}

                    """
            )
            #expect(
                try RihlaBinary.run(["events", "--store", path, "--format", "csv", "--fields", "id"]).out == "id\n"
            )
        }
    }
}
