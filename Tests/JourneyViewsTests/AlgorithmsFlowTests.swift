// The directly-follows graph against pm4py, and bottlenecks.
import TestSupport
import Testing

@testable import JourneyViews

private let hour: Int64 = 3_600_000

@Suite struct AlgorithmsFlowTests {
    private func graph(_ json: [String: Any]) throws -> DirectlyFollowsGraph<String> {
        var graph = DirectlyFollowsGraph<String>()
        for entry in try #require(json["log"] as? [[String: Any]]) {
            graph.add(
                try #require(entry["events"] as? [[Any]]).map {
                    (($0[0] as? String) ?? "", ((($0[1] as? Int64) ?? 0) * hour))
                }
            )
        }
        return graph
    }

    @Test func `edges and their times equal pm4py's`() throws {
        let json = try #require(try TestData.json("vectors/dfg.json") as? [String: Any])
        let edges = try graph(json).edges
        let counts = try #require(json["dfg"] as? [[String: Any]])
        #expect(
            edges.map { "\($0.pair.from) \($0.pair.to) \($0.count)" }
                == counts.map {
                    "\($0["from"] ?? "") \($0["to"] ?? "") \($0["count"] ?? "")"
                }
        )
        let times = try #require(json["performance_seconds"] as? [[String: Any]])
        #expect(times.count == edges.count)
        for (edge, expected) in zip(edges, times) {
            let found = [Double(edge.sum), edge.mean, edge.median, Double(edge.min), Double(edge.max)].map {
                $0 / 1_000
            }
            #expect(found == ["sum", "mean", "median", "min", "max"].map { (expected[$0] as? Double) ?? .nan })
        }
    }

    @Test func `starts, ends and variants equal pm4py's`() throws {
        let json = try #require(try TestData.json("vectors/dfg.json") as? [String: Any])
        let graph = try graph(json)
        #expect(graph.starts == json["start_activities"] as? [String: Int])
        #expect(graph.ends == json["end_activities"] as? [String: Int])
        let variants = try #require(json["variants"] as? [[String: Any]])
        let expected = Set(variants.map { "\($0["count"] ?? 0) \(($0["path"] as? [String]) ?? [])" })
        #expect(Set(graph.variants.map { "\($0.count) \($0.path)" }) == expected)
    }

    @Test func `the most frequent variant comes first, then the lesser path`() {
        var graph = DirectlyFollowsGraph<String>()
        for path in ["bc", "ab", "bc", "a"] { graph.add(path.map { (String($0), 0) }) }
        #expect(graph.variants.map { $0.path.joined() } == ["bc", "a", "ab"])
    }

    @Test func `the median of an even number is the mean of the middle two`() {
        var graph = DirectlyFollowsGraph<String>()
        for time in [1, 2, 5, 100] as [Int64] { graph.add([("a", 0), ("b", time)]) }
        #expect(graph.edges.map(\.median) == [3.5])
    }

    @Test func `a case without events adds nothing and one event is start and end`() {
        var graph = DirectlyFollowsGraph<String>()
        graph.add([])
        #expect(graph.starts.isEmpty && graph.variants.isEmpty)
        graph.add([("a", 7)])
        #expect(graph.starts == ["a": 1] && graph.ends == ["a": 1] && graph.edges.isEmpty)
    }

    // MARK: Bottlenecks

    @Test func `stuck is open for longer than the ninetieth percentile of completed dwells`() {
        var flow = Bottlenecks<String>()
        for dwell in 1...11 { flow.add("demo", dwell: Int64(dwell) * 10) }
        for age in [99, 100, 101, 5_000] as [Int64] { flow.add("demo", openFor: age) }
        flow.addEnd("demo")
        let row = flow.rows[0]
        #expect(row.p50 == 60 && row.p75 == 85 && row.p90 == 100)
        #expect(row.count == 11 && row.stuck == 2 && row.dropped == 3)
    }

    @Test func `without completed dwells nothing is stuck and nothing has a share`() {
        var flow = Bottlenecks<String>()
        flow.add("demo", openFor: 1_000_000)
        #expect(flow.rows[0].stuck == 0 && flow.rows[0].p90 == nil && flow.rows[0].waitShare == nil)
        #expect(flow.outlierLimit("demo") == nil && flow.outlierLimit("unknown") == nil)
    }

    @Test func `shares of waiting add up to one`() {
        var flow = Bottlenecks<String>()
        flow.add("a", dwell: 10)
        flow.add("a", dwell: 20)
        flow.add("b", dwell: 10)
        #expect(flow.rows.map(\.waitShare) == [0.75, 0.25])
    }

    @Test func `with fewer than 20 dwells those above the 95th percentile are outliers`() throws {
        #expect(abs(try #require(DwellOutliers.limit((1...19).map(Int64.init))) - 18.1) < 1e-9)
    }

    @Test func `from 20 dwells on the fence is drawn on logarithms`() throws {
        // Powers of two: quartiles of the exponents 0…19 are 4.75 and 14.25, the fence is at 2^28.5.
        let limit = try #require(DwellOutliers.limit((0..<20).map { 1 << $0 }))
        #expect(abs(limit / 379_625_062.497 - 1) < 1e-9)
        // Equal dwells have a fence at themselves: none lies beyond, a longer one does.
        let flat = try #require(DwellOutliers.limit(Array(repeating: 3_600_000, count: 40) + [3_600_001]))
        #expect(flat >= 3_600_000 && flat < 3_600_001)
    }

    @Test func `a dwell of zero or less counts as a millisecond`() throws {
        #expect(try #require(DwellOutliers.limit(Array(repeating: -5, count: 30))) < 1.001)
    }
}
