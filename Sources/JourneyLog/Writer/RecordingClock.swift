// `recorded_at` never goes back, so that a time says which events were known by then. When the clock has been set back behind
// the last commit (or was ahead when that was made), time goes on from there as it passes, and does not stand still.
internal import Synchronization

/// The clock of a log's commits.
final class RecordingClock: Sendable {
    private let clock: @Sendable () -> Int64
    /// That the last commit was ahead of the clock: its time, and when that was noticed, by a clock that nobody sets.
    private struct Lead {
        var from: Int64
        var since: ContinuousClock.Instant
    }
    private let lead = Mutex<Lead?>(nil)

    init(_ clock: @escaping @Sendable () -> Int64) { self.clock = clock }

    /// Milliseconds since 1970, never before `last`.
    func now(after last: Int64) -> Int64 {
        let now = clock()
        return lead.withLock { lead in
            guard now < last else {
                lead = nil
                return now
            }
            guard let known = lead else {
                lead = Lead(from: last, since: .now)
                return last
            }
            let passed = (ContinuousClock.now - known.since) / .milliseconds(1)
            return max(last, known.from + Int64(passed))
        }
    }
}
