// Clocks jump: forward when a machine wakes up with a wrong one, back when it is set right.
import JourneyEvents
import JourneyLog
import Synchronization
import TestSupport
import Testing

@Suite struct ClockTests {
    private final class Clock: Sendable {
        private let now: Atomic<Int64>
        init(_ value: Int64) { now = Atomic(value) }
        func set(_ value: Int64) { now.store(value, ordering: .releasing) }
        func read() -> Int64 { now.load(ordering: .acquiring) }
    }

    // A clock was wrong by a year for one commit. Since `recorded_at` never goes back, every commit of the year after had the
    // instant of that one: `--as-at TIME` saw all of them or none.
    @Test func `promise 3: commits differ in recorded_at after a clock that jumped by a year and back`()
        async throws
    {
        try await withScratchDirectory { path in
            let (start, year, minute): (Int64, Int64, Int64) = (1_767_225_600_000, 31_536_000_000, 60_000)
            let clock = Clock(start)
            let log = try EventLog(at: path, create: true, clock: { clock.read() })
            for (index, time) in [0, year, minute, 2 * minute, 3 * minute, 4 * minute].enumerated() {
                clock.set(start + time)
                _ = try await log.append(request([event("\(index)")]))
            }
            let recorded = try log.allEvents().map(\.recordedAt.rawValue)
            #expect(recorded == recorded.sorted(), "it never goes back")
            #expect(recorded.first == start)
            let later = recorded.suffix(3)
            #expect(Set(later).count == 3, "commits a minute apart are told apart: \(recorded)")
            let middle = try #require(later.dropFirst().first)
            #expect(try log.position(recordedAtOrBefore: Timestamp(milliseconds: middle)) == Position(5))
            // When the clock has come to where it jumped to, it is followed again.
            clock.set(start + 2 * year)
            _ = try await log.append(request([event("last")]))
            #expect(try log.allEvents().last?.recordedAt.rawValue == start + 2 * year)
            #expect(try log.verify().findings == [])
            try log.close()
        }
    }

    // The neighbour: another process, or the next open, goes on from what the log says and not from its own clock.
    @Test func `promise 3: recorded_at goes on from the log after an open with a clock of before`() async throws {
        try await withScratchDirectory { path in
            let first = try EventLog(at: path, create: true, clock: { 5_000_000 })
            _ = try await first.append(request([event("a")]))
            try first.close()
            let second = try EventLog(at: path, create: false, clock: { 1_000 })
            _ = try await second.append(request([event("b"), event("c")]))
            let recorded = try second.allEvents().map(\.recordedAt.rawValue)
            #expect(recorded == recorded.sorted())
            #expect(recorded.allSatisfy { $0 >= 5_000_000 })
            try second.close()
        }
    }
}
