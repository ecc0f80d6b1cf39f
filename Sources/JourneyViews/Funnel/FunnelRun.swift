// Funnels with conditions, exclusions, optional steps, other modes or breakdowns by property: customer by customer through
// the engine of the mode.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// Which of a customer's events says to which group they belong.
enum FunnelAttribution {
    case firstTouch, lastTouch, allEvents
    case step(Int)

    init(_ word: String, steps: Int, _ frame: QueryFrame) throws {
        switch word {
        case "first_touch": self = .firstTouch
        case "last_touch": self = .lastTouch
        case "all_events": self = .allEvents
        default:
            let numbers = (1...max(steps, 1)).map { "step_\($0)" }
            try frame.check(
                word,
                "attribution of funnels",
                in: ["first_touch", "last_touch", "all_events"] + numbers
            )
            self = .step(numbers.firstIndex(of: word) ?? 0)
        }
    }
}

/// Finds out how far each customer gets.
struct FunnelRun {
    let plan: FunnelPlan
    private let by: String?
    private let attribution: FunnelAttribution
    private let from: Int64
    private let to: Int64
    private let latest: Int64
    private let identity: IdentityMap
    /// For each type symbol, the steps and exclusions that name it.
    private let byType: [[Int]]
    private var conditionFields: EventFields
    private var groupFields: EventFields
    private let fieldNames: [String]
    /// One bit for each set of steps and exclusions that an event has met so far.
    private var kinds: [UInt64: UInt64] = [:]
    private var definition: FunnelDefinition
    private var engine: any FunnelEngine

    init(_ query: FunnelQuery, _ plan: FunnelPlan, _ frame: QueryFrame) throws {
        self.plan = plan
        by = query.by
        attribution = try FunnelAttribution(query.attribution, steps: plan.steps.count, frame)
        from = query.from?.rawValue ?? .min
        to = query.to?.rawValue ?? .max
        latest = try frame.latest()
        identity = frame.identity
        byType = frame.compiled.typeNames.map { name in plan.types.indices.filter { plan.types[$0] == name } }
        fieldNames = Set(plan.types.indices.flatMap { plan.conditions($0).map(\.field) }).sorted()
        conditionFields = try EventFields(fieldNames, frame)
        let field = query.by.map { $0.hasPrefix("property:") ? String($0.dropFirst(9)) : $0 }
        groupFields = try EventFields(field.map { [$0] } ?? [], frame)
        definition = plan.definition([:])
        engine = try definition.engine()
    }

    /// Types that matter, by symbol; nil when all do, since any other event ends an attempt.
    var wantedTypes: [Bool]? { plan.mode == .strict ? nil : byType.map { !$0.isEmpty } }

    /// What became of each customer who entered. `ends[i]` is where the events of customer i end.
    mutating func outcomes(_ events: [FoldEvent], ends: [Int]) throws -> [FunnelOutcome] {
        let met = try self.met(events)
        for set in Set(met) where set != 0 && kinds[set] == nil {
            guard kinds.count < 64 else {
                throw RihlaError(.usage, "the conditions of the steps overlap in more than 64 ways")
            }
            kinds[set] = 1 << UInt64(kinds.count)
        }
        definition = plan.definition(kinds)
        engine = try definition.engine()
        var isAll = false
        if case .allEvents = attribution, by != nil {
            isAll = true
            try groupFields.read(zip(events, met).filter { $0.1 != 0 || plan.mode == .strict }.map(\.0))
        }
        var found: [(outcome: FunnelOutcome, chosen: FoldEvent?)] = []
        var start = 0
        for end in ends {
            defer { start = end }
            guard start < end else { continue }
            guard isAll else {
                if let one = outcome(events, met, Array(start..<end), group: "all") { found.append(one) }
                continue
            }
            let parts = Dictionary(grouping: start..<end) { groupFields.text(0, events[$0]) ?? "(none)" }
            for (group, indices) in parts {
                if let one = outcome(events, met, indices, group: group) { found.append(one) }
            }
        }
        guard by != nil, !isAll else { return found.map(\.outcome) }
        try groupFields.read(found.compactMap(\.chosen))
        return found.map { outcome, chosen in
            var outcome = outcome
            outcome.group = chosen.flatMap { groupFields.text(0, $0) } ?? "(none)"
            return outcome
        }
    }

    /// For each event, the places (steps, then exclusions) that take it.
    mutating func places(_ events: [FoldEvent]) throws -> [[Int]] {
        try met(events).map { set in plan.types.indices.filter { set & (1 << UInt64($0)) != 0 } }
    }

    /// For each event, the steps and exclusions that take it, as a set of bits.
    private mutating func met(_ events: [FoldEvent]) throws -> [UInt64] {
        func named(_ event: FoldEvent) -> [Int] { Int(event.type) < byType.count ? byType[Int(event.type)] : [] }
        if !fieldNames.isEmpty {
            try conditionFields.read(
                events.filter { named($0).contains { !plan.conditions($0).isEmpty } }
            )
        }
        return events.map { event in
            named(event).reduce(UInt64(0)) { set, place in
                let isMet = plan.conditions(place).allSatisfy { condition in
                    let field = fieldNames.firstIndex(of: condition.field) ?? 0
                    return conditionFields.text(field, event) == condition.value
                }
                return isMet ? set | 1 << UInt64(place) : set
            }
        }
    }

    private mutating func outcome(_ events: [FoldEvent], _ met: [UInt64], _ indices: [Int], group: String)
        -> (outcome: FunnelOutcome, chosen: FoldEvent?)?
    {
        let times = indices.map { events[$0].occurredAt }
        let bits = indices.map { kinds[met[$0]] ?? 0 }
        let entry = plan.mode == .anyOrder ? definition.steps.reduce(0, |) : definition.steps[0]
        let entries = times.indices.filter { bits[$0] & entry != 0 && times[$0] >= from && times[$0] < to }
        guard let first = entries.first else { return nil }
        let result = engine.match(times: times, kinds: bits, from: from, to: to)
        guard result.level > 0 || result.isExcluded else { return nil }
        var outcome = FunnelOutcome(
            customer: identity.person(events[indices[first]].customer, at: times[first]),
            group: group,
            level: result.level,
            times: result.times(times),
            events: result.indices.map { $0.map { events[indices[$0]] } }
        )
        if plan.mode == .anyOrder {
            let made = outcome.times.compactMap(\.self).sorted()
            outcome.times = made + Array(repeating: nil, count: outcome.times.count - made.count)
        }
        let required = plan.optional.lastIndex(of: false) ?? 0
        outcome.isOpen =
            result.level <= required && result.level > 0 && isOpen(times, bits, entries)
        let made = result.indices.compactMap(\.self).sorted()
        let chosen: Int? =
            switch attribution {
            case .step(let step): result.indices[step]
            case .lastTouch: made.last ?? first
            default: made.first ?? first
            }
        return (outcome, chosen.map { events[indices[$0]] })
    }

    /// Whether some attempt can still go on: its window is open, and nothing has ended it.
    private mutating func isOpen(_ times: [Int64], _ bits: [UInt64], _ entries: [Int]) -> Bool {
        // Windows are inclusive: one is over when its last instant has come.
        let open = entries.filter { latest - times[$0] < plan.window }
        guard let first = open.first else { return false }
        if plan.mode == .strict { return endsInRun(times, bits, open) }
        return plan.exclusions.isEmpty || engine.match(times: times, kinds: bits, from: times[first], to: to).level > 0
    }

    /// Whether a run of steps without other events between lasts to the end of the journey. It has fewer events than steps.
    private mutating func endsInRun(_ times: [Int64], _ bits: [UInt64], _ open: [Int]) -> Bool {
        let tail = max(0, times.count - plan.steps.count)
        let last = times[times.count - 1]
        for start in open where start >= tail || times[start] == times[tail] {
            let result = engine.match(times: times, kinds: bits, from: times[start], to: times[start] + 1)
            if result.indices.contains(where: { $0.map { times[$0] == last } ?? false }) { return true }
        }
        return false
    }
}
