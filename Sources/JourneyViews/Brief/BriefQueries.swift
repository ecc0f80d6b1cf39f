// What sales should know of a customer at hand-off, on one page.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    /// More contacts than these are not of today.
    private static let mostContacts = 5

    func brief(_ name: String, zone: String?) throws -> Answer {
        let known = try customer(name)
        let who = JSONValue.object(known.payload)
        let person = try person(name)
        let (now, today) = (try latest(), try today(zone: zone))
        let folds = try journey(of: person.key)
        let (deals, dwell) = try ownDeals(of: person.key, among: folds)
        let events = try briefEvents(folds, deals: deals.map(\.key))
        var interests = BriefInterests()
        var talks = BriefTalks(rules)
        for event in events {
            interests.add(event, isSales: talks.isSales(event))
            talks.add(event)
        }
        let table = try ActionTable(
            self,
            FollowUp.properties + [.direction, .reason],
            of: folds.filter { HandOffFold.roles(compiled)[Int($0.type)] != nil || isFollowUp($0) }
        )
        let plans = followUps(of: folds, table).followUps
        let days = try dueDays(plans, zone: zone, now: now)
        let handOff = handOffs(of: folds, HandOffFold.roles(compiled), table).last
        let targets = try HandOffTargets(rules.sla, since: handOff?.clock.handedOff ?? now, now: now)
        let score = try score(of: person.key, withReasons: true)

        var facts = NextStepFacts()
        facts.handOff = handOff
        facts.reading = handOff.map { targets.reading($0.clock) }
        facts.followUps = plans.map { ($0, $0.dueAt(days), $0.state($0.dueAt(days), now: now)) }
            .filter { $0.state == .overdue || $0.state == .open }
            .sorted { ($0.1 ?? .max, $0.0.planned, $0.0.id) < ($1.1 ?? .max, $1.0.planned, $1.0.id) }
        facts.meetings = talks.meetings(after: now)
        let closed = deals.filter { $0.record.state != .open }
        let closedIDs = Set(closed.map(\.id))
        facts.objections = talks.objections.filter { $0.state(closedDeals: closedIDs) == "open" }
        facts.questions = talks.questions.filter(\.isOpen)
        facts.deals = deals.filter { $0.record.state == .open }.map {
            (
                $0.id, $0.record.stage, $0.record.isOverdue(today: today), dwell.isStuck($0.record, now: now),
                $0.record.expectedClose
            )
        }
        facts.hasDealSinceHandOff = deals.contains { $0.record.lastEvent >= handOff?.clock.handedOff ?? .max }
        let lastOfDeal = events.last { $0.event.deal != nil }
        facts.lastContact = talks.contacts.last.flatMap { $0.at >= lastOfDeal?.at ?? .min ? $0 : nil }
        let last = closed.max { ($0.record.closed ?? .min, $0.id) < ($1.record.closed ?? .min, $1.id) }
        facts.hasLost = last?.record.state == .lost
        facts.lostReason = last?.record.reason
        if case .int(let conversions)? = who["conversions"] { facts.isCustomer = conversions > 0 }
        let milestones: [Effect] = [.leadHandedOff, .mqlReached, .dealCreated, .leadDisqualified]
        facts.lastMilestone = events.last { $0.effect.map { milestones.contains($0) } ?? false }?.effect
        facts.isQualified =
            facts.lastMilestone == .mqlReached
            || handOff == nil && facts.lastMilestone != .leadDisqualified && isQualified(score)

        var answer = Answer("brief")
        answer.warnings = known.warnings
        answer.payload = [
            .init("at", time(now)), .init("zone", .string(zone ?? rules.timeZone)),
            .init("customer", .string(person.name)), .init("identifiers", who["identifiers"] ?? .array([])),
            .init("profile", BriefEvent.profile(events)),
            .init("account", .text(events.last { $0.event.account != nil }?.event.account)),
        ]
        answer.payload += ["stage_now", "stage_peak", "stage_since", "dormant_since", "owner", "flags", "revenue"]
            .map { .init($0, who[$0] ?? .null) }
        answer.payload += [
            .init("next_steps", .array(facts.steps.map(\.json))),
            .init(
                "handoff",
                handOff.map { .object(handOffMembers(person.name, $0, targets.reading($0.clock), targets)) } ?? .null
            ), .init("score", score),
        ]
        answer.payload += interests.interests
        answer.payload += [
            .init(
                "touches",
                .object([
                    .init("count", who["touches"] ?? .null), .init("first", who["first_touch"] ?? .null),
                    .init("last", who["last_touch"] ?? .null), .init("channels", interests.channelList),
                    .init("campaigns", interests.campaignList),
                ])
            ), .init("messages", interests.messageList),
        ]
        answer.payload += talkMembers(talks, closedDeals: closedIDs, now: now)
        answer.payload += [
            .init(
                "follow_ups",
                .array(
                    try facts.followUps.map { plan, due, _ in
                        let deal = plan.deal == 0 ? nil : try log.symbolText(.deal, plan.deal)
                        return .object(followUpMembers(plan, due: due, now: now, deal: deal, of: person.name))
                    }
                )
            ),
            .init("deals", .array(try deals.map { try dealJSON($0, of: person.name, dwell, now: now, today: today) })),
        ]
        answer.columns = [.init("field"), .init("value")]
        answer.rows = answer.payload.map { [.string($0.key), $0.value] }
        return answer
    }

    private func isFollowUp(_ event: FoldEvent) -> Bool {
        let effect = compiled.type(event).effect
        return effect == .followUpPlanned || effect == .followUpDone
    }

    /// Whether fit and engagement together are a lead for sales.
    private func isQualified(_ score: JSONValue) -> Bool {
        guard case .double(let fit)? = score["fit"], case .double(let engagement)? = score["engagement"] else {
            return false
        }
        return fit + engagement >= rules.scoring.mql
    }

    /// The deals of a person: open ones first, the oldest first, then closed ones, the last one first.
    private func ownDeals(of person: UInt32, among folds: [FoldEvent]) throws -> ([DealBook.Entry], StageDwell) {
        let named = Set(folds.map(\.deal)).subtracting([0])
        guard !named.isEmpty else { return ([], StageDwell([])) }
        let book = try dealBook()
        let own = book.deals.filter {
            named.contains($0.key) && identity.person($0.record.customer, at: .max) == person
        }
        let sorted = own.sorted { a, b in
            let (p, q) = (a.record.state == .open, b.record.state == .open)
            if p != q { return p }
            let (s, t) =
                p
                ? (a.record.created ?? .max, b.record.created ?? .max)
                : (b.record.closed ?? .min, a.record.closed ?? .min)
            return s != t ? s < t : a.id.utf8.lexicographicallyPrecedes(b.id.utf8)
        }
        return (sorted, book.dwell)
    }

    private func dealJSON(_ deal: DealBook.Entry, of customer: String, _ dwell: StageDwell, now: Int64, today: Int64)
        throws -> JSONValue
    {
        let account = deal.record.account == 0 ? nil : try log.symbolText(.account, deal.record.account)
        let members = dealMembers(
            deal.id,
            deal.record,
            customer: customer,
            account: account,
            dwell: dwell,
            now: now,
            today: today
        )
        return .object(members + [.init("reason", .text(deal.record.reason))])
    }

    private func talkMembers(_ talks: BriefTalks, closedDeals: Set<String>, now: Int64) -> [JSONValue.Member] {
        // What is open comes first, and the last of it.
        let questions = talks.questions.filter(\.isOpen).reversed() + talks.questions.filter { !$0.isOpen }.reversed()
        let objections = talks.objections.map { (objection: $0, state: $0.state(closedDeals: closedDeals)) }
        let sorted =
            objections.filter { $0.state == "open" }.reversed() + objections.filter { $0.state != "open" }.reversed()
        return [
            .init(
                "questions",
                .array(
                    questions.map {
                        .object([
                            .init("question", .string($0.text)), .init("asked_at", time($0.asked)),
                            .init("type", .string($0.type)), .init("times", .count($0.times)),
                            .init("state", .string($0.isOpen ? "open" : "answered")),
                        ])
                    }
                )
            ),
            .init(
                "objections",
                .array(
                    sorted.map { objection, state in
                        .object([
                            .init("objection", .string(objection.id)), .init("deal", .text(objection.deal)),
                            .init("category", .text(objection.category)), .init("text", .text(objection.text)),
                            .init("competitor", .text(objection.competitor)),
                            .init("raised_at", time(objection.raised)),
                            .init("times", .count(objection.times)), .init("state", .string(state)),
                            .init("resolved_at", time(objection.resolved)), .init("outcome", .text(objection.outcome)),
                            .init("response", .text(objection.response)),
                        ])
                    }
                )
            ),
            .init(
                "contacts",
                .array(
                    talks.contacts.suffix(QueryFrame.mostContacts).reversed().map { contact in
                        .object([
                            .init("at", time(contact.at)), .init("type", .string(contact.type)),
                            .init("by", .text(contact.owner)), .init("direction", .text(contact.text("direction"))),
                            .init("outcome", .text(contact.text("outcome"))),
                            .init("note", .text(contact.text("note") ?? contact.text("summary"))),
                            .init("deal", .text(contact.event.deal)),
                        ])
                    }
                )
            ),
            .init(
                "meetings",
                .array(
                    talks.meetings(after: now).map {
                        .object([
                            .init("meeting", .string($0.id)), .init("at", time($0.at)), .init("kind", .text($0.kind)),
                        ])
                    }
                )
            ),
        ]
    }
}

extension BriefEvent {
    /// What a person is called and does, as said last.
    fileprivate static func profile(_ events: [BriefEvent]) -> JSONValue {
        let keys = ["name", "company", "job_title", "country", "language"]
        return .object(
            keys.map { key in .init(key, .text(events.lazy.reversed().compactMap { $0.text(key) }.first)) }
        )
    }
}
