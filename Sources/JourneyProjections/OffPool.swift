// A scan of a large log takes seconds: it runs beside Swift's pool, whose few threads other tasks need.
internal import Platform

/// Runs long synchronous work off Swift's pool; it sees the cancellation of the task that waits for it.
package func offPool<R: Sendable>(_ work: @Sendable () async throws -> R) async throws -> R {
    try await withTaskExecutorPreference(LongWorkExecutor.shared) { try await concurrently(work) }
}

@concurrent private func concurrently<R: Sendable>(_ work: @Sendable () async throws -> R) async throws -> R {
    try await work()
}
