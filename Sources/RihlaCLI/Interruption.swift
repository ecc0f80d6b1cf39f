// Ctrl-C and SIGTERM: the first cancels the command, which ends its batch and says what was committed; the second ends the
// process at once. What was ignored at the start, as under nohup, stays ignored.
internal import Foundation
internal import Platform
internal import Synchronization

enum Interruption {
    /// The signal that has arrived, 0 for none.
    static let received = Atomic<Int32>(0)
    private static let task = Mutex<Task<Int32, Never>?>(nil)

    /// Runs `body` in a task that signals cancel, and gives its exit status.
    static func run(_ body: @escaping @Sendable () async -> Int32) async -> Int32 {
        // Those who wait for the command wait on a thread that no signal interrupts.
        Signals.await([SIGINT, SIGTERM, SIGHUP]) { Interruption.arrived($0) }
        let running = Task { await body() }
        task.withLock { $0 = running }
        // One may have come before there was something to cancel.
        if received.load(ordering: .acquiring) != 0 { running.cancel() }
        let status = await running.value
        let signalled = received.load(ordering: .acquiring)
        return signalled != 0 && (status == 0 || status == 130) ? 128 + signalled : status
    }

    private static func arrived(_ number: Int32) {
        if received.exchange(number, ordering: .acquiringAndReleasing) != 0 {
            OutputFile.discardAll()
            _exit(128 + number)
        }
        task.withLock { $0?.cancel() }
    }
}
