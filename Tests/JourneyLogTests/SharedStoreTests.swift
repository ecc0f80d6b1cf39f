// Several writers and readers of one store: in one process they share commits, and a log that was opened beside another one
// (as another process does) sees what that one did, in order, once.
import Foundation
import JourneyEvents
import JourneyLog
import Platform
import Synchronization
import TestSupport
import Testing

/// A number that tasks share.
private final class Shared: Sendable {
    private let atomic: Atomic<Int64>
    init(_ value: Int64) { atomic = Atomic(value) }
    var value: Int64 {
        get { atomic.load(ordering: .acquiring) }
        set { atomic.store(newValue, ordering: .releasing) }
    }
}

@Suite struct SharedStoreTests {
    @Test func `promise 3: concurrent writers get gapless positions and share commits`() async throws {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            let positions = try await withThrowingTaskGroup(of: [UInt64].self) { group in
                for writer in 0..<100 {
                    group.addTask {
                        let sent = request([event("\(writer)-a"), event("\(writer)-b")])
                        return try await log.append(sent).compactMap { outcome -> UInt64? in
                            if case .appended(let position, _) = outcome { position.rawValue } else { nil }
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(positions.allSatisfy { $0.count == 2 && $0[0] + 1 == $0[1] })
            #expect(positions.flatMap { $0 }.sorted() == Array(1...200))
            let report = try log.verify()
            #expect(report.findings == [])
            // Each commit writes a block: far fewer than the hundred requests.
            #expect(report.blocks < 50)
            try log.close()
        }
    }

    @Test func `a log sees what another one appended, and appends after it`() async throws {
        try await withScratchDirectory { path in
            let first = try EventLog(at: path, create: true)
            let second = try EventLog(at: path, create: false)
            _ = try await first.append(request([event("a"), event("b")]))
            #expect(try await second.append(request([event("b")])) == [.duplicate(Position(2), version: 2)])
            #expect(
                try await second.append(request([event("c")], to: .customer("a"), expecting: .version(2)))
                    == [.appended(Position(3), version: 3)]
            )
            let changes = first.changeCount
            try first.refresh()
            #expect(first.changeCount == changes + 1, "who waits for events is told of those of others")
            try first.refresh()
            #expect(first.changeCount == changes + 1)
            #expect(try first.allEvents().map(\.id) == ["a", "b", "c"])
            let customer = try #require(try first.snapshot.symbol(.customer, "customer_id:a"))
            #expect(try first.snapshot.positions(.customer, customer, through: first.head.position) == [1, 2, 3])
            try second.close()
            try first.close()
        }
    }

    @Test func `what another log moves into the index is neither lost nor counted twice`() async throws {
        try await withScratchDirectory { path in
            let first = try EventLog(at: path, create: true)
            for round in 0..<6 {
                // Each closing moves more than 4,096 events into the index while the first log goes on.
                let other = try EventLog(at: path, create: false)
                let sent = (0..<5_000).map { event("\(round)-\($0)", customer: "customer_id:\($0 % 50)") }
                _ = try await other.append(request(sent, onConflict: .skip))
                try other.close()
                let count = UInt64(round + 1)
                let next = request([event("own-\(round)", customer: "customer_id:7")], to: .customer("7"))
                #expect(try await first.append(next) == [.appended(Position(count * 5_001), version: count * 101)])
                let again = request([event("0-7", customer: "customer_id:7")])
                #expect(try await first.append(again) == [.duplicate(Position(8), version: count * 101)])
            }
            var folds: [UInt64] = []
            try first.snapshot.scanFolds(after: 0, through: first.head.position.rawValue) { folds.append($0.position) }
            #expect(folds == Array(1...30_006))
            #expect(try first.verify().findings == [])
            try first.close()
            let last = try EventLog(at: path, create: false)
            #expect(try last.verify().findings == [])
            try last.close()
        }
    }

    @Test func `a reader that refreshes while others append sees each position once`() async throws {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            let isDone = Shared(0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for batch in 0..<150 { _ = try await log.append(request([event("\(batch)")])) }
                    isDone.value = 1
                }
                for _ in 0..<2 {
                    group.addTask {
                        while isDone.value == 0 {
                            try log.refresh()
                            let head = log.head.position.rawValue
                            var seen: UInt64 = 0
                            try log.snapshot.scanFolds(after: 0, through: head) { event in
                                if event.position == seen + 1 { seen += 1 }
                            }
                            #expect(seen == head)
                            await Task.yield()
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try log.verify().findings == [])
            try log.close()
        }
    }

    @Test func `HEAD never goes back when two logs close in the wrong order`() async throws {
        try await withScratchDirectory { path in
            let first = try EventLog(at: path, create: true)
            _ = try await first.append(request([event("a")]))
            let second = try EventLog(at: path, create: false)
            _ = try await second.append(request([event("b")]))
            try second.close()
            try first.close()
            let bytes = try FileSystem.read(path + "/HEAD")
            #expect(loadLittleEndian(bytes.span, at: 24, as: UInt64.self) == 2)
        }
    }

    @Test func `a refused or repeated request leaves no name behind`() async throws {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            _ = try await log.append(request([event("a")]))
            let refused = request([event("x", customer: "customer_id:refused")], to: .customer("a"), expecting: .none)
            await #expect(throws: RihlaError.self) { _ = try await log.append(refused) }
            let conflict = request([event("a", at: 2, customer: "customer_id:other")], onConflict: .skip)
            #expect(try await log.append(conflict) == [.conflict(existing: Position(1))])
            _ = try await log.append(request([event("b", customer: "customer_id:b")]))
            #expect(try log.snapshot.symbolTexts(.customer) == ["customer_id:a", "customer_id:b"])
            #expect(try log.verify().findings == [])
            try log.close()
        }
    }

    @Test func `recorded_at never goes back when the clock does, and is that of the clock again when that is ahead`()
        async throws
    {
        try await withScratchDirectory { path in
            let now = Shared(5_000)
            let log = try EventLog(at: path, create: true, clock: { now.value })
            for (index, time) in [5_000, 4_000, 4_500, 600_000].enumerated() {
                now.value = Int64(time)
                _ = try await log.append(request([event("\(index)")]))
            }
            let recorded = try log.allEvents().map(\.recordedAt.rawValue)
            #expect(recorded == recorded.sorted() && recorded.first == 5_000 && recorded.last == 600_000)
            #expect(recorded[2] < 600_000, "as it passes, and no faster")
            #expect(try log.snapshot.position(recordedAtOrBefore: Timestamp(milliseconds: 599_999)) == Position(3))
            #expect(try log.snapshot.position(recordedAtOrBefore: Timestamp(milliseconds: 4_999)) == .start)
            try log.close()
        }
    }

    @Test func `a log that was closed refuses everything with an error`() async throws {
        try await withScratchDirectory { path in
            let log = try EventLog(at: path, create: true)
            _ = try await log.append(request([event("a")]))
            try log.close()
            try log.close()
            #expect(throws: RihlaError.self) { try log.allEvents() }
            #expect(throws: RihlaError.self) { try log.refresh() }
            await #expect(throws: RihlaError.self) { _ = try await log.append(request([event("b")])) }
            let again = try EventLog(at: path, create: false)
            #expect(try again.allEvents().map(\.id) == ["a"])
            try again.close()
        }
    }

    @Test func `a log for reading answers and refuses to append`() async throws {
        try await withScratchDirectory { path in
            let writable = try EventLog(at: path, create: true)
            _ = try await writable.append(request([event("a")]))
            try writable.close()
            let log = try EventLog(at: path, create: false, readOnly: true)
            #expect(try log.allEvents().map(\.id) == ["a"])
            let error = await #expect(throws: RihlaError.self) { _ = try await log.append(request([event("b")])) }
            #expect(error?.code == .permission)
            #expect(try log.verify().findings == [])
            try log.close()
        }
    }
}
