// Attribution and paths, as a script asks for them.
import Foundation
import TestSupport
import Testing

@Suite struct AttributionCommandTests {
    /// The events of a known set of paths: a customer for each conversion and each failure, touchpoints a second apart.
    static func events(_ set: [String: Any]) throws -> String {
        let rows = try #require(set["rows"] as? [[String: Any]])
        var lines = ""
        for (number, row) in rows.enumerated() {
            let channels = try #require(row["path"] as? String).split(separator: ">")
            let conversions = try #require(row["conversions"] as? Int)
            let minor = try #require(row["value_minor"] as? Int)
            for copy in 0..<(conversions + (try #require(row["null"] as? Int))) {
                let name = "\(number)-\(copy)"
                func line(_ step: Int, _ type: String, _ more: String) -> String {
                    let second = String(format: "%02d", step)
                    return #"{"id":"\#(name):\#(step)","type":"\#(type)","occurred_at":"2026-01-01T00:00:\#(second)Z","#
                        + #""customer":"\#(name)",\#(more)}"# + "\n"
                }
                for (step, channel) in channels.enumerated() {
                    lines += line(step, "ad_clicked", #""channel":"\#(channel)""#)
                }
                guard copy < conversions else { continue }
                let part = minor / conversions + (copy < minor % conversions ? 1 : 0)
                let money = String(format: "%d.%02d", part / 100, part % 100)
                lines += line(channels.count, "order_completed", #""amount":"\#(money)","currency":"USD""#)
            }
        }
        return lines
    }

    @Test func `Markov, Shapley and paths of a known set`() async throws {
        let vectors = try #require(try TestData.json("vectors/attribution.json") as? [String: Any])
        let sets = try #require(vectors["datasets"] as? [[String: Any]])
        let set = try #require(sets.first { $0["name"] as? String == "classic_null" })
        let input = Data(try Self.events(set).utf8)
        try await withScratchDirectory { path in
            #expect(try RihlaBinary.run(["ingest", "-", "--store", path], input: input).status == 0)
            let options = ["--store", path, "--lookback", "0", "--path", "reset", "--format", "json"]
            let models = ["--model", "markov,shapley", "--order", "2"]
            let report = try RihlaBinary.run(["attribution"] + models + options).json()
            let found = try #require(report["models"] as? [[String: Any]])
            let known = try #require((set["markov"] as? [String: [String: Any]])?["2"])
            let credits = try #require(known["conversions"] as? [String: [String: Any]])
            let shapley = try #require(set["shapley_conversions"] as? [String: [String: Any]])
            for (model, figures) in zip(found, [credits, shapley]) {
                let rows = try #require(model["rows"] as? [[String: Any]])
                for row in rows {
                    let key = try #require(row["key"] as? String)
                    let expected = try #require(figures[key]?["num"] as? Double)
                    #expect(
                        abs((row["conversions"] as? Double ?? -1) - expected) < 1e-9,
                        "\(model["model"] ?? "") \(key)"
                    )
                    #expect((row["removal_effect"] != nil) == (model["model"] as? String == "markov"))
                }
                #expect(rows.count == figures.count)
            }
            let paths = try RihlaBinary.run(["paths"] + options).json()
            let list = try #require(paths["paths"] as? [[String: Any]])
            #expect(list.count == (set["rows"] as? [Any])?.count)
            let counts = list.map { $0["conversions"] as? Int ?? -1 }
            #expect(counts == counts.sorted(by: >))
            let limited = try RihlaBinary.run(["paths", "--limit", "1"] + options.dropLast(1) + ["csv"])
            #expect(limited.out.split(separator: "\n").count == 2)
        }
    }

    @Test(arguments: [
        (["--model", "markof"], "did you mean \"markov\"?"), (["--order", "5"], "orders are 1 to 4"),
        (["--transform", "expose"], "remove_if_not_all(KEY)"), (["--currency", "EURO"], "three letters such as EUR"),
    ])
    func `a wrong word is refused with what is right`(arguments: [String], hint: String) throws {
        let result = try RihlaBinary.run(["attribution", "--store", DemoStore.store] + arguments)
        #expect(result.status == 64)
        #expect(result.err.contains(hint), "\(result.err)")
    }
}
