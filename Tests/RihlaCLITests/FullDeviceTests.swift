// Where output has no room or no place: a sentence and status 5, never silence and 0.
//
// `export -o` on a full device said how many events it had written and ended with 0; a failure of standard output was taken
// for a reader that went away. With standard output closed it
// ended with 0, and whatever was opened first had the place of standard output.
import Foundation
import TestSupport
import Testing

@Suite struct FullDeviceTests {
    private static let store = DemoStore.store
    private static let directory = DemoStore.directory

    @Test(
        arguments: [
            "stages", "stages --format json", "stages --format ndjson", "stages --format csv",
            "stages --format markdown",
            "events", "events --format ndjson", "export", "export conversions", "export conversions --for google",
            "export conversions --format json", "brief user_id:u-7",
            "brief user_id:u-7 --html -", "report", "report --html -", "rules show", "rules check rules.yaml", "stats",
            "verify", "ingest events.ndjson --dry-run", "export -o /dev/full", "export -o -", "report --html /dev/full",
            "brief user_id:u-7 --html /dev/full", "export conversions --format csv -o /dev/full",
            "export conversions --for google --adjustments /dev/full", "--help", "stages --help", "help time",
            "--version",
            "ingest bad.ndjson --dry-run --rejects /dev/full",
        ]
    )
    func `a full device ends a command with status 5 and a sentence`(command: String) throws {
        // Nobody but root could replace the device, and a test of files is before this one.
        try Data("not json\n".utf8).write(to: URL(filePath: Self.directory + "/bad.ndjson"))
        let store =
            command.contains("--") && !command.contains(" ") || command.hasPrefix("help") ? "" : "--store rihla-demo"
        let result = try Shell.run("\"$RIHLA\" \(command) \(store) > /dev/full", in: Self.directory)
        #expect(result.status == 5, "\(result.err)")
        #expect(result.err.contains("No space left on device") && result.err.contains("make room"), "\(result.err)")
        #expect(!result.err.contains("events in"))
    }

    @Test func `acknowledgements that have no room end an append with status 5`() async throws {
        try await withScratchDirectory { path in
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            let result = try Shell.run(
                "\"$RIHLA\" append --store s < '\(Self.directory)/events.ndjson' > /dev/full",
                in: path
            )
            #expect(result.status == 5 && result.err.contains("cannot write standard output: No space left on device"))
        }
    }

    @Test func `a reader that went away is no failure`() throws {
        let result = try Shell.run(
            "\"$RIHLA\" export --store rihla-demo | head -c 1 > /dev/null; echo ${PIPESTATUS[0]}",
            in: Self.directory
        )
        #expect(result.out == "0\n" && result.err.isEmpty)
    }

    @Test(arguments: ["stages", "export", "stages --format json", "events --format ndjson"])
    func `standard output that is closed is named, and no file takes its place`(command: String) async throws {
        try await withScratchDirectory { path in
            try FileManager.default.copyItem(atPath: Self.store, toPath: path)
            let before = try RihlaBinary.run(["export", "--store", path])
            let result = try Shell.run("\"$RIHLA\" \(command) --store '\(path)' >&-", in: Self.directory)
            #expect(result.status == 5, "\(result.err)")
            #expect(
                result.err.contains("cannot write standard output: Bad file descriptor")
                    && result.err.contains("it is closed")
            )
            let verify = try RihlaBinary.run(["verify", "--store", path])
            #expect(verify.status == 0, "\(verify.out)")
            #expect(try RihlaBinary.run(["export", "--store", path]).out == before.out)
        }
    }

    @Test func `notices do not go into a file of the store when standard error is closed`() async throws {
        try await withScratchDirectory { path in
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            for closed in ["2>&-", "2>&- >&-", "<&- 2>&-", "<&- >&- 2>&-"] {
                _ = try Shell.run(
                    "\"$RIHLA\" ingest bad.ndjson '\(Self.directory)/events.ndjson' --store s \(closed)",
                    in: path
                )
                try Data("not json\n".utf8).write(to: URL(filePath: path + "/bad.ndjson"))
                _ = try Shell.run(
                    "\"$RIHLA\" ingest bad.ndjson '\(Self.directory)/events.ndjson' --store s \(closed)",
                    in: path
                )
                let verify = try RihlaBinary.run(["verify", "--store", path + "/s"])
                #expect(verify.status == 0, "\(closed): \(verify.out) \(verify.err)")
            }
        }
    }

    @Test func `standard input that is closed is named`() async throws {
        try await withScratchDirectory { path in
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            let result = try Shell.run("\"$RIHLA\" ingest - --store s <&-", in: path)
            #expect(result.status == 5 && result.err.contains("cannot read -: it is closed"), "\(result.err)")
        }
    }
}
