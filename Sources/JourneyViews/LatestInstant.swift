// When the last thing happened, without reading the log again for each question.
internal import JourneyLog
internal import Synchronization

/// The latest `occurred_at` of a growing log. A log never changes, so what was read once stays true; only where events were
/// taken back is it read again.
final class LatestInstant: Sendable {
    private let known = Mutex<(through: UInt64, latest: Int64)>((0, .min))

    /// The latest instant of the events up to a position; `Int64.min` when there are none.
    func through(_ position: UInt64, _ log: LogSnapshot) throws -> Int64 {
        var (start, latest) = known.withLock { $0 }
        let isCorrected = log.correctionCount > 0
        if start > position || isCorrected { (start, latest) = (0, .min) }
        try log.scanFolds(after: start, through: position) { latest = max(latest, $0.occurredAt) }
        guard !isCorrected else { return latest }
        known.withLock { now in
            if now.through < position { now = (position, latest) }
        }
        return latest
    }
}
