// Views of customers are views of persons: statements move rows, and only those of the persons that they are about.
import JourneyEvents
import JourneyLog
import TestSupport
import Testing

@testable import JourneyProjections

private func statement(_ id: String, _ type: String, at time: Int64, _ a: String, _ b: String, force: Bool = false)
    -> Event
{
    var properties = ["a": a, "b": b].sorted { $0.key < $1.key }.map {
        Event.Property(key: $0.key, json: JSONValue.string($0.value).text)
    }
    if force { properties.append(.init(key: "force", json: "true")) }
    return event(id, type: "identity_" + type, at: time, customer: a, properties: properties)
}

@Suite struct PersonTests {
    @Test func `a merge of two among 100,000 customers folds only those two again`() async throws {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            let engine = try ProjectionEngine(log: log, projections: [TrailProjection()])
            let worker = try engine.worker("trail")
            var batch = EventBatch()
            for number in 0..<100_100 {
                event("e-\(number)", type: "a", at: 1, customer: "customer_id:\(number)").add(to: &batch)
            }
            _ = try await log.append(AppendRequest(batch))
            try await engine.catchUp()
            #expect(try worker.status().rows == 100_100)
            // More keys than a batch of a rebuild has.
            #expect(try engine.differences("trail").isEmpty)
            func fold(_ event: Event) async throws -> Int {
                _ = try await log.append(request([event]))
                return try await worker.catchUp(to: log.snapshot)
            }
            #expect(try await fold(statement("l-1", "linked", at: 2, "customer_id:7", "customer_id:70000")) == 2)
            #expect(try worker.status().rows == 100_099)
            // Once more is an event of the one person; to take it back concerns both again.
            #expect(try await fold(statement("l-2", "linked", at: 3, "customer_id:7", "customer_id:70000")) == 1)
            #expect(try await fold(statement("u-1", "unlinked", at: 4, "customer_id:7", "customer_id:70000")) == 2)
            #expect(try worker.status().rows == 100_100)
            #expect(try await fold(event("later", type: "a", at: 9, customer: "customer_id:70000")) == 1)
            try log.close()
        }
    }

    @Test func `live rows are those of a rebuild under links, unlinks and late statements`() async throws {
        var random = SplitMix.fresh()
        for run in 0..<4 {
            try await withScratchDirectory { path in
                // The index takes some events at a time, or none.
                let threshold = run % 2 == 0 ? 20 : 1_000_000
                let log = try EventLog(at: path, create: true, flushThreshold: threshold, clock: { 1_000 })
                var trail = TrailProjection()
                trail.property = run < 2 ? "note" : "reason"
                let engine = try ProjectionEngine(log: log, projections: [trail])
                let names = (0..<4).flatMap { ["user_id:\($0)", "email:\($0)@x.example", "device:\($0)"] }
                func name() -> String { names[Int.random(in: 0..<names.count, using: &random)] }
                for round in 0..<40 {
                    let count = Int.random(in: 1...6, using: &random)
                    let events = (0..<count).map { index in
                        let id = "\(round)-\(index)"
                        // One in three is late.
                        let isLate = Int.random(in: 0..<3, using: &random) == 0
                        let time = Int64(isLate ? Int.random(in: 0...round, using: &random) : round)
                        switch Int.random(in: 0..<8, using: &random) {
                        case 0..<3:
                            let note = Event.Property(key: trail.property, json: "\"\(round)\"")
                            return event(id, type: "a", at: time, customer: name(), properties: [note])
                        case 3: return event(id, type: "poison", at: time, customer: name())
                        case 4, 5: return statement(id, "linked", at: time, name(), name())
                        case 6:
                            let isForced = Bool.random(using: &random)
                            return statement(id, isForced ? "linked" : "blocked", at: time, name(), name(), force: true)
                        default: return statement(id, "unlinked", at: time, name(), name())
                        }
                    }
                    _ = try await log.append(request(events))
                    try await engine.catchUp()
                    if round % 5 == 4 { try await engine.rebuild() }
                    #expect(try engine.differences("trail").isEmpty, "seed \(random.seed), round \(round)")
                }
                let live = try engine.stored("trail")
                try await engine.rebuild(["trail"])
                #expect(try engine.stored("trail") == live, "seed \(random.seed)")
                // Each event is in one row, that of the person whom the map says, and no row is of nobody.
                let map = try engine.identity.map(log.snapshot, EventBounds(through: log.head.position))
                let head = log.head.position.rawValue
                var linked = 0
                try log.snapshot.scanFolds(after: 0, through: head) { if map.isLinked($0.customer) { linked += 1 } }
                #expect(try LinkedJourneys(log.snapshot, map, through: head, mostEvents: linked) != nil)
                let isTooSmall = try LinkedJourneys(log.snapshot, map, through: head, mostEvents: linked - 1) == nil
                #expect(isTooSmall == (linked > 0), "seed \(random.seed)")
                var rows: [UInt32: Int] = [:]
                try log.snapshot.scanFolds(after: 0, through: log.head.position.rawValue) { event in
                    rows[map.person(event.customer, at: event.occurredAt), default: 0] += 1
                }
                let parked = Set(try engine.worker("trail").status().parked.map(\.key))
                #expect(Set((live ?? [:]).keys).union(parked) == Set(rows.keys), "seed \(random.seed)")
                try log.close()
            }
        }
    }

    @Test func `small ranges group persons whose identifiers are far apart`() async throws {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            let links = (0..<20).map {
                statement("l-\($0)", "linked", at: Int64(100 + $0), "customer_id:\($0)", "email:\(39 - $0)@x.example")
            }
            let events = (0..<40).map { event("e-\($0)", type: "a", at: Int64($0), customer: "email:\($0)@x.example") }
            _ = try await log.append(request(events + links))
            let map = try IdentityLedger().map(log.snapshot, EventBounds(through: log.head.position), IdentityRules())
            let first = try #require(try log.snapshot.symbol(.customer, "customer_id:3"))
            let mail = try #require(try log.snapshot.symbol(.customer, "email:36@x.example"))
            #expect(map.person(mail, at: 0) == first)
            #expect(map.symbols(of: first...first) == min(first, mail)...max(first, mail))
            let groups = try EventGroups(
                log.snapshot,
                kind: .customer,
                keys: [mail, first].sorted(),
                bounds: EventBounds(through: log.head.position),
                identity: map
            )
            #expect(groups.events.count == 2 && groups.events.map(\.customer) == [mail, first])
            try log.close()
        }
    }

    @Test func `the ledger reads on from where it was, also behind the index and after it has moved`() async throws {
        try await withScratchDirectory { path in
            var log = try EventLog(at: path, create: true)
            _ = try await log.append(request([event("e")]))
            let ledger = IdentityLedger()
            func person(_ ledger: IdentityLedger, _ name: String, asOf: Int64? = nil) throws -> String {
                let bounds = EventBounds(through: log.head.position, asOf: asOf.map { Timestamp(milliseconds: $0) })
                let moment = log.snapshot
                let symbol = try #require(try moment.symbol(.customer, name))
                let map = try ledger.map(moment, bounds, IdentityRules())
                return try moment.symbolText(.customer, map.person(symbol, at: .max))
            }
            #expect(try person(ledger, "customer_id:a") == "customer_id:a")
            _ = try await log.append(request([statement("1", "linked", at: 5, "customer_id:a", "user_id:u")]))
            #expect(try person(ledger, "customer_id:a") == "user_id:u")
            #expect(try person(ledger, "customer_id:a", asOf: 4) == "customer_id:a")
            _ = try await log.append(request([statement("2", "linked", at: 6, "customer_id:b", "user_id:u")]))
            #expect(try person(ledger, "customer_id:b") == "user_id:u")
            // Enough events that closing moves all of them into the index.
            _ = try await log.append(request((0..<5_000).map { event("more-\($0)", at: Int64($0)) }))
            try log.close()
            log = try EventLog(at: path, create: false)
            #expect(try person(IdentityLedger(), "customer_id:b") == "user_id:u")
            #expect(try log.verify().findings.isEmpty)
            try log.close()
        }
    }
}
