// How far customers get: through the lifecycle, or through steps within a window.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// Counts of one group of a funnel.
private struct FunnelGroup {
    var reached: [Int]
    var inProgress = 0
    var fromPrevious: [Distribution]
    var fromFirst: [Distribution]

    init(steps: Int) {
        reached = Array(repeating: 0, count: steps)
        fromPrevious = Array(repeating: Distribution(), count: steps)
        fromFirst = fromPrevious
    }

    mutating func add(level: Int, times: [Int64], isOpen: Bool) {
        guard level > 0 else { return }
        for step in 0..<level {
            reached[step] += 1
            if step > 0, step < times.count {
                fromPrevious[step].add(times[step] - times[step - 1])
                fromFirst[step].add(times[step] - times[0])
            }
        }
        if level < reached.count, isOpen { inProgress += 1 }
    }
}

extension QueryFrame {
    func funnel(_ query: FunnelQuery) throws -> Answer {
        guard ["ordered", "strict-time"].contains(query.mode) else {
            throw RihlaError(.usage, "there is no funnel mode \"\(query.mode)\"", hint: "modes: ordered, strict-time")
        }
        guard query.by == nil || query.by == "channel" || query.by == "campaign" else {
            throw RihlaError(
                .usage,
                "cannot break a funnel down by \"\(query.by ?? "")\"",
                hint: "by: channel, campaign"
            )
        }
        return query.steps.isEmpty ? try lifecycle(query) : try steps(query)
    }

    private func lifecycle(_ query: FunnelQuery) throws -> Answer {
        var groups: [String: FunnelGroup] = [:]
        let given = try log.symbolTexts(.channel)
        let campaigns = try log.symbolTexts(.campaign)
        try each(CustomerProjection(rules)) { _, bytes in
            let record = try CustomerRecord(bytes)
            let times = record.passed.prefix { $0 != nil }.compactMap { $0 }
            guard let entry = times.first, entry >= query.from?.rawValue ?? .min, entry < query.to?.rawValue ?? .max
            else {
                return
            }
            let group = self.group(query.by, record.firstTouch?.channel, record.firstTouch?.campaign, given, campaigns)
            groups[group, default: FunnelGroup(steps: rules.stages.count)].add(
                level: times.count,
                times: times,
                isOpen: false
            )
        }
        return answer(query, rules.stages, groups, window: nil)
    }

    private func group(_ by: String?, _ channel: UInt32?, _ campaign: UInt32?, _ given: [String], _ campaigns: [String])
        -> String
    {
        switch by {
        case "channel": channel.map { compiled.channelName($0, given) } ?? "(none)"
        case "campaign": campaign.flatMap { $0 > 0 ? campaigns[Int($0) - 1] : nil } ?? "(none)"
        default: "all"
        }
    }

    private func steps(_ query: FunnelQuery) throws -> Answer {
        let names = try log.symbolTexts(.type)
        for step in query.steps where !names.contains(step) && !rules.knownTypes.contains(step) {
            throw RihlaError(
                .usage,
                "there is no event type \"\(step)\" in the store or the rules",
                hint: Suggestion.nearest(to: step, in: names + rules.knownTypes).map { "did you mean \"\($0)\"?" }
            )
        }
        guard query.steps.count <= 32 else { throw RihlaError(.usage, "a funnel has at most 32 steps") }
        // Each step's types get one bit: the type itself and its aliases.
        let kinds = Array(Set(query.steps)).sorted()
        var bits = [UInt64](repeating: 0, count: names.count + 1)
        for (index, name) in names.enumerated() {
            let plain = rules.aliases[name] ?? name
            if let bit = kinds.firstIndex(of: plain) ?? kinds.firstIndex(of: name) {
                bits[index + 1] = 1 << UInt64(bit)
            }
        }
        let masks = query.steps.map { step in kinds.firstIndex(of: step).map { UInt64(1) << UInt64($0) } ?? 0 }
        let matcher = FunnelMatcher(
            steps: masks,
            window: query.windowMilliseconds,
            isStrictTime: query.mode == "strict-time"
        )
        let latest = try latest()
        let given = try log.symbolTexts(.channel)
        let campaigns = try log.symbolTexts(.campaign)
        var groups: [String: FunnelGroup] = [:]
        let (from, to) = (query.from?.rawValue ?? .min, query.to?.rawValue ?? .max)
        var ranges = try EventGroups.Ranges(log, key: .customer, bounds: bounds, types: bits.map { $0 != 0 })
        var times: [Int64] = []
        var found: [UInt64] = []
        while let part = try ranges.next() {
            var start = 0
            for end in part.ends {
                defer { start = end }
                guard start < end else { continue }
                times.removeAll(keepingCapacity: true)
                found.removeAll(keepingCapacity: true)
                for event in part.events[start..<end] {
                    times.append(event.occurredAt)
                    found.append(bits[Int(event.type)])
                }
                let result = matcher.match(times: times, kinds: found) { $0 >= from && $0 < to }
                guard result.level > 0 else { continue }
                let lastEntry = times.indices.last { found[$0] & masks[0] != 0 && times[$0] >= from && times[$0] < to }
                let isOpen = lastEntry.map { times[$0] > latest - query.windowMilliseconds } ?? false
                let first = part.events[start..<end].first { $0.occurredAt == result.times.first }
                let group = self.group(query.by, first?.channel, first?.campaign, given, campaigns)
                groups[group, default: FunnelGroup(steps: masks.count)]
                    .add(level: result.level, times: result.times, isOpen: isOpen)
            }
        }
        return answer(query, query.steps, groups, window: query.windowMilliseconds)
    }

    private func answer(_ query: FunnelQuery, _ names: [String], _ groups: [String: FunnelGroup], window: Int64?)
        -> Answer
    {
        var answer = Answer("funnel")
        answer.columns = [
            .init("group"), .init("step", number: true), .init("name"), .init("reached", number: true),
            .init("step_rate", number: true), .init("overall_rate", number: true),
        ]
        var all = groups
        if query.by == nil, all.isEmpty { all["all"] = FunnelGroup(steps: names.count) }
        let order = all.keys.sorted {
            let (a, b) = (all[$0]?.reached.first ?? 0, all[$1]?.reached.first ?? 0)
            return a != b ? a > b : $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
        var payload: [JSONValue] = []
        for name in order {
            guard let group = all[name] else { continue }
            let entered = group.reached.first ?? 0
            var steps: [JSONValue] = []
            for index in names.indices {
                let before = index == 0 ? entered : group.reached[index - 1]
                let stepRate = before == 0 ? nil : Double(group.reached[index]) / Double(before)
                let overall = entered == 0 ? nil : Double(group.reached[index]) / Double(entered)
                steps.append(
                    .object([
                        .init("step", .count(index + 1)), .init("name", .string(names[index])),
                        .init("reached", .count(group.reached[index])), .init("step_rate", .number(stepRate)),
                        .init("overall_rate", .number(overall)),
                        .init("from_previous", index == 0 ? .null : group.fromPrevious[index].json),
                        .init("from_first", index == 0 ? .null : group.fromFirst[index].json),
                    ])
                )
                answer.rows.append([
                    .string(name), .count(index + 1), .string(names[index]), .count(group.reached[index]),
                    .number(stepRate), .number(overall),
                ])
            }
            payload.append(
                .object([
                    .init("group", .string(name)), .init("entered", .count(entered)),
                    .init("in_progress", .count(group.inProgress)), .init("excluded", .int(0)),
                    .init("steps", .array(steps)),
                ])
            )
        }
        answer.payload = [
            .init("mode", .string(window == nil ? "lifecycle" : query.mode)),
            .init("window_seconds", window.map { .double(Double($0) / 1_000) } ?? .null),
            .init("groups", .array(payload)),
        ]
        return answer
    }
}
