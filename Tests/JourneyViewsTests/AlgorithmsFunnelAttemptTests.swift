// Exclusions and optional steps, edge by edge and against one event after another.
import JourneyEvents
import TestSupport
import Testing

@testable import JourneyViews

@Suite struct AlgorithmsFunnelAttemptTests {
    // MARK: Exclusions

    private let between = [FunnelExclusion(kinds: letterKind("e"), after: 1, before: 2)]

    @Test func `an excluded event between its steps voids the attempt`() throws {
        let result = try matchFunnel(.ordered, ["a", "b"], letters("aeb"), exclusions: between)
        #expect(result.level == 0 && result.isExcluded && result.voidedLevel == 2)
    }

    @Test func `another clean attempt counts`() throws {
        let result = try matchFunnel(.ordered, ["a", "b"], letters("aebab"), exclusions: between)
        #expect(result.level == 2 && result.times == [4, 5] && !result.isExcluded && result.voidedLevel == 2)
    }

    @Test func `a clean attempt that comes less far counts too`() throws {
        let result = try matchFunnel(.ordered, ["a", "b"], letters("aeba"), exclusions: between)
        #expect(result.level == 1 && result.voidedLevel == 2 && !result.isExcluded)
    }

    @Test func `an excluded event after the attempt stopped voids it within the window`() throws {
        #expect(try matchFunnel(.ordered, ["a", "b"], letters("ae"), exclusions: between).isExcluded)
        #expect(
            try matchFunnel(.ordered, ["a", "b"], [(0, "a"), (11, "e")], window: 10, exclusions: between).level == 1
        )
    }

    @Test func `an excluded event between other steps, before the first or after the last changes nothing`() throws {
        #expect(try matchFunnel(.ordered, ["a", "b", "c"], letters("eabec"), exclusions: between).level == 3)
        let later = [FunnelExclusion(kinds: letterKind("e"), after: 2, before: 3)]
        #expect(try matchFunnel(.ordered, ["a", "b", "c"], letters("aebc"), exclusions: later).level == 3)
        #expect(try matchFunnel(.ordered, ["a", "b", "c"], letters("abec"), exclusions: later).isExcluded)
    }

    @Test func `an exclusion may span several steps`() throws {
        let wide = [FunnelExclusion(kinds: letterKind("e"), after: 1, before: 3)]
        #expect(try matchFunnel(.ordered, ["a", "b", "c"], letters("aebc"), exclusions: wide).isExcluded)
        #expect(try matchFunnel(.ordered, ["a", "b", "c"], letters("abec"), exclusions: wide).isExcluded)
    }

    @Test func `an excluded event at the instant of a step is not between`() throws {
        #expect(
            try matchFunnel(.ordered, ["a", "b"], [(1, "a"), (1, "e"), (2, "e"), (2, "b")], exclusions: between).level
                == 2
        )
    }

    @Test func `only ordered modes know exclusions and optional steps`() {
        #expect(throws: RihlaError.self) { try matchFunnel(.strict, ["a", "b"], letters("ab"), exclusions: between) }
        #expect(throws: RihlaError.self) { try matchFunnel(.anyOrder, ["a", "b"], letters("ab"), optional: 2) }
        #expect(throws: RihlaError.self) { try matchFunnel(.ordered, ["a", "b"], letters("ab"), optional: 1) }
        let wrong = [FunnelExclusion(kinds: letterKind("e"), after: 2, before: 3)]
        #expect(throws: RihlaError.self) { try matchFunnel(.ordered, ["a", "b"], letters("ab"), exclusions: wrong) }
    }

    // MARK: Optional steps

    @Test func `an optional step may be left out`() throws {
        let result = try matchFunnel(.ordered, ["a", "b", "c"], letters("ac"), optional: 2)
        #expect(result.level == 3 && result.times == [1, nil, 2])
    }

    @Test func `an optional step counts when it is made in its place`() throws {
        #expect(try matchFunnel(.ordered, ["a", "b", "c"], letters("abc"), optional: 2).times == [1, 2, 3])
        #expect(try matchFunnel(.ordered, ["a", "b", "c"], letters("acb"), optional: 2).times == [1, nil, 2])
    }

    @Test func `an optional step at the instant of the next is made`() throws {
        #expect(
            try matchFunnel(.ordered, ["a", "b", "c"], [(1, "a"), (2, "c"), (2, "b")], optional: 2).times == [1, 2, 2]
        )
        #expect(
            try matchFunnel(.ordered, ["a", "b", "c"], [(1, "c"), (1, "b"), (1, "a")], optional: 6).times == [1, 1, 1]
        )
    }

    @Test func `a required step may not be left out`() throws {
        #expect(try matchFunnel(.ordered, ["a", "b", "c", "d"], letters("abd"), optional: 2).level == 2)
    }

    @Test func `an event that could be an optional or the required step is the required one`() throws {
        #expect(try matchFunnel(.ordered, ["a", "bc", "c"], letters("ac"), optional: 2).level == 3)
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
}
