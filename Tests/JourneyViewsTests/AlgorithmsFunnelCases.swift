// Funnel journeys written as letters, and random ones.
import JourneyEvents
import TestSupport
import Testing

@testable import JourneyViews

/// A journey in letters: each is an event, the steps take the letters that they name; `x` is of no step.
func letterKind(_ letter: Character) -> UInt64 {
    letter == "x" ? 0 : 1 << UInt64(letter.asciiValue.map { $0 - 97 } ?? 0)
}

func stepMasks(_ steps: [String]) -> [UInt64] { steps.map { $0.reduce(0) { $0 | letterKind($1) } } }

/// A result with times instead of events.
struct FoundFunnel {
    var level: Int
    var times: [Int64?]
    var start: Int?
    var duration: Int64?
    var isExcluded: Bool
    var voidedLevel: Int
}

func matchFunnel(
    _ mode: FunnelMode,
    _ steps: [String],
    _ events: [(Int64, Character)],
    window: Int64 = 100,
    optional: UInt64 = 0,
    exclusions: [FunnelExclusion] = [],
    from: Int64 = .min,
    to: Int64 = .max
) throws -> FoundFunnel {
    let definition = FunnelDefinition(
        steps: stepMasks(steps),
        optional: optional,
        exclusions: exclusions,
        window: window,
        mode: mode
    )
    var engine = try definition.engine()
    let times = events.map(\.0)
    let result = engine.match(times: times, kinds: events.map { letterKind($0.1) }, from: from, to: to)
    return FoundFunnel(
        level: result.level,
        times: result.times(times),
        start: result.start,
        duration: result.duration(times),
        isExcluded: result.isExcluded,
        voidedLevel: result.voidedLevel
    )
}

/// Events at 1, 2, 3, …
func letters(_ text: String) -> [(Int64, Character)] {
    text.enumerated().map { (Int64($0.offset + 1), $0.element) }
}

struct RandomJourney {
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
