// Promises that the whole store makes: what it answers while others write, and what it says of its views.
import Foundation
import JourneyEvents
import JourneyLog
import JourneyProjections
import JourneyViews
@testable import Rihla
import TestSupport
import Testing

/// Throws at events of the type `poison`.
struct Fragile: Projection {
    struct Poison: Error {}
    let name = "fragile"
    let version = 1
    let key = SymbolKind.customer
    private var poison: UInt32 = 0

    func prepared(for log: LogSnapshot) throws -> any Projection {
        var copy = self
        copy.poison = try log.symbol(.type, "poison") ?? 0
        return copy
    }

    func row(for key: UInt32, events: ArraySlice<FoldEvent>, properties: PropertyTable) throws -> [UInt8]? {
        if poison != 0, events.contains(where: { $0.type == poison }) { throw Poison() }
        return Array("\(events.count)".utf8)
    }
}

@Suite struct PromisesTests {
    private func withStore(_ projections: [any Projection] = [], _ body: (JourneyStore) async throws -> Void)
        async throws
    {
        try await withScratchDirectory { path in
            var options = JourneyStore.Options()
            options.create = true
            let store = try await JourneyStore.open(at: path, options: options, projections: projections)
            try await body(store)
            try await store.close()
        }
    }

    private func journeys(_ count: Int, from first: Int, using random: inout SplitMix) -> [Event] {
        let types = [
            "page_viewed", "ad_clicked", "form_submitted", "deal_created", "deal_won", "order_completed", "odd_one",
        ]
        return (first..<(first + count)).map { number in
            var made = event(
                "e-\(number)",
                type: types.randomElement(using: &random) ?? "odd_one",
                at: Int64.random(in: 0...9_000_000_000, using: &random),
                customer: "customer_id:\(Int.random(in: 0..<15, using: &random))",
                deal: Bool.random(using: &random) ? "d-\(Int.random(in: 0..<9, using: &random))" : nil,
                properties: [.init(key: "url", json: "\"https://x.example/?utm_source=google&utm_medium=cpc\"")]
            )
            if made.type == "order_completed" || made.type == "deal_won" {
                made.amount = Currency("EUR").map { Amount(units: Int64(number * 7 + 1), scale: 2, currency: $0) }
            }
            return made
        }
    }

    private func members(_ answer: Answer) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(answer.json.utf8)) as? [String: Any] ?? [:]
    }

    @Test
    func `promise 7 and 8: after any run of appends, reopenings and rebuilds every view equals a fold of the log`()
        async throws
    {
        var random = SplitMix.fresh()
        try await withScratchDirectory { path in
            var options = JourneyStore.Options()
            options.create = true
            var store = try await JourneyStore.open(at: path, options: options)
            var next = 0
            for step in 0..<12 {
                let count = Int.random(in: 1...40, using: &random)
                try await store.append(journeys(count, from: next, using: &random))
                next += count
                switch Int.random(in: 0..<4, using: &random) {
                case 0: _ = try await store.rebuild([["customers", "deals", "attribution"][step % 3]])
                case 1:
                    try await store.close()
                    store = try await JourneyStore.open(at: path)
                default: try await store.catchUp()
                }
                let verified = try await store.rebuild(verify: true)
                #expect(!verified.found, "seed \(random.seed): \(verified.notes)")
            }
            try await store.close()
        }
    }

    @Test func `promise 10: --as-at p gives what a store of the events up to p gives`() async throws {
        var random = SplitMix.fresh()
        let events = journeys(150, from: 0, using: &random)
        try await withStore { whole in
            try await whole.append(events)
            for position in [1, 40, 149] {
                try await withStore { part in
                    try await part.append(Array(events[..<position]))
                    for query in [Query.stages, .deals(limit: nil), .attribution(AttributionQuery())] {
                        var bounds = QueryBounds()
                        bounds.asAt = .position(Position(UInt64(position)))
                        let then = try members(try await whole.answer(query, bounds: bounds))
                        var now = try members(try await part.answer(query))
                        now["as_at"] = position
                        #expect(NSDictionary(dictionary: then) == NSDictionary(dictionary: now), "seed \(random.seed)")
                    }
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `promise 14: while others append, an answer holds for exactly its position, at or past one's own append`()
        async throws
    {
        try await withStore([Fragile()]) { store in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<2 {
                    group.addTask {
                        for number in 0..<60 {
                            let receipt = try await store.append([
                                event("\(writer)-\(number)", type: "page_viewed", customer: "customer_id:\(number % 9)")
                            ])
                            let rows = try await store.rows(of: "fragile")
                            #expect(rows.position >= receipt.position)
                            let sum = rows.rows.reduce(0) { $0 + (Int(String(decoding: $1.bytes, as: UTF8.self)) ?? 0) }
                            #expect(UInt64(sum) == rows.position.rawValue)
                        }
                    }
                }
                group.addTask {
                    for _ in 0..<40 {
                        let answer = try await store.answer(.customers(stage: nil, after: nil, limit: nil))
                        let events = answer.rows.reduce(0) { sum, row in
                            if case .int(let count) = row[4] { return sum + Int(count) }
                            return sum
                        }
                        #expect(UInt64(events) == answer.position.rawValue)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `promise 13: the lag of a view is exact, in events and in seconds`() async throws {
        try await withStore { store in
            try await store.append([event("a"), event("b")])
            try await store.catchUp()
            var views = try #require(try members(try await store.projections())["views"] as? [[String: Any]])
            #expect(views.allSatisfy { $0["checkpoint"] as? Int == 2 && $0["lag_events"] as? Int == 0 })
            #expect(views.allSatisfy { $0["lag_seconds"] as? Double == 0 })
            try await store.append([event("c"), event("d"), event("e")])
            _ = try await store.answer(.stages)
            let answer = try members(try await store.projections())
            #expect(answer["head"] as? Int == 5)
            views = try #require(answer["views"] as? [[String: Any]])
            let lags = Dictionary(
                uniqueKeysWithValues: views.map { ($0["view"] as? String ?? "", $0["lag_events"] as? Int) }
            )
            #expect(lags == ["customers": 0, "deals": 3, "attribution": 3])
        }
    }

    @Test func `promise 12: unknown types are stored and counted, and a parked key shows until it folds`() async throws
    {
        try await withStore([Fragile()]) { store in
            try await store.append([
                event("1", type: "never_heard_of"), event("2", type: "poison", customer: "customer_id:b"), event("3"),
            ])
            let stats = try members(try await store.stats())
            #expect(stats["by_type"] as? [String: Int] == ["never_heard_of": 1, "page_viewed": 1, "poison": 1])
            let rows = try await store.rows(of: "fragile")
            #expect(rows.rows.map(\.key) == ["customer_id:a"])
            #expect(rows.parked == [.init(key: "customer_id:b", position: 2, reason: "Poison()")])
            let bounded = try await store.rows(of: "fragile", asAt: .position(2))
            #expect(bounded.parked == rows.parked)
            let status = try await store.projections()
            #expect(status.found)
            let views = try #require(try members(status)["views"] as? [[String: Any]])
            let parked = views.first { $0["view"] as? String == "fragile" }?["parked"] as? [[String: Any]]
            #expect(parked?.first?["key"] as? String == "customer_id:b")
            #expect(parked?.first?["position"] as? Int == 2)
            #expect(parked?.first?["reason"] as? String == "Poison()")
        }
    }

    @Test func `the same store and question give the same bytes, also when a view is made anew in between`()
        async throws
    {
        var random = SplitMix.fresh()
        try await withStore { store in
            try await store.append(journeys(80, from: 0, using: &random))
            let first = try await store.answer(.customers(stage: nil, after: nil, limit: nil)).json
            _ = try await store.rebuild()
            #expect(try await store.answer(.customers(stage: nil, after: nil, limit: nil)).json == first)
            #expect(store.takeNotices().isEmpty)
        }
    }
}
