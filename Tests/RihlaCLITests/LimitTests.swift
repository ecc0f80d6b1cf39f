// A process that gets little of the system: it says what to raise and is not ended by a trap.
//
// With fewer than 7 descriptors the system's queues ended the process by SIGILL before it had said a word.
import Foundation
import TestSupport
import Testing

@Suite struct LimitTests {
    @Test(arguments: [4, 5, 6, 7, 8, 10, 12, 16, 24, 32])
    func `few descriptors are named with what to raise`(count: Int) async throws {
        try await withScratchDirectory { path in
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            for command in ["stages --store '\(DemoStore.store)'", "ingest - --store s", "--version", "stagse"] {
                let result = try Shell.run("ulimit -n \(count); \"$RIHLA\" \(command)", in: path)
                #expect(!result.signalled && result.status < 128, "\(command): \(result.status) \(result.err)")
                guard !command.hasPrefix("-"), command != "stagse" else { continue }
                #expect(result.status == 1, "\(command): \(result.err)")
                #expect(
                    result.err.contains("may have \(count) files open") && result.err.contains("`ulimit -n 256`"),
                    "\(command): \(result.err)"
                )
            }
            #expect(!FileManager.default.fileExists(atPath: path + "/s"))
        }
    }

    @Test func `descriptors that others hold count`() throws {
        let result = try Shell.run(
            "ulimit -n 200; for i in {10..180}; do eval \"exec $i>/dev/null\"; done; \"$RIHLA\" stages --store '\(DemoStore.store)'",
            in: "/"
        )
        #expect(result.status == 1 && result.err.contains("may have 200 files open"), "\(result.err)")
    }

    @Test func `a soft limit of few descriptors is raised where the hard one lets it`() throws {
        let result = try Shell.run("ulimit -S -n 12; \"$RIHLA\" stages --store '\(DemoStore.store)'", in: "/")
        #expect(result.status == 0, "\(result.err)")
    }

    @Test(arguments: [256, 64, 40])
    func `enough descriptors are enough for every question`(count: Int) throws {
        for command in ["report", "kpis", "brief user_id:u-7", "rebuild --verify", "verify"] {
            let result = try Shell.run(
                "ulimit -n \(count); \"$RIHLA\" \(command) --store '\(DemoStore.store)'",
                in: "/"
            )
            #expect(result.status == 0, "\(command): \(result.err)")
        }
    }

    /// What the smallest maps are is the store's; that no signal ends the process is the command's.
    @Test(arguments: [262_144, 524_288, 1_048_576, 2_097_152, 4_194_304])
    func `little address space ends no command by a signal`(kibibytes: Int) throws {
        for command in ["--version", "stages --store '\(DemoStore.store)'", "export --store '\(DemoStore.store)'"] {
            let result = try Shell.run("ulimit -v \(kibibytes); \"$RIHLA\" \(command)", in: "/")
            #expect(!result.signalled && result.status < 128, "\(command): \(result.status) \(result.err)")
        }
    }

    @Test(arguments: ["HUP", "INT", "TERM"])
    func `a signal that is ignored at the start stays ignored`(signal: String) async throws {
        try await withScratchDirectory { path in
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            // `nohup` and shells in the background start programs like this; SIGHUP used to end them all the same.
            let line = #"{"id":"%d","type":"page_viewed","occurred_at":"2026-01-01T00:00:00Z"}\n"#
            let result = try Shell.run(
                """
                trap '' \(signal); mkfifo in; "$RIHLA" ingest - --store s < in & exec 9> in
                printf '\(line)' 1 >&9
                while [ ! -e s/HEAD ]; do sleep 0.05; done
                sleep 0.2; kill -\(signal) $!; sleep 0.2; printf '\(line)' 2 >&9; exec 9>&-; wait $!
                """,
                in: path
            )
            #expect(result.status == 0, "\(result.err)")
            #expect(result.out.contains("2 accepted"), "\(result.out)")
        }
    }

    @Test(arguments: [(SIGHUP, 129), (SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
    func `a signal that is not ignored ends a command that waits`(
        signal: Int32,
        status: Int32
    ) async throws {
        try await withScratchDirectory { path in
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            let process = Process()
            process.executableURL = URL(filePath: RihlaBinary.path)
            process.arguments = ["ingest", "-", "--store", path + "/s"]
            let stdin = Pipe()
            process.standardInput = stdin
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            for _ in 0..<200 where !FileManager.default.fileExists(atPath: path + "/s/HEAD") {
                try await Task.sleep(for: .milliseconds(10))
            }
            kill(process.processIdentifier, signal)
            process.waitUntilExit()
            #expect(process.terminationReason == .exit && process.terminationStatus == status)
            try stdin.fileHandleForWriting.close()
        }
    }
}
