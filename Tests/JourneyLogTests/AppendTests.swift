// What an append promises: order, all or nothing, versions, idempotency for ever.
import Foundation
import JourneyEvents
import JourneyLog
import TestSupport
import Testing

@Suite struct AppendTests {
    @Test(arguments: [false, true])
    func `an appended event comes back with everything that it had`(reopened: Bool) async throws {
        try await withScratchDirectory { path in
            var log = try EventLog(at: path, create: true)
            var sent = event("e-1", type: "deal_won", deal: "d-1")
            sent.account = "acme"
            sent.channel = "email"
            sent.campaign = "تخفيضات رمضان"
            sent.amount = Currency("KWD").map { Amount(units: -12_500, scale: 3, currency: $0) }
            sent.actor = "amira"
            sent.correlation = "c"
            sent.causation = "k"
            sent.properties = [.init(key: "url", json: "\"https:\\/\\/x\""), .init(key: "n", json: "1.50")]
            _ = try await log.append(request([sent]))
            if reopened {
                try log.close()
                log = try EventLog(at: path, create: false)
            }
            var got = try #require(try log.allEvents().first)
            #expect(got.position == Position(1))
            #expect(got.recordedAt.rawValue > 0)
            got.position = .start
            got.recordedAt = Timestamp(milliseconds: 0)
            #expect(got == sent)
            try log.close()
        }
    }

    // A program could append a batch that no scanner had seen; its record could not be read again, and neither could the store.
    @Test func `an event that could not be read again is never written, and costs no other`() async throws {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            var fine = event("scale")
            fine.amount = Currency("EUR").map { Amount(units: 1, scale: 9, currency: $0) }
            var nameless = event("")
            nameless.customer = "customer_id:1"
            var typeless = event("typeless")
            typeless.type = ""
            for bad in [fine, nameless, typeless] {
                let answers = try await log.append([request([event("a-\(bad.id)")]), request([bad])])
                #expect((try? answers[0].get().count) == 1)
                #expect(throws: RihlaError.self) { try answers[1].get() }
            }
            #expect(try log.allEvents().count == 3)
            #expect(try log.verify().findings.isEmpty)
            try log.close()
            let again = try EventLog(at: path, create: false)
            #expect(try again.allEvents().count == 3)
            try again.close()
        }
    }

    @Test func `promise 3: positions are gapless and the clock never goes back`() async throws {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            for batch in 0..<20 {
                _ = try await log.append(request((0...batch).map { event("\(batch)-\($0)", at: Int64($0)) }))
            }
            let events = try log.allEvents()
            #expect(events.map(\.position.rawValue) == Array(1...210))
            #expect(zip(events, events.dropFirst()).allSatisfy { $0.recordedAt <= $1.recordedAt })
            try log.close()
        }
    }

    @Test func `promise 2: a request with a conflict appends nothing`() async throws {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            _ = try await log.append(request([event("a", at: 1)]))
            let error = await #expect(throws: RihlaError.self) {
                _ = try await log.append(request([event("b"), event("a", at: 2), event("c")]))
            }
            #expect(error?.code == .idConflict)
            #expect(log.head.position == Position(1))
            try log.close()
        }
    }

    @Test func `promise 4: of racing writers with one expectation exactly one wins`() async throws {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            let wins = await withTaskGroup(of: Bool.self) { group in
                for writer in 0..<20 {
                    group.addTask {
                        let request = request(
                            [event("w\(writer)")],
                            to: .customer("customer_id:a"),
                            expecting: .none
                        )
                        return (try? await log.append(request)) != nil
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(wins == 1)
            #expect(log.head.position == Position(1))
            try log.close()
        }
    }

    @Test(arguments: [
        (ExpectedVersion.any, true), (.none, false), (.exists, true), (.version(2), true), (.version(1), false),
        (.version(3), false),
    ])
    func `promise 4: an expected version is checked against the stream`(expected: ExpectedVersion, holds: Bool)
        async throws
    {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            _ = try await log.append(request([event("1", deal: "d"), event("2", deal: "d"), event("3", deal: "x")]))
            let next = request([event("4", deal: "d")], to: .deal("d"), expecting: expected)
            if holds {
                #expect(try await log.append(next) == [.appended(Position(4), version: 3)])
            } else {
                let error = await #expect(throws: RihlaError.self) { _ = try await log.append(next) }
                #expect(error?.code == .versionConflict)
            }
            try log.close()
        }
    }

    @Test(arguments: [false, true])
    func `promise 5: the same event again gives its first position, also with an expected version`(reopened: Bool)
        async throws
    {
        try await withScratchDirectory { path in
            var log = try EventLog(at: path, create: true)
            _ = try await log.append(request([event("a"), event("b")]))
            if reopened {
                try log.close()
                log = try EventLog(at: path, create: false)
            }
            let again = request([event("b")], to: .customer("customer_id:a"), expecting: .none)
            #expect(try await log.append(again) == [.duplicate(Position(2), version: 2)])
            let other = request([event("b", at: 9), event("new")], onConflict: .skip)
            #expect(
                try await log.append(other) == [.conflict(existing: Position(2)), .appended(Position(3), version: 3)]
            )
            try log.close()
        }
    }

    @Test func `an id twice in one request is a duplicate of itself`() async throws {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            let outcomes = try await log.append(request([event("a"), event("a")]))
            #expect(outcomes == [.appended(Position(1), version: 1), .duplicate(Position(1), version: 1)])
            try log.close()
        }
    }

    @Test func `promise 5: duplicates are found through runs in the index`() async throws {
        try await withScratchDirectory { path in
            var log = try EventLog(at: path, create: true)
            let events = (0..<30_000).map { event("id-\($0)", at: Int64($0), customer: "customer_id:\($0 % 700)") }
            _ = try await log.append(request(events))
            try log.close()
            log = try EventLog(at: path, create: false)
            let outcomes = try await log.append(request(events, onConflict: .skip))
            #expect(outcomes.enumerated().allSatisfy { $1.isDuplicate(of: UInt64($0 + 1)) })
            #expect(log.head.position == Position(30_000))
            let report = try log.verify()
            #expect(report.findings.isEmpty)
            #expect(report.events == 30_000)
            #expect(
                try log.snapshot.positions(
                    .customer,
                    #require(try log.snapshot.symbol(.customer, "customer_id:5")),
                    through: log.head.position
                ).count == 43
            )
            try log.close()
        }
    }

    @Test func `promise 1: what was acknowledged is there when the process that wrote it is gone`() async throws {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            _ = try await log.append(request([event("a"), event("b")]))
            // A copy of the files at this moment is what a kill would leave.
            let copy = path + "-copy"
            try FileManager.default.copyItem(atPath: path, toPath: copy)
            defer { try? FileManager.default.removeItem(atPath: copy) }
            let after = try EventLog(at: copy, create: false)
            #expect(try after.allEvents().map(\.id) == ["a", "b"])
            #expect(try after.verify().findings.isEmpty)
            try after.close()
            try log.close()
        }
    }
}

extension AppendOutcome {
    func isDuplicate(of position: UInt64) -> Bool {
        if case .duplicate(let found, _) = self { return found.rawValue == position }
        return false
    }
}
