// All deals of a question with what is measured over all of them: the order of stages, and how long deals stay in them.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// Deals by id, and what they have in common.
struct DealBook {
    /// One deal.
    struct Entry {
        var id: String
        var key: UInt32
        var record: DealRecord
    }

    /// In ascending order of id.
    let deals: [Entry]
    let dwell: StageDwell
    /// The stages of each pipeline that has deals, first to last: none in which deals are closed.
    let stages: [String: [String]]

    init(_ deals: [Entry], _ pipelines: [String: Pipeline]) {
        self.deals = deals.sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
        dwell = StageDwell(deals.lazy.map(\.record))
        var orders: [String: StageOrder] = [:]
        for entry in deals {
            let name = entry.record.pipeline
            let listed = pipelines[name]?.stages.filter { $0.kind == .open }.map(\.name) ?? []
            orders[name, default: StageOrder(listed)].add(
                entry.record.stays.lazy.map { ($0.stage, $0.entered) },
                of: entry.id
            )
        }
        stages = orders.mapValues(\.stages)
    }
}

/// A stage of a pipeline.
struct PipelinePlace: Hashable {
    var pipeline: String
    var stage: String
}

/// How long deals stay in the stages of their pipelines, by the stays that are over.
struct StageDwell {
    /// The ninth tenth of the finished stays in a stage, and how many there are.
    struct Limit {
        var n: Int
        var seconds: Double
    }

    private(set) var limits: [PipelinePlace: Limit] = [:]

    init(_ deals: some Sequence<DealRecord>) {
        var dwells: [PipelinePlace: Distribution] = [:]
        var counts: [PipelinePlace: Int] = [:]
        for deal in deals {
            for stay in deal.stays {
                guard let left = stay.left else { continue }
                let place = PipelinePlace(pipeline: deal.pipeline, stage: stay.stage)
                dwells[place, default: Distribution()].add(left - stay.entered)
                counts[place, default: 0] += 1
            }
        }
        for (place, dwell) in dwells {
            limits[place] = dwell.seconds(at: 0.9).map { Limit(n: counts[place] ?? 0, seconds: $0) }
        }
    }

    /// The limit of the stage that an open deal is in.
    func limit(of deal: DealRecord) -> Limit? {
        guard deal.state == .open, let stay = deal.stays.last, stay.left == nil else { return nil }
        return limits[PipelinePlace(pipeline: deal.pipeline, stage: stay.stage)]
    }

    /// Whether an open deal is in its stage for longer than nine of ten others were. Never where no stay is over yet.
    func isStuck(_ deal: DealRecord, now: Int64) -> Bool {
        guard let limit = limit(of: deal), let stay = deal.stays.last else { return false }
        return Double(now - stay.entered) / 1_000 > limit.seconds
    }
}

extension QueryFrame {
    /// Every deal inside the bounds.
    func dealBook() throws -> DealBook {
        var found: [(key: UInt32, record: DealRecord)] = []
        try each(DealProjection(rules)) { key, bytes in found.append((key, try DealRecord(bytes))) }
        let ids = try texts(.deal, found.map(\.key))
        return DealBook(
            found.map { .init(id: ids[$0.key] ?? "", key: $0.key, record: $0.record) },
            rules.pipelines
        )
    }

    /// The local day of now, in days since 1970.
    func today(zone: String?) throws -> Int64 {
        // Without any event now is no time at all.
        let now = max(ZoneOffsets.representable.lowerBound, min(ZoneOffsets.representable.upperBound, try latest()))
        return try ZoneOffsets(zone: zone ?? rules.timeZone, covering: now...now).day(of: now)
    }

    /// Refuses a pipeline that no deal and no rule names.
    func checkPipeline(_ name: String?, _ book: DealBook) throws {
        try check(name, "pipeline", in: Set(book.stages.keys).union(rules.pipelines.keys).sorted())
    }
}
