// `rihla rules` as a user meets it.
import Foundation
import TestSupport
import Testing

@Suite struct RulesCommandTests {
    @Test func `rules that are set are in force for the next command, which says that views were made anew`()
        async throws
    {
        try await withScratchDirectory { path in
            try DemoStore.make(at: path)
            func run(_ arguments: String...) throws -> RihlaBinary.Result {
                try RihlaBinary.run(arguments + ["--store", "rihla-demo"], directory: path)
            }
            let before = try run("attribution", "--format", "json")
            let head = try #require(try before.json()["position"] as? Int)
            let set = try run("rules", "set", "rules.yaml", "--format", "json")
            #expect(set.status == 0 && set.err.isEmpty)
            #expect(try set.json()["set"] as? Int == head + 1)
            let after = try run("attribution", "--format", "json")
            #expect(after.err.contains("the view attribution was made anew"))
            #expect(try after.json()["lookback_seconds"] as? Double == 90 * 86_400)
            #expect(try after.json()["rules"] as? String == set.json()["hash"] as? String)
            #expect(
                try run("attribution", "--as-at", "\(head)", "--format", "json").json()["lookback_seconds"] as? Double
                    == 30 * 86_400
            )
            #expect(try run("rules", "show").out != run("rules", "show", "--as-at", "\(head)").out)
            #expect(try run("rules", "history", "--format", "csv").out.split(separator: "\n").count == 2)
            #expect(try run("verify").status == 0)
        }
    }

    @Test func `a document with findings is refused with line and column, and no store is made for one`() async throws {
        try await withScratchDirectory { path in
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try Data("scoring:\n  mqls: 3\n".utf8).write(to: URL(filePath: path + "/r.yaml"))
            let missing = try RihlaBinary.run(["rules", "set", "r.yaml", "--store", "none"], directory: path)
            #expect(missing.status == 3 && !FileManager.default.fileExists(atPath: path + "/none"))
            _ = try RihlaBinary.run(["init", "--store", "s"], directory: path)
            let refused = try RihlaBinary.run(["rules", "set", "r.yaml", "--store", "s"], directory: path)
            #expect(refused.status == 1 && refused.err.contains("r.yaml:2:3: unknown key \"mqls\""))
            #expect(try RihlaBinary.run(["diff", "--store", "s"], directory: path).status == 64)
        }
    }
}
