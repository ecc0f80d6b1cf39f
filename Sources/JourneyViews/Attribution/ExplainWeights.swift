// The weights behind one conversion's credit. Models of all paths have none of their own for it: theirs are apportioned.
internal import JourneyEvents
internal import JourneyRules

/// The weights of one path, and for a model of all paths what they came from.
struct Weighing {
    var weights: [Int64]
    var inputs: JSONValue?
    var notes: [String] = []
}

extension NamedModel {
    /// The milestones that have a say in its weights.
    var milestones: [AnchoredModel.Milestone] {
        guard case .touch(let model) = kind else { return [] }
        return model.milestones
    }
}

extension TouchModel {
    fileprivate var milestones: [AnchoredModel.Milestone] {
        switch self {
        case .anchored(let model): model.milestones
        case .multiplied(let base, _): base.milestones
        case .simple, .places: []
        }
    }
}

extension AnchoredModel.Milestone {
    /// The event that it is called by.
    var name: String {
        switch self {
        case .first: "first"
        case .lead: "lead_created"
        case .opportunity: "deal_created"
        case .close: "deal_won"
        }
    }
}

extension QueryFrame {
    /// The weights of a path under a model.
    func weigh(_ path: CreditPath, of record: AttributionRecord, by model: NamedModel, _ view: IdentityView) throws
        -> Weighing
    {
        switch model.kind {
        case .touch(let touchModel):
            let weights = touchModel.weights(path, of: record)
            let note = "all weights of the model \(model.name) are zero on this path; linear stands in"
            return Weighing(weights: weights.weights, notes: weights.isLinear ? [note] : [])
        case .markov: return try weighByChain(path, of: record, model, view)
        case .shapley: return try weighByShapley(path, of: record)
        }
    }

    private func weighByChain(
        _ path: CreditPath,
        of record: AttributionRecord,
        _ model: NamedModel,
        _ view: IdentityView
    ) throws -> Weighing {
        var query = AttributionQuery()
        query.identity = view
        let gathered = try gather(query, [model], wantsPaths: true, wantsNulls: true)
        let keys = gathered.credits.keys
        let table = gathered.credits.table
        let chain = TotalModels(table, names: keys.rankedNames).markov(order: 1)
        let channels = keys.rankedNames.indices.filter { chain.removalEffects[$0] > 0 }.map { index in
            JSONValue.object([
                .init("key", .string(keys.rankedNames[index])),
                .init("removal_effect", .double(chain.removalEffects[index])),
                .init("share", .double(chain.shares[index])),
            ])
        }
        let inputs = JSONValue.object([
            .init("order", .count(chain.order)), .init("states", .count(chain.states)),
            .init("conversion_probability", .double(chain.conversionProbability)),
            .init("conversions", .count(gathered.credits.conversions)),
            .init("null_paths", .count(table.tallies.values.reduce(0) { $0 + $1.nulls })),
            .init("pending_paths", .count(table.pending)), .init("keys", .array(channels)),
        ])
        return Weighing(
            weights: chain.apportioned(path.indices.map { keys.rank(keys.index(record.touches[$0])) }),
            inputs: inputs,
            notes: [
                "markov credits channels in total, by all paths; here each touchpoint has its channel's share, apportioned "
                    + "within this path: over all conversions these do not add up to the report"
            ]
        )
    }

    private func weighByShapley(_ path: CreditPath, of record: AttributionRecord) throws -> Weighing {
        let keys = try CreditKeys.channels(log, compiled)
        let ranks = path.indices.map { keys.rank(keys.index(record.touches[$0])) }
        let counts = ranks.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
        let inputs = JSONValue.object([
            .init(
                "keys",
                .array(
                    counts.keys.sorted().map { rank in
                        .object([
                            .init("key", .string(keys.rankedNames[rank])),
                            .init("share", .double(1 / Double(counts.count))),
                            .init("touches", .count(counts[rank] ?? 0)),
                        ])
                    }
                )
            )
        ])
        return Weighing(
            // A key's touchpoints share evenly what it has, each rounded to a whole multiple of 2^-48.
            weights: ranks.map { Int64((281_474_976_710_656 / Double(counts[$0] ?? 1)).rounded()) },
            inputs: inputs,
            notes: [
                "shapley credits channels in total and rounds once; here the distinct channels of this path share evenly, "
                    + "apportioned over their touchpoints"
            ]
        )
    }
}
