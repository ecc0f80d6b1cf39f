// What each channel costs and brings.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    /// Spend, reach and what became of it by channel, in a period. What customers did counts for the channels that a model
    /// gives it to; a period's rows add up to all that happened in it, with `(unattributed)` for what no touchpoint earned.
    func channels(_ query: ChannelQuery) throws -> Answer {
        let credits = try ChannelCredits(self, model: query.model)
        let (low, high) = (query.from?.rawValue ?? .min, query.to?.rawValue ?? .max)
        let period = low..<max(low, high)
        let keys = credits.keys
        var walk = ChannelWalk(credits, compiled, period)
        try eachJourney { walk.add($0, $1) }
        let projection = AttributionProjection(rules)
        try each(projection) { _, bytes in walk.add(try AttributionRecord(bytes)) }
        if let record = try nobody(projection) { walk.add(record) }
        var byName: [String: ChannelTally] = [:]
        for (key, tally) in walk.tallies.enumerated() { byName[keys.name(key), default: ChannelTally()].add(tally) }
        byName[CreditKeys.unattributed, default: ChannelTally()].add(walk.rest)
        try addImpressions(to: &byName, keys, period)
        try addSpend(to: &byName, keys, period, zone: query.zone ?? rules.timeZone)
        let rows = byName.filter { !$0.value.isEmpty }.sorted { a, b in
            let (p, q) = (a.value.reached[2].value, b.value.reached[2].value)
            if p != q { return p > q }
            if a.value.touches != b.value.touches { return a.value.touches > b.value.touches }
            return a.key.utf8.lexicographicallyPrecedes(b.key.utf8)
        }
        var answer = Answer("channels")
        answer.columns = [.init("channel"), .init("spend", number: true)]
        answer.columns += ["impressions", "touches", "leads", "mqls", "customers"].map { .init($0, number: true) }
        answer.columns += ["revenue", "cac", "roas"].map { .init($0, number: true) }
        answer.rows = rows.map { name, tally in
            let counts: [JSONValue] = [.count(tally.impressions), .count(tally.touches)]
            return [.string(name), tally.spend.json] + counts + tally.reached.map { .double($0.value) }
                + [tally.revenue.json, tally.cost, .number(tally.returnOnSpend)]
        }
        answer.payload = [
            .init("model", .string(query.model)),
            .init("lookback_seconds", .double(Double(rules.attribution.lookbackMilliseconds) / 1_000)),
            .init(
                "rows",
                .array(answer.rows.map { row in .object(zip(answer.columns, row).map { .init($0.name, $1) }) })
            ),
        ]
        answer.notes = ["leads, customers and revenue by the model \(query.model)"]
        return answer
    }

    /// Visits each customer's events inside the bounds, with the properties that a walk reads.
    private func eachJourney(_ body: (ArraySlice<FoldEvent>, PropertyTable) throws -> Void) throws {
        var ranges = try journeys()
        while let part = try ranges.next() {
            let wanted = part.events.filter { compiled.walkReadsProperties(of: $0) }.map(\.position)
            let properties = try PropertyTable(reading: log, keys: compiled.walkKeys, positions: wanted)
            var start = 0
            for end in part.ends {
                if start < end { try body(part.events[start..<end], properties) }
                start = end
            }
        }
    }

    /// The events of a type, by the name that aliases give it.
    private func events(ofType name: String, where isWanted: (FoldEvent) -> Bool) throws -> [FoldEvent] {
        let types = compiled.typeNames.map { $0 == name }
        guard types.contains(true) else { return [] }
        var found: [FoldEvent] = []
        try log.scanFolds(after: 0, through: through.rawValue) { event in
            if Int(event.type) < types.count, types[Int(event.type)], bounds.contains(event), isWanted(event) {
                found.append(event)
            }
        }
        return found
    }

    private func addImpressions(to tallies: inout [String: ChannelTally], _ keys: CreditKeys, _ period: Range<Int64>)
        throws
    {
        let found = try events(ofType: "ad_impression") { period.contains($0.occurredAt) }
        let unnamed = found.filter { $0.channel == 0 }.map(\.position)
        let symbols = compiled.keys.symbols(PropertyKeys.channelNames)
        let properties = try PropertyTable(reading: log, keys: symbols, positions: unnamed)
        for event in found {
            let name = keys.name(channel: compiled.channel(event, properties))
            tallies[name, default: ChannelTally()].impressions += 1
        }
    }

    /// Spend is nobody's event: one that names a customer is not what a channel costs.
    private func addSpend(
        to tallies: inout [String: ChannelTally],
        _ keys: CreditKeys,
        _ period: Range<Int64>,
        zone: String
    ) throws {
        let spend = try SpendPeriod(period, zone: zone)
        let found = try events(ofType: "spend_recorded") { $0.customer == 0 && $0.currency != 0 }
        guard let low = found.map(\.occurredAt).min(), let high = found.map(\.occurredAt).max() else { return }
        let offsets = try ZoneOffsets(zone: zone, covering: low...high)
        let (from, to) = (compiled.keys[.from], compiled.keys[.to])
        let properties = try PropertyTable(
            reading: log,
            keys: [from, to].filter { $0 != 0 },
            positions: found.map(\.position)
        )
        for event in found {
            guard let amount = event.amount else { continue }
            let days = SpendPeriod.days(
                from: properties.text(from, at: event.position),
                to: properties.text(to, at: event.position),
                else: offsets.day(of: event.occurredAt)
            )
            let part = spend.part(of: amount, over: days)
            guard part != 0 else { continue }
            let name = keys.name(channel: event.channel)
            tallies[name, default: ChannelTally()].spend.add(part, amount.currency, scale: amount.scale)
        }
    }
}

extension ChannelTally {
    fileprivate var isEmpty: Bool {
        spend.parts.isEmpty && impressions == 0 && touches == 0 && reached.allSatisfy(\.isZero)
            && revenue.parts.isEmpty
    }

    /// What a new customer cost, by currency, rounded to the currency's minor unit; none without customers.
    fileprivate var cost: JSONValue {
        let customers = reached[ChannelWalk.Milestone.customer.rawValue].value
        var sum = MoneySum()
        for part in spend.parts where part.micros != 0 {
            let unit = Int128(PowersOfTen[6 - part.currency.minorDigits])
            guard let cost = MoneyMetrics.acquisitionCost(spend: part.micros, attributedCustomers: customers) else {
                continue
            }
            let rounded = (cost + (cost < 0 ? -unit : unit) / 2) / unit * unit
            sum.add(rounded, part.currency, scale: UInt8(part.currency.minorDigits))
        }
        return sum.json
    }

    /// Revenue over spend, where spend is in one currency; nil without spend.
    fileprivate var returnOnSpend: Double? {
        let spent = spend.parts.filter { $0.micros != 0 }
        guard spent.count == 1, let spent = spent.first else { return nil }
        let revenue = revenue.parts.first { $0.currency == spent.currency }?.micros ?? 0
        return MoneyMetrics.returnOnSpend(revenue: revenue, spend: spent.micros)
    }
}
