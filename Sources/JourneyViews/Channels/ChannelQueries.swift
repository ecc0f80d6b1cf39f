// What each channel costs and brings.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    /// Spend, reach and what became of it by channel, in a period. What customers did counts for the channels that a model
    /// gives it to; a period's rows add up to all that happened in it, with `(unattributed)` for what no touchpoint earned.
    func channels(_ query: ChannelQuery) throws -> Answer {
        let model = try self.model(query.model)
        try checkOrder(query.order)
        let margin = try margin(query.margin)
        let (low, high) = (query.from?.rawValue ?? .min, query.to?.rawValue ?? .max)
        let period = low..<max(low, high)
        let keys = try CreditKeys.channels(log, compiled)
        var byName: [String: ChannelTally] = [:]
        try addSpend(to: &byName, keys, period, zone: query.zone ?? rules.timeZone)
        let hasSpend = byName.values.contains { $0.spend.parts.contains { $0.micros > 0 } }
        let openAt = model.needsNulls && !rules.attribution.countsPendingAsNull ? try latest() : nil
        let setting = ChannelWalk.Setting(period: period, openAt: openAt, wantsPayback: hasSpend)
        var walk = try ChannelWalk(self, keys, model, setting)
        try eachJourney(
            query.identity,
            keys: compiled.walkKeys,
            reads: { compiled.walkReadsProperties(of: $0) },
            isReported: { event in
                let type = compiled.type(event)
                return type.touch != .never || type.effect != nil || type.conversion != nil
            }
        ) { _, journeys, properties in walk.add(journeys, properties) }
        if !model.isTotal || hasSpend {
            try eachRecord(AttributionProjection(rules), query.identity) { _, records in
                for known in records {
                    if !model.isTotal { walk.add(known.record) }
                    if hasSpend { walk.addBrought(known.record) }
                }
            }
        }
        for (rank, tally) in walk.tallies.enumerated() {
            byName[keys.rankedNames[rank], default: ChannelTally()].add(tally)
        }
        byName[CreditKeys.unattributed, default: ChannelTally()].add(walk.rest)
        var chain: MarkovModel?
        if model.isTotal {
            let totals = walk.tables.map { TotalModels($0, names: keys.rankedNames) }
            for (milestone, total) in totals.enumerated() {
                for row in total.rows(of: model, order: query.order) {
                    byName[row.key, default: ChannelTally()].reached[milestone].add(row.conversions)
                }
            }
            if model.needsNulls { chain = totals[ChannelWalk.Milestone.customer.rawValue].markov(order: query.order) }
            for row in try revenue(query, model) { byName[row.key, default: ChannelTally()].revenue.add(row.value) }
        }
        try addImpressions(to: &byName, keys, period)
        let rows = byName.filter { !$0.value.isEmpty }.sorted { a, b in
            let (p, q) = (a.value.reached[2].value, b.value.reached[2].value)
            if p != q { return p > q }
            if a.value.touches != b.value.touches { return a.value.touches > b.value.touches }
            return a.key.utf8.lexicographicallyPrecedes(b.key.utf8)
        }
        var answer = Answer("channels")
        answer.columns = [.init("channel"), .init("spend", number: true)]
        answer.columns += ["impressions", "touches", "leads", "mqls", "customers"].map { .init($0, number: true) }
        answer.columns += ["revenue", "cost_per_lead", "cac", "roas", "payback_months"].map { .init($0, number: true) }
        answer.columns.append(.init("payback_reason"))
        answer.rows = rows.map { name, tally in
            let counts: [JSONValue] = [.count(tally.impressions), .count(tally.touches)]
            let payback = walk.months(of: keys.rank(named: name), tally, margin, chain)
            return [.string(name), tally.spend.json] + counts + tally.reached.map { .double($0.value) }
                + [tally.revenue.json, tally.cost(of: .lead), tally.cost(of: .customer), .number(tally.returnOnSpend)]
                + [payback.months.map { .int($0) } ?? .null, .text(payback.gap?.rawValue)]
        }
        answer.payload = [.init("model", .string(query.model))]
        if model.needsNulls { answer.payload.append(.init("order", .count(query.order))) }
        answer.payload += [
            .init("identity", .string(query.identity.rawValue)), .init("margin", .number(query.margin)),
            .init("lookback_seconds", .double(Double(rules.attribution.lookbackMilliseconds) / 1_000)),
            .init(
                "rows",
                .array(answer.rows.map { row in .object(zip(answer.columns, row).map { .init($0.name, $1) }) })
            ),
        ]
        let share = query.margin.map { "a margin of \($0)" } ?? "all revenue"
        answer.notes = [
            "leads, customers and revenue by the model \(query.model); payback counts \(share), in months of 30 days "
                + "since each customer's first purchase"
        ]
        if model.isTotal {
            answer.notes.append(
                "\(query.model) credits channels in total: leads, mqls, customers and revenue each by all paths"
            )
        }
        return answer
    }

    /// The part of revenue that pays a channel back, in millionths.
    private func margin(_ margin: Double?) throws -> Int128 {
        guard let margin else { return 1_000_000 }
        guard margin > 0, margin <= 1, (margin * 1_000_000).rounded() > 0 else {
            throw RihlaError(
                .usage,
                "the margin \(margin) is no part of revenue",
                hint: "above 0 and at most 1, as in 0.6"
            )
        }
        return Int128((margin * 1_000_000).rounded())
    }

    /// The revenue of channels by a model of all paths, as attribution has it.
    private func revenue(_ query: ChannelQuery, _ model: NamedModel) throws -> [CreditRow] {
        var attribution = AttributionQuery()
        (attribution.from, attribution.to) = (query.from, query.to)
        attribution.identity = query.identity
        let gathered = try gather(attribution, [model], wantsPaths: true, wantsNulls: model.needsNulls)
        let total = TotalModels(gathered.credits.table, names: gathered.credits.keys.rankedNames)
        return total.rows(of: model, order: query.order)
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

    private func addSpend(
        to tallies: inout [String: ChannelTally],
        _ keys: CreditKeys,
        _ period: Range<Int64>,
        zone: String
    ) throws {
        let days = try SpendPeriod(period, zone: zone)
        for entry in try spend(zone: zone) {
            let part = days.part(of: entry.amount, over: entry.days)
            guard part != 0 else { continue }
            let name = keys.name(channel: entry.channel)
            tallies[name, default: ChannelTally()].spend.add(part, entry.amount.currency, scale: entry.amount.scale)
        }
    }
}

extension ChannelWalk {
    /// How many months a channel takes to pay back what it cost, or why that cannot be said.
    fileprivate func months(of rank: Int?, _ tally: ChannelTally, _ margin: Int128, _ chain: MarkovModel?) -> (
        months: Int64?, gap: Payback.Gap?
    ) {
        let spent = tally.spend.parts.filter { $0.micros != 0 }
        guard spent.count < 2 else { return (nil, .severalCurrencies) }
        guard let cost = spent.first, cost.micros > 0, let rank else { return (nil, .noSpend) }
        guard !tally.reached[Milestone.customer.rawValue].isZero else { return (nil, .noCustomers) }
        let unit = Int128(PowersOfTen[6 - cost.currency.minorDigits])
        let months =
            if let chain {
                payback.months(of: touchedCustomers, toCover: cost, margin: margin) { sum in
                    chain.split(sum / unit).channels[rank] * unit
                }
            } else { payback.months(of: rank, toCover: cost, margin: margin) }
        return (months, months == nil ? .notYet : nil)
    }
}

extension ChannelTally {
    fileprivate var isEmpty: Bool {
        spend.parts.isEmpty && impressions == 0 && touches == 0 && reached.allSatisfy(\.isZero)
            && revenue.parts.isEmpty
    }

    /// What a lead or a new customer cost, by currency, rounded to the currency's minor unit; none where nobody came.
    fileprivate func cost(of milestone: ChannelWalk.Milestone) -> JSONValue {
        let count = reached[milestone.rawValue].value
        var sum = MoneySum()
        for part in spend.parts where part.micros != 0 {
            let unit = Int128(PowersOfTen[6 - part.currency.minorDigits])
            guard let cost = MoneyMetrics.acquisitionCost(spend: part.micros, attributedCustomers: count) else {
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
