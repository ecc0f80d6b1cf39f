// A funnel's question, read and checked: which types and conditions make steps, and which events must not come between.
internal import JourneyEvents
internal import JourneyRules

/// Steps, exclusions, mode and window of a funnel over event types.
struct FunnelPlan {
    /// An event that must not happen between two steps.
    struct Exclusion {
        var step: FunnelStep
        var after: Int
        var before: Int
    }

    let steps: [FunnelStep]
    let exclusions: [Exclusion]
    let mode: FunnelMode
    let window: Int64
    /// Each step's type, then each exclusion's, by the names that aliases give them.
    let types: [String]

    /// - Throws: `usage` for steps that cannot be read, unknown types and ranges that do not exist.
    init(_ query: FunnelQuery, _ frame: QueryFrame) throws {
        try frame.check(query.mode, "mode of funnels", in: FunnelMode.allCases.map(\.rawValue))
        mode = FunnelMode(rawValue: query.mode) ?? .ordered
        window = query.windowMilliseconds
        steps = try query.steps.map { try FunnelStep($0) }
        guard steps.count <= 32, query.exclude.count <= 32 else {
            throw RihlaError(.usage, "a funnel has at most 32 steps and 32 exclusions")
        }
        let count = steps.count
        exclusions = try query.exclude.map { try FunnelPlan.exclusion($0, steps: count) }
        types = try (steps + exclusions.map(\.step)).map { try frame.eventType($0.type) }
        // What the mode does not know is refused before anything is read.
        _ = try definition([:]).engine()
    }

    /// `TYPE` lies between any two steps, `TYPE:2` between the second and the third.
    private static func exclusion(_ text: String, steps: Int) throws -> Exclusion {
        guard let colon = text.lastIndex(of: ":"), let number = Int(text[text.index(after: colon)...]) else {
            return Exclusion(step: try FunnelStep(text), after: 1, before: steps)
        }
        // Beyond the last step it is refused, however far.
        let after = min(number, steps)
        return Exclusion(step: try FunnelStep(String(text[..<colon])), after: after, before: after + 1)
    }

    /// Whether the plan says no more than types in order: the fast pass answers it.
    var isPlain: Bool {
        (mode == .ordered || mode == .strictTime) && exclusions.isEmpty
            && steps.allSatisfy { !$0.isOptional && $0.conditions.isEmpty }
    }

    /// Steps that may be left out; the order of steps is no matter where they come in any order.
    var optional: [Bool] { steps.map { $0.isOptional } }

    /// What each bar of the report is called.
    var names: [String] {
        guard mode == .anyOrder else { return steps.map(\.name) }
        return steps.indices.map { "any \($0 + 1) of \(steps.count)" }
    }

    /// The steps and exclusions (by place in `types`) whose conditions are asked for.
    func conditions(_ index: Int) -> [FunnelStep.Condition] {
        index < steps.count ? steps[index].conditions : exclusions[index - steps.count].step.conditions
    }

    /// The definition for kinds of events: for each set of steps and exclusions that an event can meet, one bit.
    func definition(_ kinds: [UInt64: UInt64]) -> FunnelDefinition {
        func mask(_ index: Int) -> UInt64 {
            kinds.reduce(0) { $1.key & (1 << UInt64(index)) != 0 ? $0 | $1.value : $0 }
        }
        var definition = FunnelDefinition(steps: steps.indices.map(mask), window: window, mode: mode)
        for (index, step) in steps.enumerated() where step.isOptional { definition.optional |= 1 << UInt64(index) }
        definition.exclusions = exclusions.enumerated().map {
            FunnelExclusion(kinds: mask(steps.count + $0.offset), after: $0.element.after, before: $0.element.before)
        }
        return definition
    }
}

extension QueryFrame {
    /// The event type that a word names, by alias; a word that neither the store nor the rules know is refused.
    func eventType(_ word: String) throws -> String {
        let name = rules.resolved(word)
        let known = Set(compiled.typeNames).union(rules.knownTypes).subtracting([""])
        guard !known.contains(name) else { return name }
        throw RihlaError(
            .usage,
            "there is no event type \"\(word)\" in the store or the rules",
            hint: Suggestion.nearest(to: word, in: known.sorted()).map { "did you mean \"\($0)\"?" }
        )
    }
}
