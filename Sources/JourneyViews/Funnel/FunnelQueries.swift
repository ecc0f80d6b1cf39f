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
        try check(query.mode, "mode of funnels", in: ["ordered", "strict-time"])
        try check(query.by, "breakdown of funnels", in: ["channel", "campaign"])
        var report = query.steps.isEmpty ? try lifecycle(query) : try steps(query)
        if query.by == nil, report.groups.isEmpty {
            report.groups[everybody] = FunnelGroup(steps: report.steps.count)
        }
        return report.answer
    }

    /// Every stage is a step; a skipped one counts as passed with the one above it, but has no times.
    private func lifecycle(_ query: FunnelQuery) throws -> FunnelReport {
        var report = FunnelReport(mode: "lifecycle", window: nil, steps: rules.stages)
        let channels = try CreditKeys.channels(log, compiled)
        let campaigns = try log.symbolTexts(.campaign)
        try each(CustomerProjection(rules)) { _, bytes in
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
                case "campaign": touch.flatMap { $0.campaign > 0 ? campaigns[Int($0.campaign) - 1] : nil } ?? missing
                default: everybody
                }
            func isSkipped(_ stage: Int) -> Bool { record.skipped & 1 << stage != 0 }
            var group = report.groups.removeValue(forKey: name) ?? FunnelGroup(steps: rules.stages.count)
            group.add(level: times.count, isOpen: false)
            for step in times.indices.dropFirst() where !isSkipped(step) {
                group.addTime(
                    to: step,
                    fromPrevious: isSkipped(step - 1) ? nil : times[step] - times[step - 1],
                    fromFirst: times[step] - entry
                )
            }
            report.groups[name] = group
        }
        return report
    }

    /// Steps are event types by the names that aliases give them. The range selects entries; what follows may be later.
    private func steps(_ query: FunnelQuery) throws -> FunnelReport {
        let steps = query.steps.map { rules.resolved($0) }
        let known = Set(compiled.types.map(\.name)).union(rules.knownTypes).subtracting([""])
        for step in query.steps where !known.contains(rules.resolved(step)) {
            throw RihlaError(
                .usage,
                "there is no event type \"\(step)\" in the store or the rules",
                hint: Suggestion.nearest(to: step, in: known.sorted()).map { "did you mean \"\($0)\"?" }
            )
        }
        guard steps.count <= 32 else { throw RihlaError(.usage, "a funnel has at most 32 steps") }
        var walk = FunnelWalk(query, steps, compiled, latest: try latest())
        var ranges = try EventGroups.Ranges(
            log,
            key: .customer,
            bounds: bounds,
            types: walk.bits.map { $0 != 0 },
            identity: identity
        )
        while let part = try ranges.next() {
            walk.add(part)
            try settle(&walk, by: query.by)
        }
        var report = FunnelReport(mode: query.mode, window: query.windowMilliseconds, steps: query.steps)
        switch query.by {
        case "channel":
            let channels = try CreditKeys.channels(log, compiled)
            report.merge(walk.groups) { $0 == 0 ? missing : channels.name(channel: $0) }
        case "campaign":
            let campaigns = try log.symbolTexts(.campaign)
            report.merge(walk.groups) { $0 == 0 ? missing : campaigns[Int($0) - 1] }
        default:
            report.merge(walk.groups) { _ in everybody }
        }
        return report
    }

    /// Counts the customers of one part, by what their first step says.
    private func settle(_ walk: inout FunnelWalk, by: String?) throws {
        guard by == "channel" else {
            for entry in walk.entries { walk.count(entry, key: by == "campaign" ? entry.event.campaign : 0) }
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
    /// Adds groups by number; those of one name are one.
    fileprivate mutating func merge(_ numbered: [UInt32: FunnelGroup], _ name: (UInt32) -> String) {
        for (key, group) in numbered {
            let name = name(key)
            if groups[name] == nil { groups[name] = group } else { groups[name]?.add(group) }
        }
    }
}
