// Funnel levels against ClickHouse and against the definition by brute force.
import Foundation
import TestSupport
import Testing

@testable import JourneyViews

private struct FunnelCase {
    var label: String
    var times: [Int64]
    var names: [String]
    var steps: [[String]]
    var window: Int64
    var expected: [String: Int]

    static func all() throws -> [FunnelCase] {
        let json = try #require(try TestData.json("vectors/window_funnel.json") as? [String: Any])
        return try #require(json["cases"] as? [[String: Any]]).map { entry in
            let events = try #require(entry["events"] as? [[Any]]).enumerated().sorted {
                let (a, b) = ($0.element[0] as? Int64 ?? 0, $1.element[0] as? Int64 ?? 0)
                return a != b ? a < b : $0.offset < $1.offset
            }
            return FunnelCase(
                label: try #require(entry["label"] as? String),
                times: events.map { $0.element[0] as? Int64 ?? 0 },
                names: events.map { $0.element[1] as? String ?? "" },
                steps: try #require(entry["steps"] as? [[String]]),
                window: try #require(entry["window"] as? Int64),
                expected: try #require(entry["expected"] as? [String: Int])
            )
        }
    }

    private static func bit(_ name: String) -> UInt64 { 1 << UInt64((name.utf8.first ?? 97) - 97) }
    var masks: [UInt64] { steps.map { $0.reduce(0) { $0 | FunnelCase.bit($1) } } }
    var kinds: [UInt64] { names.map(FunnelCase.bit) }

    func level(strict: Bool) -> Int {
        var matcher = FunnelMatcher(steps: masks, window: window, isStrictTime: strict)
        return matcher.match(times: times, kinds: kinds).level
    }
}

/// The level by trying every choice of distinct events.
private func bruteForce(_ steps: [UInt64], _ window: Int64, _ times: [Int64], _ kinds: [UInt64], strict: Bool) -> Int {
    func best(_ used: [Int]) -> Int {
        guard used.count < steps.count else { return used.count }
        var level = used.count
        for index in times.indices where !used.contains(index) && steps[used.count] & kinds[index] != 0 {
            if let first = used.first, let last = used.last {
                guard times[index] - times[first] <= window else { continue }
                guard strict ? times[index] > times[last] : times[index] >= times[last] else { continue }
            }
            level = max(level, best(used + [index]))
        }
        return level
    }
    return best([])
}

struct FunnelMatcherTests {
    @Test(arguments: [(false, "strict_once"), (true, "strict_once+strict_increase")])
    func `Levels equal ClickHouse in all 96 cases`(_ strict: Bool, _ mode: String) throws {
        let cases = try FunnelCase.all()
        #expect(cases.count == 96)
        for entry in cases {
            #expect(entry.level(strict: strict) == entry.expected[mode], "\(entry.label)")
        }
    }

    @Test(arguments: [(false, "def_once"), (true, "def_incr")])
    func `Levels equal the definition by brute force`(_ strict: Bool, _ key: String) throws {
        let json = try #require(try TestData.json("vectors/funnel_definition_check.json") as? [String: Any])
        let expected = try #require(json[key] as? [Int])
        #expect(try FunnelCase.all().map { $0.level(strict: strict) } == expected)
    }

    @Test(arguments: [false, true])
    func `Random journeys get the level of the definition, by an attempt that is one`(_ strict: Bool) {
        var random = SplitMix.fresh()
        for _ in 0..<1_500 {
            let steps = (0..<Int.random(in: 1...4, using: &random)).map { _ in UInt64.random(in: 1...7, using: &random)
            }
            let times = (0..<Int.random(in: 0...7, using: &random)).map { _ in Int64.random(in: 0...9, using: &random) }
                .sorted()
            let kinds = times.map { _ in UInt64(1) << UInt64.random(in: 0...3, using: &random) }
            let window = Int64.random(in: 0...9, using: &random)
            var matcher = FunnelMatcher(steps: steps, window: window, isStrictTime: strict)
            let result = matcher.match(times: times, kinds: kinds)
            let comment: Comment = "seed \(random.seed): \(steps) \(window) \(times) \(kinds)"
            #expect(result.level == bruteForce(steps, window, times, kinds, strict: strict), comment)
            #expect(result.indices.count == result.level && Set(result.indices).count == result.level, comment)
            for (step, index) in result.indices.enumerated() {
                #expect(steps[step] & kinds[index] != 0, comment)
                #expect(times[index] - times[result.indices[0]] <= window, comment)
                if step > 0 {
                    let before = times[result.indices[step - 1]]
                    #expect(strict ? times[index] > before : times[index] >= before, comment)
                }
            }
        }
    }

    @Test func `The earliest attempt that reaches the level gives the times`() {
        var matcher = FunnelMatcher(steps: [1, 2], window: 10, isStrictTime: false)
        #expect(matcher.match(times: [0, 1, 5], kinds: [1, 1, 2]).indices == [0, 2])
        // The first start is too far from the first completion; the second is not.
        #expect(matcher.match(times: [0, 11, 12, 13], kinds: [1, 1, 1, 2]).indices == [1, 3])
    }

    @Test func `A range selects where attempts start, not where they end`() {
        var matcher = FunnelMatcher(steps: [1, 2], window: 10, isStrictTime: false)
        #expect(matcher.match(times: [0, 9], kinds: [1, 2], from: 0, to: 1).level == 2)
        #expect(matcher.match(times: [0, 9], kinds: [1, 2], from: 1, to: 9).level == 0)
    }
}
