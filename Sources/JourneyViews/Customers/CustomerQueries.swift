// Questions over the view `customers`.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    func customer(_ name: String) throws -> Answer {
        let person = try person(name)
        guard let bytes = try row(CustomerProjection(rules), person.key) else {
            throw unknown("customer", Identifier(name)?.description ?? name)
        }
        let record = try CustomerRecord(bytes.span)
        var campaigns = try Campaigns(log, compiled)
        let touches = [record.firstTouch, record.lastTouch].compactMap(\.self)
        try campaigns.derive(at: touches.lazy.filter { $0.campaign == 0 }.map(\.position))
        func touch(_ touch: TouchPoint?) throws -> JSONValue {
            guard let touch else { return .null }
            return .object([
                .init("channel", .string(try channelName(touch.channel))),
                .init("campaign", .text(campaigns.name(given: touch.campaign, at: touch.position))),
                .init("at", .time(Timestamp(milliseconds: touch.at))),
            ])
        }
        let deals = try texts(.deal, record.deals).values.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let dormantAt = record.lastEvent + rules.dormantAfterMilliseconds
        let isDormant = try dormantAt <= latest()
        var answer = Answer("customer")
        answer.warnings = person.warnings
        answer.payload = [
            .init("customer", .string(person.name)),
            .init("identifiers", .array(try identifiers(of: person.key).map { .string($0) })),
            .init("stage_now", stageName(record.stageNow)),
            .init("stage_peak", stageName(record.stagePeak)),
            .init("stage_since", .time(record.stageSince.map { Timestamp(milliseconds: $0) })),
            .init("dormant_since", isDormant ? .time(Timestamp(milliseconds: dormantAt)) : .null),
            .init("first_event_at", .time(Timestamp(milliseconds: record.firstEvent))),
            .init("last_event_at", .time(Timestamp(milliseconds: record.lastEvent))),
            .init("events", .count(record.events)),
            .init("touches", .count(record.touches)),
            .init("first_touch", try touch(record.firstTouch)),
            .init("last_touch", try touch(record.lastTouch)),
            .init("deals", .array(deals.map { .string($0) })),
            .init("conversions", .count(record.conversions)),
            .init("revenue", record.revenue.json),
            .init("flags", .array(record.flags.names.map { .string($0) })),
            .init("owner", .text(record.owner)),
            .init("score", try score(of: person.key)),
        ]
        answer.columns = [.init("field"), .init("value")]
        answer.rows = answer.payload.map { [.string($0.key), $0.value] }
        return answer
    }

    func customers(stage: String?, after: String?, limit: Int?) throws -> Answer {
        try check(stage, "stage", in: rules.stages)
        let wanted = stage.flatMap { rules.stages.firstIndex(of: $0) }.map { $0 + 1 }
        // A page needs few of the records: the first pass reads only the stage, which stands first.
        let projection = CustomerProjection(rules)
        let isPage = isStored && limit ?? .max < 1_000
        var keys: [UInt32] = []
        var records: [UInt32: CustomerRecord] = [:]
        try each(projection) { key, bytes in
            var row = RowReader(bytes)
            guard try wanted == nil || row.number(bytes) == wanted else { return }
            keys.append(key)
            if !isPage { records[key] = try CustomerRecord(bytes) }
        }
        let names = try log.symbolTexts(.customer)
        var found = keys.filter { Int($0) <= names.count }.map { (name: names[Int($0) - 1], key: $0) }
        let total = found.count
        if let after { found.removeAll { !after.precedes($0.name) } }
        found.sort { $0.name.precedes($1.name) }
        let page = limit.map { Array(found.prefix($0)) } ?? found
        let next = page.count < found.count ? page.last?.name : nil
        if isPage {
            for entry in page {
                if let bytes = try row(projection, entry.key) { records[entry.key] = try CustomerRecord(bytes.span) }
            }
        }
        var answer = Answer("customers")
        answer.columns = [
            .init("customer"), .init("stage_now"), .init("stage_peak"), .init("last_event_at"),
            .init("events", number: true), .init("revenue", number: true),
        ]
        answer.rows = page.compactMap { name, key in
            guard let record = records[key] else { return nil }
            return [
                .string(name), stageName(record.stageNow), stageName(record.stagePeak),
                .time(Timestamp(milliseconds: record.lastEvent)), .count(record.events), record.revenue.json,
            ]
        }
        let objects = answer.rows.map { row in
            JSONValue.object(zip(answer.columns, row).map { .init($0.name, $1) })
        }
        answer.payload = [
            .init("total", .count(total)), .init("customers", .array(objects)), .init("next", .text(next)),
        ]
        if let next { answer.notes = ["\(total) customers; the next page is --after \(next)"] }
        return answer
    }

    func stages() throws -> Answer {
        var now = [Int](repeating: 0, count: rules.stages.count + 1)
        var peak = now
        var customers = 0
        try each(CustomerProjection(rules)) { _, bytes in
            let record = try CustomerRecord(bytes)
            customers += 1
            if record.stageNow < now.count { now[record.stageNow] += 1 }
            if record.stagePeak < peak.count { peak[record.stagePeak] += 1 }
        }
        var answer = Answer("stages")
        answer.columns = [.init("stage"), .init("now", number: true), .init("peak", number: true)]
        answer.rows = rules.stages.enumerated().map { index, name in
            [.string(name), .count(now[index + 1]), .count(peak[index + 1])]
        }
        if now[0] + peak[0] > 0 { answer.rows.append([.null, .count(now[0]), .count(peak[0])]) }
        answer.payload = [
            .init("customers", .count(customers)),
            .init(
                "stages",
                .array(answer.rows.map { .object([.init("stage", $0[0]), .init("now", $0[1]), .init("peak", $0[2])]) })
            ),
        ]
        answer.notes = ["\(customers) customers"]
        return answer
    }
}

extension String {
    /// A total order of texts: fast, and by bytes where two are the same to a reader.
    fileprivate func precedes(_ other: String) -> Bool {
        self != other ? self < other : utf8.lexicographicallyPrecedes(other.utf8)
    }
}
