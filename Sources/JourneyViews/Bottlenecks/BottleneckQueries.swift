// Where journeys take long and where they end: over the stages of customers, the stages of deals, or types of events.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    func bottlenecks(_ query: BottleneckQuery) throws -> Answer {
        try check(query.over, "subject of bottlenecks", in: ["stages", "deals", "types"])
        guard query.types.isEmpty || query.over == "types" else {
            throw RihlaError(.usage, "event types are looked at over types, not over \(query.over)")
        }
        switch query.over {
        case "deals": return answer(query, try dealFlow(query)) { $0 }
        case "types":
            let names = Set(compiled.typeNames).sorted()
            return answer(query, try typeFlow(query, names)) { names[$0] }
        default: return answer(query, try stageFlow(query)) { rules.stages[$0] }
        }
    }

    private func isInRange(_ time: Int64, _ query: BottleneckQuery) -> Bool {
        time >= query.from?.rawValue ?? .min && time < query.to?.rawValue ?? .max
    }

    /// A customer stays in a stage from when it was first reached until a higher one was; skipped stages have no stay.
    private func stageFlow(_ query: BottleneckQuery) throws -> FlowCount<Int> {
        var flow = FlowCount<Int>()
        let latest = try latest()
        try each(CustomerProjection(rules)) { _, bytes in
            let record = try CustomerRecord(bytes)
            let reached = record.passed.indices.compactMap { stage -> (step: Int, at: Int64)? in
                guard record.skipped & 1 << stage == 0, let time = record.passed[stage] else { return nil }
                return (stage, time)
            }
            guard let first = reached.first, let last = reached.last, isInRange(first.at, query) else { return }
            let stays = reached.enumerated().map { index, stage in
                let next = index + 1 < reached.count ? reached[index + 1].at : nil
                return (step: stage.step, at: stage.at, dwell: next.map { $0 - stage.at })
            }
            flow.add(stays, record.stageNow < record.stagePeak ? .lost : .open(latest - last.at))
        }
        return flow
    }

    /// Every visit of a stage is a stay; a deal that is reopened begins another one.
    private func dealFlow(_ query: BottleneckQuery) throws -> FlowCount<String> {
        var flow = FlowCount<String>()
        let latest = try latest()
        try each(DealProjection(rules)) { _, bytes in
            let deal = try DealRecord(bytes)
            guard let first = deal.stays.first, let last = deal.stays.last, isInRange(first.entered, query) else {
                return
            }
            let stays = deal.stays.map { stay in
                (
                    step: deal.pipeline == "default" ? stay.stage : deal.pipeline + "/" + stay.stage,
                    at: stay.entered, dwell: stay.left.map { $0 - stay.entered }
                )
            }
            switch deal.state {
            case .open where last.left == nil: flow.add(stays, .open(latest - last.entered))
            case .open: flow.add(stays, .ended)
            case .won: flow.add(stays, into: deal.closed.map { ("won", $0) }, .ended)
            case .lost: flow.add(stays, into: deal.closed.map { ("lost", $0) }, .lost)
            }
        }
        return flow
    }

    /// Each event lasts until the customer's next one.
    private func typeFlow(_ query: BottleneckQuery, _ names: [String]) throws -> FlowCount<Int> {
        let wanted = Set(try query.types.map { try eventType($0) })
        let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        // Numbers by name and not by symbol: what is ordered by them must not depend on arrival.
        let number = compiled.typeNames.map { numbers[$0] ?? 0 }
        let types = compiled.typeNames.map { wanted.isEmpty || wanted.contains($0) }
        let latest = try latest()
        var flow = FlowCount<Int>()
        var ranges = try journeys(types: types)
        while let part = try ranges.next() {
            var start = 0
            for end in part.ends where start < end {
                let events = part.events[start..<end]
                start = end
                guard let first = events.first, let last = events.last, isInRange(first.occurredAt, query) else {
                    continue
                }
                let stays = events.indices.map { index in
                    let time = events[index].occurredAt
                    let next = index + 1 < events.endIndex ? events[index + 1].occurredAt : nil
                    return (step: number[Int(events[index].type)], at: time, dwell: next.map { $0 - time })
                }
                flow.add(stays, .open(latest - last.occurredAt))
            }
        }
        return flow
    }

    private func answer<Step>(_ query: BottleneckQuery, _ flow: FlowCount<Step>, _ name: (Step) -> String) -> Answer {
        func times(_ n: Int, _ values: [Double?]) -> [JSONValue.Member] {
            [.init("n", .count(n))]
                + zip(["mean", "p50", "p75", "p90"], values).map { .init($0, .number($1.map { $0 / 1_000 })) }
        }
        let nodes = flow.steps.rows.sorted { a, b in
            let (first, second) = (a.waitShare ?? -1, b.waitShare ?? -1)
            return first != second ? first > second : a.step < b.step
        }
        .map { row -> [JSONValue] in
            [
                .string(name(row.step)), .count(flow.entered[row.step] ?? 0),
                .object(times(row.count, [row.mean, row.p50, row.p75, row.p90])), .count(row.dropped),
                .count(row.stuck), .count(row.outliers), .number(row.waitShare),
            ]
        }
        let edges = flow.graph.edges.sorted { $0.count != $1.count ? $0.count > $1.count : $0.pair < $1.pair }
            .map { edge -> [JSONValue] in
                let time = times(edge.count, [edge.mean, edge.median, edge.p75, edge.p90])
                let ends: [JSONValue.Member] = [
                    .init("min", .double(Double(edge.min) / 1_000)), .init("max", .double(Double(edge.max) / 1_000)),
                ]
                return [
                    .string(name(edge.pair.from)), .string(name(edge.pair.to)), .count(edge.count),
                    .object(time + ends),
                ]
            }
        func counts(_ counts: [Step: Int]) -> JSONValue {
            .object(
                counts.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
                    .map { .init(name($0.key), .count($0.value)) }
            )
        }
        let nodeKeys = ["step", "n", "dwell", "dropped", "stuck", "outliers", "wait_share"]
        let edgeKeys = ["from", "to", "n", "time"]
        func objects(_ keys: [String], _ rows: [[JSONValue]]) -> JSONValue {
            .array(rows.map { row in .object(zip(keys, row).map { .init($0, $1) }) })
        }
        var answer = Answer("bottlenecks")
        answer.payload = [
            .init("over", .string(query.over)), .init("cases", .count(flow.cases)),
            .init("nodes", objects(nodeKeys, nodes)), .init("edges", objects(edgeKeys, edges)),
            .init("starts", counts(flow.graph.starts)), .init("ends", counts(flow.graph.ends)),
            .init(
                "variants",
                .array(
                    flow.graph.variants.prefix(query.variants).map { variant in
                        .object([
                            .init("path", .array(variant.path.map { .string(name($0)) })),
                            .init("n", .count(variant.count)),
                        ])
                    }
                )
            ),
        ]
        // A table has room for the figures that tell: how long it takes mostly, and how long at worst.
        func flat(_ rows: [[JSONValue]], _ at: Int) -> [[JSONValue]] {
            rows.map { row in row[..<at] + [row[at]["p50"] ?? .null, row[at]["p90"] ?? .null] + row[(at + 1)...] }
        }
        let times = ["p50_seconds", "p90_seconds"]
        let keys = query.showsEdges ? edgeKeys[..<3] + times : nodeKeys[..<2] + times + nodeKeys[3...]
        answer.columns = keys.map { .init($0, number: !["step", "from", "to"].contains($0)) }
        answer.rows = query.showsEdges ? flat(edges, 3) : flat(nodes, 2)
        answer.notes = ["\(flow.cases) cases"]
        return answer
    }
}
