// Blocking calls (a sync takes milliseconds) must not hold a thread of Swift's pool: actors that make them run on a queue.
internal import Dispatch

/// Runs an actor's jobs on a serial queue of its own.
package final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue
    package init(label: String) { queue = DispatchQueue(label: label) }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}

/// Runs work one piece after the other, away from Swift's pool.
package final class Committer: Sendable {
    private let queue: DispatchQueue
    package init(label: String) { queue = DispatchQueue(label: label) }
    /// Runs `work` after all that was scheduled before.
    package func schedule(_ work: @escaping @Sendable () -> Void) { queue.async(execute: work) }
}

/// Runs tasks on threads of the system's own, so that long synchronous work does not hold those of Swift's pool.
package final class LongWorkExecutor: TaskExecutor {
    /// The one that all long reads share.
    package static let shared = LongWorkExecutor()
    private let queue = DispatchQueue(label: "rihla.read", attributes: .concurrent)

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
