// Ctrl-C and SIGTERM: the first cancels the command, which ends its batch and says what was committed; the second ends the
// process at once.
internal import Dispatch
internal import Foundation
internal import Synchronization

enum Interruption {
    /// The signal that has arrived, 0 for none.
    static let received = Atomic<Int32>(0)

    /// Runs `body` in a task that signals cancel, and gives its exit status.
    static func run(_ body: @escaping @Sendable () async -> Int32) async -> Int32 {
        let task = Task { await body() }
        let sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if received.exchange(number, ordering: .relaxed) != 0 { _exit(128 + number) }
                task.cancel()
            }
            source.activate()
            return source
        }
        let status = await task.value
        for source in sources { source.cancel() }
        let signalled = received.load(ordering: .relaxed)
        return signalled != 0 && (status == 0 || status == 130) ? 128 + signalled : status
    }
}
