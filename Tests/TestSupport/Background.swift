// Work that goes on beside a test until it is stopped.
internal import Foundation
internal import Synchronization

/// A thread that runs until the test has seen enough.
public final class Background: Sendable {
    private final class State: Sendable {
        let isStopped = Atomic<Bool>(false)
        let done = DispatchSemaphore(value: 0)
    }
    private let state = State()

    /// Starts it; `body` ends soon after what it is given says false.
    public init(_ body: @escaping @Sendable (_ goesOn: () -> Bool) -> Void) {
        let state = state
        Thread {
            body { !state.isStopped.load(ordering: .acquiring) }
            state.done.signal()
        }.start()
    }

    /// Tells it to end and waits for that.
    public func stop() {
        state.isStopped.store(true, ordering: .releasing)
        state.done.wait()
    }
}
