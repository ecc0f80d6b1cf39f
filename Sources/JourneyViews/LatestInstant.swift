// When the last thing happened, without reading the log again for each question.
internal import JourneyLog
internal import Synchronization

/// The latest `occurred_at` of a growing log, rules aside: setting them happens to no customer and makes nobody older; a log never changes, so what was read once stays true.
final class LatestInstant: Sendable {
    private let known = Mutex<(through: UInt64, latest: Int64)>((0, .min))

    /// The latest instant of the events up to a position; `Int64.min` when there are none.
    func through(_ position: UInt64, _ log: EventLog) throws -> Int64 {
        var (start, latest) = known.withLock { $0 }
        if start > position { (start, latest) = (0, .min) }
        let rules = try log.symbol(.type, EventLog.rulesType) ?? 0
        try log.scanFolds(after: start, through: position) { event in
            if event.type != rules { latest = max(latest, event.occurredAt) }
        }
        known.withLock { now in
            if now.through < position { now = (position, latest) }
        }
        return latest
    }
}
