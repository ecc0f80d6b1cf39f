// Random runs: appends in and out of order, catch-ups, rebuilds and reopened stores, in any order. Whenever all is quiet the
// rows are those that plain code gives.
import JourneyEvents
import JourneyLog
@testable import JourneyProjections
import TestSupport
import Testing

@Suite struct SimulationTests {
    @Test(arguments: 0..<6)
    func `live rows are those of the reference at every quiet moment`(run: Int) async throws {
        var random = SplitMix.fresh()
        try await withScratchDirectory { path in
            var customers = TrailProjection()
            var deals = TrailProjection("bydeal")
            deals.key = .deal
            // A property that the index keeps, or one that the log alone has.
            (customers.property, deals.property) = run % 2 == 0 ? ("note", "reason") : ("reason", "note")
            // An index that takes a few events at a time, or one that takes none.
            let threshold = run < 4 ? 40 : 1_000_000
            func open() throws -> EventLog {
                try EventLog(at: path, create: true, flushThreshold: threshold, clock: { 1_000 })
            }
            var log = try open()
            var engine = try ProjectionEngine(log: log, projections: [customers, deals])
            var next = 0
            for _ in 0..<40 {
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<5:
                    let count = Int.random(in: 1...30, using: &random)
                    let events = randomEvents(count, from: next, customers: 12, poison: true, using: &random)
                    next += count
                    _ = try await log.append(request(events))
                case 5..<7:
                    try await engine.catchUp(Bool.random(using: &random) ? nil : ["bydeal"])
                case 7:
                    try await engine.rebuild([Bool.random(using: &random) ? "trail" : "bydeal"])
                case 8:
                    // Appends go on while views catch up and are made anew.
                    let events = randomEvents(60, from: next, customers: 12, using: &random)
                    next += 60
                    let (log, engine) = (log, engine)
                    async let appended: Void = {
                        for start in stride(from: 0, to: 60, by: 20) {
                            _ = try await log.append(request(Array(events[start..<(start + 20)])))
                        }
                    }()
                    async let caughtUp = engine.catchUp(["trail"])
                    async let rebuilt: Void = engine.rebuild(["bydeal"])
                    _ = try await (appended, caughtUp, rebuilt)
                default:
                    try log.close()
                    log = try open()
                    engine = try ProjectionEngine(log: log, projections: [customers, deals])
                }
                guard Int.random(in: 0..<3, using: &random) == 0 else { continue }
                try await engine.catchUp()
                for projection in [customers, deals] {
                    #expect(try engine.rows(projection) == projection.reference(log), "seed \(random.seed)")
                    #expect(try engine.worker(projection.name).status().checkpoint == log.head.position)
                }
            }
            try await engine.catchUp()
            #expect(try engine.differences("trail").isEmpty, "seed \(random.seed)")
            #expect(try engine.differences("bydeal").isEmpty, "seed \(random.seed)")
            try log.close()
        }
    }
}
