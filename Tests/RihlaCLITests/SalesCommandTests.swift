// The sales commands as people and scripts use them.
import Foundation
import TestSupport
import Testing

@testable import RihlaCLI

@Suite struct SalesCommandTests {
    private func run(_ arguments: String...) throws -> (status: Int32, out: String, err: String) {
        let result = try RihlaBinary.run(arguments + ["--store", DemoStore.store], directory: DemoStore.directory)
        return (result.status, result.out, result.err)
    }

    private func object(_ arguments: String...) throws -> [String: Any] {
        let result = try RihlaBinary.run(arguments + ["--store", DemoStore.store, "--format", "json"])
        return try JSONSerialization.jsonObject(with: Data(result.out.utf8)) as? [String: Any] ?? [:]
    }

    @Test func `pipeline has the keys of the contract, and a summary for people`() throws {
        let answer = try object("pipeline")
        #expect(answer["schema"] as? String == "rihla.pipeline/1")
        let pipeline = try #require((answer["pipelines"] as? [[String: Any]])?.first)
        let keys = ["pipeline", "stages", "won", "lost", "win_rate", "won_amount", "cycle", "velocity_per_day"]
        #expect(keys.allSatisfy { pipeline[$0] != nil })
        let stage = try #require((pipeline["stages"] as? [[String: Any]])?.first)
        let cells = [
            "stage", "probability", "open", "amount", "weighted", "entered", "advanced", "moved_back", "won", "lost",
            "rate", "dwell", "stuck",
        ]
        #expect(cells.allSatisfy { stage[$0] != nil })
        let text = try run("pipeline")
        #expect(text.status == 0 && text.out.contains("win rate") && text.out.contains("a day ="))
    }

    @Test func `pipeline by a cut has a row for each group, with --stages for each of its stages`() throws {
        let groups = try run("pipeline", "--by", "owner", "--format", "csv").out.split(separator: "\n")
        #expect(groups.first?.hasPrefix("pipeline,group,deals,open,") == true && groups.count > 1)
        let stages = try run("pipeline", "--by", "owner", "--stages", "--format", "csv").out.split(separator: "\n")
        #expect(stages.first?.hasPrefix("pipeline,group,stage,probability,") == true && stages.count > groups.count)
        let wrong = try run("pipeline", "--by", "ownr")
        #expect(wrong.status == 64 && wrong.err.contains("owner"))
    }

    @Test func `forecast has the keys of the contract, and as many periods as were asked for`() throws {
        let answer = try object("forecast", "--periods", "4")
        let periods = try #require(answer["periods"] as? [[String: Any]])
        #expect(periods.count == 4)
        let keys = ["period", "closed", "commit", "best_case", "pipeline", "weighted", "slipped"]
        #expect(periods.allSatisfy { period in keys.allSatisfy { period[$0] != nil } })
        #expect((periods.first?["slipped"] as? [String: Any])?["deals"] is Int)
        #expect(try run("forecast", "--periods", "0").status == 64 && run("forecast", "--period", "day").status == 64)
    }

    @Test func `deals are filtered, and a deal is told line by line`() throws {
        let won = try run("deals", "--state", "won", "--format", "csv", "--fields", "state").out.split(separator: "\n")
        #expect(won.count > 1 && won.dropFirst().allSatisfy { $0 == "won" })
        let wrong = try run("deals", "--state", "wn")
        #expect(wrong.status == 64 && wrong.err.contains("won"))
        let deal = try run("deal", "d-7")
        #expect(deal.out.contains("deal_created: ") && deal.out.contains("#"))
        let explain = try run("explain", "deal", "d-7")
        #expect(explain.status == 0 && explain.out.contains("types.deal_created: effect deal_created"))
        #expect(try run("explain", "deal", "no-such-deal").status == 3)
    }
}
