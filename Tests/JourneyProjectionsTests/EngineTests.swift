// What the engine promises of every read model, shown with one that lists its events.
import Foundation
import JourneyEvents
import JourneyLog
@testable import JourneyProjections
import Synchronization
import TestSupport
import Testing

@Suite struct EngineTests {
    /// Runs `body` with a log and removes both afterwards.
    private func withLog(_ body: (EventLog) async throws -> Void) async throws {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            try await body(log)
            try log.close()
        }
    }

    private func bytes(of view: String, _ log: EventLog) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: log.files.views + "/\(view)@1/data.mdb"))
    }

    @Test(arguments: [1, 7, 100, 400])
    func `promise 8: a live view has the bytes of a rebuilt one, at every batch size`(batch: Int) async throws {
        var random = SplitMix.fresh()
        try await withLog { log in
            let trail = TrailProjection()
            let engine = try ProjectionEngine(log: log, projections: [trail])
            for first in stride(from: 0, to: 400, by: batch) {
                let events = randomEvents(batch, from: first, customers: 9, poison: true, using: &random)
                _ = try await log.append(request(events))
                try await engine.catchUp()
            }
            #expect(try engine.rows(trail) == trail.reference(log), "seed \(random.seed)")
            let live = try engine.stored("trail")
            let parked = try engine.worker("trail").status().parked
            #expect(try engine.differences("trail").isEmpty, "seed \(random.seed)")
            try await engine.rebuild()
            #expect(try engine.stored("trail") == live, "seed \(random.seed)")
            #expect(try engine.worker("trail").status().parked == parked, "seed \(random.seed)")
        }
    }

    @Test func `promise 9: any order of arrival gives the same journeys`() async throws {
        var random = SplitMix.fresh()
        // One event an instant: events of one instant would keep the order of their arrival.
        let events = (0..<120).map { event("e\($0)", type: "t\($0)", at: Int64($0), customer: "customer_id:\($0 % 5)") }
        var journeys: [[String: [Substring]]] = []
        for order in [events, events.reversed(), events.shuffled(using: &random)] {
            try await withLog { log in
                let trail = TrailProjection()
                let engine = try ProjectionEngine(log: log, projections: [trail])
                for part in [order[..<40], order[40..<90], order[90...]] {
                    _ = try await log.append(request(Array(part)))
                    try await engine.catchUp()
                }
                journeys.append(
                    try engine.rows(trail).mapValues { row in
                        row.split(separator: "\n").map { $0.split(separator: ":")[1] }
                    }
                )
            }
        }
        #expect(journeys[0] == journeys[1])
        #expect(journeys[0] == journeys[2], "seed \(random.seed)")
        #expect(journeys[0]["customer_id:3"]?.prefix(3) == ["t3", "t8", "t13"])
    }

    @Test func `promise 9: a late event folds its own key again and no other`() async throws {
        try await withLog { log in
            let folded = Mutex<[UInt32]>([])
            var trail = TrailProjection()
            trail.hook = { key in folded.withLock { $0.append(key) } }
            let engine = try ProjectionEngine(log: log, projections: [trail])
            _ = try await log.append(request((0..<50).map { event("\($0)", at: 100, customer: "customer_id:\($0)") }))
            try await engine.catchUp()
            folded.withLock { $0 = [] }
            _ = try await log.append(request([event("late", at: 1, customer: "customer_id:7")]))
            try await engine.catchUp()
            #expect(folded.withLock { $0 } == [try #require(try log.snapshot.symbol(.customer, "customer_id:7"))])
            #expect(try engine.rows(trail) == trail.reference(log))
        }
    }

    @Test func `promise 11: a cancelled rebuild leaves the old rows as they are`() async throws {
        try await withLog { log in
            let isArmed = Mutex(false)
            var trail = TrailProjection()
            trail.hook = { key in
                // After the first part went to the disk.
                if isArmed.withLock({ $0 }), key > 150 { withUnsafeCurrentTask { $0?.cancel() } }
            }
            let engine = try ProjectionEngine(log: log, projections: [trail], partBytes: 500)
            _ = try await log.append(request((0..<250).map { event("\($0)", customer: "customer_id:\($0)") }))
            try await engine.catchUp()
            let before = try engine.stored("trail")
            isArmed.withLock { $0 = true }
            await #expect(throws: CancellationError.self) {
                try await Task { try await engine.rebuild() }.value
            }
            #expect(try engine.stored("trail") == before)
            #expect(before?.count == 250)
            isArmed.withLock { $0 = false }
            _ = try await log.append(request([event("next", customer: "customer_id:1")]))
            try await engine.catchUp()
            #expect(try engine.differences("trail").isEmpty)
            try await engine.rebuild()
            #expect(try engine.differences("trail").isEmpty)
        }
    }

    @Test func `a rebuild asks nothing about types that came after it was prepared`() async throws {
        try await withLog { log in
            let gate = Gate()
            var trail = TrailProjection()
            trail.preparation = { gate.pass() }
            let engine = try ProjectionEngine(log: log, projections: [trail])
            _ = try await log.append(request([event("1", type: "a", customer: "customer_id:1")]))
            try await engine.catchUp()
            gate.close()
            async let rebuilt: Void = engine.rebuild()
            await gate.arrival()
            _ = try await log.append(request([event("2", type: "c", customer: "customer_id:1")]))
            gate.open()
            try await rebuilt
            #expect(try engine.stored("trail")?.count == 1)
            try await engine.catchUp()
            #expect(try engine.rows(trail) == trail.reference(log))
        }
    }

    @Test func `promise 11: while a rebuild runs the old rows answer, appends go on, and another view is untouched`()
        async throws
    {
        try await withLog { log in
            let gate = Gate()
            var trail = TrailProjection()
            trail.hook = { _ in gate.pass() }
            let other = TrailProjection("other")
            let engine = try ProjectionEngine(log: log, projections: [trail, other])
            _ = try await log.append(request((0..<300).map { event("\($0)", customer: "customer_id:\($0 % 20)") }))
            try await engine.catchUp()
            let old = try trail.reference(log)
            let otherBytes = try bytes(of: "other", log)
            gate.close()
            async let rebuilt: Void = engine.rebuild(["trail"])
            await gate.arrival()
            #expect(try engine.rows(trail) == old)
            let outcomes = try await log.append(request([event("new", customer: "customer_id:3")]))
            #expect(outcomes == [.appended(Position(301), version: 16)])
            #expect(try engine.stored("trail")?.count == 20)
            gate.open()
            try await rebuilt
            #expect(try bytes(of: "other", log) == otherBytes)
            #expect(try engine.worker("trail").status().checkpoint == Position(300))
            try await engine.catchUp(["trail"])
            #expect(try engine.rows(trail) == trail.reference(log))
        }
    }

    @Test
    func `promise 7 and 11: a crash at any part of a rebuild leaves a view that catches up to what a rebuild gives`()
        async throws
    {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path + "/store", create: true)
            let copies = Mutex<[String]>([])
            let isArmed = Mutex(false)
            var trail = TrailProjection()
            trail.hook = { key in
                // Between two commits of the view: what is on the disk now is what a kill would leave.
                guard isArmed.withLock({ $0 }), [1, 110, 210].contains(key) else { return }
                let copy = path + "/copy-\(key)"
                try FileManager.default.copyItem(atPath: path + "/store", toPath: copy)
                copies.withLock { $0.append(copy) }
            }
            let engine = try ProjectionEngine(log: log, projections: [trail], partBytes: 500)
            _ = try await log.append(request((0..<220).map { event("\($0)", customer: "customer_id:\($0)") }))
            try await engine.catchUp()
            let old = try engine.stored("trail")
            isArmed.withLock { $0 = true }
            try await engine.rebuild()
            try log.close()
            #expect(copies.withLock { $0.count } == 3)
            trail.hook = nil
            for copy in copies.withLock({ $0 }) {
                let after = try EventLog(at: copy, create: false)
                let survivor = try ProjectionEngine(log: after, projections: [trail])
                #expect(try survivor.stored("trail") == old)
                _ = try await after.append(request([event("more", customer: "customer_id:5")]))
                try await survivor.catchUp()
                #expect(try survivor.differences("trail").isEmpty)
                try await survivor.rebuild()
                #expect(try survivor.differences("trail").isEmpty)
                try after.close()
            }
        }
    }

    @Test func `promise 7: a crash at any batch of a catch-up leaves rows and checkpoint of one moment`() async throws {
        var random = SplitMix.fresh()
        try await withScratchDirectory { path in
            let log = try EventLog(at: path + "/store", create: true)
            let copies = Mutex<[String]>([])
            let calls = Mutex(0)
            var trail = TrailProjection()
            trail.hook = { _ in
                let call = calls.withLock { calls in
                    calls += 1
                    return calls
                }
                guard call % 37 == 0 else { return }
                let copy = path + "/copy-\(call)"
                try FileManager.default.copyItem(atPath: path + "/store", toPath: copy)
                copies.withLock { $0.append(copy) }
            }
            let engine = try ProjectionEngine(log: log, projections: [trail])
            for batch in 0..<25 {
                let events = randomEvents(10, from: batch * 10, customers: 8, using: &random)
                _ = try await log.append(request(events))
                try await engine.catchUp()
            }
            try log.close()
            trail.hook = nil
            #expect(copies.withLock { $0.count } > 2)
            for copy in copies.withLock({ $0 }) {
                let after = try EventLog(at: copy, create: false)
                let survivor = try ProjectionEngine(log: after, projections: [trail])
                let checkpoint = try survivor.worker("trail").status().checkpoint
                #expect(try survivor.differences("trail").isEmpty, "seed \(random.seed)")
                #expect(
                    try survivor.rows(trail, through: checkpoint) == trail.reference(after, through: checkpoint),
                    "seed \(random.seed)"
                )
                try await survivor.catchUp()
                #expect(try survivor.rows(trail) == trail.reference(after), "seed \(random.seed)")
                try after.close()
            }
        }
    }

    @Test func `promise 12: a poison event parks its key only, and the row is that of the events before it`()
        async throws
    {
        try await withLog { log in
            let trail = TrailProjection()
            let engine = try ProjectionEngine(log: log, projections: [trail])
            try await engine.catchUp()
            let events = (0..<40).map { event("\($0)", at: Int64($0), customer: "customer_id:\($0 % 4)") }
            _ = try await log.append(request(events))
            _ = try await log.append(request([event("bad", type: "poison", at: 20, customer: "customer_id:1")]))
            _ = try await log.append(request([event("after", at: 50, customer: "customer_id:1")]))
            try await engine.catchUp()
            let status = try engine.worker("trail").status()
            let key = try #require(try log.snapshot.symbol(.customer, "customer_id:1"))
            #expect(status.parked == [ParkedKey(key: key, position: 41, reason: "Poison()")])
            #expect(status.checkpoint == log.head.position)
            let rows = try engine.rows(trail)
            #expect(rows == (try trail.reference(log)))
            #expect(rows["customer_id:1"]?.split(separator: "\n").count == 5)
            #expect(rows["customer_id:2"]?.split(separator: "\n").count == 10)
            // A late event before the poison is folded; the key goes on waiting.
            _ = try await log.append(request([event("late", at: 3, customer: "customer_id:1")]))
            try await engine.catchUp()
            #expect(try engine.rows(trail) == trail.reference(log))
            #expect(try engine.worker("trail").status().parked.map(\.position) == [41])
            #expect(try engine.differences("trail").isEmpty)
        }
    }

    @Test func `promise 12: a key whose first event is poison has no row and is parked`() async throws {
        try await withLog { log in
            let trail = TrailProjection()
            let engine = try ProjectionEngine(log: log, projections: [trail])
            _ = try await log.append(request([event("a"), event("bad", type: "poison", customer: "customer_id:x")]))
            try await engine.catchUp()
            #expect(try engine.rows(trail).keys.sorted() == ["customer_id:a"])
            #expect(try engine.worker("trail").status().parked.map(\.position) == [2])
        }
    }

    @Test func `a view whose definition changed is made anew with a notice, and parked keys are tried again`()
        async throws
    {
        try await withLog { log in
            var trail = TrailProjection()
            _ = try await log.append(request([event("a"), event("bad", type: "poison"), event("b")]))
            let first = try ProjectionEngine(log: log, projections: [trail])
            #expect(try await first.catchUp() == ["trail"])
            #expect(first.takeNotices().isEmpty)
            #expect(try first.worker("trail").status().parked.count == 1)
            trail.rules = "other"
            trail.isImmune = true
            let second = try ProjectionEngine(log: log, projections: [trail])
            #expect(try second.worker("trail").status().isCurrent == false)
            #expect(try await second.catchUp() == ["trail"])
            #expect(
                second.takeNotices()
                    == ["the view trail was made anew: its fold or the rules that it reads have changed"]
            )
            #expect(second.takeNotices().isEmpty)
            #expect(try second.worker("trail").status().parked.isEmpty)
            #expect(try second.rows(trail) == trail.reference(log))
            #expect(try await second.catchUp().isEmpty)
        }
    }

    @Test func `rows are of exactly the position that was asked for, wherever the view stands`() async throws {
        try await withLog { log in
            let trail = TrailProjection()
            let engine = try ProjectionEngine(log: log, projections: [trail])
            for number in 0..<6 {
                _ = try await log.append(request([event("\(number)", at: Int64(-number))]))
                if number == 3 { try await engine.catchUp() }
            }
            for position in 0...6 {
                let through = Position(UInt64(position))
                #expect(try engine.rows(trail, through: through) == trail.reference(log, through: through))
            }
        }
    }

    @Test func `two engines that make one view anew at once leave it whole`() async throws {
        try await withLog { log in
            let trail = TrailProjection()
            _ = try await log.append(request((0..<250).map { event("\($0)", customer: "customer_id:\($0)") }))
            let engines = try (0..<2).map { _ in
                try ProjectionEngine(log: log, projections: [trail], partBytes: 500)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for engine in engines { group.addTask { try await engine.catchUp() } }
                try await group.waitForAll()
            }
            for engine in engines { #expect(try engine.rows(trail) == trail.reference(log)) }
            try await engines[0].catchUp()
            #expect(try engines[1].differences("trail").isEmpty)
            #expect(try engines[1].worker("trail").status().checkpoint == log.head.position)
        }
    }

    @Test(arguments: ["Trail", "", "1a", "a b", "../x"])
    func `a read model with a name that is no word is refused`(name: String) async throws {
        try await withLog { log in
            let error = #expect(throws: RihlaError.self) {
                _ = try ProjectionEngine(log: log, projections: [TrailProjection(name)])
            }
            #expect(error?.code == .usage)
        }
    }
}

/// Holds a fold until the test lets it go.
private final class Gate: Sendable {
    private let isClosed = Mutex(false)
    private let hasArrived = Mutex(false)
    private let opened = DispatchSemaphore(value: 0)

    func close() { isClosed.withLock { $0 = true } }

    /// Blocks the first one who comes while the gate is closed.
    func pass() {
        let mustWait = isClosed.withLock { closed in
            defer { closed = false }
            return closed
        }
        guard mustWait else { return }
        hasArrived.withLock { $0 = true }
        _ = opened.wait(timeout: .now() + 20)
    }

    /// Returns when somebody waits.
    func arrival() async {
        while !hasArrived.withLock({ $0 }) { _ = try? await Task.sleep(for: .milliseconds(2)) }
    }

    func open() { opened.signal() }
}
