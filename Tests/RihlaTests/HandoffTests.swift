// The queue between the scan and the commits of an ingest.
import Synchronization
import Testing

@testable import Rihla

@Suite struct HandoffTests {
    private struct Failure: Error {}

    @Test(arguments: [1, 3, 100])
    func `everything arrives once and in order, a few at a time`(most: Int) async throws {
        let queue = Handoff<Int>(limit: 3)
        async let sent: Void = {
            for number in 0..<1_000 { #expect(await queue.send(number)) }
            queue.finish()
        }()
        var received: [Int] = []
        while true {
            let some = try await queue.next(upTo: most)
            if some.isEmpty { break }
            #expect(some.count <= min(most, 3))
            received += some
        }
        await sent
        #expect(received == Array(0..<1_000))
    }

    @Test func `a sender waits while the queue is full`() async throws {
        let queue = Handoff<Int>(limit: 2)
        let count = Mutex(0)
        let sender = Task {
            for number in 0..<5 where await queue.send(number) { count.withLock { $0 += 1 } }
            queue.finish()
        }
        while count.withLock({ $0 }) < 2 { await Task.yield() }
        try await Task.sleep(for: .milliseconds(20))
        #expect(count.withLock { $0 } == 2)
        #expect(try await queue.next(upTo: 1) == [0])
        while count.withLock({ $0 }) < 3 { await Task.yield() }
        sender.cancel()
        await sender.value
        #expect(count.withLock { $0 } == 3)
    }

    @Test func `a failure comes after everything that was sent before it`() async throws {
        let queue = Handoff<Int>(limit: 4)
        _ = await queue.send(1)
        _ = await queue.send(2)
        queue.finish(throwing: Failure())
        #expect(try await queue.next(upTo: 4) == [1, 2])
        await #expect(throws: Failure.self) { try await queue.next(upTo: 4) }
    }

    @Test func `cancellation wakes a receiver that waits`() async throws {
        let queue = Handoff<Int>(limit: 1)
        let receiver = Task { try await queue.next(upTo: 1) }
        try await Task.sleep(for: .milliseconds(10))
        receiver.cancel()
        #expect(try await receiver.value.isEmpty)
    }
}
