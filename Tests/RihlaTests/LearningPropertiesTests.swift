// Promises that hold for every set of events: arrival does not matter, and a scheduled export tells each thing once.
import Foundation
import JourneyEvents
import JourneyLog
import JourneyViews
import Rihla
import TestSupport
import Testing

@Suite(.serialized)
struct LearningPropertiesTests {
    @Test func `objections, feedback and conversions do not depend on the order of arrival`() async throws {
        var random = SplitMix.fresh()
        for _ in 0..<3 {
            let events = randomLearning(120, &random)
            let queries = everyLearning()
            let expected = try await withStore(events) { try await $0.answers(queries) }
            #expect(expected.allSatisfy { $0 != "not found" })
            for arrival in [permuted(events, &random), events + events, permuted(events, &random)] {
                let found = try await withStore(arrival, size: 13) { try await $0.answers(queries) }
                #expect(difference(found, expected, queries) == nil, "seed \(random.seed)")
            }
            // What was known at a position is what a store of the events up to it has.
            let part = try await withStore(Array(events[..<70])) { try await $0.answers(queries, strip: false) }
            let whole = try await withStore(events) { try await $0.answers(queries, bounds(asAt: 70), strip: false) }
            let then = whole.map { $0.replacing(#""as_at":70"#, with: #""as_at":null"#) }
            #expect(difference(then, part, queries) == nil, "seed \(random.seed)")
            let cut = events[60].occurredAt
            let early = try await withStore(events.filter { $0.occurredAt <= cut }) {
                try await $0.answers(queries, bounds(asOf: cut))
            }
            let asOf = try await withStore(events) { try await $0.answers(queries, bounds(asOf: cut)) }
            #expect(difference(asOf, early, queries) == nil, "seed \(random.seed)")
        }
    }

    /// The values that an advertiser has after a series of exports are those of one export at the end.
    @Test func `exports one after the other tell what one export tells, and nothing twice`() async throws {
        var random = SplitMix.fresh()
        for _ in 0..<4 {
            let events = permuted(randomLearning(160, &random), &random)
            try await withScratchDirectory { path in
                var options = JourneyStore.Options()
                options.create = true
                let store = try await JourneyStore.open(at: path, options: options)
                var query = ConversionQuery()
                var told: [String: String] = [:]
                var start = 0
                while start < events.count {
                    let end = min(start + Int.random(in: 1...40, using: &random), events.count)
                    _ = try await store.append(batch(events[start..<end]))
                    start = end
                    let answer = try await store.ask(.conversions(query))
                    for entry in answer["conversions"].list {
                        let id = entry["id"].text ?? ""
                        #expect(told[id] == nil, "seed \(random.seed): \(id) again")
                        told[id] = "\(entry["value"]) \(entry["currency"])"
                    }
                    for entry in answer["adjustments"].list {
                        let id = entry["id"].text ?? ""
                        #expect(told[id] != nil, "seed \(random.seed): \(id) was never told")
                        let isGone = entry["change"].text == "retraction"
                        told[id] = isGone ? nil : "\(entry["value"]) \(entry["currency"])"
                    }
                    query.after = Position(UInt64(answer["next"].int ?? 0))
                    let again = try await store.ask(.conversions(query))
                    #expect(again["conversions"].list.isEmpty && again["adjustments"].list.isEmpty)
                }
                let all = try await store.ask(.conversions(ConversionQuery()))
                let expected = Dictionary(
                    uniqueKeysWithValues: all["conversions"].list.map {
                        ($0["id"].text ?? "", "\($0["value"]) \($0["currency"])")
                    }
                )
                #expect(told == expected, "seed \(random.seed)")
                try await store.close()
            }
        }
    }
}
