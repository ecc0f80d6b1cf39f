// An answer that may be old says how old.
import JourneyEvents
import JourneyViews
import Rihla
import TestSupport
import Testing

@Suite struct StaleAnswerTests {
    @Test func `promise 14: an answer that need not be fresh says how many events it is behind`() async throws {
        try await withScratchDirectory { path in
            var options = JourneyStore.Options()
            options.create = true
            let store = try await JourneyStore.open(at: path, options: options)
            func append(_ ids: ClosedRange<Int>) async throws {
                var batch = EventBatch()
                for id in ids { event("\(id)", customer: "customer_id:\(id)").add(to: &batch) }
                _ = try await store.append(batch)
            }
            var bounds = QueryBounds()
            bounds.allowsStale = true
            try await append(1...3)
            // A view that was never made has nothing to answer from: it is made.
            let first = try await store.answer(.stages, bounds: bounds)
            #expect(first.position == Position(3))
            #expect(first.warnings.isEmpty)
            try await append(4...8)
            let stale = try await store.answer(.stages, bounds: bounds)
            #expect(stale.position == Position(3))
            #expect(stale.warnings.map(\.code) == ["stale"])
            #expect(stale.warnings.map(\.count) == [5])
            #expect(stale.notes == ["3 customers"])
            let fresh = try await store.answer(.stages)
            #expect(fresh.position == Position(8))
            #expect(fresh.notes == ["8 customers"])
            try await store.close()
        }
    }
}
