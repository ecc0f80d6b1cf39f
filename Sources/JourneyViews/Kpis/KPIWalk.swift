// What the events of one customer say of a period: visits, mail, milestones, purchases, and who came of marketing.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// A period that figures are of, with the one before it.
struct KPIPeriod {
    var name: String
    var start: Int64
    /// The end of the calendar period.
    var calendarEnd: Int64
    /// Where it is cut: at its end, or after "now".
    var end: Int64
    var startBefore: Int64

    var range: Range<Int64> { start..<max(start, end) }
    var isComplete: Bool { end >= calendarEnd }
}

/// Channels that are sales' own, and direct ones: a touchpoint of any other comes of marketing.
struct MarketingChannels {
    private static let others: Set<String> = [
        "direct", "call", "meeting", "demo", "sales_email", "outbound", "partner",
    ]
    private let keys: CreditKeys
    private var known: [UInt32: Bool] = [:]

    init(_ frame: QueryFrame) throws { keys = try CreditKeys.channels(frame.log, frame.compiled) }

    mutating func contains(_ channel: UInt32) -> Bool {
        if let known = known[channel] { return known }
        let isMarketing = !MarketingChannels.others.contains(keys.name(channel: channel))
        known[channel] = isMarketing
        return isMarketing
    }
}

/// Walks the events of customers, one after the other.
struct KPIWalk {
    private enum Mail {
        case delivered, opened, clicked
    }

    /// A deal that was created in the period.
    struct CreatedDeal {
        var at: Int64
        var amount: Amount?
    }

    private let rules: CompiledRules
    private let period: KPIPeriod
    private let isImpression: [Bool]
    private let mail: [Mail?]
    private let mailID: UInt32
    private let machineOpen: UInt32
    private let segmentKey: UInt32
    private var marketing: MarketingChannels

    init(_ frame: QueryFrame, _ period: KPIPeriod, segment: String?) throws {
        rules = frame.compiled
        self.period = period
        isImpression = rules.typeNames.map { $0 == "ad_impression" }
        mail = rules.typeNames.map { name in
            switch name {
            case "email_delivered": .delivered
            case "email_opened": .opened
            case "email_clicked": .clicked
            default: nil
            }
        }
        mailID = try frame.log.symbol(.propertyKey, "email_id") ?? 0
        machineOpen = try frame.log.symbol(.propertyKey, "machine_open") ?? 0
        segmentKey = try segment.flatMap { try frame.log.symbol(.propertyKey, $0) } ?? 0
        marketing = try MarketingChannels(frame)
    }

    /// Keys of the properties that a walk reads.
    var keys: [UInt32] { Set(rules.walkKeys + [mailID, machineOpen, segmentKey].filter { $0 != 0 }).sorted() }

    /// Whether a walk reads properties of an event.
    func reads(_ event: FoldEvent) -> Bool {
        segmentKey != 0 || mail[Int(event.type)] != nil || rules.walkReadsProperties(of: event)
    }

    /// The last value of the property that makes segments.
    func segment(_ events: ArraySlice<FoldEvent>, _ properties: PropertyTable) -> String {
        guard segmentKey != 0 else { return "(none)" }
        for event in events.reversed() {
            guard let json = properties.json(segmentKey, at: event.position), json != "null" else { continue }
            let text = properties.text(segmentKey, at: event.position) ?? json
            return text.isEmpty ? "(none)" : text
        }
        return "(none)"
    }

    /// What a customer's events, in journey order, say; `deals` are those that were created for them.
    mutating func tally(_ events: ArraySlice<FoldEvent>, _ properties: PropertyTable, deals: [CreatedDeal]) -> KPITally
    {
        var tally = KPITally(stages: rules.rules.stages.count)
        tally.customers = 1
        var walker = JourneyWalker(rules, properties)
        var visit: (number: Int, start: Int64, end: Int64, events: Int)?
        var mails = MailBox()
        var purchases = Purchases()
        var touches: [Int64] = []
        var (wasActive, isActive, isVisitor) = (false, false, false)
        var qualified: Int64?
        if let first = events.first, period.range.contains(first.occurredAt) { tally.newAudience = 1 }
        for event in events {
            let at = event.occurredAt
            let isInside = period.range.contains(at)
            if isInside { isActive = true } else if at >= period.startBefore, at < period.start { wasActive = true }
            if isInside, isImpression[Int(event.type)] { tally.impressions += 1 }
            let derived = walker.next(event)
            if derived.session > 0 {
                if isInside { isVisitor = true }
                if let open = visit, open.number == derived.session {
                    visit = (open.number, open.start, at, open.events + 1)
                } else {
                    end(visit, &tally)
                    visit = (derived.session, at, at, 1)
                }
            }
            if let kind = mail[Int(event.type)] { note(kind, event, properties, &mails) }
            if derived.isTouch, !deals.isEmpty, marketing.contains(derived.channel) { touches.append(at) }
            if derived.type.effect == .mqlReached, qualified == nil { qualified = at }
            if derived.type.effect == .customerChurned { purchases.churns.append(at) }
            switch derived.conversion {
            case .made: purchases.add(event.position, at)
            case .voided(let position): purchases.void(position, at)
            default: break
            }
        }
        end(visit, &tally)
        if isVisitor { tally.visitors = 1 }
        if let qualified, period.range.contains(qualified) {
            tally.mqls = 1
            if isVisitor { tally.qualifiedVisitors = 1 }
        }
        mails.count(period.range, &tally)
        purchases.count(period, wasActive: wasActive, isActive: isActive, &tally)
        let lookback = rules.rules.attribution.lookbackMilliseconds
        for deal in deals
        where touches.contains(where: { $0 <= deal.at && (lookback == 0 || deal.at - $0 <= lookback) }) {
            tally.marketingDeals += 1
            if let amount = deal.amount { tally.marketingCreated.add(amount) }
        }
        return tally
    }

    /// Whether the path of a conversion has a touchpoint of marketing.
    mutating func isOfMarketing(_ conversion: AttributionRecord.Conversion, in record: AttributionRecord) -> Bool {
        for touch in record.touches[conversion.first..<conversion.end] where marketing.contains(touch.channel) {
            return true
        }
        return false
    }

    private func end(_ visit: (number: Int, start: Int64, end: Int64, events: Int)?, _ tally: inout KPITally) {
        guard let visit, period.range.contains(visit.start) else { return }
        tally.visits += 1
        guard visit.events > 1 else { return }
        tally.engaged += 1
        tally.dwell.add(visit.end - visit.start)
    }

    private func note(_ kind: Mail, _ event: FoldEvent, _ properties: PropertyTable, _ mails: inout MailBox) {
        // A delivery that says no id is an e-mail of its own, which nothing can refer to.
        let id = properties.json(mailID, at: event.position)
        switch kind {
        case .delivered: mails.deliver(id ?? "at \(event.position)", at: event.occurredAt)
        case .clicked: if let id { mails.clicked.insert(id) }
        case .opened:
            let machine = properties.json(machineOpen, at: event.position)
            if let id, machine != "true", machine != "\"true\"" { mails.opened.insert(id) }
        }
    }
}

/// The e-mails of one customer.
private struct MailBox {
    private var delivered: [String: Int64] = [:]
    var opened: Set<String> = []
    var clicked: Set<String> = []

    mutating func deliver(_ id: String, at time: Int64) { delivered[id] = min(delivered[id] ?? .max, time) }

    func count(_ range: Range<Int64>, _ tally: inout KPITally) {
        for (id, at) in delivered where range.contains(at) {
            tally.delivered += 1
            if clicked.contains(id) { tally.clicked += 1 }
            if clicked.contains(id) || opened.contains(id) { tally.opened += 1 }
        }
    }
}

/// When one customer bought, and when they churned.
private struct Purchases {
    private var made: [(position: UInt64, at: Int64, voided: Int64?)] = []
    var churns: [Int64] = []

    mutating func add(_ position: UInt64, _ at: Int64) { made.append((position, at, nil)) }

    mutating func void(_ position: UInt64, _ at: Int64) {
        if let index = made.firstIndex(where: { $0.position == position }) { made[index].voided = at }
    }

    func count(_ period: KPIPeriod, wasActive: Bool, isActive: Bool, _ tally: inout KPITally) {
        let valid = made.filter { $0.voided == nil }
        if let first = valid.first?.at, period.range.contains(first) { tally.newCustomers = 1 }
        if valid.contains(where: { period.range.contains($0.at) }) {
            tally.buyers = 1
            if valid.contains(where: { $0.at < period.start }) { tally.repeatBuyers = 1 }
        }
        guard made.contains(where: { $0.at < period.start && $0.voided ?? .max >= period.start }) else { return }
        if wasActive {
            tally.retainable = 1
            if isActive { tally.retained = 1 }
        }
        guard !hasChurned(before: period.start) else { return }
        tally.customersAtStart = 1
        if hasChurned(before: period.end) { tally.lost = 1 }
    }

    /// Whether they have churned and not bought since.
    private func hasChurned(before time: Int64) -> Bool {
        guard let churn = churns.last(where: { $0 < time }) else { return false }
        return churn > made.last { $0.at < time }?.at ?? .min
    }
}
