// What folds read comes from the index and, for the newest events, from memory. Both must tell the same as the log.
import JourneyEvents
import JourneyLog
@testable import JourneyProjections
import TestSupport
import Testing

@Suite struct JourneyScanTests {
    @Test func `index and memory together give the events of the log, however they are asked for`() async throws {
        var random = SplitMix.fresh()
        try await withScratchDirectory { path in
            var log = try EventLog(at: path, create: true)
            var events = randomEvents(21_000, from: 0, customers: 900, using: &random)
            for index in stride(from: 0, to: events.count, by: 11) {
                events[index].amount = Currency("EUR").map { Amount(units: Int64(index), scale: 2, currency: $0) }
            }
            _ = try await log.append(request(events))
            // So many events go into the index when the log is closed.
            try log.close()
            log = try EventLog(at: path, create: false)
            _ = try await log.append(request(randomEvents(60, from: 21_000, customers: 900, using: &random)))
            let all = try log.snapshot.folds(at: Array(1...21_060))
            #expect(all.map(\.position) == Array(1...21_060))
            #expect(all.count { $0.currency != 0 } == 1_910)
            for range in [0..<21_060, 0..<4_096, 4_095..<4_097, 5_000..<21_010, 21_000..<21_030] {
                var scanned: [FoldEvent] = []
                let (after, through) = (UInt64(range.lowerBound), UInt64(range.upperBound))
                try log.snapshot.scanFolds(after: after, through: through) { scanned.append($0) }
                #expect(scanned == Array(all[range]))
            }
            for kind in [SymbolKind.customer, .deal] {
                try check(kind, keys: 3...9, through: 21_060, all, log)
                try check(kind, keys: 1...500, through: 9_000, all, log)
                try check(kind, keys: 7...7, through: 21_020, all, log)
                try checkGroups(kind, all, log)
            }
            let trail = TrailProjection()
            let engine = try ProjectionEngine(log: log, projections: [trail])
            try await engine.catchUp()
            _ = try await log.append(request(randomEvents(40, from: 21_060, customers: 900, using: &random)))
            try await engine.catchUp()
            #expect(try engine.rows(trail) == trail.reference(log), "seed \(random.seed)")
            try log.close()
        }
    }

    private func symbol(_ kind: SymbolKind, _ event: FoldEvent) -> UInt32 {
        kind == .customer ? event.customer : event.deal
    }

    private func check(
        _ kind: SymbolKind,
        keys: ClosedRange<UInt32>,
        through: UInt64,
        _ all: [FoldEvent],
        _ log: EventLog
    ) throws {
        let expected = all.filter { $0.position <= through && keys.contains(symbol(kind, $0)) }
        var found: [FoldEvent] = []
        try log.snapshot.scanFoldBlocks(of: kind, in: keys, through: through) { found += $0 }
        #expect(found == expected)
        // Few keys are looked up, many are scanned for.
        let picked = try log.snapshot.folds(of: kind, Array(keys), through: Position(through))
        #expect(picked.sorted { $0.position < $1.position } == expected)
    }

    private func checkGroups(_ kind: SymbolKind, _ all: [FoldEvent], _ log: EventLog) throws {
        var grouped: [FoldEvent] = []
        var ranges = try EventGroups.Ranges(log.snapshot, key: kind, bounds: EventBounds(through: log.head.position))
        while let groups = try ranges.next() { grouped += groups.events }
        let expected = all.filter { symbol(kind, $0) > 0 }
            .sorted {
                symbol(kind, $0) != symbol(kind, $1)
                    ? symbol(kind, $0) < symbol(kind, $1) : FoldEvent.inJourneyOrder($0, $1)
            }
        #expect(grouped == expected)
    }
}
