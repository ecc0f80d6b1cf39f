// What was known then, and what was true then, against stores that never heard of the rest.
import Foundation
import JourneyEvents
import JourneyLog
import JourneyViews
import Rihla
import TestSupport
import Testing

// One after the other: each store takes address space for its maps, and hundreds at once take all of it.
@Suite(.serialized)
struct TimeTravelTests {
    @Test func `promise 10: as at a position every answer is that of a store with the events up to it`() async throws {
        var random = SplitMix.fresh()
        let events = permuted(randomEvents(80, &random), &random)
        let queries = everyQuery(events)
        try await withStore(events) { store async throws in
            for position in [0, 1, 80] + (0..<5).map({ _ in Int.random(in: 2..<80, using: &random) }) {
                let then = try await withStore(Array(events.prefix(position))) { try await $0.answers(queries) }
                let now = try await store.answers(queries, bounds(asAt: UInt64(position)))
                #expect(difference(now, then, queries) == nil, "seed \(random.seed), position \(position)")
            }
        }
    }

    @Test func `promise 10: as of an instant every answer is that of a store with the events until then`() async throws
    {
        var random = SplitMix.fresh()
        let events = permuted(randomEvents(80, &random), &random)
        let queries = everyQuery(events)
        try await withStore(events) { store async throws in
            for _ in 0..<6 {
                let time = events[Int.random(in: 0..<80, using: &random)].occurredAt
                let then = try await withStore(events.filter { $0.occurredAt <= time }) {
                    try await $0.answers(queries)
                }
                let now = try await store.answers(queries, bounds(asOf: time))
                #expect(difference(now, then, queries) == nil, "seed \(random.seed), \(time.rfc3339)")
            }
        }
    }

    @Test func `promise 10: both bounds combine`() async throws {
        var random = SplitMix.fresh()
        let events = permuted(randomEvents(80, &random), &random)
        let queries = everyQuery(events)
        try await withStore(events) { store async throws in
            for _ in 0..<4 {
                let position = Int.random(in: 20...80, using: &random)
                let time = events[Int.random(in: 0..<80, using: &random)].occurredAt
                let known = events.prefix(position).filter { $0.occurredAt <= time }
                // An instant is the bound of both, for what counts time until now.
                let then = try await withStore(known) { try await $0.answers(queries, bounds(asOf: time)) }
                let now = try await store.answers(queries, bounds(asOf: time, asAt: UInt64(position)))
                #expect(difference(now, then, queries) == nil, "seed \(random.seed), \(position) \(time.rfc3339)")
            }
        }
    }

    @Test func `promise 10: fifty positions of the made journeys, asked for and lived through`() async throws {
        var random = SplitMix.fresh()
        var events: [Event] = []
        try await withStore([]) { store async throws in
            _ = try await store.ingest([TestData.path("journeys/small.ndjson")])
            events = try store.allEvents()
            var attribution = AttributionQuery()
            attribution.models = ModelName.allCases.map(\.rawValue)
            var steps = FunnelQuery()
            steps.steps = ["ad_clicked", "product_added", "order_completed"]
            steps.by = "channel"
            let queries: [Query] = [
                .customers(stage: nil, after: nil, limit: nil), .stages, .deals(limit: nil), .attribution(attribution),
                .funnel(FunnelQuery()), .funnel(steps), .cohorts(CohortQuery()), .bottlenecks(BottleneckQuery()),
            ]
            // One store lives through the events; at each chosen position it is asked as of now.
            let positions = Set((0..<50).map { _ in Int.random(in: 1...events.count, using: &random) }).sorted()
            try await withStore([]) { live async throws in
                var done = 0
                for (turn, position) in positions.enumerated() {
                    _ = try await live.append(batch(events[done..<position]))
                    done = position
                    let query = queries[turn % queries.count]
                    let then = try await live.answers([query])
                    let now = try await store.answers([query], bounds(asAt: UInt64(position)))
                    #expect(difference(now, then, [query]) == nil, "seed \(random.seed), position \(position)")
                }
            }
        }
    }
}
