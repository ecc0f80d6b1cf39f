// What explain lists is enough: its events alone give the same value, and its inputs the same weights.
import JourneyEvents
import JourneyLog
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

// One after the other: each store takes address space for its maps, and hundreds at once take all of it.
@Suite(.serialized)
struct PropertiesExplainTests {
    @Test func `promise 15: the events that explain lists, replayed alone, give the same value`() async throws {
        var random = SplitMix.fresh()
        for _ in 0..<2 {
            let events = randomEvents(70, &random)
            func listed(_ values: [JSON]) -> [Event] {
                let ids = Set(values.compactMap { $0["id"].text })
                return events.filter { ids.contains($0.id) }
            }
            try await withStore(events) { store async throws in
                for name in Set(events.compactMap(\.customer)).sorted() {
                    let explain = try await store.ask(.explainStage(name))
                    let alone = listed(explain["events"].list.map { $0["event"] } + explain["identity"].list)
                    guard !alone.isEmpty else { continue }
                    let again = try await withStore(alone) { try await $0.ask(.customer(name)) }
                    let stage = try await store.ask(.customer(name))["stage_now"]
                    #expect(again["stage_now"] == stage && explain["value"] == stage, "seed \(random.seed) \(name)")
                }
                for (turn, name) in Set(events.compactMap(\.customer)).sorted().enumerated() {
                    // Each customer another three of them.
                    for query in everyFunnel().enumerated().filter({ $0.offset % 3 == turn % 3 }).map(\.element) {
                        let explain = try await store.ask(.explainFunnel(name, query))
                        let alone = listed(
                            explain["events"].list.map { $0["event"] } + explain["identity"].list
                        )
                        guard explain["state"].text != "not_entered" else { continue }
                        #expect(!alone.isEmpty)
                        let again = try await withStore(alone) { try await $0.ask(.explainFunnel(name, query)) }
                        let isVoid = [again, explain].map { $0["state"].text == "excluded" }
                        #expect(
                            again["value"] == explain["value"] && isVoid[0] == isVoid[1],
                            "seed \(random.seed) \(name) \(query)"
                        )
                    }
                }
                let rules = bounds(rules: try ownModels())
                let conversions = events.filter { ["order_completed", "deal_won"].contains($0.type) }
                for event in conversions.shuffled(using: &random).prefix(6) {
                    // Most models list the same events: one store answers for all of them.
                    var byList: [Set<String>: [Query]] = [:]
                    let asked =
                        (AttributionRule.pathModels + ["ends", "more_email"]).map {
                            Query.explainCredit(conversion: event.id, model: $0)
                        }
                        + ["linear", "full-path"].map {
                            Query.explainCredit(conversion: event.id, model: $0, identity: .asOfEvent)
                        }
                    for query in asked {
                        guard let explain = try? await store.ask(query, rules) else { continue }
                        let alone = listed(
                            explain["touches"].list.map { $0["event"] } + explain["reversals"].list
                                + explain["left_out"].list + explain["session_starts"].list
                                + explain["milestones"].list.map { $0["event"] }
                                + [explain["conversion"], explain["amount_from"]] + explain["identity"].list
                        )
                        byList[Set(alone.map(\.id)), default: []].append(query)
                    }
                    for (ids, queries) in byList {
                        let alone = events.filter { ids.contains($0.id) }
                        let again = try await withStore(alone) { try await $0.answers(queries, rules) }
                        let expected = try await store.answers(queries, rules)
                        #expect(difference(again, expected, queries) == nil, "seed \(random.seed) \(event.id)")
                    }
                }
            }
        }
    }

    @Test func `promise 15: the weights of models of all paths follow from the inputs that explain lists`() async throws
    {
        var random = SplitMix.fresh()
        let events = randomEvents(150, &random)
        try await withStore(events) { store async throws in
            let ids = Set(try await everyConversion(store))
            var explained = 0
            for event in events.filter({ ids.contains($0.id) }).shuffled(using: &random).prefix(6) {
                for order in 1...3 {
                    let query = Query.explainCredit(conversion: event.id, model: "markov", order: order)
                    let explain = try await store.ask(query)
                    let shares = ChainOfInputs(explain["inputs"]).shares
                    let touches = explain["touches"].list
                    let own = touches.map { shares[$0["channel"].text ?? ""] ?? .nan }
                    let sum = own.reduce(0, +)
                    for (touch, share) in zip(touches, own) where sum > 0 {
                        let weight = touch["weight"].double ?? .nan
                        #expect(abs(weight - share / sum) < 1e-9, "seed \(random.seed) \(event.id) order \(order)")
                    }
                    explained += touches.count
                    try await expectSameSpread(explain, query, of: events, "seed \(random.seed) \(event.id)")
                }
                let query = Query.explainCredit(conversion: event.id, model: "shapley")
                let explain = try await store.ask(query)
                for key in explain["inputs"]["keys"].list {
                    let parts = explain["inputs"]["coalitions"].list.filter { $0["keys"].list.contains(key["key"]) }
                    let credit = parts.reduce(0) {
                        $0 + ($1["conversions"].double ?? .nan) / Double($1["keys"].list.count)
                    }
                    #expect(abs(credit - (key["conversions"].double ?? .nan)) < 1e-9, "seed \(random.seed)")
                }
                let again = try await expectSameSpread(explain, query, of: events, "seed \(random.seed) \(event.id)")
                // Nobody else's path has a say in it.
                #expect(again["touches"].list.map { $0["weight"] } == explain["touches"].list.map { $0["weight"] })
            }
            #expect(explained > 0, "seed \(random.seed)")
        }
    }

    /// The ids of the events that are conversions of somebody or nobody.
    private func everyConversion(_ store: JourneyStore) async throws -> [String] {
        var ids: [String] = []
        for query in try await store.ask(.customers(stage: nil, after: nil, limit: nil))["customers"].list {
            let timeline = try await store.ask(
                .timeline(.customer(query["customer"].text ?? ""), from: nil, to: nil, limit: nil)
            )
            for event in timeline["events"].list where event["derived"]["conversion"].text != nil {
                ids.append(event["id"].text ?? "")
            }
        }
        return ids
    }

    /// Checks that the value is spread by the weights to the unit, and that a store of the listed events alone spreads the
    /// same value over the same touchpoints; returns its answer.
    @discardableResult
    private func expectSameSpread(_ explain: JSON, _ query: Query, of events: [Event], _ comment: Comment) async throws
        -> JSON
    {
        let value = Double(units(explain["value"]["amount"].text))
        let credits = explain["touches"].list.map { Double(units($0["credit"]["amount"].text)) }
        if !credits.isEmpty, explain["value"].members["amount"] != nil {
            #expect(credits.reduce(0, +) == value, comment)
            for (touch, credit) in zip(explain["touches"].list, credits) {
                // Less than the largest unit that there is, a whole yen.
                #expect(abs(credit - value * (touch["weight"].double ?? .nan)) < 1_000_000, comment)
            }
        }
        let listed =
            explain["touches"].list.map { $0["event"] } + explain["reversals"].list + explain["left_out"].list
            + [explain["conversion"], explain["amount_from"]] + explain["identity"].list
        let ids = Set(listed.compactMap { $0["id"].text })
        let again = try await withStore(events.filter { ids.contains($0.id) }) { try await $0.ask(query) }
        #expect(again["value"] == explain["value"], comment)
        func places(_ answer: JSON) -> [String?] { answer["touches"].list.map { $0["event"]["id"].text } }
        #expect(places(again) == places(explain), comment)
        return again
    }
}

/// The Markov chain that explain lists, solved by elimination of a full matrix for each channel.
private struct ChainOfInputs {
    /// By channel, worked out from the transitions alone.
    private(set) var shares: [String: Double] = [:]

    init(_ inputs: JSON) {
        let rows = inputs["transitions"].list
        func touches(_ state: JSON) -> [String] { state.list.compactMap(\.text) }
        let states = rows.map { touches($0["from"]) }
        let numbers = Dictionary(uniqueKeysWithValues: states.enumerated().map { ($1, $0) })
        func converting(without channel: String?) -> Double {
            var matrix = rows.enumerated().map { index, row -> [Double] in
                var line = [Double](repeating: 0, count: states.count + 1)
                line[index] = 1
                if let channel, states[index].contains(channel) { return line }
                let next = row["to"].list.map { (numbers[touches($0["state"])] ?? 0, $0["count"].double ?? .nan) }
                let ends = [row["conversions"].double ?? .nan, row["nulls"].double ?? .nan]
                let sum = next.reduce(ends[0] + ends[1]) { $0 + $1.1 }
                guard sum > 0 else { return line }
                for (state, count) in next { line[state] -= count / sum }
                line[states.count] = ends[0] / sum
                return line
            }
            for pivot in states.indices {
                let best = (pivot..<states.count).max { abs(matrix[$0][pivot]) < abs(matrix[$1][pivot]) } ?? pivot
                matrix.swapAt(pivot, best)
                for row in states.indices where row != pivot && matrix[row][pivot] != 0 {
                    let factor = matrix[row][pivot] / matrix[pivot][pivot]
                    for column in pivot...states.count { matrix[row][column] -= factor * matrix[pivot][column] }
                }
            }
            return states.isEmpty ? 0 : matrix[0][states.count] / matrix[0][0]
        }
        let all = converting(without: nil)
        let effects = Set(states.joined()).map { ($0, all > 0 ? 1 - converting(without: $0) / all : 0) }
        let sum = effects.reduce(0) { $0 + $1.1 }
        for (channel, effect) in effects { shares[channel] = sum > 0 ? effect / sum : 0 }
    }
}
