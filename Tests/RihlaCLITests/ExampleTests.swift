// Every example that a help text or the README shows is run as it stands.
import ArgumentParser
import Foundation
import JourneyRules
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

    /// The blocks of shell in a document, but for those that set the project up, which is what runs this test.
    private func blocks(of document: String) throws -> [String] {
        let text = try String(contentsOfFile: TestData.root + "/" + document, encoding: .utf8)
        var blocks: [String] = []
        var isInside = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isInside = !isInside && line == "```sh"
                if isInside { blocks.append("") }
            } else if isInside {
                blocks[blocks.count - 1] += line + "\n"
            }
        }
        let shown = blocks.filter { !$0.contains("swift ") }
        #expect(!shown.isEmpty)
        return shown
    }

    @Test func `every example of the README runs`() async throws {
        try await withScratchDirectory { path in
            try DemoStore.make(at: path)
            for block in try blocks(of: "README.md") {
                let (status, text) = try shell("set -e\n" + block, in: path)
                #expect(status == 0, "\(block): \(text)")
            }
        }
    }

    @Test func `the guide leads from an empty directory to a report`() async throws {
        try await withScratchDirectory { path in
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            for block in try blocks(of: "docs/guide.md") {
                let (status, text) = try shell("set -e\n" + block, in: path)
                #expect(status == 0, "\(block): \(text)")
                // No figure of the guide is an empty state.
                #expect(!text.contains("yet: "), "\(block): \(text)")
            }
            for report in ["report.html", "report-ar.html", "january.html"] {
                #expect(try String(contentsOfFile: path + "/" + report, encoding: .utf8).hasSuffix("</html>\n"))
            }
        }
    }

    @Test func `the page of events knows every type that the default rules know`() throws {
        let page = try String(contentsOfFile: TestData.root + "/docs/events.md", encoding: .utf8)
        #expect(RuleSet.default.knownTypes.filter { !page.contains("`\($0)`") } == [])
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
