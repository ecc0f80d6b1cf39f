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
    /// The weights of a path under a model; the order is that of a Markov chain.
    func weigh(_ path: CreditPath, of record: AttributionRecord, by model: NamedModel, order: Int, _ view: IdentityView)
        throws -> Weighing
    {
        switch model.kind {
        case .touch(let touchModel):
            let weights = touchModel.weights(path, of: record)
            let note = "all weights of the model \(model.name) are zero on this path; linear stands in"
            return Weighing(weights: weights.weights, notes: weights.isLinear ? [note] : [])
        case .markov: return try weighByChain(path, of: record, model, order, view)
        case .shapley: return try weighByShapley(path, of: record, model, view)
        }
    }

    /// The inputs are enough to make the chain again: its counted transitions, and for each key what is left without it.
    private func weighByChain(
        _ path: CreditPath,
        of record: AttributionRecord,
        _ model: NamedModel,
        _ order: Int,
        _ view: IdentityView
    ) throws -> Weighing {
        var query = AttributionQuery()
        query.identity = view
        let gathered = try gather(query, [model], wantsPaths: true, wantsNulls: true)
        let keys = gathered.credits.keys
        let names = keys.rankedNames
        let table = gathered.credits.table
        let chain = TotalModels(table, names: names).markov(order: order)
        let states = chain.transitions.states
        let ranks = path.indices.map { keys.rank(keys.index(record.touches[$0])) }
        func touches(_ state: Int) -> JSONValue { .array(states[state].touches.map { .string(names[$0]) }) }
        let transitions = states.indices.map { state in
            JSONValue.object([
                .init("from", touches(state)),
                .init(
                    "to",
                    .array(
                        states[state].next.map {
                            .object([.init("state", touches($0.state)), .init("count", .count($0.count))])
                        }
                    )
                ),
                .init("conversions", .count(states[state].conversions)), .init("nulls", .count(states[state].nulls)),
            ])
        }
        let channels = Set(states.flatMap(\.touches)).sorted().map { rank in
            JSONValue.object([
                .init("key", .string(names[rank])),
                .init(
                    "probability_without",
                    .double(chain.conversionProbability * (1 - chain.removalEffects[rank]))
                ),
                .init("removal_effect", .double(chain.removalEffects[rank])),
                .init("share", .double(chain.shares[rank])),
                .init("touches", .count(ranks.count { $0 == rank })),
            ])
        }
        let inputs = JSONValue.object([
            .init("order", .count(chain.order)), .init("states", .count(chain.states)),
            .init("conversion_probability", .double(chain.conversionProbability)),
            .init("conversions", .count(gathered.credits.conversions)),
            .init("null_paths", .count(table.tallies.values.reduce(0) { $0 + $1.nulls })),
            .init("pending_paths", .count(table.pending)), .init("transitions", .array(transitions)),
            .init("keys", .array(channels)),
            .init("path_share", .double(ranks.reduce(0) { $0 + chain.shares[$1] })),
        ])
        return Weighing(
            weights: chain.apportioned(ranks),
            inputs: inputs,
            notes: [
                "markov credits channels in total, by all paths; here each touchpoint has its channel's share, apportioned "
                    + "within this path: over all conversions these do not add up to the report"
            ]
        )
    }

    /// The inputs are what each set of keys brought, of which this conversion is one, and the shares within its own set.
    private func weighByShapley(
        _ path: CreditPath,
        of record: AttributionRecord,
        _ model: NamedModel,
        _ view: IdentityView
    ) throws -> Weighing {
        var query = AttributionQuery()
        query.identity = view
        let gathered = try gather(query, [model], wantsPaths: true, wantsNulls: false)
        let keys = gathered.credits.keys
        let names = keys.rankedNames
        let totals = TotalModels(gathered.credits.table, names: names)
        let credits = totals.shapley.conversionCredits
        let ranks = path.indices.map { keys.rank(keys.index(record.touches[$0])) }
        let counts = ranks.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
        let coalitions = totals.coalitions.map { coalition in
            JSONValue.object([
                .init("keys", .array(coalition.keys.map { .string(names[$0]) })),
                .init("conversions", .count(coalition.conversions)), .init("value", coalition.value.json),
            ])
        }
        let channels = counts.keys.sorted().map { rank in
            JSONValue.object([
                .init("key", .string(names[rank])), .init("conversions", .double(credits[rank])),
                .init("share", .double(1 / Double(counts.count))), .init("touches", .count(counts[rank] ?? 0)),
            ])
        }
        return Weighing(
            // A key's touchpoints share evenly what it has, each rounded to a whole multiple of 2^-48.
            weights: ranks.map { Int64((281_474_976_710_656 / Double(counts[$0] ?? 1)).rounded()) },
            inputs: .object([
                .init("conversions", .count(gathered.credits.conversions)),
                .init("coalitions", .array(coalitions)), .init("keys", .array(channels)),
            ]),
            notes: [
                "shapley credits channels in total and rounds once; here the distinct channels of this path share evenly, "
                    + "apportioned over their touchpoints"
            ]
        )
    }
}
