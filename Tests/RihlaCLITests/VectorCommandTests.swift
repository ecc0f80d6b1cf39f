// Known answers of other engines, asked of the binary as a script would: events in by standard input, JSON out.
import Foundation
import TestSupport
import Testing

@Suite(.serialized) struct VectorCommandTests {
    private typealias Object = [String: Any]

    private func vectors(_ name: String) throws -> Object {
        try #require(try TestData.json("vectors/\(name).json") as? Object)
    }

    private func line(_ id: String, _ type: String, _ time: String, _ customer: String, _ more: String = "") -> String {
        #"{"id":"\#(id)","type":"\#(type)","occurred_at":"\#(time)","customer":"\#(customer)"\#(more)}"# + "\n"
    }

    private func withStore(_ lines: String, _ body: (String) throws -> Void) async throws {
        try await withScratchDirectory { path in
            #expect(try RihlaBinary.run(["ingest", "-", "--store", path], input: Data(lines.utf8)).status == 0)
            try body(path)
        }
    }

    private func ask(_ arguments: [String], _ path: String) throws -> Object {
        try RihlaBinary.run(arguments + ["--store", path, "--format", "json"]).json()
    }

    @Test(arguments: ["tiny_no_null", "classic_null", "loops", "repeats_matter", "six_channels"])
    func `models of the known paths`(name: String) async throws {
        let sets = try #require(try vectors("attribution")["datasets"] as? [Object])
        let set = try #require(sets.first { $0["name"] as? String == name })
        try await withStore(try AttributionCommandTests.events(set)) { path in
            for order in 1...3 {
                let models = ["first", "last", "linear", "markov", "shapley"]
                let report = try ask(
                    ["attribution", "--model", models.joined(separator: ","), "--order", "\(order)", "--lookback", "0"]
                        + ["--path", "reset", "--direct", "keep"],
                    path
                )
                let known = try #require((set["markov"] as? [String: Object])?["\(order)"])
                let heuristics = try #require(set["heuristics"] as? Object)
                for (model, found) in zip(models, try #require(report["models"] as? [Object])) {
                    let expected =
                        model == "markov"
                        ? known["conversions"] : model == "shapley" ? set["shapley_conversions"] : heuristics[model]
                    let figures = try #require(expected as? [String: Object])
                    #expect(!figures.isEmpty)
                    let rows = try #require(found["rows"] as? [Object])
                    for (channel, figure) in figures {
                        let row = rows.first { $0["key"] as? String == channel }
                        let value = row?["conversions"] as? Double ?? 0
                        #expect(abs(value - (figure["num"] as? Double ?? -1)) < 1e-9, "\(model) \(order) \(channel)")
                    }
                }
            }
        }
    }

    @Test func `every window funnel of ClickHouse`() async throws {
        let cases = try #require(try vectors("window_funnel")["cases"] as? [Object])
        #expect(cases.count == 96)
        var lines = ""
        for (number, entry) in cases.enumerated() {
            let steps = try #require(entry["steps"] as? [[String]])
            for (index, event) in try #require(entry["events"] as? [[Any]]).enumerated() {
                let (time, type) = (try #require(event[0] as? Int), try #require(event[1] as? String))
                // A step of several types is a property that the events of those types have.
                let marks = steps.indices.filter { steps[$0].contains(type) }.map { #","s\#($0)":"1""# }.joined()
                let at = Date(timeIntervalSince1970: 1_767_225_600 + Double(time))
                let text = at.formatted(.iso8601)
                lines += line("\(number):\(index)", "case_\(number)", text, "\(number)", marks)
            }
        }
        try await withStore(lines) { path in
            for (number, entry) in cases.enumerated() where (entry["events"] as? [Any])?.isEmpty == false {
                let steps = try #require(entry["steps"] as? [[String]]).indices.map { "case_\(number)[s\($0)=1]" }
                let expected = try #require(entry["expected"] as? [String: Int])
                for (mode, key) in [("ordered", "strict_once"), ("strict-time", "strict_once+strict_increase")] {
                    let answer = try ask(
                        ["funnel", "--steps", steps.joined(separator: ","), "--mode", mode, "--window"]
                            + ["\(entry["window"] ?? 0)s"],
                        path
                    )
                    let groups = try #require(answer["groups"] as? [Object])
                    let reached = (groups.first?["steps"] as? [Object] ?? []).compactMap { $0["reached"] as? Int }
                    #expect(reached.reduce(0, +) == expected[key], "\(entry["label"] ?? "") \(mode)")
                }
            }
        }
    }

    @Test func `the directly-follows graph of pm4py`() async throws {
        let known = try vectors("dfg")
        var lines = ""
        for entry in try #require(known["log"] as? [Object]) {
            let name = try #require(entry["case"] as? String)
            for (index, event) in try #require(entry["events"] as? [[Any]]).enumerated() {
                let hours = try #require(event[1] as? Int)
                let time = String(format: "2026-01-%02dT%02d:00:00Z", 5 + hours / 24, hours % 24)
                lines += line("\(name):\(index)", try #require(event[0] as? String), time, name)
            }
        }
        try await withStore(lines) { path in
            let answer = try ask(["bottlenecks", "--over", "types", "--variants", "100"], path)
            let edges = try #require(answer["edges"] as? [Object])
            func key(_ edge: Object) -> String { "\(edge["from"] ?? "") \(edge["to"] ?? "")" }
            let counts = try #require(known["dfg"] as? [Object])
            #expect(
                Set(edges.map { key($0) + " \($0["n"] ?? "")" })
                    == Set(counts.map { key($0) + " \($0["count"] ?? "")" })
            )
            for expected in try #require(known["performance_seconds"] as? [Object]) {
                let edge = try #require(edges.first { key($0) == key(expected) })
                let time = try #require(edge["time"] as? [String: Double])
                for (ours, theirs) in [("mean", "mean"), ("p50", "median"), ("min", "min"), ("max", "max")] {
                    #expect(time[ours] == expected[theirs] as? Double, "\(key(expected)) \(ours)")
                }
            }
            #expect(answer["starts"] as? [String: Int] == known["start_activities"] as? [String: Int])
            #expect(answer["ends"] as? [String: Int] == known["end_activities"] as? [String: Int])
            func variants(_ list: Any?, _ count: String) -> Set<String> {
                Set((list as? [Object] ?? []).map { "\($0[count] ?? 0) \(($0["path"] as? [String]) ?? [])" })
            }
            #expect(variants(answer["variants"], "n") == variants(known["variants"], "count"))
        }
    }

    @Test func `the retention of DuckDB and ClickHouse`() async throws {
        let known = try vectors("retention")
        var lines = ""
        for (index, event) in try #require(known["events"] as? [[Any]]).enumerated() {
            let (user, day) = (try #require(event[0] as? Int), try #require(event[1] as? String))
            lines += line("\(index)", try #require(event[2] as? String), day + "T12:00:00Z", "\(user)")
        }
        try await withStore(lines) { path in
            let days = (known["n_day"] as? [[String: Int]]) ?? []
            #expect(!days.isEmpty)
            func cohorts(_ retention: String) throws -> [Object] {
                let list: String = days.map { "\($0["k"] ?? 0)" }.joined(separator: ",")
                let answer = try ask(
                    ["cohorts", "--by", "week", "--event", "signup", "--activity", "login,purchase", "--periods", "9"]
                        + ["--retention", retention, "--as-of", "2026-04-14T23:59:59.999Z"]
                        + (retention == "calendar" ? [] : ["--days", list]),
                    path
                )
                return answer["cohorts"] as? [Object] ?? []
            }
            func cells(_ cohort: Object) -> [Object] { cohort["periods"] as? [Object] ?? [] }
            let weeks = try cohorts("calendar")
            let known = (
                sizes: known["cohort_size"] as? [[Any]] ?? [], active: known["weekly_active"] as? [[Any]] ?? []
            )
            let sizes: [String] = known.sizes.map { "\($0[0]) \($0[1])" }
            let found: [String] = weeks.map { "\($0["starts"] ?? "") \($0["size"] ?? "")" }
            #expect(found == sizes && sizes.count == 4)
            var active: [String] = []
            for week in weeks {
                for cell in cells(week) where cell["active"] as? Int != 0 {
                    active.append("\(week["starts"] ?? "") \(cell["k"] ?? "") \(cell["active"] ?? "")")
                }
            }
            let expected: [String] = known.active.map { "\($0[0]) \($0[1]) \($0[2])" }
            #expect(Set(active) == Set(expected) && active.count == expected.count)
            for (retention, key) in [("n-day", "exact_day"), ("unbounded", "unbounded"), ("bracket:7", "bracket_7d")] {
                let answer = try cohorts(retention)
                for (index, row) in days.enumerated() {
                    let sum = answer.reduce(0) { $0 + (cells($1)[index]["active"] as? Int ?? 0) }
                    #expect(sum == row[key], "\(retention) \(row)")
                }
            }
        }
    }
}
