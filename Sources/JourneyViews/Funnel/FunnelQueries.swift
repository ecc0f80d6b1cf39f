// How far customers get: through the lifecycle, or through steps within a window.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// The name of the only group of a funnel that is not broken down.
private let everybody = "all"
private let missing = "(none)"

extension QueryFrame {
    func funnel(_ query: FunnelQuery) throws -> Answer {
        try checkIdentity(query)
        if query.steps.isEmpty { return try lifecycle(query) }
        if let by = query.by, !by.hasPrefix("property:") || by.count == 9 {
            try check(by, "breakdown of funnels", in: ["channel", "campaign", "property:NAME"])
        }
        let plan = try FunnelPlan(query, self)
        _ = try FunnelAttribution(query.attribution, steps: plan.steps.count, self)
        if let list = query.list {
            let selection = try FunnelSelection(list, plan.names, self)
            return try listed(query, plan.names, plan.optional, selection) { body in
                try outcomes(query, plan) { for outcome in $0 { body(outcome) } }
            }
        }
        var report = FunnelReport(
            mode: query.mode,
            window: query.windowMilliseconds,
            steps: plan.names,
            optional: plan.optional
        )
        let isNumbered = query.by == nil || query.by == "channel" || query.by == "campaign"
        if plan.isPlain, isNumbered, query.attribution == "first_touch" {
            try steps(query, plan, &report)
        } else {
            try outcomes(query, plan) { for outcome in $0 { report.add(outcome) } }
        }
        return report.completed(by: query.by)
    }

    /// A funnel is one customer's way through several moments, so that there is no event at whose moment to ask who that is.
    func checkIdentity(_ query: FunnelQuery) throws {
        guard query.identity == .asOfNow else {
            throw RihlaError(
                .usage,
                "a funnel joins identifiers as of now: its steps are of several moments",
                hint: "leave --identity out, or ask with --as-of for who was who then"
            )
        }
    }

    /// Every stage is a step; a skipped one counts as passed with the one above it, but has no times.
    private func lifecycle(_ query: FunnelQuery) throws -> Answer {
        try check(query.mode, "mode of funnels", in: FunnelMode.allCases.map(\.rawValue))
        try check(query.by, "breakdown of the lifecycle", in: ["channel", "campaign"])
        guard query.exclude.isEmpty, query.attribution == "first_touch" else {
            throw RihlaError(
                .usage,
                "the lifecycle has no exclusions and is broken down by the first touchpoint",
                hint: "name steps with --steps"
            )
        }
        let optional = Array(repeating: false, count: rules.stages.count)
        if let list = query.list {
            let selection = try FunnelSelection(list, rules.stages, self)
            return try listed(query, rules.stages, optional, selection) { body in
                try eachPassed(query) { outcome, _ in body(outcome) }
            }
        }
        var report = FunnelReport(mode: "lifecycle", window: nil, steps: rules.stages, optional: optional)
        try eachPassed(query) { outcome, skipped in
            func isSkipped(_ stage: Int) -> Bool { skipped & 1 << stage != 0 }
            var group = report.groups.removeValue(forKey: outcome.group) ?? FunnelGroup(steps: rules.stages.count)
            group.add(level: outcome.level, isOpen: false)
            let times = outcome.times.compactMap(\.self)
            for step in times.indices.dropFirst() where !isSkipped(step) {
                group.addTime(
                    to: step,
                    fromPrevious: isSkipped(step - 1) ? nil : times[step] - times[step - 1],
                    fromFirst: times[step] - times[0]
                )
            }
            report.groups[outcome.group] = group
        }
        return report.completed(by: query.by)
    }

    /// Visits the customers who entered the lifecycle, with the stages that they skipped as a set of bits.
    private func eachPassed(_ query: FunnelQuery, _ body: (FunnelOutcome, Int) -> Void) throws {
        let channels = try CreditKeys.channels(log, compiled)
        var campaigns = try Campaigns(log, compiled)
        if query.by == "campaign" {
            var unnamed: [UInt64] = []
            try each(CustomerProjection(rules)) { _, bytes in
                if let touch = try CustomerRecord(bytes).firstTouch, touch.campaign == 0 {
                    unnamed.append(touch.position)
                }
            }
            try campaigns.derive(at: unnamed)
        }
        try each(CustomerProjection(rules)) { key, bytes in
            let record = try CustomerRecord(bytes)
            let times = record.passed.prefix { $0 != nil }.compactMap { $0 }
            guard let entry = times.first, entry >= query.from?.rawValue ?? .min, entry < query.to?.rawValue ?? .max
            else {
                return
            }
            let touch = record.firstTouch
            let name =
                switch query.by {
                case "channel": touch.map { channels.name(channel: $0.channel) } ?? missing
                case "campaign":
                    touch.flatMap { campaigns.name(given: $0.campaign, at: $0.position) } ?? missing
                default: everybody
                }
            let rest = [Int64?](repeating: nil, count: record.passed.count - times.count)
            body(FunnelOutcome(customer: key, group: name, level: times.count, times: times + rest), record.skipped)
        }
    }

    /// What became of each customer who entered, a part of them at a time.
    private func outcomes(_ query: FunnelQuery, _ plan: FunnelPlan, _ body: ([FunnelOutcome]) -> Void) throws {
        var run = try FunnelRun(query, plan, self)
        var ranges = try journeys(types: run.wantedTypes)
        while let part = try ranges.next() { body(try run.outcomes(part.events, ends: part.ends)) }
    }

    /// The people behind a bar, those who entered last first.
    private func listed(
        _ query: FunnelQuery,
        _ names: [String],
        _ optional: [Bool],
        _ selection: FunnelSelection,
        _ visit: ((FunnelOutcome) -> Void) throws -> Void
    ) throws -> Answer {
        var found: [FunnelOutcome] = []
        try visit { if selection.contains($0, optional) { found.append($0) } }
        let customers = try texts(.customer, found.map(\.customer))
        let people = found.map { outcome in
            (name: customers[outcome.customer] ?? "", outcome: outcome, times: outcome.times.compactMap(\.self))
        }
        .sorted { a, b in
            let (first, second) = (a.times.first ?? .min, b.times.first ?? .min)
            if first != second { return first > second }
            if a.name != b.name { return a.name.utf8.lexicographicallyPrecedes(b.name.utf8) }
            return a.outcome.group.utf8.lexicographicallyPrecedes(b.outcome.group.utf8)
        }
        var answer = Answer("funnel_list")
        answer.columns = [
            .init("customer"), .init("group"), .init("level", number: true), .init("entered_at"), .init("reached_at"),
        ]
        answer.rows = people.prefix(query.limit ?? .max).map { name, outcome, times in
            [
                .string(name), .string(outcome.group), .count(outcome.level),
                .time(times.first.map { Timestamp(milliseconds: $0) }),
                .time(times.max().map { Timestamp(milliseconds: $0) }),
            ]
        }
        answer.payload = [
            .init("step", .count(selection.step + 1)), .init("name", .string(names[selection.step])),
            .init("state", .string(selection.state)), .init("total", .count(people.count)),
            .init(
                "customers",
                .array(answer.rows.map { row in .object(zip(answer.columns, row).map { .init($0.name, $1) }) })
            ),
        ]
        answer.notes = ["\(people.count) \(selection.state) at step \(selection.step + 1), \(names[selection.step])"]
        return answer
    }

    /// Types in order, no more: one pass over the columns. The range selects entries; what follows may be later.
    private func steps(_ query: FunnelQuery, _ plan: FunnelPlan, _ report: inout FunnelReport) throws {
        var walk = FunnelWalk(query, plan.types, compiled, latest: try latest())
        var campaigns = try Campaigns(log, compiled)
        var ranges = try journeys(types: walk.bits.map { $0 != 0 })
        while let part = try ranges.next() {
            walk.add(part)
            try settle(&walk, by: query.by, &campaigns)
        }
        switch query.by {
        case "channel":
            let channels = try CreditKeys.channels(log, compiled)
            report.merge(walk.groups) { $0 == 0 ? missing : channels.name(channel: $0) }
        case "campaign":
            report.merge(walk.groups) { campaigns.names[Int($0)] }
        default:
            report.merge(walk.groups) { _ in everybody }
        }
    }

    /// Counts the customers of one part, by what their first step says.
    private func settle(_ walk: inout FunnelWalk, by: String?, _ campaigns: inout Campaigns) throws {
        guard by == "channel" else {
            if by == "campaign" {
                try campaigns.derive(at: walk.entries.lazy.map(\.event).filter { $0.campaign == 0 }.map(\.position))
            }
            for entry in walk.entries {
                let (given, position) = (entry.event.campaign, entry.event.position)
                walk.count(entry, key: by == "campaign" ? campaigns.number(given: given, at: position) : 0)
            }
            walk.entries.removeAll(keepingCapacity: true)
            return
        }
        let wanted = walk.entries.filter { compiled.derivesChannel($0.event) }.map(\.event.position).sorted()
        let keys = compiled.keys.symbols(PropertyKeys.channelNames)
        let properties = try PropertyTable(reading: log, keys: keys, positions: wanted)
        for entry in walk.entries {
            // As in a timeline: what is no touchpoint has a channel only when it says so.
            let type = compiled.type(entry.event)
            let isNamed = entry.event.channel != 0 || type.channel != 0 || type.touch != .never
            walk.count(entry, key: isNamed ? compiled.channel(entry.event, properties) : 0)
        }
        walk.entries.removeAll(keepingCapacity: true)
    }
}

extension CreditKeys {
    func name(channel: UInt32) -> String {
        name(index(.init(channel: channel, campaign: 0, type: 0, at: 0, position: 0)))
    }
}

extension FunnelReport {
    /// The answer; without a breakdown it has one group, also when nobody entered.
    fileprivate func completed(by: String?) -> Answer {
        var report = self
        if by == nil, groups.isEmpty { report.groups[everybody] = FunnelGroup(steps: steps.count) }
        return report.answer
    }

    /// Adds groups by number; those of one name are one.
    fileprivate mutating func merge(_ numbered: [UInt32: FunnelGroup], _ name: (UInt32) -> String) {
        for (key, group) in numbered {
            let name = name(key)
            if groups[name] == nil { groups[name] = group } else { groups[name]?.add(group) }
        }
    }
}
