// A run of ingest gets its number from its first commit, in the transaction that counts runs: one that appends nothing takes
// none, and of two processes each has its own.
internal import Synchronization

/// The number of a run of ingest, once it has one.
package final class RunNumber: Sendable {
    private struct State {
        /// What the running commit gives it.
        var pending: UInt32?
        var number: UInt32?
    }
    private let state = Mutex(State())

    /// A run that has appended nothing yet.
    package init() {}

    /// The number; nil as long as nothing was appended.
    package var value: UInt32? { state.withLock { $0.number } }

    /// The number in a commit whose log had `last` runs so far.
    func number(after last: UInt32) -> UInt32 {
        state.withLock { state in
            if let known = state.number ?? state.pending { return known }
            state.pending = last + 1
            return last + 1
        }
    }

    /// Says whether the commit that gave a number is durable.
    func settle(_ isDurable: Bool) {
        state.withLock { state in
            if isDurable { state.number = state.number ?? state.pending }
            state.pending = nil
        }
    }
}
