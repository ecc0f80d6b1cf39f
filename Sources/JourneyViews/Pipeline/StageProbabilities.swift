// How likely a deal in a stage is won: as the rules say, or as history says.
internal import JourneyEvents
internal import JourneyRules

/// The probabilities of the stages of all pipelines.
struct StageProbabilities {
    /// What is known of one stage.
    struct Known {
        /// What the rules say; nil for a stage that they do not list.
        var configured: Double?
        /// Deals that entered the stage in the last 365 days and are closed, and those of them that are won.
        var closed = 0
        var won = 0
        var usesHistory = false

        /// What history says; nil when it says too little.
        var calibrated: Probability? {
            closed >= StageProbabilities.fewest ? Probability(Int64(won), of: Int64(closed)) : nil
        }

        /// The probability in use; none for a stage that has neither.
        var used: Probability {
            (usesHistory ? calibrated : nil) ?? configured.map { Probability($0) } ?? .none
        }

        var isKnown: Bool { configured != nil || (usesHistory && calibrated != nil) }
    }

    /// Fewer closed deals say nothing.
    static let fewest = 30
    private static let year: Int64 = 365 * 86_400_000

    private(set) var known: [PipelinePlace: Known] = [:]

    init(_ book: DealBook, _ pipelines: [String: Pipeline], now: Int64, calibrated: Bool) {
        for (pipeline, stages) in book.stages {
            for stage in stages {
                known[PipelinePlace(pipeline: pipeline, stage: stage)] = Known(
                    configured: pipelines[pipeline]?.stages.first { $0.name == stage }?.probability,
                    usesHistory: calibrated
                )
            }
        }
        for entry in book.deals where entry.record.state != .open {
            let deal = entry.record
            let recent = deal.stays.filter { $0.entered >= now - StageProbabilities.year && $0.entered <= now }
            for stage in Set(recent.map(\.stage)) {
                let place = PipelinePlace(pipeline: deal.pipeline, stage: stage)
                known[place]?.closed += 1
                if deal.state == .won { known[place]?.won += 1 }
            }
        }
    }

    /// The probability of an open deal.
    func of(_ deal: DealRecord) -> Probability {
        deal.stage.flatMap { known[PipelinePlace(pipeline: deal.pipeline, stage: $0)] }?.used ?? .none
    }

    /// The stages of a pipeline that count for nothing because nobody says how likely a deal in them is won.
    func warning(_ book: DealBook) -> Answer.Warning? {
        let open = book.deals.count { entry in
            guard entry.record.state == .open, let stage = entry.record.stage else { return false }
            return known[PipelinePlace(pipeline: entry.record.pipeline, stage: stage)]?.isKnown == false
        }
        guard open > 0 else { return nil }
        return .init(
            code: "unlisted_stage",
            message: "open deals in stages that the rules do not list have the probability 0; "
                + "name their stages under `pipelines`",
            count: open
        )
    }

    /// All of them, pipeline by pipeline.
    func json(_ book: DealBook) -> JSONValue {
        .array(
            book.stages.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.flatMap { pipeline, stages in
                stages.map { stage in
                    let known = known[PipelinePlace(pipeline: pipeline, stage: stage)] ?? Known()
                    return .object([
                        .init("pipeline", .string(pipeline)), .init("stage", .string(stage)),
                        .init("configured", .number(known.configured)),
                        .init("calibrated", .number(known.calibrated?.value)), .init("n", .count(known.closed)),
                        .init("used", .double(known.used.value)),
                    ])
                }
            }
        )
    }
}
