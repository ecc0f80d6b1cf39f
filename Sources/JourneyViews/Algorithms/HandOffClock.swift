// Whether a hand-off from marketing to sales was taken up in time. Nothing is appended by a clock: the state is a function of
// what happened and of the instant that is asked about.

/// Whether a target was met.
enum TargetState: String, Hashable, Sendable {
    /// Done within the target; exactly at it counts.
    case met
    /// Done too late, or not yet and already too late.
    case breached
    /// Not done, and there is time left.
    case open
    /// There is nothing left to do: the lead was given back, or handed off again while there was time left.
    case notApplicable = "n/a"
}

/// One hand-off: when it was, and when sales did what.
struct HandOffClock: Hashable, Sendable {
    /// A state and the business time behind it, milliseconds.
    struct Reading: Hashable, Sendable {
        var state: TargetState
        var elapsed: Int64
    }

    /// When the lead was handed off.
    var handedOff: Int64
    /// When sales accepted it.
    var accepted: Int64?
    /// When sales gave it back.
    var rejected: Int64?
    /// When sales first reached out.
    var contacted: Int64?
    /// When the lead was handed off again, which begins another clock.
    var superseded: Int64?

    /// Accepting: an acceptance, a rejection or a contact stops the clock, whichever is first.
    func acceptance(_ calendar: BusinessCalendar, within target: BusinessCalendar.Length, asOf: Int64) -> Reading {
        reading([accepted, rejected, contacted], calendar, target, asOf)
    }

    /// Reaching out: not applicable once the lead was given back without it.
    func contact(_ calendar: BusinessCalendar, within target: BusinessCalendar.Length, asOf: Int64) -> Reading {
        if let rejected, rejected <= asOf, contacted.map({ $0 > rejected }) ?? true {
            return Reading(state: .notApplicable, elapsed: calendar.elapsed(from: handedOff, to: rejected))
        }
        return reading([contacted], calendar, target, asOf)
    }

    private func reading(
        _ stops: [Int64?],
        _ calendar: BusinessCalendar,
        _ target: BusinessCalendar.Length,
        _ asOf: Int64
    ) -> Reading {
        let stop = stops.compactMap(\.self).filter { $0 <= asOf }.min()
        let end = stop == nil ? superseded.flatMap { $0 <= asOf ? $0 : nil } : nil
        let elapsed = calendar.elapsed(from: handedOff, to: stop ?? end ?? asOf)
        if elapsed > calendar.milliseconds(target) { return Reading(state: .breached, elapsed: elapsed) }
        return Reading(state: stop != nil ? .met : end != nil ? .notApplicable : .open, elapsed: elapsed)
    }
}
