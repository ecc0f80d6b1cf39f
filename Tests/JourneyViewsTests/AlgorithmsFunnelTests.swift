// Funnel modes against ClickHouse, against their definitions by brute force, and edge by edge.
import JourneyEvents
import TestSupport
import Testing

@testable import JourneyViews

/// A journey in letters: each is an event, the steps take the letters that they name; `x` is of no step.
private func kind(_ letter: Character) -> UInt64 {
    letter == "x" ? 0 : 1 << UInt64(letter.asciiValue.map { $0 - 97 } ?? 0)
}

private func masks(_ steps: [String]) -> [UInt64] { steps.map { $0.reduce(0) { $0 | kind($1) } } }

/// A result with times instead of events.
private struct Found {
    var level: Int
    var times: [Int64?]
    var start: Int?
    var duration: Int64?
    var isExcluded: Bool
    var voidedLevel: Int
}

private func match(
    _ mode: FunnelMode,
    _ steps: [String],
    _ events: [(Int64, Character)],
    window: Int64 = 100,
    optional: UInt64 = 0,
    exclusions: [FunnelExclusion] = [],
    from: Int64 = .min,
    to: Int64 = .max
) throws -> Found {
    let definition = FunnelDefinition(
        steps: masks(steps),
        optional: optional,
        exclusions: exclusions,
        window: window,
        mode: mode
    )
    var engine = try definition.engine()
    let times = events.map(\.0)
    let result = engine.match(times: times, kinds: events.map { kind($0.1) }, from: from, to: to)
    return Found(
        level: result.level,
        times: result.times(times),
        start: result.start,
        duration: result.duration(times),
        isExcluded: result.isExcluded,
        voidedLevel: result.voidedLevel
    )
}

/// Events at 1, 2, 3, …
private func row(_ letters: String) -> [(Int64, Character)] {
    letters.enumerated().map { (Int64($0.offset + 1), $0.element) }
}

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

private struct RandomJourney {
    var steps: [UInt64]
    var times: [Int64]
    var kinds: [UInt64]
    var window: Int64
    var note: Comment

    init(_ random: inout SplitMix, distinctTimes: Bool = false) {
        steps = (0..<Int.random(in: 1...4, using: &random)).map { _ in UInt64.random(in: 1...7, using: &random) }
        let count = Int.random(in: 0...6, using: &random)
        times =
            distinctTimes
            ? Array((0..<12).map(Int64.init).shuffled(using: &random).prefix(count + 2)).sorted()
            : (0..<count).map { _ in Int64.random(in: 0...4, using: &random) }.sorted()
        kinds = times.map { _ in
            Bool.random(using: &random) ? UInt64(1) << UInt64.random(in: 0...3, using: &random) : 1
        }
        window = Int64.random(in: 0...9, using: &random)
        note = "seed \(random.seed): steps \(steps), times \(times), kinds \(kinds), window \(window)"
    }
}

@Suite struct AlgorithmsFunnelTests {
    // MARK: Strict

    @Test func `strict: a foreign event ends the attempt and the next first step starts again`() throws {
        #expect(try match(.strict, ["a", "b", "c"], row("axabc")).level == 3)
    }

    @Test func `strict: leading foreign events do not matter`() throws {
        let result = try match(.strict, ["a", "b"], row("xxab"))
        #expect(result.level == 2 && result.times == [3, 4] && result.start == 2)
    }

    @Test func `strict: a repeated step in between ends the attempt`() throws {
        #expect(try match(.strict, ["a", "b", "c"], row("abbc")).level == 2)
        #expect(try match(.strict, ["a", "b"], row("aab")).times == [2, 3])
    }

    @Test func `strict: the best attempt wins and the earliest of equals gives the times`() throws {
        let result = try match(.strict, ["a", "b", "c"], row("axabxabx"))
        #expect(result.level == 2 && result.times == [3, 4, nil] && result.duration == 1)
    }

    @Test func `strict: the window counts from the first step, inclusive`() throws {
        #expect(try match(.strict, ["a", "b"], [(0, "a"), (10, "b")], window: 10).level == 2)
        #expect(try match(.strict, ["a", "b"], [(0, "a"), (11, "b")], window: 10).level == 1)
    }

    @Test func `strict: events of one instant are taken in the order that serves best`() throws {
        #expect(try match(.strict, ["a", "b", "c"], [(5, "c"), (5, "b"), (5, "a")]).level == 3)
        // The x of the instant comes before the a, or after the b.
        #expect(try match(.strict, ["a", "b", "c"], [(1, "a"), (1, "x"), (2, "x"), (2, "b")]).level == 2)
        #expect(try match(.strict, ["a", "b", "c"], [(1, "a"), (2, "x"), (2, "b"), (3, "c")]).level == 2)
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
                steps: masks(steps.map { $0.joined() }),
                window: try #require(entry["window"] as? Int64),
                times: sorted.map(\.0),
                kinds: sorted.map { kind($0.1.first ?? "x") }
            )
            let expected = try #require(entry["expected"] as? [String: Int])["strict_order"]
            #expect(level == expected, "\(entry["label"] ?? "")")
        }
    }

    @Test func `ClickHouse's strict order never starts again`() {
        let events = row("axabc")
        let level = ClickHouseStrictOrder.level(
            steps: masks(["a", "b", "c"]),
            window: 100,
            times: events.map(\.0),
            kinds: events.map { kind($0.1) }
        )
        #expect(level == 1)
    }

    // MARK: Any order

    @Test func `any order: the order of the steps does not matter`() throws {
        let result = try match(.anyOrder, ["a", "b", "c"], row("cxba"))
        #expect(result.level == 3 && result.times == [4, 3, 1] && result.start == 0 && result.duration == 3)
    }

    @Test func `any order: one event makes one step`() throws {
        #expect(try match(.anyOrder, ["a", "a"], row("a")).level == 1)
        #expect(try match(.anyOrder, ["a", "a"], row("aa")).level == 2)
    }

    @Test func `any order: overlapping conditions are matched so that most steps are made`() throws {
        // The first a must be the first step, for only it can be: b is needed for the second.
        #expect(try match(.anyOrder, ["ab", "a"], row("ab")).level == 2)
        #expect(try match(.anyOrder, ["ab", "bc", "ac"], row("aab")).level == 3)
    }

    @Test func `any order: all steps lie in one window, inclusive`() throws {
        #expect(try match(.anyOrder, ["a", "b"], [(0, "b"), (10, "a")], window: 10).level == 2)
        #expect(try match(.anyOrder, ["a", "b"], [(0, "b"), (11, "a")], window: 10).level == 1)
        #expect(try match(.anyOrder, ["a", "b"], [(0, "b"), (20, "a"), (25, "b")], window: 10).times == [20, 25])
    }

    @Test func `any order: the earliest best attempt ends as early as possible`() throws {
        let result = try match(.anyOrder, ["a", "b"], [(1, "a"), (2, "a"), (3, "b"), (4, "b"), (50, "a"), (51, "b")])
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

    // MARK: Exclusions

    private let between = [FunnelExclusion(kinds: kind("e"), after: 1, before: 2)]

    @Test func `an excluded event between its steps voids the attempt`() throws {
        let result = try match(.ordered, ["a", "b"], row("aeb"), exclusions: between)
        #expect(result.level == 0 && result.isExcluded && result.voidedLevel == 2)
    }

    @Test func `another clean attempt counts`() throws {
        let result = try match(.ordered, ["a", "b"], row("aebab"), exclusions: between)
        #expect(result.level == 2 && result.times == [4, 5] && !result.isExcluded && result.voidedLevel == 2)
    }

    @Test func `a clean attempt that comes less far counts too`() throws {
        let result = try match(.ordered, ["a", "b"], row("aeba"), exclusions: between)
        #expect(result.level == 1 && result.voidedLevel == 2 && !result.isExcluded)
    }

    @Test func `an excluded event after the attempt stopped voids it within the window`() throws {
        #expect(try match(.ordered, ["a", "b"], row("ae"), exclusions: between).isExcluded)
        #expect(try match(.ordered, ["a", "b"], [(0, "a"), (11, "e")], window: 10, exclusions: between).level == 1)
    }

    @Test func `an excluded event between other steps, before the first or after the last changes nothing`() throws {
        #expect(try match(.ordered, ["a", "b", "c"], row("eabec"), exclusions: between).level == 3)
        let later = [FunnelExclusion(kinds: kind("e"), after: 2, before: 3)]
        #expect(try match(.ordered, ["a", "b", "c"], row("aebc"), exclusions: later).level == 3)
        #expect(try match(.ordered, ["a", "b", "c"], row("abec"), exclusions: later).isExcluded)
    }

    @Test func `an exclusion may span several steps`() throws {
        let wide = [FunnelExclusion(kinds: kind("e"), after: 1, before: 3)]
        #expect(try match(.ordered, ["a", "b", "c"], row("aebc"), exclusions: wide).isExcluded)
        #expect(try match(.ordered, ["a", "b", "c"], row("abec"), exclusions: wide).isExcluded)
    }

    @Test func `an excluded event at the instant of a step is not between`() throws {
        #expect(
            try match(.ordered, ["a", "b"], [(1, "a"), (1, "e"), (2, "e"), (2, "b")], exclusions: between).level == 2
        )
    }

    @Test func `only ordered modes know exclusions and optional steps`() {
        #expect(throws: RihlaError.self) { try match(.strict, ["a", "b"], row("ab"), exclusions: between) }
        #expect(throws: RihlaError.self) { try match(.anyOrder, ["a", "b"], row("ab"), optional: 2) }
        #expect(throws: RihlaError.self) { try match(.ordered, ["a", "b"], row("ab"), optional: 1) }
        let wrong = [FunnelExclusion(kinds: kind("e"), after: 2, before: 3)]
        #expect(throws: RihlaError.self) { try match(.ordered, ["a", "b"], row("ab"), exclusions: wrong) }
    }

    // MARK: Optional steps

    @Test func `an optional step may be left out`() throws {
        let result = try match(.ordered, ["a", "b", "c"], row("ac"), optional: 2)
        #expect(result.level == 3 && result.times == [1, nil, 2])
    }

    @Test func `an optional step counts when it is made in its place`() throws {
        #expect(try match(.ordered, ["a", "b", "c"], row("abc"), optional: 2).times == [1, 2, 3])
        #expect(try match(.ordered, ["a", "b", "c"], row("acb"), optional: 2).times == [1, nil, 2])
    }

    @Test func `an optional step at the instant of the next is made`() throws {
        #expect(try match(.ordered, ["a", "b", "c"], [(1, "a"), (2, "c"), (2, "b")], optional: 2).times == [1, 2, 2])
        #expect(try match(.ordered, ["a", "b", "c"], [(1, "c"), (1, "b"), (1, "a")], optional: 6).times == [1, 1, 1])
    }

    @Test func `a required step may not be left out`() throws {
        #expect(try match(.ordered, ["a", "b", "c", "d"], row("abd"), optional: 2).level == 2)
    }

    @Test func `an event that could be an optional or the required step is the required one`() throws {
        #expect(try match(.ordered, ["a", "bc", "c"], row("ac"), optional: 2).level == 3)
    }

    // MARK: All attempts

    @Test(arguments: [FunnelMode.ordered, .strictTime])
    func `attempts reach the level and the start of the plain matcher`(_ mode: FunnelMode) throws {
        var random = SplitMix.fresh()
        for _ in 0..<600 {
            let journey = RandomJourney(&random)
            let definition = FunnelDefinition(steps: journey.steps, window: journey.window, mode: mode)
            var plain = try definition.engine()
            let expected = plain.match(times: journey.times, kinds: journey.kinds)
            let found = AttemptFunnel(definition)
                .match(times: journey.times, kinds: journey.kinds, from: .min, to: .max)
            #expect(found.level == expected.level, journey.note)
            let (start, wanted) = (found.start.map { journey.times[$0] }, expected.start.map { journey.times[$0] })
            #expect(start == wanted, journey.note)
            let taken = found.indices.compactMap(\.self)
            #expect(taken.count == found.level && Set(taken).count == found.level, journey.note)
            #expect(zip(taken, journey.steps).allSatisfy { journey.kinds[$0] & $1 != 0 }, journey.note)
        }
    }

    @Test func `attempts with exclusions and optional steps do what one event after another does`() throws {
        var random = SplitMix.fresh()
        for _ in 0..<1_500 {
            let journey = RandomJourney(&random, distinctTimes: true)
            let (steps, times, kinds) = (journey.steps, journey.times, journey.kinds)
            let optional = UInt64.random(in: 0..<16, using: &random) & ~1 & ((1 << UInt64(steps.count)) - 1)
            var exclusions: [FunnelExclusion] = []
            if steps.count > 1 {
                let after = Int.random(in: 1..<steps.count, using: &random)
                let before = Int.random(in: (after + 1)...steps.count, using: &random)
                exclusions = [FunnelExclusion(kinds: 8, after: after, before: before)]
            }
            var best = 0
            var voided = 0
            var start: Int?
            for first in times.indices where steps[0] & kinds[first] != 0 {
                var level = 1
                var isVoid = false
                for index in (first + 1)..<max(times.count, first + 1)
                where times[index] - times[first] <= journey.window {
                    var choices: [Int] = []
                    for step in level..<max(steps.count, level) {
                        choices.append(step)
                        if optional & (1 << UInt64(step)) == 0 { break }
                    }
                    if let step = choices.last(where: { steps[$0] & kinds[index] != 0 }) {
                        level = step + 1
                    } else if let rule = exclusions.first, kinds[index] == 8, rule.after <= level, level < rule.before {
                        isVoid = true
                    }
                }
                if isVoid {
                    voided = max(voided, level)
                } else if level > best {
                    best = level
                    start = first
                }
            }
            let definition = FunnelDefinition(
                steps: steps,
                optional: optional,
                exclusions: exclusions,
                window: journey.window
            )
            let found = AttemptFunnel(definition).match(times: times, kinds: kinds, from: .min, to: .max)
            #expect(found.level == best && found.voidedLevel == voided && found.start == start, journey.note)
        }
    }

    @Test(arguments: FunnelMode.allCases)
    func `a range selects where attempts start, not where they end`(_ mode: FunnelMode) throws {
        #expect(try match(mode, ["a", "b"], row("ab"), from: 1, to: 2).level == 2)
        #expect(try match(mode, ["a", "b"], row("ab"), from: 3).level == 0)
        #expect(try match(mode, ["a", "b"], row("ab"), to: 1).level == 0)
    }

    @Test(arguments: FunnelMode.allCases)
    func `no events and no first step give level zero`(_ mode: FunnelMode) throws {
        let none = try match(mode, ["a", "b"], [])
        #expect(none.level == 0 && none.start == nil && none.duration == nil && !none.isExcluded)
        #expect(try match(mode, ["a", "b"], row("xx")).level == 0)
    }

    @Test(arguments: FunnelMode.allCases)
    func `thousands of events at one instant are no trouble`(_ mode: FunnelMode) throws {
        let events = (0..<6_000).map { (Int64(7), Character(["a", "b", "c"][$0 % 3])) }
        let result = try match(mode, ["c", "b", "a"], events)
        #expect(result.level == (mode == .strictTime ? 1 : 3))
    }
}
