// Every example that a help text or the README shows is run as it stands.
import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import RihlaCLI

/// Runs a command line of a shell in a directory; `rihla` is the built binary.
private func shell(_ line: String, in directory: String) throws -> (status: Int32, text: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    let log = directory + "/log-" + UUID().uuidString
    process.arguments = ["-c", "(" + line + "\n) >'" + log + "' 2>&1"]
    process.currentDirectoryURL = URL(filePath: directory)
    var environment = ProcessInfo.processInfo.environment
    environment["RIHLA_STORE"] = nil
    environment["PATH"] = (RihlaBinary.path as NSString).deletingLastPathComponent + ":" + (environment["PATH"] ?? "")
    process.environment = environment
    try process.run()
    process.waitUntilExit()
    return (process.terminationStatus, try String(contentsOfFile: log, encoding: .utf8))
}

private func commands(_ command: any ParsableCommand.Type = RihlaCommand.self) -> [any ParsableCommand.Type] {
    [command] + command.configuration.subcommands.flatMap { commands($0) }
}

@Suite struct ExampleTests {
    @Test func `every command shows examples`() {
        for command in commands() {
            let examples = (command as? any ShowsExamples.Type)?.examples ?? []
            #expect(!examples.isEmpty, "\(command) has none")
        }
    }

    @Test func `every example of a help text runs`() async throws {
        try await withScratchDirectory { path in
            try DemoStore.make(at: path)
            let examples = Set(commands().flatMap { ($0 as? any ShowsExamples.Type)?.examples ?? [] })
            for example in examples.sorted() {
                let (status, text) = try shell(example, in: path)
                #expect(status == 0, "\(example): \(text)")
            }
        }
    }

    @Test func `every example of the README runs`() async throws {
        let readme = try String(contentsOfFile: TestData.root + "/README.md", encoding: .utf8)
        var blocks: [String] = []
        var isInside = false
        for line in readme.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isInside = !isInside && line == "```sh"
                if isInside { blocks.append("") }
            } else if isInside {
                blocks[blocks.count - 1] += line + "\n"
            }
        }
        // The blocks that set the project up are what runs this test.
        let shown = blocks.filter { !$0.contains("swift ") }
        #expect(!shown.isEmpty)
        try await withScratchDirectory { path in
            try DemoStore.make(at: path)
            for block in shown {
                let (status, text) = try shell("set -e\n" + block, in: path)
                #expect(status == 0, "\(block): \(text)")
            }
        }
    }

    @Test(arguments: ["formats", "mapping", "rules", "time", "exit-codes", "environment"])
    func `a topic is explained`(topic: String) throws {
        let result = try RihlaBinary.run(["help", topic])
        #expect(result.status == 0)
        #expect(result.out.count > 200)
        #expect(result.err.isEmpty)
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `a shell gets its completions`(shell: String) throws {
        let result = try RihlaBinary.run(["--generate-completion-script", shell])
        #expect(result.status == 0)
        #expect(result.out.contains("timeline"))
    }
}
