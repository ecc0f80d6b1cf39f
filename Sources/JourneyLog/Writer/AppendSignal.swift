// Wakes those who wait for events: an append of this process wakes them at once, one of another process is seen when they
// look again.
internal import Synchronization

/// Counts changes of the head and wakes who waits for the next one.
final class AppendSignal: Sendable {
    private struct State {
        var changes: UInt64 = 0
        var nextWaiter = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        /// Waiters that were cancelled before they came to wait.
        var cancelled: Set<Int> = []
    }

    private let state = Mutex(State())

    /// How often the head has changed.
    var changes: UInt64 { state.withLock { $0.changes } }

    /// Says that the head has changed.
    func notify() {
        let waiters = state.withLock { state in
            state.changes += 1
            defer { state.waiters = [:] }
            return state.waiters.values.map { $0 }
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when the head has changed since `changes` was read, or the task is cancelled.
    func wait(since changes: UInt64) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let isDone = state.withLock { state in
                    if state.changes != changes || state.cancelled.remove(id) != nil { return true }
                    state.waiters[id] = waiter
                    return false
                }
                if isDone { waiter.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                let waiter = state.waiters.removeValue(forKey: id)
                if waiter == nil { state.cancelled.insert(id) }
                return waiter
            }
            waiter?.resume()
        }
        _ = state.withLock { $0.cancelled.remove(id) }
    }
}

extension AppendSignal {
    /// As ``wait(since:)``, at the latest after `limit`.
    func wait(since changes: UInt64, atMost limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait(since: changes) }
            group.addTask {
                // A cancelled sleep has done its duty: the other task saw the append.
                _ = try? await Task.sleep(for: limit)
            }
            await group.next()
            group.cancelAll()
        }
    }
}
