// One front for all funnel modes: a definition makes an engine, an engine takes one customer's events and says how far they
// got. Which events are which steps is the caller's business, by bits.
internal import JourneyEvents

/// What may lie between steps.
enum FunnelMode: String, Hashable, Sendable, CaseIterable {
    /// Anything; events of one instant may be taken in the order of the steps.
    case ordered
    /// Anything; times rise strictly from step to step.
    case strictTime = "strict-time"
    /// Nothing: any other event of the journey ends the attempt.
    case strict
    /// The steps come in any order.
    case anyOrder = "any-order"
}

/// A funnel: steps, a window, and what may happen on the way.
struct FunnelDefinition: Hashable, Sendable {
    /// For each step, the kinds of events that it takes, as a set of bits.
    var steps: [UInt64]
    /// Steps that may be left out, as a set of bits (1 is the first step, which cannot be optional). Rates leave them out of
    /// their denominators.
    var optional: UInt64 = 0
    /// Events that void an attempt.
    var exclusions: [FunnelExclusion] = []
    /// From the first step to the last, inclusive, milliseconds.
    var window: Int64
    /// What may lie between steps.
    var mode = FunnelMode.ordered

    /// The engine for it.
    ///
    /// - Throws: `usage` when the mode does not know optional steps or exclusions, or when a step or range does not exist.
    func engine() throws -> any FunnelEngine {
        guard (1...64).contains(steps.count), window >= 0 else {
            throw RihlaError(
                .usage,
                "a funnel has 1 to 64 steps and a window of zero or more, not \(steps.count) steps"
            )
        }
        let isOrdered = mode == .ordered || mode == .strictTime
        guard isOrdered || (optional == 0 && exclusions.isEmpty) else {
            throw RihlaError(
                .usage,
                "the funnel mode \"\(mode.rawValue)\" has neither optional steps nor exclusions",
                hint: "use the mode ordered or strict-time"
            )
        }
        guard optional & 1 == 0 else { throw RihlaError(.usage, "the first step of a funnel cannot be optional") }
        for exclusion in exclusions {
            guard exclusion.after >= 1, exclusion.after < exclusion.before, exclusion.before <= steps.count else {
                throw RihlaError(
                    .usage,
                    "an exclusion lies between two of the \(steps.count) steps, not between step \(exclusion.after) "
                        + "and step \(exclusion.before)"
                )
            }
        }
        switch mode {
        case .strict: return StrictFunnel(steps: steps, window: window)
        case .anyOrder: return AnyOrderFunnel(steps: steps, window: window)
        case .ordered, .strictTime:
            guard optional == 0, exclusions.isEmpty else { return AttemptFunnel(self) }
            return PlainFunnel(
                matcher: FunnelMatcher(steps: steps, window: window, isStrictTime: mode == .strictTime)
            )
        }
    }
}

/// How far one customer got.
struct FunnelResult: Hashable, Sendable {
    /// The best attempt that counts: how far it came (1 for the first step). In any order: how many steps were done.
    var level = 0
    /// Which event each step was, by step, in the earliest attempt that reaches the level; nil for a step that was left out
    /// or not reached.
    var indices: [Int?]
    /// Which event the attempt began with: that of the first step or, in any order, the earliest.
    var start: Int?
    /// How far the best attempt came that an excluded event made void; 0 when there is none.
    var voidedLevel = 0

    /// Whether the customer entered but every attempt is void.
    var isExcluded: Bool { level == 0 && voidedLevel > 0 }
    /// When each step was done, by step.
    func times(_ times: [Int64]) -> [Int64?] { indices.map { $0.map { times[$0] } } }

    /// From the first event of the attempt to its last; nil when nothing was reached.
    func duration(_ times: [Int64]) -> Int64? {
        let taken = self.times(times).compactMap(\.self)
        guard let first = taken.min(), let last = taken.max() else { return nil }
        return last - first
    }

    /// Nothing was reached.
    static func none(steps: Int) -> FunnelResult { FunnelResult(indices: Array(repeating: nil, count: steps)) }
}

/// Says how far the events of one customer get.
protocol FunnelEngine: Sendable {
    /// The best level over the attempts that start at `from` or later and before `to`; ties go to the earliest attempt.
    ///
    /// - Parameters:
    ///   - times: When each event was, ascending; events of one instant in the order of arrival.
    ///   - kinds: The one bit of each event's kind; 0 for an event that no step and no exclusion takes. Events of one kind
    ///     are the same to all steps and exclusions.
    mutating func match(times: [Int64], kinds: [UInt64], from: Int64, to: Int64) -> FunnelResult
}

extension FunnelEngine {
    /// The best level over all attempts.
    mutating func match(times: [Int64], kinds: [UInt64]) -> FunnelResult {
        match(times: times, kinds: kinds, from: .min, to: .max)
    }
}

/// Ordered steps without exclusions, all required.
private struct PlainFunnel: FunnelEngine {
    var matcher: FunnelMatcher

    mutating func match(times: [Int64], kinds: [UInt64], from: Int64, to: Int64) -> FunnelResult {
        let found = matcher.match(times: times, kinds: kinds, from: from, to: to)
        var result = FunnelResult.none(steps: matcher.steps.count)
        result.level = found.level
        for (step, index) in found.indices.enumerated() { result.indices[step] = index }
        result.start = found.indices.first
        return result
    }
}
