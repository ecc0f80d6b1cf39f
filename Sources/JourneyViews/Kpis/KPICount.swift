// The passes behind the key figures of one period: customers, deals, money, hand-offs, and what is nobody's.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// What was counted of one period.
struct KPICount {
    /// By segment of customers; one without a name when they are not split.
    private(set) var bySegment: [String: KPITally] = [:]
    /// What belongs to no customer.
    fileprivate(set) var nobody: KPITally
    /// The stages that deals have been in: those of the rules in their order, then others.
    fileprivate(set) var pipelines: [PipelineStage] = []
    private var segments: [UInt32: String] = [:]
    private let stages: Int
    /// The segment of who is in no other.
    private let rest: String

    init(stages: Int, isSplit: Bool) {
        self.stages = stages
        rest = isSplit ? "(none)" : ""
        nobody = KPITally(stages: stages)
    }

    fileprivate mutating func put(_ person: UInt32, in segment: String, _ tally: KPITally) {
        if !segment.isEmpty { segments[person] = segment }
        bySegment[segment, default: KPITally(stages: stages)].add(tally)
    }

    /// Changes the tally of a person's segment; 0 is nobody.
    fileprivate mutating func change(_ person: UInt32, _ body: (inout KPITally) -> Void) {
        guard person != 0 else { return body(&nobody) }
        body(&bySegment[segments[person] ?? rest, default: KPITally(stages: stages)])
    }

    /// All together.
    var total: KPITally {
        bySegment.sorted { $0.key < $1.key }.reduce(into: nobody) { $0.add($1.value) }
    }
}

extension QueryFrame {
    /// Counts a period, which this frame must not see beyond; `segment` is the name of a property.
    func kpiCount(_ period: KPIPeriod, segment: String?, zone: String) throws -> KPICount {
        var count = KPICount(stages: rules.stages.count, isSplit: segment != nil)
        var walk = try KPIWalk(self, period, segment: segment)
        let deals = try dealBook().deals.map { (person: person(of: $0.record), record: $0.record) }
        var created: [UInt32: [KPIWalk.CreatedDeal]] = [:]
        for deal in deals where deal.person != 0 {
            guard let at = deal.record.created, period.range.contains(at) else { continue }
            created[deal.person, default: []].append(.init(at: at, amount: deal.record.amount))
        }
        var ranges = try journeys()
        while let part = try ranges.next() {
            let positions = part.events.filter { walk.reads($0) }.map(\.position)
            let properties = try PropertyTable(reading: log, keys: walk.keys, positions: positions)
            var start = 0
            for (index, end) in part.ends.enumerated() {
                defer { start = end }
                guard start < end else { continue }
                if index & 1_023 == 0 { try Task.checkCancellation() }
                let (person, events) = (part.key(index), part.events[start..<end])
                let tally = walk.tally(events, properties, deals: created[person] ?? [])
                count.put(person, in: segment == nil ? "" : walk.segment(events, properties), tally)
            }
        }
        count.pipelines = pipelineStages(deals.map(\.record))
        for deal in deals { count.change(deal.person) { $0.add(deal.record, in: period.range, rules.pipelines) } }
        try each(CustomerProjection(rules)) { person, bytes in
            let record = try CustomerRecord(bytes)
            count.change(person) { $0.add(record, in: period.range) }
        }
        let ofDeals = rules.conversions.map { rules.types[rules.resolved($0.type)]?.effect == .dealWon }
        func add(_ person: UInt32, _ record: AttributionRecord) {
            for conversion in record.conversions {
                let isMarketing = walk.isOfMarketing(conversion, in: record)
                let isDeal = ofDeals[conversion.definition]
                count.change(person) { $0.add(conversion, in: period.range, isDeal: isDeal, isMarketing: isMarketing) }
            }
            for refund in record.unmatched where period.range.contains(refund.at) {
                count.change(person) { $0.revenueBack.add(refund.amount) }
            }
        }
        let projection = AttributionProjection(rules)
        try each(projection) { add($0, try AttributionRecord($1)) }
        if let record = try nobody(projection) { add(0, record) }
        for (person, counts) in try handOffs(in: period) { count.change(person) { $0.sla.add(counts) } }
        try addNobody(period, zone, to: &count)
        return count
    }

    /// Whose a deal is: the person of the customer that it names first, as they were when it was created.
    private func person(of deal: DealRecord) -> UInt32 {
        deal.customer == 0 ? 0 : identity.person(deal.customer, at: deal.created ?? deal.lastEvent)
    }

    private func pipelineStages(_ deals: [DealRecord]) -> [PipelineStage] {
        let seen = Set(
            deals.flatMap { deal in deal.stays.map { PipelineStage(pipeline: deal.pipeline, stage: $0.stage) } }
        )
        let known = rules.pipelines.sorted { $0.key < $1.key }.flatMap { name, pipeline in
            pipeline.stages.map { PipelineStage(pipeline: name, stage: $0.name) }
        }
        let others = seen.subtracting(known).sorted { a, b in
            let (p, q) = (a.pipeline + "\u{0}" + a.stage, b.pipeline + "\u{0}" + b.stage)
            return p.utf8.lexicographicallyPrecedes(q.utf8)
        }
        return known.filter { seen.contains($0) } + others
    }

    private func addNobody(_ period: KPIPeriod, _ zone: String, to count: inout KPICount) throws {
        let isImpression = compiled.typeNames.map { $0 == "ad_impression" }
        try log.scanFolds(after: 0, through: through.rawValue) { event in
            guard event.customer == 0, bounds.contains(event), period.range.contains(event.occurredAt) else { return }
            if isImpression[Int(event.type)] { count.nobody.impressions += 1 }
            if compiled.type(event).web { count.nobody.nobodyWeb += 1 }
        }
        let days = try SpendPeriod(period.range, zone: zone)
        for entry in try spend(zone: zone) {
            let part = days.part(of: entry.amount, over: entry.days)
            if part != 0 { count.nobody.spend.add(part, entry.amount.currency, scale: entry.amount.scale) }
        }
    }
}

extension KPITally {
    fileprivate mutating func add(_ record: CustomerRecord, in range: Range<Int64>) {
        if !lifecycle.isEmpty, record.stageNow == lifecycle.count { loyal += 1 }
        for stage in record.passed.indices where stage < lifecycle.count {
            guard let at = record.passed[stage], range.contains(at) else { continue }
            lifecycle[stage].reached += 1
            if stage + 1 < record.passed.count, record.passed[stage + 1] != nil { lifecycle[stage].advanced += 1 }
        }
    }

    fileprivate mutating func add(_ deal: DealRecord, in range: Range<Int64>, _ pipelines: [String: Pipeline]) {
        if let at = deal.created, range.contains(at) {
            dealsCreated += 1
            if let amount = deal.amount { created.add(amount) }
        }
        if let closed = deal.closed, range.contains(closed) {
            switch deal.state {
            case .won:
                dealsWon += 1
                if let amount = deal.amount {
                    won.add(amount)
                    wonCounts[amount.currency, default: 0] += 1
                }
                if let created = deal.created { closeTimes.add(closed - created) }
            case .lost: dealsLost += 1
            case .open: break
            }
        }
        let order = pipelines[deal.pipeline]?.stages.map(\.name) ?? []
        for (index, stay) in deal.stays.enumerated() {
            guard let left = stay.left, range.contains(left) else { continue }
            let isAdvanced: Bool
            if index + 1 < deal.stays.count {
                let next = deal.stays[index + 1]
                // A close that was taken back by a reopening did not end the stay.
                guard next.entered == left, next.stage != stay.stage else { continue }
                if let from = order.firstIndex(of: stay.stage), let to = order.firstIndex(of: next.stage) {
                    isAdvanced = to > from
                } else {
                    isAdvanced = !deal.stays[..<index].contains { $0.stage == next.stage }
                }
            } else {
                guard deal.state != .open else { continue }
                isAdvanced = deal.state == .won
            }
            let place = PipelineStage(pipeline: deal.pipeline, stage: stay.stage)
            stages[place, default: (0, 0)].left += 1
            if isAdvanced { stages[place, default: (0, 0)].advanced += 1 }
        }
    }

    fileprivate mutating func add(
        _ conversion: AttributionRecord.Conversion,
        in range: Range<Int64>,
        isDeal: Bool,
        isMarketing: Bool
    ) {
        let isMade = range.contains(conversion.at)
        if isMade, !isDeal, conversion.worth(before: range.upperBound).counts {
            orders += 1
            if let amount = conversion.amount {
                orderCounts[amount.currency, default: 0] += 1
                orderGross.add(amount)
                let worth = conversion.worth(before: range.upperBound)
                orderNet.add(worth.micros, amount.currency, scale: UInt8(worth.digits))
            }
        }
        guard let amount = conversion.amount else { return }
        var net = MoneySum()
        if isMade {
            revenueIn.add(amount)
            net.add(amount)
        }
        for change in conversion.changes where range.contains(change.at) {
            revenueBack.add(change.micros, amount.currency, scale: change.scale)
            net.add(change.micros, amount.currency, scale: change.scale)
        }
        if isMarketing { marketingRevenue.add(net) }
    }
}
