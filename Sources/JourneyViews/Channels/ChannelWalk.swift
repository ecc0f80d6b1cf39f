// What each customer brings to the report of channels: touchpoints, and the first time that each milestone was reached.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// What is counted of one channel.
struct ChannelTally {
    var spend = MoneySum()
    var impressions = 0
    var touches = 0
    /// By milestone.
    var reached = [ShareSum](repeating: ShareSum(), count: ChannelWalk.Milestone.allCases.count)
    var revenue = MoneySum()

    mutating func add(_ other: ChannelTally) {
        spend.add(other.spend)
        impressions += other.impressions
        touches += other.touches
        for index in reached.indices { reached[index].add(other.reached[index]) }
        revenue.add(other.revenue)
    }
}

/// Walks journeys and counts by rank of channel.
struct ChannelWalk {
    /// What a customer reaches once.
    enum Milestone: Int, CaseIterable {
        case lead, qualified, customer
    }

    /// What a walk is told before it starts.
    struct Setting {
        var period: Range<Int64>
        /// Paths whose last touchpoint is not older than the window are open at this instant; nil takes none as open.
        var openAt: Int64?
        var wantsPayback: Bool
    }

    /// What one known journey has.
    private struct Seen {
        var record = AttributionRecord()
        /// Where the touchpoints begin that are reported in it.
        var own = 0
        /// By milestone, the first time that it was reached; only those with a mark are reported in this journey.
        var moments: [Milestone: (conversion: AttributionRecord.Conversion, isOwn: Bool)] = [:]
        var purchases: [(conversion: AttributionRecord.Conversion, isOwn: Bool)] = []
        var voided: [UInt64] = []
        var refunds: [UInt64] = []

        /// Lets the paths of the moments begin at the look-back window.
        mutating func cut(lookback: Int64) {
            guard lookback > 0 else { return }
            for (milestone, moment) in moments {
                let first = record.touches[..<moment.conversion.end].firstIndex {
                    moment.conversion.at - $0.at <= lookback
                }
                moments[milestone]?.conversion.first = first ?? moment.conversion.end
            }
        }
    }

    private(set) var tallies: [ChannelTally]
    /// What no touchpoint earned.
    private(set) var rest = ChannelTally()
    /// For a model of all paths, those that led to each milestone and those that did not.
    private(set) var tables = Array(repeating: PathTable(), count: Milestone.allCases.count)
    private(set) var payback = Payback()
    private let keys: CreditKeys
    private let model: NamedModel
    private var credits: ChannelCredits?
    private var path: CreditPath
    private let rules: CompiledRules
    private let setting: Setting

    init(_ frame: QueryFrame, _ keys: CreditKeys, _ model: NamedModel, _ setting: Setting) throws {
        self.keys = keys
        self.model = model
        self.setting = setting
        if case .touch(let model) = model.kind { credits = try ChannelCredits(frame, model) }
        path = frame.channelPath(keys)
        rules = frame.compiled
        tallies = Array(repeating: ChannelTally(), count: keys.rankedNames.count)
    }

    /// The key in ``payback`` of all customers with a touchpoint on their path, whom a Markov model shares out in total.
    var touchedCustomers: Int { keys.rankedNames.count }

    /// Adds what is known of one customer.
    mutating func add(_ journeys: [KnownJourney], _ properties: PropertyTable) {
        var seen = journeys.map { see($0, properties) }
        // What was reopened was never bought.
        let voided = Set(seen.flatMap(\.voided))
        for index in seen.indices {
            seen[index].purchases.removeAll { voided.contains($0.conversion.position) }
            seen[index].moments[.customer] = seen[index].purchases.first
            seen[index].cut(lookback: rules.rules.attribution.lookbackMilliseconds)
            guard setting.wantsPayback, let first = seen[index].purchases.first else { continue }
            for purchase in seen[index].purchases where purchase.isOwn {
                payback.note(purchase.conversion.position, ofCustomerSince: first.conversion.position)
            }
            for refund in seen[index].refunds { payback.note(refund, ofCustomerSince: first.conversion.position) }
        }
        for seen in seen {
            for milestone in Milestone.allCases {
                guard let (moment, isOwn) = seen.moments[milestone], isOwn, setting.period.contains(moment.at) else {
                    continue
                }
                count(moment, in: seen.record)
            }
        }
        if model.needsNulls { addNulls(seen) }
    }

    private mutating func see(_ journey: KnownJourney, _ properties: PropertyTable) -> Seen {
        var seen = Seen()
        var walker = JourneyWalker(rules, properties)
        for (index, event) in zip(journey.events.indices, journey.events) {
            let isOwn = index >= journey.own
            if index == journey.own { seen.own = seen.record.touches.count }
            func moment(_ milestone: Milestone) -> AttributionRecord.Conversion {
                var moment = AttributionRecord.Conversion(
                    position: event.position,
                    at: event.occurredAt,
                    definition: milestone.rawValue
                )
                moment.end = seen.record.touches.count
                return moment
            }
            let derived = walker.next(event)
            switch derived.type.effect {
            case .leadCreated where seen.moments[.lead] == nil: seen.moments[.lead] = (moment(.lead), isOwn)
            case .mqlReached where seen.moments[.qualified] == nil:
                seen.moments[.qualified] = (moment(.qualified), isOwn)
            default: break
            }
            switch derived.conversion {
            case .made: seen.purchases.append((moment(.customer), isOwn))
            case .voided(let position): if isOwn { seen.voided.append(position) }
            case .unmatched: if isOwn { seen.refunds.append(event.position) }
            case .reversed, nil: break
            }
            guard derived.isTouch else { continue }
            let touch = AttributionRecord.Touch(
                channel: derived.channel,
                campaign: event.campaign,
                type: event.type,
                at: event.occurredAt,
                position: event.position
            )
            if isOwn, setting.period.contains(event.occurredAt) {
                tallies[keys.rank(keys.index(touch))].touches += 1
            }
            seen.record.touches.append(touch)
        }
        return seen
    }

    private mutating func count(_ moment: AttributionRecord.Conversion, in record: AttributionRecord) {
        let reached = WorthChange(before: .init(), after: .init(counts: true), currency: nil)
        var parts: [(channel: Int, weight: Int64)] = []
        if credits != nil {
            for share in credits?.shares(of: moment, in: record, reached) ?? [] {
                guard let key = share.key else {
                    rest.reached[moment.definition].add(share.weight, over: share.total)
                    continue
                }
                tallies[keys.rank(key)].reached[moment.definition].add(share.weight, over: share.total)
                if share.weight > 0 { parts.append((keys.rank(key), share.weight)) }
            }
        } else {
            let ranks = ranks(moment, in: record)
            tables[moment.definition].add(ranks, reached, nil)
            let channels = model.needsNulls ? (ranks.isEmpty ? [] : [touchedCustomers]) : Set(ranks).sorted()
            parts = channels.map { ($0, 1) }
        }
        guard setting.wantsPayback, moment.definition == Milestone.customer.rawValue, !parts.isEmpty else { return }
        payback.acquire(.init(at: moment.at, parts: parts), at: moment.position)
    }

    private mutating func ranks(_ moment: AttributionRecord.Conversion, in record: AttributionRecord) -> [Int] {
        let keys = self.keys
        path.fill(record, moment) { keys.rank(keys.index($0)) }
        return path.indices.map { keys.rank(keys.index(record.touches[$0])) }
    }

    /// Adds the paths that did not lead to a milestone. Whoever has reached it cannot reach it again, so that what they touch
    /// afterwards is no failure.
    private mutating func addNulls(_ seen: [Seen]) {
        let (setting, lookback) = (setting, rules.rules.attribution.lookbackMilliseconds)
        for milestone in Milestone.allCases {
            var covered: Set<UInt64> = []
            for view in seen {
                guard let (moment, isOwn) = view.moments[milestone], isOwn else { continue }
                covered.formUnion(view.record.touches[moment.first..<moment.end].map(\.position))
            }
            let views = seen.map { view in
                NullPaths.Touchpoints(
                    touches: view.record.touches,
                    own: view.own,
                    end: view.moments[milestone]?.conversion.end ?? view.record.touches.count
                )
            }
            NullPaths.each(views, covered: covered, lookback: lookback) { index, run in
                let record = seen[index].record
                let last = record.touches[run.upperBound - 1].at
                guard setting.period.contains(last) else { return }
                if let openAt = setting.openAt, lookback > 0, openAt - last <= lookback {
                    return tables[milestone.rawValue].addPending()
                }
                let keys = self.keys
                path.fill(record, run) { keys.rank(keys.index($0)) }
                tables[milestone.rawValue].addNull(path.indices.map { keys.rank(keys.index(record.touches[$0])) })
            }
        }
    }

    /// Adds what the conversions of a customer, or of nobody, brought in the period, by a model that weighs the touchpoints of
    /// one path.
    mutating func add(_ record: AttributionRecord) {
        let period = setting.period
        for conversion in record.conversions where conversion.isTouched(from: period.lowerBound, to: period.upperBound)
        {
            guard let currency = conversion.amount?.currency else { continue }
            let change = WorthChange(
                before: conversion.worth(before: period.lowerBound),
                after: conversion.worth(before: period.upperBound),
                currency: currency
            )
            for share in credits?.shares(of: conversion, in: record, change) ?? [] where share.credit != 0 {
                if let key = share.key {
                    tallies[keys.rank(key)].revenue.add(share.credit, currency, scale: change.digits)
                } else {
                    rest.revenue.add(share.credit, currency, scale: change.digits)
                }
            }
        }
        for refund in record.unmatched where period.contains(refund.at) { rest.revenue.add(refund.amount) }
    }

    /// Adds what a customer has brought to date to the payback of who acquired them.
    mutating func addBrought(_ record: AttributionRecord) { payback.add(record) }
}
