// Events that another log recorded, and requests that end at their first conflict.
import Foundation
import JourneyEvents
import JourneyLog
import TestSupport
import Testing

@Suite struct RecordedAppendTests {
    private func recorded(_ events: [Event], first: UInt64, at times: [Int64]) -> AppendRequest {
        var request = request(events)
        request.recorded = .init(first: Position(first), at: times.map { Timestamp(milliseconds: $0) })
        return request
    }

    @Test func `recorded events keep their positions and times`() async throws {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            _ = try await log.append(
                recorded([event("a"), event("b"), event("c")], first: 1, at: [1_000, 1_000, 2_000])
            )
            _ = try await log.append(recorded([event("d")], first: 4, at: [2_000]))
            let before = Int64(Date().timeIntervalSince1970 * 1_000)
            _ = try await log.append(request([event("e")]))
            let events = try log.allEvents()
            #expect(events.map(\.position.rawValue) == [1, 2, 3, 4, 5])
            #expect(events.prefix(4).map(\.recordedAt.rawValue) == [1_000, 1_000, 2_000, 2_000])
            #expect(events.last.map { $0.recordedAt.rawValue >= before - 1_000 } == true)
            #expect(try log.verify().findings.isEmpty)
            try log.close()
        }
    }

    @Test(arguments: [
        (["b"], UInt64(3), [Int64(2_000)], RihlaError.Code.versionConflict),
        (["b"], 1, [2_000], .versionConflict),
        (["b"], 2, [999], .versionConflict),
        (["b", "c"], 2, [2_000], .versionConflict),
        (["b", "a"], 2, [2_000, 2_000], .idConflict),
        (["b", "b"], 2, [2_000, 2_000], .idConflict),
    ])
    func `recorded events that do not continue the log are refused as a whole`(
        ids: [String],
        first: UInt64,
        times: [Int64],
        code: RihlaError.Code
    ) async throws {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            _ = try await log.append(recorded([event("a")], first: 1, at: [1_000]))
            let error = await #expect(throws: RihlaError.self) {
                _ = try await log.append(recorded(ids.map { event($0) }, first: first, at: times))
            }
            #expect(error?.code == code)
            #expect(log.head.position == Position(1))
            try log.close()
        }
    }

    @Test func `a request that stops at a conflict appends what stands before it`() async throws {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            _ = try await log.append(request([event("a", at: 1)]))
            let outcomes = try await log.append(
                request([event("b"), event("a", at: 1), event("a", at: 2), event("c")], onConflict: .stop)
            )
            #expect(
                outcomes == [
                    .appended(Position(2), version: 2), .duplicate(Position(1), version: 2),
                    .conflict(existing: Position(1)),
                ]
            )
            #expect(log.head.position == Position(2))
            try log.close()
        }
    }
}
