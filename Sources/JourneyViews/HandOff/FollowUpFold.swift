// A customer's follow-ups: planned, moved to another day, done.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyRules

/// Something that was promised to a customer.
struct FollowUp {
    /// What has become of it.
    enum State: String, CaseIterable {
        case overdue, open, doneLate = "done_late", done
    }

    /// Its id, or that of the event that planned it.
    var id: String
    var owner: String?
    var note: String?
    var deal: UInt32
    /// When it was first planned, and by which event it is as it is.
    var planned: Int64
    var position: UInt64
    /// As written: an instant, or a date.
    var due: String?
    /// How often another plan took its place before it was done.
    var moved = 0
    var done: Int64?

    /// The last instant that is in time; a date is due until its day ends. Nil without one.
    func dueAt(_ days: ZoneOffsets) -> Int64? {
        guard let due else { return nil }
        if let time = Timestamp(rfc3339: due) { return time.rawValue }
        return FollowUp.day(due).map { days.instant(ofLocal: ($0 + 1) * 86_400_000) - 1 }
    }

    /// Days since 1970-01-01 of a date.
    static func day(_ text: String) -> Int64? {
        guard text.utf8.count == 10 else { return nil }
        return Timestamp(rfc3339: text + "T00:00:00Z").map { $0.rawValue.floorDivided(by: 86_400_000).quotient }
    }

    /// Exactly when it is due is in time.
    func state(_ due: Int64?, now: Int64) -> State {
        if let done { return due.map { done > $0 } ?? false ? .doneLate : .done }
        return due.map { now > $0 } ?? false ? .overdue : .open
    }
}

/// Folds one customer's events, in journey order.
struct FollowUpFold {
    private(set) var followUps: [FollowUp] = []
    /// The one of an id that is not done yet, by index.
    private var waiting: [String: Int] = [:]
    /// How many were done that nobody had planned.
    private(set) var unplanned = 0

    mutating func plan(_ event: FoldEvent, _ table: ActionTable) {
        let id = table.text(.followUpID, event) ?? table.id(event) ?? ""
        var plan = FollowUp(
            id: id,
            owner: table.owner(event),
            note: table.text(.note, event),
            deal: event.deal,
            planned: event.occurredAt,
            position: event.position,
            due: table.text(.dueAt, event)
        )
        guard let index = waiting[id] else {
            waiting[id] = followUps.count
            followUps.append(plan)
            return
        }
        // What the new plan leaves out is as it was.
        let before = followUps[index]
        plan.planned = before.planned
        plan.moved = before.moved + 1
        plan.owner = plan.owner ?? before.owner
        plan.note = plan.note ?? before.note
        plan.due = plan.due ?? before.due
        if plan.deal == 0 { plan.deal = before.deal }
        followUps[index] = plan
    }

    mutating func done(_ event: FoldEvent, _ table: ActionTable) {
        guard let id = table.text(.followUpID, event) ?? table.cause(event), let index = waiting.removeValue(forKey: id)
        else {
            unplanned += 1
            return
        }
        followUps[index].done = event.occurredAt
    }
}
