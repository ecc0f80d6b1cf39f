// Files in, events in the log, a summary out.
internal import JourneyEvents
internal import JourneyIngest
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension JourneyStore {
    /// Ingests files ("-" is standard input), gzip or plain. Each block is durable before the next is committed; running it
    /// again goes on where it ended, since ids are remembered for ever. A cancelled task ends it after the block that is
    /// being committed, and the summary says so.
    ///
    /// - Throws: `RihlaError` with code `usage` or `invalidInput` when an input as a whole cannot be used; what was
    ///   appended before stays.
    public func ingest(
        _ paths: [String],
        options: IngestOptions = IngestOptions(),
        progress: (@Sendable (IngestProgress) -> Void)? = nil
    ) async throws -> IngestSummary {
        let start = ContinuousClock.now
        var run = try IngestRun(options, log: log, progress: progress)
        do {
            try await run.read(paths)
        } catch {
            // What was appended before is a run all the same; the error that ended it counts more than one of recording it.
            try? await run.record()
            throw error
        }
        try await run.record()
        var summary = run.summary
        if !options.dryRun, !summary.interrupted {
            // Neither waits for the other, and closing the store would do the first by itself.
            let log = self.log
            async let flushed: Void = offPool { try log.flushIndex() }
            summary.interrupted = try await !catchUpUnlessCancelled()
            try await flushed
        }
        summary.finish(try rules(), ContinuousClock.now - start)
        return summary
    }

    /// What an ingest would do, without a store: everything is read and checked, nothing is written.
    public static func rehearse(
        _ paths: [String],
        options: IngestOptions = IngestOptions(),
        progress: (@Sendable (IngestProgress) -> Void)? = nil
    ) async throws -> IngestSummary {
        let start = ContinuousClock.now
        var run = try IngestRun(options, log: nil, progress: progress)
        try await run.read(paths)
        var summary = run.summary
        summary.finish(RuleSet.default, ContinuousClock.now - start)
        return summary
    }
}
