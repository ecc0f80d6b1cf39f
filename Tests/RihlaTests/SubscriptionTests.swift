// Subscriptions: history, then live, every event once and in order.
import JourneyEvents
import JourneyLog
import Rihla
import TestSupport
import Testing

@Suite struct SubscriptionTests {
    private func withStore(_ body: (JourneyStore) async throws -> Void) async throws {
        try await withScratchDirectory { path in
            var options = JourneyStore.Options()
            options.create = true
            let store = try await JourneyStore.open(at: path, options: options)
            try await body(store)
            try await store.close()
        }
    }

    /// The positions that a subscription gives until the one at `last`.
    private func positions(_ subscription: EventSubscription, until last: UInt64) async throws -> [UInt64] {
        var seen: [UInt64] = []
        for try await event in subscription {
            seen.append(event.position.rawValue)
            if event.position.rawValue >= last { break }
        }
        return seen
    }

    @Test(.timeLimit(.minutes(5)))
    func `promise 6: subscribers that start at any moment see every event once and in order`() async throws {
        var random = SplitMix.fresh()
        let (writers, each) = (4, 500)
        let total = UInt64(writers * each)
        let delays = (0..<5).map { _ in Int.random(in: 0...120, using: &random) }
        let seed = random.seed
        try await withStore { store in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<writers {
                    group.addTask {
                        var number = 0
                        while number < each {
                            let end = min(number + 1 + (number + writer) % 9, each)
                            try await store.append((number..<end).map { event("\(writer)-\($0)") })
                            number = end
                        }
                    }
                }
                for delay in delays {
                    group.addTask {
                        try await Task.sleep(for: .milliseconds(delay))
                        let start = store.head
                        let all = try await self.positions(store.events(), until: total)
                        #expect(all == Array(1...total), "seed \(seed)")
                        let later = try await self.positions(store.events(after: start), until: total)
                        #expect(
                            later == Array((start.rawValue + 1)..<(total + 1)) || start.rawValue == total,
                            "seed \(seed)"
                        )
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `promise 6: an event that is appended while the subscriber waits arrives at once`() async throws {
        try await withStore { store in
            try await store.append([event("old")])
            async let next: Event? = {
                // An interval of an hour: only the append's own signal can wake it.
                for try await event in store.events(after: 1, interval: .seconds(3_600)) { return event }
                return nil
            }()
            try await Task.sleep(for: .milliseconds(30))
            try await store.append([event("new")])
            #expect(try await next?.id == "new")
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `cancelling ends a subscription that waits`() async throws {
        try await withStore { store in
            let reader = Task {
                var count = 0
                for try await _ in store.events(interval: .seconds(3_600)) { count += 1 }
                return count
            }
            try await store.append([event("a")])
            try await Task.sleep(for: .milliseconds(30))
            reader.cancel()
            #expect(try await reader.value <= 1)
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a subscription to some types leaves the others out`() async throws {
        try await withStore { store in
            let events = (0..<700).map { event("\($0)", type: $0 % 7 == 0 ? "rare" : "common") }
            try await store.append(events)
            var seen: [String] = []
            for try await event in store.events(types: ["rare", "never_seen"]) {
                seen.append(event.id)
                if seen.count == 100 { break }
            }
            #expect(seen == stride(from: 0, to: 700, by: 7).map { "\($0)" })
        }
    }

    @Test(.timeLimit(.minutes(5)))
    func `a type that comes for the first time while the subscriber waits is seen`() async throws {
        try await withStore { store in
            async let next: Event? = {
                for try await event in store.events(types: ["brand_new"], interval: .seconds(3_600)) { return event }
                return nil
            }()
            try await store.append([event("a")])
            try await store.append([event("b", type: "brand_new")])
            #expect(try await next?.id == "b")
        }
    }
}
