// What was promised to customers, and what became of it.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    private struct Listed {
        var customer: String
        var plan: FollowUp
        var due: Int64?
        var state: FollowUp.State
    }

    func followUps(_ query: FollowUpQuery) throws -> Answer {
        try check(query.state, "state of a follow-up", in: FollowUp.State.allCases.map(\.rawValue))
        let (found, unplanned) = try allFollowUps()
        let now = try latest()
        let days = try dueDays(found.map(\.plan), zone: query.zone, now: now)
        let names = try texts(.customer, found.map(\.customer))
        var all: [FollowUp.State: Int] = [:]
        var byOwner: [String: [FollowUp.State: Int]] = [:]
        var listed: [Listed] = []
        let isBounded = query.from != nil || query.to != nil
        let period = (query.from?.rawValue ?? .min)..<(query.to?.rawValue ?? .max)
        for (customer, plan) in found {
            let due = plan.dueAt(days)
            guard !isBounded || due.map({ period.contains($0) }) ?? false,
                query.owner == nil || query.owner == plan.owner ?? ""
            else { continue }
            let state = plan.state(due, now: now)
            all[state, default: 0] += 1
            byOwner[plan.owner ?? "", default: [:]][state, default: 0] += 1
            if query.state == nil || query.state == state.rawValue {
                listed.append(Listed(customer: names[customer] ?? "", plan: plan, due: due, state: state))
            }
        }
        listed.sort(by: QueryFrame.isMoreUrgent)
        let page = listed.prefix(query.limit ?? .max)
        let deals = try texts(.deal, page.map(\.plan.deal))
        var answer = Answer("follow_ups")
        let rows = page.map { entry in
            followUpMembers(entry.plan, due: entry.due, now: now, deal: deals[entry.plan.deal], of: entry.customer)
        }
        let owners = byOwner.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { owner, counts in
            [JSONValue.Member("owner", .text(owner.isEmpty ? nil : owner))] + QueryFrame.counts(counts)
        }
        if query.isByOwner {
            answer.columns = [.init("owner")]
            answer.columns += ["planned", "done", "done_late", "overdue", "open"].map { .init($0, number: true) }
            answer.columns.append(.init("kept", number: true))
            answer.rows = owners.map { $0.map(\.value) }
        } else {
            answer.columns = ["customer", "owner", "state", "due_at", "note", "follow_up", "deal"].map { .init($0) }
            answer.rows = rows.map { row in answer.columns.map { JSONValue.object(row)[$0.name] ?? .null } }
        }
        answer.payload = [
            .init("summary", .object(QueryFrame.counts(all) + [.init("unplanned", .count(unplanned))])),
            .init("by_owner", .array(owners.map { .object($0) })),
            .init("follow_ups", .array(rows.map { .object($0) })),
        ]
        func count(_ state: FollowUp.State) -> Int { all[state] ?? 0 }
        answer.notes =
            byOwner.isEmpty
            ? ["no follow-ups: they are events `follow_up_planned` with `due_at`, and `follow_up_done`"]
            : [
                "\(all.values.reduce(0, +)) follow-ups: \(count(.overdue)) overdue, \(count(.open)) open, "
                    + "\(count(.done)) done in time, \(count(.doneLate)) done late"
            ]
        return answer
    }

    /// What is overdue longest, then what is due next, then what was done last.
    private static func isMoreUrgent(_ a: Listed, _ b: Listed) -> Bool {
        func rank(_ state: FollowUp.State) -> Int { state == .overdue ? 0 : state == .open ? 1 : 2 }
        let (p, q) = (rank(a.state), rank(b.state))
        if p != q { return p < q }
        let (s, t) = (a.due ?? .max, b.due ?? .max)
        if p < 2, s != t { return s < t }
        let (u, v) = (a.plan.done ?? .min, b.plan.done ?? .min)
        if p == 2, u != v { return u > v }
        if a.customer != b.customer { return a.customer.utf8.lexicographicallyPrecedes(b.customer.utf8) }
        return (a.plan.planned, a.plan.id) < (b.plan.planned, b.plan.id)
    }

    private static func counts(_ states: [FollowUp.State: Int]) -> [JSONValue.Member] {
        func count(_ state: FollowUp.State) -> Int { states[state] ?? 0 }
        let decided = count(.done) + count(.doneLate) + count(.overdue)
        return [
            .init("planned", .count(states.values.reduce(0, +))), .init("done", .count(count(.done))),
            .init("done_late", .count(count(.doneLate))), .init("overdue", .count(count(.overdue))),
            .init("open", .count(count(.open))), .init("kept", .number(Ratio.of(count(.done), decided))),
        ]
    }

    /// What answers say of one follow-up.
    func followUpMembers(_ plan: FollowUp, due: Int64?, now: Int64, deal: String?, of customer: String)
        -> [JSONValue.Member]
    {
        let late = due.map { max(0, (plan.done ?? now) - $0) }
        return [
            .init("follow_up", .string(plan.id)), .init("customer", .string(customer)), .init("deal", .text(deal)),
            .init("owner", .text(plan.owner)), .init("note", .text(plan.note)), .init("planned_at", time(plan.planned)),
            .init("due_at", time(due)), .init("done_at", time(plan.done)),
            .init("state", .string(plan.state(due, now: now).rawValue)),
            .init("late_seconds", .number(late.map { Double($0) / 1_000 })), .init("moved", .count(plan.moved)),
        ]
    }

    /// The zone in which days of due dates end.
    func dueDays(_ plans: [FollowUp], zone: String?, now: Int64) throws -> ZoneOffsets {
        let days = plans.compactMap { $0.due.flatMap { FollowUp.day($0) } }.map { $0 * 86_400_000 }
        let (low, high) = (min(days.min() ?? now, now), max(days.max() ?? now, now))
        return try ZoneOffsets(zone: zone ?? rules.timeZone, covering: low...high)
    }

    /// Every follow-up of a customer inside the bounds, and how many were done without having been planned.
    private func allFollowUps() throws -> ([(customer: UInt32, plan: FollowUp)], unplanned: Int) {
        let wanted = compiled.types.map { $0.effect == .followUpPlanned || $0.effect == .followUpDone }
        guard wanted.contains(true) else { return ([], 0) }
        var found: [(customer: UInt32, plan: FollowUp)] = []
        var unplanned = 0
        var ranges = try journeys(types: wanted)
        while let part = try ranges.next() {
            let table = try ActionTable(self, FollowUp.properties, of: part.events)
            var start = 0
            for (index, end) in part.ends.enumerated() {
                let fold = followUps(of: part.events[start..<end], table)
                for plan in fold.followUps { found.append((part.key(index), plan)) }
                unplanned += fold.unplanned
                start = end
            }
        }
        return (found, unplanned)
    }

    /// The follow-ups among one customer's events; others have no say.
    func followUps(of events: some Sequence<FoldEvent>, _ table: ActionTable) -> FollowUpFold {
        var fold = FollowUpFold()
        for event in events {
            switch compiled.type(event).effect {
            case .followUpPlanned: fold.plan(event, table)
            case .followUpDone: fold.done(event, table)
            default: break
            }
        }
        return fold
    }
}

extension FollowUp {
    /// The properties that plans are made of.
    static let properties: [PropertyKeys.Name] = [.followUpID, .dueAt, .note]
}
