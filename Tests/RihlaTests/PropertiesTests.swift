// Promises that hold for every set of events: arrival does not matter, live equals rebuilt, explanations are complete,
// credits conserve money.
import Foundation
import JourneyEvents
import JourneyLog
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

// One after the other: each store takes address space for its maps, and hundreds at once take all of it.
@Suite(.serialized)
struct PropertiesTests {
    @Test func `promise 9: any arrival of the same events gives the same bytes of every answer`() async throws {
        var random = SplitMix.fresh()
        for _ in 0..<3 {
            let events = randomEvents(60, &random)
            let queries = everyQuery(events)
            let expected = try await withStore(events) { try await $0.answers(queries) }
            // Half of the answers must say something, or nothing is tested.
            #expect(expected.filter { $0 != "not found" }.count * 2 > expected.count)
            let half = events.count / 2
            let middle = events[half...].firstIndex { $0.occurredAt != events[half - 1].occurredAt } ?? events.count
            var arrivals: [(String, [Event])] = [
                ("the second half first", Array(events[middle...] + events[..<middle])),
                ("twice", events + events), ("with what came before repeated", events + events.prefix(half)),
            ]
            for _ in 0..<3 { arrivals.append(("permuted", permuted(events, &random))) }
            for (name, arrival) in arrivals {
                // Live: questions between the parts make views fold what they have so far.
                let found = try await withScratchDirectory { path in
                    var options = JourneyStore.Options()
                    options.create = true
                    let store = try await JourneyStore.open(at: path, options: options)
                    for start in stride(from: 0, to: arrival.count, by: 17) {
                        _ = try await store.append(batch(arrival[start..<min(start + 17, arrival.count)]))
                        try await store.catchUp()
                    }
                    let found = try await store.answers(queries)
                    try await store.close()
                    return found
                }
                #expect(difference(found, expected, queries) == nil, "seed \(random.seed), \(name)")
            }
        }
    }

    @Test(arguments: [1, 7, 1_000, Int.max])
    func `promise 8: a rebuild gives the bytes that the live view has, at every size of batch`(_ size: Int) async throws
    {
        var random = SplitMix.fresh()
        let events = permuted(randomEvents(size == 1 ? 60 : 240, &random), &random)
        try await withScratchDirectory { path in
            var options = JourneyStore.Options()
            options.create = true
            let store = try await JourneyStore.open(at: path, options: options)
            var start = 0
            while start < events.count {
                let end = min(start + min(size, events.count), events.count)
                _ = try await store.append(batch(events[start..<end]))
                try await store.catchUp()
                start = end
            }
            let live = try await store.rebuild(verify: true)
            #expect(!live.found, "seed \(random.seed): \(live.notes)")
            let queries = everyQuery(events)
            let before = try await store.answers(queries, strip: false)
            _ = try await store.rebuild()
            let after = try await store.answers(queries, strip: false)
            #expect(difference(before, after, queries) == nil, "seed \(random.seed)")
            // The fold into memory of a question with bounds is the same fold.
            let bounded = try await store.answers(queries, bounds(asAt: UInt64(events.count)), strip: true)
            #expect(difference(bounded, before.map(withoutPositions), queries) == nil, "seed \(random.seed)")
            try await store.close()
        }
    }

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
                                + explain["left_out"].list + explain["milestones"].list.map { $0["event"] }
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

    @Test func `promise 16: credits sum to the value in its smallest unit, under every model and currency`()
        async throws
    {
        var random = SplitMix.fresh()
        for _ in 0..<3 {
            let events = randomEvents(90, &random)
            let rules = bounds(rules: try ownModels())
            let models = ModelName.allCases.map(\.rawValue) + ["ends", "more_email"]
            try await withStore(events) { store async throws in
                for event in events where ["order_completed", "deal_won"].contains(event.type) {
                    for model in models {
                        let query = Query.explainCredit(conversion: event.id, model: model)
                        guard let explain = try? await store.ask(query, rules), !explain["touches"].list.isEmpty,
                            let value = explain["value"]["amount"].text
                        else { continue }
                        let sum = explain["touches"].list.reduce(Int64(0)) { $0 + units($1["credit"]["amount"].text) }
                        #expect(sum == units(value), "seed \(random.seed) \(event.id) \(model)")
                    }
                }
                var query = AttributionQuery()
                query.models = models
                query.currency = "EUR"
                let whole = try await store.ask(.attribution(query), rules)
                // Periods add up to the whole, for each key, and keys to the total.
                query.to = instant(9)
                let before = try await store.ask(.attribution(query), rules)
                (query.from, query.to) = (instant(9), nil)
                let after = try await store.ask(.attribution(query), rules)
                for model in models {
                    for report in [whole, before, after] {
                        let rows = report["models"].first("model", model)["rows"].list
                        for field in ["value", "converted"] {
                            let total = rows.map { sums($0[field]) }.reduce(into: [String: Int64]()) {
                                $0.merge($1) { $0 + $1 }
                            }
                            let expected = sums(report[field]).filter { $0.value != 0 }
                            #expect(total.filter { $0.value != 0 } == expected, "seed \(random.seed) \(model) \(field)")
                        }
                        let conversions = rows.reduce(0) { $0 + ($1["conversions"].double ?? .nan) }
                        let isWhole = abs(conversions - (report["conversions"].double ?? .nan)) < 1e-9
                        #expect(isWhole, "seed \(random.seed) \(model) \(conversions)")
                    }
                    // Models of all paths see others in each period.
                    guard !AttributionRule.totalModels.contains(model) else { continue }
                    let all = sums(whole, model)
                    let (early, late) = (sums(before, model), sums(after, model))
                    for key in Set(all.keys).union(early.keys).union(late.keys) {
                        let parts = (early[key] ?? [:]).merging(late[key] ?? [:]) { $0 + $1 }
                        let difference = (all[key] ?? [:]).merging(parts.mapValues { -$0 }) { $0 + $1 }
                        #expect(difference.values.allSatisfy { $0 == 0 }, "seed \(random.seed) \(model) \(key)")
                    }
                }
            }
        }
    }

    @Test func `promise 16: a refund in random parts leaves each touchpoint nothing`() async throws {
        var random = SplitMix.fresh()
        for round in 0..<12 {
            let currency = ["EUR", "JPY", "KWD"][round % 3]
            let digits = [2, 0, 3][round % 3]
            let total = Int64.random(in: 1...100_000, using: &random)
            func money(_ units: Int64) -> String {
                decimalText(units: Int128(units), scale: digits) + " " + currency
            }
            var events = (0..<Int.random(in: 1...6, using: &random)).map {
                make("t\($0)", "ad_clicked", Double($0), channel: "c\($0)")
            }
            events.append(make("o", "order_completed", 7, money: money(total), ["order_id": "1"]))
            var left = total
            while left > 0 {
                let part = events.count > 15 ? left : Int64.random(in: 1...left, using: &random)
                left -= part
                events.append(
                    make(
                        "r\(events.count)",
                        "order_refunded",
                        Double(8 + events.count),
                        money: money(-part),
                        ["order_id": "1"]
                    )
                )
            }
            try await withStore(permuted(events, &random)) { store async throws in
                for model in AttributionRule.pathModels {
                    var query = AttributionQuery()
                    query.models = [model]
                    let credits = sums(try await store.ask(.attribution(query)), model)
                    let isNothing = credits.values.allSatisfy { $0.values.allSatisfy { $0 == 0 } }
                    #expect(isNothing && !credits.isEmpty, "seed \(random.seed) \(model) \(credits)")
                    // Cut anywhere between the parts, three periods take back what they gave.
                    let cuts = (0..<2).map { _ in Double(Int.random(in: 8...(9 + events.count), using: &random)) }
                        .sorted().map { instant($0) }
                    var rest: [String: Int64] = [:]
                    for (from, to) in [(nil, cuts[0]), (cuts[0], cuts[1]), (cuts[1], nil)] {
                        (query.from, query.to) = (from, to)
                        for (key, part) in sums(try await store.ask(.attribution(query)), model) {
                            rest[key, default: 0] += part.values.reduce(0, +)
                        }
                    }
                    let isZero = rest.values.allSatisfy { $0 == 0 }
                    #expect(isZero && !rest.isEmpty, "seed \(random.seed) \(model) \(rest)")
                    (query.from, query.to) = (nil, nil)
                    // And half-way every key has its part of what is left.
                    let position = UInt64(events.count / 2)
                    let some = try await store.ask(.attribution(query), bounds(asAt: position))
                    let parts = sums(some, model).values.reduce(Int64(0)) { $0 + $1.values.reduce(0, +) }
                    #expect(parts == sums(some["value"]).values.reduce(0, +), "seed \(random.seed) \(model)")
                }
            }
        }
    }
}

/// Rules with models of one's own, where paths lose touchpoints in a way that depends on the order of the rules.
private func ownModels() throws -> RuleSet {
    try RuleSet(
        yaml: """
            attribution:
              transform: [exposure, remove_if_not_all(email)]
              custom:
                ends: {start: [0.3, 0.1], end: [0.2], rest: 0.4}
                more_email: {base: full-path, channels: {email: 2.5, social: 0}, types: {page_viewed: 0.25}}
            """,
        path: "test"
    )
}

/// A decimal in millionths.
private func units(_ text: String?) -> Int64 {
    let parts = (text ?? "0").split(separator: ".", omittingEmptySubsequences: false)
    let fraction = parts.count > 1 ? String(parts[1]) : ""
    let digits = String(parts[0]) + fraction + String(repeating: "0", count: 6 - fraction.count)
    return Int64(digits) ?? .min
}

private func sums(_ money: JSON) -> [String: Int64] {
    Dictionary(money.list.map { ($0["currency"].text ?? "", units($0["amount"].text)) }) { $0 + $1 }
}

/// Value by key and currency under a model.
private func sums(_ report: JSON, _ model: String) -> [String: [String: Int64]] {
    let rows = report["models"].first("model", model)["rows"].list
    return Dictionary(rows.map { ($0["key"].text ?? "", sums($0["value"])) }) { $1 }
}
