// Partitions give the groups that plain code gives, whatever the number of keys, parts and chunks.
import JourneyEvents
import JourneyLog
@testable import JourneyProjections
import TestSupport
import Testing

@Suite struct EventPartitionsTests {
    /// Events of `keys` customers and as many deals; the first keys have most of them, some events have neither.
    private func someEvents(_ count: Int, keys: Int, _ random: inout SplitMix) -> [FoldEvent] {
        (1...max(count, 1)).prefix(count).map { position in
            let spread = Int.random(in: 1...keys, using: &random)
            var event = FoldEvent(
                position: UInt64(position),
                occurredAt: Int64(Int.random(in: 0...count, using: &random) / 3),
                customer: UInt32(Int.random(in: 0...spread, using: &random)),
                deal: Bool.random(using: &random) ? 0 : UInt32(Int.random(in: 1...spread, using: &random)),
                type: UInt32.random(in: 1...70_000, using: &random),
                channel: UInt32.random(in: 0...9, using: &random),
                campaign: UInt32.random(in: 0...UInt32.max, using: &random)
            )
            if position % 5 == 0 {
                event.units = Int64.random(in: .min ... .max, using: &random)
                event.currency = 978
                event.scale = 18
            }
            return event
        }
    }

    private func groups(_ events: [FoldEvent], by key: (FoldEvent) -> UInt32) -> [UInt32: [FoldEvent]] {
        var groups = Dictionary(grouping: events, by: key)
        groups[0] = nil
        return groups.mapValues { $0.sorted(by: FoldEvent.inJourneyOrder) }
    }

    private func groups(of partitions: EventPartitions, _ types: RowTypes) throws -> [UInt32: [FoldEvent]] {
        var found: [UInt32: [FoldEvent]] = [:]
        var groups = EventGroups()
        var last: UInt32 = 0
        for part in 0..<partitions.count {
            partitions.fill(&groups, with: part, types)
            var start = 0
            for (index, end) in groups.ends.enumerated() {
                if start < end {
                    #expect(groups.key(index) > last)
                    last = groups.key(index)
                    found[last] = Array(groups.events[start..<end])
                }
                start = end
            }
            #expect(start == groups.events.count)
        }
        return found
    }

    @Test(arguments: [(0, 1), (1, 1), (17, 3), (5_000, 1), (40_000, 9), (40_000, 3_000), (3_000, 60_000)])
    func `the parts have the events of every key in journey order`(count: Int, keys: Int) throws {
        var random = SplitMix.fresh()
        let events = someEvents(count, keys: keys, &random)
        for kind in [SymbolKind.customer, .deal] {
            func key(_ event: FoldEvent) -> UInt32 { kind == .customer ? event.customer : event.deal }
            let expected = groups(events, by: key)
            // Far fewer may be expected than come, and there may be newer keys than those that are wanted.
            for (limit, guess) in [(keys, count), (keys, 0), (keys / 2, count * 3)] {
                var partitions = EventPartitions(by: kind, keyCount: limit, expected: guess, IdentityMap())
                for event in events { partitions.add(event) }
                let wanted = expected.filter { $0.key <= limit }
                let all = try groups(of: partitions, RowTypes(nil))
                #expect(all == wanted, "\(kind) \(limit) \(guess), seed \(random.seed)")
                let types: [UInt32] = [3, 69_999] + events.prefix(40).map(\.type)
                let some = try groups(of: partitions, RowTypes(types))
                #expect(some == wanted.filter { $1.contains { types.contains($0.type) } }, "seed \(random.seed)")
                let none = try groups(of: partitions, RowTypes([]))
                #expect(none.isEmpty)
            }
        }
    }

    @Test func `only keys with an event of a row's type are folded, live and rebuilt`() async throws {
        var random = SplitMix.fresh()
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            var trail = TrailProjection()
            trail.rowTypeNames = ["c"]
            let engine = try ProjectionEngine(log: log, projections: [trail])
            for start in stride(from: 0, to: 400, by: 40) {
                _ = try await log.append(request(randomEvents(40, from: start, customers: 90, using: &random)))
                try await engine.catchUp()
                #expect(try engine.rows(trail) == trail.reference(log), "seed \(random.seed)")
                let stored = try engine.stored("trail")
                try await engine.rebuild()
                #expect(try engine.stored("trail") == stored, "seed \(random.seed)")
                #expect(try engine.differences("trail").isEmpty)
            }
            #expect(try trail.reference(log).count < log.symbolCount(.customer))
            try log.close()
        }
    }
}
