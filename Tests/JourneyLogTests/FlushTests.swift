// The index takes events while commits go on.
import JourneyEvents
import Platform
import Synchronization
import TestSupport
import Testing

@testable import JourneyLog

@Suite struct FlushTests {
    private func open(_ path: String, threshold: Int, create: Bool = false) throws -> EventLog {
        try EventLog(at: path, create: create, flushThreshold: threshold, clock: FileSystem.nowMilliseconds)
    }

    @Test func `promise 5: an event is known while it moves into the index and after, whoever sends it again`()
        async throws
    {
        let random = SplitMix.fresh()
        try await withScratchDirectory { path in
            let log = try open(path, threshold: 40, create: true)
            // Writers send overlapping runs of the same events: each is appended by exactly one of them.
            let counts = try await withThrowingTaskGroup(of: [String].self) { group in
                for writer in 0..<6 {
                    group.addTask {
                        var appended: [String] = []
                        var random = SplitMix(seed: random.seed &+ UInt64(writer))
                        for round in 0..<40 {
                            let first = round * 20 + Int(random.next() % 30)
                            let events = (first..<(first + 15)).map {
                                event("e-\($0)", customer: "customer_id:\($0 % 7)")
                            }
                            for (event, outcome) in zip(events, try await log.append(request(events))) {
                                if case .appended = outcome { appended.append(event.id) }
                            }
                        }
                        return appended
                    }
                }
                var counts: [String: Int] = [:]
                for try await appended in group { for id in appended { counts[id, default: 0] += 1 } }
                return counts
            }
            #expect(counts.values.allSatisfy { $0 == 1 }, "seed \(random.seed)")
            #expect(Int(log.head.position.rawValue) == counts.count, "seed \(random.seed)")
            try log.flushIndex(atLeast: 1)
            #expect(log.snapshot.reach.position == log.head.position.rawValue)
            #expect(log.indexFailure == nil)
            let all = counts.keys.sorted().map { name in
                event(name, customer: "customer_id:\((Int(name.dropFirst(2)) ?? 0) % 7)")
            }
            for outcome in try await log.append(request(all)) {
                guard case .duplicate = outcome else {
                    Issue.record("\(outcome), seed \(random.seed)")
                    continue
                }
            }
            #expect(try log.verify().findings == [])
            try log.close()
        }
    }

    @Test func `versions of streams hold across the index's reach`() async throws {
        try await withScratchDirectory { path in
            let log = try open(path, threshold: 10, create: true)
            for number in 0..<100 {
                var request = request([event("e-\(number)", customer: "customer_id:\(number % 3)")])
                request.stream = .customer("customer_id:\(number % 3)")
                request.expected = number < 3 ? .none : .version(UInt64(number / 3))
                let outcome = try await log.append(request).first
                #expect(outcome == .appended(Position(UInt64(number + 1)), version: UInt64(number / 3 + 1)))
            }
            try log.close()
        }
    }

    @Test func `a log that is closed in the middle of it is whole when it is opened again`() async throws {
        try await withScratchDirectory { path in
            for round in 0..<12 {
                let log = try open(path, threshold: 16, create: round == 0)
                for part in 0..<4 {
                    _ = try await log.append(request((0..<9).map { event("\(round)-\(part)-\($0)") }))
                }
                try log.close()
            }
            let log = try open(path, threshold: 16)
            #expect(log.head.position == Position(12 * 36))
            #expect(try log.verify().findings == [])
            let again = try await log.append(request((0..<9).map { event("3-2-\($0)") }))
            #expect(again.allSatisfy { if case .duplicate = $0 { true } else { false } })
            try log.close()
        }
    }
}
