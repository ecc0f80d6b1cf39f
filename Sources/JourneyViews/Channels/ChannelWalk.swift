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

/// Walks journeys and counts by number of channel.
struct ChannelWalk {
    /// What a customer reaches once.
    enum Milestone: Int, CaseIterable {
        case lead, qualified, customer
    }

    private(set) var tallies: [ChannelTally]
    /// What no touchpoint earned.
    private(set) var rest = ChannelTally()
    private var credits: ChannelCredits
    private let rules: CompiledRules
    private let period: Range<Int64>

    init(_ credits: ChannelCredits, _ rules: CompiledRules, _ period: Range<Int64>) {
        self.credits = credits
        self.rules = rules
        self.period = period
        tallies = Array(repeating: ChannelTally(), count: credits.keys.count)
    }

    /// Adds one customer's events.
    mutating func add(_ events: ArraySlice<FoldEvent>, _ properties: PropertyTable) {
        var record = AttributionRecord()
        var walker = JourneyWalker(rules, properties)
        var reached: Set<Milestone> = []
        var purchases: [AttributionRecord.Conversion] = []
        func moment(_ milestone: Milestone, _ event: FoldEvent) -> AttributionRecord.Conversion {
            var moment = AttributionRecord.Conversion(
                position: event.position,
                at: event.occurredAt,
                definition: milestone.rawValue
            )
            moment.end = record.touches.count
            return moment
        }
        for event in events {
            let derived = walker.next(event)
            switch derived.type.effect {
            case .leadCreated where reached.insert(.lead).inserted: record.conversions.append(moment(.lead, event))
            case .mqlReached where reached.insert(.qualified).inserted:
                record.conversions.append(moment(.qualified, event))
            default: break
            }
            switch derived.conversion {
            case .made: purchases.append(moment(.customer, event))
            // What was reopened was never bought.
            case .voided(let position): purchases.removeAll { $0.position == position }
            default: break
            }
            guard derived.isTouch else { continue }
            let touch = AttributionRecord.Touch(
                channel: derived.channel,
                campaign: event.campaign,
                type: event.type,
                at: event.occurredAt,
                position: event.position
            )
            if period.contains(event.occurredAt) { tallies[credits.keys.index(touch)].touches += 1 }
            record.touches.append(touch)
        }
        if let first = purchases.first { record.conversions.append(first) }
        let lookback = rules.rules.attribution.lookbackMilliseconds
        for var moment in record.conversions where period.contains(moment.at) {
            if lookback > 0 {
                moment.first = record.touches[..<moment.end].firstIndex { moment.at - $0.at <= lookback } ?? moment.end
            }
            count(moment, in: record)
        }
    }

    private mutating func count(_ moment: AttributionRecord.Conversion, in record: AttributionRecord) {
        let nothing = WorthChange(before: .init(), after: .init(), currency: nil)
        for share in credits.shares(of: moment, in: record, nothing) {
            if let key = share.key {
                tallies[key].reached[moment.definition].add(share.weight, over: share.total)
            } else {
                rest.reached[moment.definition].add(share.weight, over: share.total)
            }
        }
    }

    /// Adds what the conversions of a customer, or of nobody, brought in the period.
    mutating func add(_ record: AttributionRecord) {
        for conversion in record.conversions where conversion.isTouched(from: period.lowerBound, to: period.upperBound)
        {
            guard let currency = conversion.amount?.currency else { continue }
            let change = WorthChange(
                before: conversion.worth(before: period.lowerBound),
                after: conversion.worth(before: period.upperBound),
                currency: currency
            )
            for share in credits.shares(of: conversion, in: record, change) where share.credit != 0 {
                if let key = share.key {
                    tallies[key].revenue.add(share.credit, currency, scale: change.digits)
                } else {
                    rest.revenue.add(share.credit, currency, scale: change.digits)
                }
            }
        }
        for refund in record.unmatched where period.contains(refund.at) { rest.revenue.add(refund.amount) }
    }
}
