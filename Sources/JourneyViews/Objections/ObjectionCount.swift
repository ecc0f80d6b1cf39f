// Counts objections, responses and competitors deal by deal.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections

/// What is counted for a report of objections.
struct ObjectionCount {
    /// Fewer closed deals do not rank a response.
    static let leastForResponse = 5
    static let responseColumns = ["response", "used", "deals", "n", "won", "lost", "win_rate", "low"]
    static let competitorColumns = ["competitor", "objections", "deals", "n", "won", "lost", "win_rate", "low", "high"]

    private struct Response {
        var used = 0
        var deals = DealOutcomes()
    }

    private struct Competitor {
        var objections = 0
        var deals = DealOutcomes()
    }

    private let by: String
    private(set) var all = ObjectionGroup()
    private var groups: [TextKey: ObjectionGroup] = [:]
    private var responses: [TextKey: Response] = [:]
    private var competitors: [TextKey: Competitor] = [:]
    private var spellings = Spellings()

    init(by: String) { self.by = by }

    /// Adds one deal.
    mutating func add(_ deal: DealEvents, _ fold: ObjectionFold, _ keys: ObjectionKeys, campaigns: [TextKey]) {
        let state = deal.record.state
        all.base.add(state)
        all.add(fold.raised, of: state)
        count(fold.responses, of: state)
        var named: Set<TextKey> = []
        if keys.competitor != 0 {
            for event in deal.events {
                guard let json = deal.properties.json(keys.competitor, at: event.position) else { continue }
                named.formUnion(propertyTexts(ofJSON: json).compactMap { spellings.key($0) })
            }
        }
        for competitor in named { competitors[competitor, default: Competitor()].deals.add(state) }
        for objection in fold.raised {
            guard let json = deal.properties.json(keys.competitor, at: objection.event.position) else { continue }
            for key in Set(propertyTexts(ofJSON: json).compactMap { TextKey(normal: $0) }) {
                competitors[key]?.objections += 1
            }
        }
        switch by {
        case "owner": add(fold, state, to: [deal.record.owner.map { TextKey(exact: $0) } ?? .none])
        case "campaign": add(fold, state, to: campaigns)
        case "competitor": add(fold, state, to: named.isEmpty ? [.none] : named.sorted())
        case "stage": addStages(fold.raised, state)
        default: break
        }
    }

    /// Adds objections that name no deal.
    mutating func add(_ fold: ObjectionFold, campaigns: Set<TextKey>) {
        all.add(fold.raised, of: nil)
        count(fold.responses, of: nil)
        switch by {
        case "category": break
        case "stage": addStages(fold.raised, nil)
        case "campaign" where !campaigns.isEmpty: add(fold, nil, to: campaigns.sorted())
        default: add(fold, nil, to: [.none])
        }
    }

    private mutating func add(_ fold: ObjectionFold, _ state: DealRecord.State?, to keys: [TextKey]) {
        for key in keys {
            if let state { groups[key, default: ObjectionGroup()].base.add(state) }
            if !fold.raised.isEmpty { groups[key, default: ObjectionGroup()].add(fold.raised, of: state) }
        }
    }

    /// A stage is the objection's, not the deal's: a deal counts once for each category in each stage.
    private mutating func addStages(_ raised: [RaisedObjection], _ state: DealRecord.State?) {
        for (stage, objections) in Dictionary(grouping: raised, by: \.stage) {
            groups[stage, default: ObjectionGroup()].add(objections, of: state)
        }
    }

    private mutating func count(_ given: [ObjectionResponse], of state: DealRecord.State?) {
        for response in given { responses[TextKey(exact: response.response), default: Response()].used += 1 }
        guard let state else { return }
        for key in Set(given.map { TextKey(exact: $0.response) }) { responses[key]?.deals.add(state) }
    }

    /// The deals that a group is measured by: its own, or all where groups are not of deals.
    func base(of group: ObjectionGroup) -> DealOutcomes { by == "stage" ? all.base : group.base }

    /// The groups that have objections, those with the most first and `(none)` last.
    var sorted: [(name: String, group: ObjectionGroup)] {
        func raised(_ group: ObjectionGroup) -> Int { group.categories.values.reduce(0) { $0 + $1.raised } }
        return groups.filter { !$0.value.categories.isEmpty }.sorted { a, b in
            if (a.key == .none) != (b.key == .none) { return b.key == .none }
            let (p, q) = (raised(a.value), raised(b.value))
            return p != q ? p > q : a.key < b.key
        }.map { (by == "competitor" ? spellings.label($0.key) : $0.key.text, $0.value) }
    }

    /// Ranked by the lower bound of the win rate; those that too few closed deals have seen come after, without one.
    var responseRows: [[JSONValue]] {
        func low(_ response: Response) -> Double? {
            response.deals.closed >= ObjectionCount.leastForResponse ? response.deals.interval?.low : nil
        }
        return responses.sorted { a, b in
            let (p, q) = (low(a.value) ?? -1, low(b.value) ?? -1)
            if p != q { return p > q }
            if a.value.used != b.value.used { return a.value.used > b.value.used }
            return a.key < b.key
        }.map { key, response in
            [
                .string(key.text), .count(response.used), .count(response.deals.all), .count(response.deals.closed),
                .count(response.deals.won), .count(response.deals.lost), .number(response.deals.winRate),
                .number(low(response)),
            ]
        }
    }

    /// Those named in the most deals first.
    var competitorRows: [[JSONValue]] {
        competitors.sorted { a, b in
            a.value.deals.all != b.value.deals.all ? a.value.deals.all > b.value.deals.all : a.key < b.key
        }.map { key, competitor in
            [
                .string(spellings.label(key)), .count(competitor.objections), .count(competitor.deals.all),
                .count(competitor.deals.closed), .count(competitor.deals.won), .count(competitor.deals.lost),
                .number(competitor.deals.winRate), .number(competitor.deals.interval?.low),
                .number(competitor.deals.interval?.high),
            ]
        }
    }
}
