// Funnel modes against ClickHouse, against their definitions by brute force, and edge by edge.
import JourneyEvents
import TestSupport
import Testing

@testable import JourneyViews

/// All ways to put the events of one instant in order.
private func orders(_ times: [Int64]) -> [[Int]] {
    func permutations(_ left: [Int]) -> [[Int]] {
        if left.isEmpty { return [[]] }
        return left.indices.flatMap { at in
            var rest = left
            let first = rest.remove(at: at)
            return permutations(rest).map { [first] + $0 }
        }
    }
    var all: [[Int]] = [[]]
    for time in Set(times).sorted() {
        let group = permutations(times.indices.filter { times[$0] == time })
        all = all.flatMap { start in group.map { start + $0 } }
    }
    return all
}

@Suite struct AlgorithmsFunnelTests {
    // MARK: Strict

    @Test func `strict: a foreign event ends the attempt and the next first step starts again`() throws {
        #expect(try matchFunnel(.strict, ["a", "b", "c"], letters("axabc")).level == 3)
    }

    @Test func `strict: leading foreign events do not matter`() throws {
        let result = try matchFunnel(.strict, ["a", "b"], letters("xxab"))
        #expect(result.level == 2 && result.times == [3, 4] && result.start == 2)
    }

    @Test func `strict: a repeated step in between ends the attempt`() throws {
        #expect(try matchFunnel(.strict, ["a", "b", "c"], letters("abbc")).level == 2)
        #expect(try matchFunnel(.strict, ["a", "b"], letters("aab")).times == [2, 3])
    }

    @Test func `strict: the best attempt wins and the earliest of equals gives the times`() throws {
        let result = try matchFunnel(.strict, ["a", "b", "c"], letters("axabxabx"))
        #expect(result.level == 2 && result.times == [3, 4, nil] && result.duration == 1)
    }

    @Test func `strict: the window counts from the first step, inclusive`() throws {
        #expect(try matchFunnel(.strict, ["a", "b"], [(0, "a"), (10, "b")], window: 10).level == 2)
        #expect(try matchFunnel(.strict, ["a", "b"], [(0, "a"), (11, "b")], window: 10).level == 1)
    }

    @Test func `strict: events of one instant are taken in the order that serves best`() throws {
        #expect(try matchFunnel(.strict, ["a", "b", "c"], [(5, "c"), (5, "b"), (5, "a")]).level == 3)
        // The x of the instant comes before the a, or after the b.
        #expect(try matchFunnel(.strict, ["a", "b", "c"], [(1, "a"), (1, "x"), (2, "x"), (2, "b")]).level == 2)
        #expect(try matchFunnel(.strict, ["a", "b", "c"], [(1, "a"), (2, "x"), (2, "b"), (3, "c")]).level == 2)
    }

    @Test func `strict: levels are those of the definition in every order of ties`() {
        var random = SplitMix.fresh()
        for _ in 0..<400 {
            let journey = RandomJourney(&random)
            var expected = 0
            for order in orders(journey.times) {
                for start in order.indices {
                    var level = 0
                    for index in order[start...] {
                        guard level < journey.steps.count, journey.steps[level] & journey.kinds[index] != 0,
                            journey.times[index] - journey.times[order[start]] <= journey.window
                        else { break }
                        level += 1
                    }
                    expected = max(expected, level)
                }
            }
            let result = StrictFunnel(steps: journey.steps, window: journey.window)
                .match(times: journey.times, kinds: journey.kinds, from: .min, to: .max)
            #expect(result.level == expected, journey.note)
            let taken = result.indices.compactMap(\.self)
            #expect(taken.count == expected && Set(taken).count == expected, journey.note)
            for (step, index) in taken.enumerated() {
                #expect(journey.steps[step] & journey.kinds[index] != 0, journey.note)
            }
        }
    }

    @Test func `ClickHouse's strict order equals its 96 answers`() throws {
        let json = try #require(try TestData.json("vectors/window_funnel.json") as? [String: Any])
        let cases = try #require(json["cases"] as? [[String: Any]])
        #expect(cases.count == 96)
        for entry in cases {
            let events = try #require(entry["events"] as? [[Any]])
                .map { (($0[0] as? Int64) ?? 0, ($0[1] as? String) ?? "") }
            let sorted = events.enumerated()
                .sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }.map(\.element)
            let steps = try #require(entry["steps"] as? [[String]])
            let level = ClickHouseStrictOrder.level(
                steps: stepMasks(steps.map { $0.joined() }),
                window: try #require(entry["window"] as? Int64),
                times: sorted.map(\.0),
                kinds: sorted.map { letterKind($0.1.first ?? "x") }
            )
            let expected = try #require(entry["expected"] as? [String: Int])["strict_order"]
            #expect(level == expected, "\(entry["label"] ?? "")")
        }
    }

    @Test func `ClickHouse's strict order never starts again`() {
        let events = letters("axabc")
        let level = ClickHouseStrictOrder.level(
            steps: stepMasks(["a", "b", "c"]),
            window: 100,
            times: events.map(\.0),
            kinds: events.map { letterKind($0.1) }
        )
        #expect(level == 1)
    }

    // MARK: Any order

    @Test func `any order: the order of the steps does not matter`() throws {
        let result = try matchFunnel(.anyOrder, ["a", "b", "c"], letters("cxba"))
        #expect(result.level == 3 && result.times == [4, 3, 1] && result.start == 0 && result.duration == 3)
    }

    @Test func `any order: one event makes one step`() throws {
        #expect(try matchFunnel(.anyOrder, ["a", "a"], letters("a")).level == 1)
        #expect(try matchFunnel(.anyOrder, ["a", "a"], letters("aa")).level == 2)
    }

    @Test func `any order: overlapping conditions are matched so that most steps are made`() throws {
        // The first a must be the first step, for only it can be: b is needed for the second.
        #expect(try matchFunnel(.anyOrder, ["ab", "a"], letters("ab")).level == 2)
        #expect(try matchFunnel(.anyOrder, ["ab", "bc", "ac"], letters("aab")).level == 3)
    }

    @Test func `any order: all steps lie in one window, inclusive`() throws {
        #expect(try matchFunnel(.anyOrder, ["a", "b"], [(0, "b"), (10, "a")], window: 10).level == 2)
        #expect(try matchFunnel(.anyOrder, ["a", "b"], [(0, "b"), (11, "a")], window: 10).level == 1)
        #expect(
            try matchFunnel(.anyOrder, ["a", "b"], [(0, "b"), (20, "a"), (25, "b")], window: 10).times == [20, 25]
        )
    }

    @Test func `any order: the earliest best attempt ends as early as possible`() throws {
        let result = try matchFunnel(
            .anyOrder,
            ["a", "b"],
            [(1, "a"), (2, "a"), (3, "b"), (4, "b"), (50, "a"), (51, "b")]
        )
        #expect(result.times == [1, 3])
    }

    @Test func `any order: levels are the largest matchings of all windows`() {
        var random = SplitMix.fresh()
        for _ in 0..<500 {
            let journey = RandomJourney(&random)
            func best(_ step: Int, _ used: Set<Int>) -> Int {
                guard step < journey.steps.count else { return used.count }
                var level = best(step + 1, used)
                for index in journey.times.indices
                where !used.contains(index) && journey.steps[step] & journey.kinds[index] != 0 {
                    let times = (used.union([index])).map { journey.times[$0] }
                    guard let first = times.min(), let last = times.max(), last - first <= journey.window else {
                        continue
                    }
                    level = max(level, best(step + 1, used.union([index])))
                }
                return level
            }
            let result = AnyOrderFunnel(steps: journey.steps, window: journey.window)
                .match(times: journey.times, kinds: journey.kinds, from: .min, to: .max)
            #expect(result.level == best(0, []), journey.note)
            let taken = Set(result.indices.compactMap(\.self))
            #expect(taken.count == result.level && result.start == taken.min(), journey.note)
            for (step, index) in result.indices.enumerated() {
                guard let index else { continue }
                #expect(journey.steps[step] & journey.kinds[index] != 0, journey.note)
            }
        }
    }

    @Test(arguments: FunnelMode.allCases)
    func `a range selects where attempts start, not where they end`(_ mode: FunnelMode) throws {
        #expect(try matchFunnel(mode, ["a", "b"], letters("ab"), from: 1, to: 2).level == 2)
        #expect(try matchFunnel(mode, ["a", "b"], letters("ab"), from: 3).level == 0)
        #expect(try matchFunnel(mode, ["a", "b"], letters("ab"), to: 1).level == 0)
    }

    @Test(arguments: FunnelMode.allCases)
    func `no events and no first step give level zero`(_ mode: FunnelMode) throws {
        let none = try matchFunnel(mode, ["a", "b"], [])
        #expect(none.level == 0 && none.start == nil && none.duration == nil && !none.isExcluded)
        #expect(try matchFunnel(mode, ["a", "b"], letters("xx")).level == 0)
    }

    @Test(arguments: FunnelMode.allCases)
    func `thousands of events at one instant are no trouble`(_ mode: FunnelMode) throws {
        let events = (0..<6_000).map { (Int64(7), Character(["a", "b", "c"][$0 % 3])) }
        let result = try matchFunnel(mode, ["c", "b", "a"], events)
        #expect(result.level == (mode == .strictTime ? 1 : 3))
    }
}
