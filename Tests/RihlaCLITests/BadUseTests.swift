// What a user meets when things go wrong: a sentence that says what to do, and the exit status that scripts rely on.
import Foundation
import TestSupport
import Testing

@Suite struct BadUseTests {
    private static let demo = DemoStore.store

    @Test(
        arguments: [
            (
                ["stages", "--store", "absent"], 3,
                "rihla: there is no store at absent (make one with `rihla init --store absent` or ingest into it)\n"
            ),
            (["customer", "u-0", "--store", demo], 3, "rihla: there is no customer \"customer_id:u-0\""),
            (["deal", "d-0", "--store", demo], 3, "rihla: there is no deal \"d-0\""),
            (["stagse"], 64, "rihla: there is no command \"stagse\" (did you mean \"stages\"?)\n"),
            (
                ["attribution", "--model", "lineer", "--store", demo], 64,
                "rihla: there is no model \"lineer\" (did you mean \"linear\"?)\n"
            ),
            (["funnel", "--steps", "page_veiwed", "--store", demo], 64, "did you mean \"page_viewed\"?"),
            (["funnel", "--steps", "page_viewed[url", "--store", demo], 64, "write type, type[property=value]"),
            (
                ["funnel", "--steps", "page_viewed,deal_won", "--list", "2:droped", "--store", demo], 64,
                "did you mean \"dropped\"?"
            ),
            (["explain", "funnel", "u-7", "--store", demo], 64, "name them with --steps"),
            (["cohorts", "--event", "lead_craeted", "--store", demo], 64, "did you mean \"lead_created\"?"),
            (["cohorts", "--retention", "n-dya", "--store", demo], 64, "did you mean \"n-day\"?"),
            (["cohorts", "--days", "1,x", "--store", demo], 64, "--days \"x\" is no number of days"),
            (["cohorts", "--zone", "Asia/Riyad", "--store", demo], 64, "did you mean Asia/Riyadh?"),
            (["bottlenecks", "--over", "deal", "--store", demo], 64, "did you mean \"deals\"?"),
            (["customers", "--stage", "desicion", "--store", demo], 64, "did you mean \"decision\"?"),
            (["events", "--type", "deal_wonn", "--store", demo], 64, "did you mean \"deal_won\"?"),
            (
                ["stages", "--as-of", "yesterday", "--store", demo], 64,
                "rihla: --as-of \"yesterday\" is no time (write 2026-03-01"
            ),
            (["stages", "--zone", "Asia/Riyad", "--store", demo], 64, "did you mean Asia/Riyadh?"),
            (["stages", "--formt", "json", "--store", demo], 64, "Did you mean '--format'?"),
            (["stages", "--fields", "stge", "--store", demo], 64, "did you mean \"stage\"?"),
            (["customers", "--limit=-1", "--store", demo], 64, "it is no whole number from 0 on"),
            (
                ["timeline", "u-7", "--limit=-9223372036854775808", "--store", demo], 64,
                "it is no whole number from 0 on"
            ),
            (["stages", "--as-of=+106751991167d", "--store", demo], 64, "--as-of \"+106751991167d\" is no time"),
            (
                ["paths", "--lookback", "3652501d", "--store", demo], 64,
                "90s, 30m, 4h, 7d or 2w, at most 3652500d; 0 is no limit"
            ),
            (
                [
                    "funnel", "--steps", "page_viewed,deal_won", "--exclude", "lead_created:9223372036854775807",
                    "--store", demo,
                ], 64,
                "rihla: "
            ),
            (["rebuild", "custmers", "--store", demo], 3, "there is no view \"custmers\""),
            (["ingest", "absent.ndjson", "--store", demo], 3, "rihla: there is no file absent.ndjson\n"),
            (["stages", "--rules", "absent.yaml", "--store", demo], 3, "rihla: there is no file absent.yaml\n"),
        ] as [([String], Int32, String)]
    )
    func `bad use is answered`(arguments: [String], status: Int32, message: String) throws {
        let result = try RihlaBinary.run(arguments, directory: DemoStore.directory)
        #expect(result.status == status)
        #expect(result.err.contains(message), "\(result.err)")
        #expect(result.out.isEmpty)
    }

    /// Each of these ended by SIGILL.
    @Test(
        arguments: [
            ["cohorts", "--periods", "9223372036854775807"], ["events", "--after", "18446744073709551615"],
            ["stages", "--as-of=+3652500d"], ["report", "--as-of=+3652500d"], ["kpis", "--as-of=+3652500d"],
            ["cohorts", "--from=-3652500d", "--to=+3652500d"],
            ["timeline", "user_id:u-7", "--limit", "0"],
        ]
    )
    func `numbers at the ends of their ranges are answered`(arguments: [String]) throws {
        let result = try RihlaBinary.run(arguments + ["--store", Self.demo])
        #expect(!result.signalled && [0, 1, 64].contains(result.status), "\(result.status) \(result.err)")
    }

    @Test func `errors are JSON on standard error where answers are JSON`() throws {
        let result = try RihlaBinary.run([
            "customer", "u-0", "--as-at", "5", "--store", BadUseTests.demo, "--format", "json",
        ])
        #expect(result.status == 3)
        #expect(
            result.err == """
                {"error":{"code":"not_found","message":"there is no customer \\"customer_id:u-0\\" at position 5","hint":null}}

                """
        )
    }

    @Test func `a directory that holds something else is left alone`() async throws {
        try await withScratchDirectory { path in
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try Data("mine".utf8).write(to: URL(filePath: path + "/diary.txt"))
            for command in [["stages"], ["init"], ["ingest", "-"]] {
                let result = try RihlaBinary.run(command + ["--store", path])
                #expect(result.status == 6)
                #expect(result.err.contains("is not a Rihla store"))
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["diary.txt"])
        }
    }

    @Test func `a store of a newer format says so`() async throws {
        try await withScratchDirectory { path in
            _ = try RihlaBinary.run(["init", "--store", path])
            try Data("rihla store format 9\n".utf8).write(to: URL(filePath: path + "/FORMAT"))
            let result = try RihlaBinary.run(["stages", "--store", path])
            #expect(result.status == 6)
            #expect(result.err.contains("has store format 9, this version reads format 2 (use a newer rihla)"))
        }
    }

    @Test(arguments: ["truncated", "zeroed", "foreign"])
    func `a damaged file gives a sentence and status 6, not a signal`(kind: String) async throws {
        try await withScratchDirectory { path in
            try FileManager.default.copyItem(atPath: DemoStore.store, toPath: path)
            let file = URL(filePath: path + "/log/data.mdb")
            var bytes = try Data(contentsOf: file)
            switch kind {
            case "truncated": bytes = bytes.prefix(bytes.count / 2)
            case "zeroed": bytes.replaceSubrange(8_192..<bytes.count, with: Data(count: bytes.count - 8_192))
            default: bytes = Data("a picture of a cat".utf8)
            }
            try bytes.write(to: file)
            for command in ["stages", "verify", "events", "stats"] {
                let result = try RihlaBinary.run([command, "--store", path])
                #expect(!result.signalled)
                #expect(result.status == 6, "\(command): \(result.err)")
            }
        }
    }

    @Test func `a closed pipe ends a command quietly`() throws {
        let line = "'" + RihlaBinary.path + "' events --store '" + BadUseTests.demo + "' --format ndjson | head -1"
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = ["-c", "set -o pipefail; " + line]
        let (out, err) = (Pipe(), Pipe())
        process.standardOutput = out
        process.standardError = err
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(try err.fileHandleForReading.readToEnd()?.isEmpty ?? true)
        #expect(try out.fileHandleForReading.readToEnd()?.count ?? 0 > 10)
    }

    @Test func `controls and bidi overrides never reach the output raw`() async throws {
        try await withScratchDirectory { path in
            let event =
                #"{"id":"t-1","type":"page_viewed","occurred_at":"2026-01-01T00:00:00Z","customer":"c","campaign":"\u001b]0;x\u0007\u202eسلام=1+1"}"#
            _ = try RihlaBinary.run(["ingest", "-", "--store", path], input: Data((event + "\n").utf8))
            let table = try RihlaBinary.run(["events", "--store", path])
            #expect(table.out.contains(#"\u{1b}]0;x\u{7}\u{202e}سلام=1+1"#))
            for format in ["table", "json", "ndjson", "markdown"] {
                let out = try RihlaBinary.run(["events", "--store", path, "--format", format]).out
                #expect(!out.unicodeScalars.contains { $0.value == 0x1B || $0.value == 7 })
            }
        }
    }

    @Test func `a CSV cell that a spreadsheet would run is disarmed unless it is asked for raw`() async throws {
        try await withScratchDirectory { path in
            let event =
                #"{"id":"t-1","type":"page_viewed","occurred_at":"2026-01-01T00:00:00Z","customer":"c","campaign":"=HYPERLINK(\"x\",\"y\")","amount":"-12.5","currency":"EUR"}"#
            _ = try RihlaBinary.run(["ingest", "-", "--store", path], input: Data((event + "\n").utf8))
            let fields = ["events", "--store", path, "--format", "csv", "--fields", "campaign", "--limit", "1"]
            #expect(try RihlaBinary.run(fields).out == "campaign\n\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"\n")
            #expect(
                try RihlaBinary.run(fields + ["--raw-csv"]).out == "campaign\n\"=HYPERLINK(\"\"x\"\",\"\"y\"\")\"\n"
            )
        }
    }
}
