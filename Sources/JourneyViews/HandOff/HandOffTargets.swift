// The rules' targets on their calendar: what a hand-off's clocks say at an instant.
internal import JourneyEvents
internal import JourneyRules

/// What the clocks of a hand-off say.
struct HandOffReading {
    var acceptance: HandOffClock.Reading
    var contact: HandOffClock.Reading
    /// By when the lead should be accepted, and the customer contacted; nil when no calendar reaches that far.
    var acceptBy: Int64?
    var contactBy: Int64?

    /// Of both: one that is breached breaches it, and one that is open leaves it open.
    var state: TargetState {
        let states = [acceptance.state, contact.state]
        return [.breached, .open, .met].first { states.contains($0) } ?? .notApplicable
    }

    /// By when the next thing must be done that has not been done yet.
    var nextDue: Int64? {
        if acceptance.state == .open { return acceptBy }
        return contact.state == .open ? contactBy : nil
    }
}

/// Targets and calendar of the section `sla`.
struct HandOffTargets {
    let calendar: BusinessCalendar
    let accept: BusinessCalendar.Length
    let contact: BusinessCalendar.Length
    let now: Int64

    /// - Parameter earliest: No hand-off is before it.
    init(_ rules: SLARules, since earliest: Int64, now: Int64) throws {
        func length(_ target: SLARules.Target) -> BusinessCalendar.Length {
            switch target {
            case .milliseconds(let value): .milliseconds(value)
            case .businessDays(let count): .days(count)
            }
        }
        accept = length(rules.accept)
        contact = length(rules.contact)
        self.now = now
        calendar = try BusinessCalendar(
            zone: rules.zone,
            hours: rules.hours.map { .init(weekday: $0.weekday, open: $0.open, close: $0.close) },
            holidays: Set(rules.holidays),
            covering: min(earliest, now)...now
        )
    }

    func reading(_ clock: HandOffClock) -> HandOffReading {
        HandOffReading(
            acceptance: clock.acceptance(calendar, within: accept, asOf: now),
            contact: clock.contact(calendar, within: contact, asOf: now),
            acceptBy: calendar.deadline(from: clock.handedOff, after: accept),
            contactBy: calendar.deadline(from: clock.handedOff, after: contact)
        )
    }

    /// `{state, elapsed_seconds, target_seconds, due_at}`.
    func json(_ reading: HandOffClock.Reading, _ target: BusinessCalendar.Length, due: Int64?) -> JSONValue {
        .object([
            .init("state", .string(reading.state.rawValue)),
            .init("elapsed_seconds", .double(Double(reading.elapsed) / 1_000)),
            .init("target_seconds", .double(Double(calendar.milliseconds(target)) / 1_000)),
            .init("due_at", .time(due.map { Timestamp(milliseconds: $0) })),
        ])
    }
}
