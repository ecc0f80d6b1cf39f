// Files that options name: whole or untouched, and never in the place of something else.
//
// They used to be written as FILE.part and renamed: over devices (as root `-o /dev/null` made /dev/null a plain file), over
// pipes whose readers waited for ever, over symbolic links, and over a FILE.part that was somebody's.
import Foundation
import TestSupport
import Testing

@Suite struct OutputFileTests {
    /// Options that write a file, each with a command to stand before it.
    static let writers: [[String]] = [
        ["export", "-o"], ["report", "--html"], ["brief", "user_id:u-7", "--html"], ["export", "conversions", "-o"],
        ["export", "conversions", "--for", "google", "-o", "other.csv", "--adjustments"],
        ["ingest", "bad.ndjson", "--dry-run", "--rejects"],
    ]

    private func run(_ writer: [String], _ file: String, in path: String) throws -> RihlaBinary.Result {
        try Data("not json\n".utf8).write(to: URL(filePath: path + "/bad.ndjson"))
        return try RihlaBinary.run(
            writer + [file, "--store", DemoStore.store],
            directory: path
        )
    }

    private func directory(_ body: (String) throws -> Void) async throws {
        try await withScratchDirectory { path in
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try body(path)
        }
    }

    private func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    }

    private func mode(_ path: String) throws -> Int {
        let value = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        return try #require(value as? Int)
    }

    @Test(arguments: writers)
    func `a symbolic link stays one, and what it leads to is replaced`(writer: [String]) async throws {
        try await directory { path in
            try FileManager.default.createDirectory(atPath: path + "/real", withIntermediateDirectories: false)
            try Data("old".utf8).write(to: URL(filePath: path + "/real/file"))
            try FileManager.default.createSymbolicLink(atPath: path + "/link", withDestinationPath: "real/file")
            let result = try run(writer, "link", in: path)
            #expect(result.status == 0 || result.status == 2, "\(result.err)")
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path + "/link") == "real/file")
            #expect(try text(path + "/real/file") != "old")
            #expect(try FileManager.default.contentsOfDirectory(atPath: path + "/real") == ["file"])
        }
    }

    @Test func `a link to nothing makes the file that it names`() async throws {
        try await directory { path in
            try FileManager.default.createSymbolicLink(atPath: path + "/link", withDestinationPath: "file")
            #expect(try run(["export", "-o"], "link", in: path).status == 0)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path + "/link") == "file")
            #expect(try text(path + "/file").hasPrefix("{\"position\":1,"))
        }
    }

    @Test func `links in a circle are refused`() async throws {
        try await directory { path in
            try FileManager.default.createSymbolicLink(atPath: path + "/a", withDestinationPath: "b")
            try FileManager.default.createSymbolicLink(atPath: path + "/b", withDestinationPath: "a")
            let result = try run(["export", "-o"], "a", in: path)
            #expect(result.status == 5 && result.err.contains("cannot write a: Too many levels of symbolic links"))
        }
    }

    @Test(arguments: writers)
    func `a named pipe gets the bytes and stays a pipe`(writer: [String]) async throws {
        try await directory { path in
            #expect(mkfifo(path + "/pipe", 0o600) == 0)
            let reader = Process()
            reader.executableURL = URL(filePath: "/bin/sh")
            // The reader gives up by itself, so that a writer that never comes does not hold the test.
            reader.arguments = ["-c", "timeout 20 cat '\(path)/pipe' > '\(path)/got'"]
            try reader.run()
            let result = try run(writer, "pipe", in: path)
            #expect(result.status == 0 || result.status == 2, "\(result.err)")
            reader.waitUntilExit()
            #expect(reader.terminationStatus == 0)
            var info = stat()
            #expect(lstat(path + "/pipe", &info) == 0 && info.st_mode & S_IFMT == S_IFIFO)
            #expect(try !text(path + "/got").isEmpty)
        }
    }

    @Test func `a signal ends the wait for the reader of a named pipe`() async throws {
        try await directory { path in
            #expect(mkfifo(path + "/pipe", 0o600) == 0)
            let process = Process()
            process.executableURL = URL(filePath: RihlaBinary.path)
            process.arguments = ["export", "-o", path + "/pipe", "--store", DemoStore.store]
            process.standardError = FileHandle.nullDevice
            try process.run()
            Thread.sleep(forTimeInterval: 0.3)
            #expect(process.isRunning)
            process.terminate()
            process.waitUntilExit()
            #expect(process.terminationStatus == 143)
        }
    }

    @Test(arguments: writers)
    func `a device stays a device`(writer: [String]) async throws {
        try await directory { path in
            // A device of the test's own: the program before this test replaced the one it was given.
            let null = path + "/null"
            guard mknod(null, S_IFCHR | 0o666, dev_t(1 << 8 | 3)) == 0 else { return }
            let result = try run(writer, "null", in: path)
            #expect(result.status == 0 || result.status == 2, "\(result.err)")
            var info = stat()
            #expect(lstat(null, &info) == 0 && info.st_mode & S_IFMT == S_IFCHR)
        }
    }

    @Test(arguments: writers)
    func `files of others beside it stay, and its mode too`(writer: [String]) async throws {
        try await directory { path in
            for name in ["file", "file.part"] { try Data("mine".utf8).write(to: URL(filePath: path + "/" + name)) }
            #expect(chmod(path + "/file", 0o640) == 0)
            let result = try run(writer, "file", in: path)
            #expect(result.status == 0 || result.status == 2, "\(result.err)")
            #expect(try text(path + "/file.part") == "mine")
            #expect(try text(path + "/file") != "mine")
            #expect(try mode(path + "/file") == 0o640)
            let rest = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasPrefix(".") }
            #expect(rest.isEmpty)
        }
    }

    @Test func `a new file has the mode that the umask leaves`() async throws {
        try await directory { path in
            let shell = try Shell.run(
                "umask 027; '\(RihlaBinary.path)' export -o f --store '\(DemoStore.store)'",
                in: path
            )
            #expect(shell.status == 0, "\(shell.err)")
            #expect(try mode(path + "/f") == 0o640)
        }
    }

    @Test(arguments: writers)
    func `a write that fails leaves the old file and nothing beside it`(writer: [String]) async throws {
        try await directory { path in
            try Data("old".utf8).write(to: URL(filePath: path + "/file"))
            let long = String(repeating: "x", count: 3_000) + "\n"
            try Data(String(repeating: long, count: 10).utf8).write(to: URL(filePath: path + "/bad.ndjson"))
            let words = (writer + ["file", "--store", DemoStore.store]).map { "'\($0)'" }.joined(separator: " ")
            // Files of at most 1 KiB stand for a disk without room. The views are there already.
            let result = try Shell.run("ulimit -f 1; '\(RihlaBinary.path)' \(words)", in: path)
            if writer.contains("--adjustments") {
                // Too short to fail here: nothing of the demo is an adjustment.
                #expect(result.status == 0 || result.status == 5, "\(result.err)")
                return
            }
            #expect(result.status == 5, "\(result.err)")
            #expect(result.err.contains("cannot write file: File too large (make room"), "\(result.err)")
            #expect(try text(path + "/file") == "old")
            #expect(try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasPrefix(".") }.isEmpty)
        }
    }

    @Test func `a file that its owner made read-only is not replaced`() async throws {
        // Everything may be written as root.
        guard geteuid() != 0 else { return }
        try await directory { path in
            try Data("old".utf8).write(to: URL(filePath: path + "/file"))
            #expect(chmod(path + "/file", 0o444) == 0)
            let result = try run(["export", "-o"], "file", in: path)
            #expect(result.status == 4 && result.err.contains("cannot write file: Permission denied"))
        }
    }

    /// `-o /dev/stdout >> all.ndjson` replaced all.ndjson by the export alone.
    @Test func `the names of standard output append to where it goes`() async throws {
        try await directory { path in
            for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "-"] {
                try Data("first\n".utf8).write(to: URL(filePath: path + "/all"))
                let shell = try Shell.run(
                    "'\(RihlaBinary.path)' export -o \(name) --store '\(DemoStore.store)' >> all",
                    in: path
                )
                #expect(shell.status == 0, "\(shell.err)")
                #expect(try text(path + "/all").hasPrefix("first\n{\"position\":1,"), "\(name)")
            }
        }
    }

    @Test func `conversions and adjustments cannot go to one file`() throws {
        let result = try RihlaBinary.run(
            ["export", "conversions", "--for", "google", "-o", "a", "--adjustments", "a", "--store", DemoStore.store]
        )
        #expect(result.status == 64 && result.err.contains("would both go to a (name two files)"))
    }

    @Test(
        arguments: [
            ("", 64, "the name of a file to write is empty"), (".", 5, "cannot write .: Is a directory"),
            ("none/file", 5, "cannot write none/file: No such file or directory (check that its directory exists"),
            ("none/", 5, "cannot write none/: Is a directory"),
        ] as [(String, Int32, String)]
    )
    func `what cannot be a file is refused`(name: String, status: Int32, message: String) async throws {
        try await directory { path in
            let result = try run(["export", "-o"], name, in: path)
            #expect(result.status == status && result.err.contains(message), "\(result.err)")
            #expect(!result.err.contains("Error Domain"))
        }
    }
}
