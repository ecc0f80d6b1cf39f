// What one task makes and another takes, in order, a few at a time: neither waits for the other's hiccups, and memory holds
// no more than the few.
internal import Synchronization

/// A queue of bounded length between one task that sends and one that receives.
final class Handoff<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var isFinished = false
        var failure: (any Error)?
        /// Who waits.
        var waiting: [Side: CheckedContinuation<Void, Never>] = [:]
    }
    private enum Side { case sender, receiver }
    private let state = Mutex(State())
    private let limit: Int

    /// A queue that holds up to `limit` elements.
    init(limit: Int) { self.limit = limit }

    /// Whether nothing waits.
    var isEmpty: Bool { state.withLock { $0.elements.isEmpty } }

    /// Adds an element, once there is room; false when the task was cancelled first.
    func send(_ element: Element) async -> Bool {
        await withTaskCancellationHandler {
            while !Task.isCancelled {
                let isSent = state.withLock { state in
                    guard state.elements.count < limit else { return false }
                    state.elements.append(element)
                    return true
                }
                if isSent {
                    wake(.receiver)
                    return true
                }
                await wait(.sender) { $0.elements.count < limit }
            }
            return false
        } onCancel: {
            wake(.sender)
        }
    }

    /// Says that nothing more comes; a failure reaches the receiver after everything that was sent.
    func finish(throwing failure: (any Error)? = nil) {
        state.withLock { state in
            state.isFinished = true
            state.failure = failure
        }
        wake(.receiver)
    }

    /// The elements that wait, the first one at least, `most` at most; none after the last, and when the task is cancelled.
    func next(upTo most: Int) async throws -> [Element] {
        try await withTaskCancellationHandler {
            while !Task.isCancelled {
                let taken = try state.withLock { state throws -> (elements: [Element], isLast: Bool) in
                    let elements = Array(state.elements.prefix(most))
                    state.elements.removeFirst(elements.count)
                    if elements.isEmpty, let failure = state.failure { throw failure }
                    return (elements, state.isFinished)
                }
                guard taken.elements.isEmpty else {
                    wake(.sender)
                    return taken.elements
                }
                if taken.isLast { return [] }
                await wait(.receiver) { !$0.elements.isEmpty || $0.isFinished }
            }
            return []
        } onCancel: {
            wake(.receiver)
        }
    }

    /// Waits to be woken, unless what is waited for holds already or the task is cancelled.
    private func wait(_ side: Side, unless holds: (State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                // A cancellation after this look finds the continuation.
                if Task.isCancelled || holds(state) { return true }
                state.waiting[side] = continuation
                return false
            }
            if isDone { continuation.resume() }
        }
    }

    private func wake(_ side: Side) { state.withLock { $0.waiting.removeValue(forKey: side) }?.resume() }
}
