// Whether sales took up in time what marketing handed over.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    private struct Listed {
        var customer: String
        var handOff: HandOff
        var reading: HandOffReading
    }

    func sla(_ query: SLAQuery) throws -> Answer {
        try check(query.state, "state of a hand-off", in: ["met", "breached", "open", "n/a"])
        let found = try allHandOffs()
        let now = try latest()
        let targets = try HandOffTargets(
            rules.sla,
            since: found.map(\.handOff.clock.handedOff).min() ?? now,
            now: now
        )
        let names = try texts(.customer, found.map(\.customer))
        var all = HandOffCounts()
        var byOwner: [String: HandOffCounts] = [:]
        var listed: [Listed] = []
        let period = (query.from?.rawValue ?? .min)..<(query.to?.rawValue ?? .max)
        for (customer, handOff) in found {
            let owner = handOff.owner ?? ""
            guard period.contains(handOff.clock.handedOff), query.owner == nil || query.owner == owner else { continue }
            let reading = targets.reading(handOff.clock)
            all.add(handOff, reading)
            byOwner[owner, default: HandOffCounts()].add(handOff, reading)
            if query.state == nil || query.state == reading.state.rawValue {
                listed.append(Listed(customer: names[customer] ?? "", handOff: handOff, reading: reading))
            }
        }
        // The newest first; those of one instant by customer.
        listed.sort { a, b in
            let (p, q) = (a.handOff.clock.handedOff, b.handOff.clock.handedOff)
            if p != q { return p > q }
            if a.customer != b.customer { return a.customer.utf8.lexicographicallyPrecedes(b.customer.utf8) }
            return a.handOff.cycle > b.handOff.cycle
        }
        return answer(query, all, byOwner, Array(listed.prefix(query.limit ?? .max)), targets)
    }

    private func answer(
        _ query: SLAQuery,
        _ all: HandOffCounts,
        _ byOwner: [String: HandOffCounts],
        _ listed: [Listed],
        _ targets: HandOffTargets
    ) -> Answer {
        var answer = Answer("sla")
        let owners = byOwner.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { owner, counts in
            [JSONValue.Member("owner", .text(owner.isEmpty ? nil : owner))] + counts.members
        }
        if query.isByOwner {
            answer.columns = [.init("owner")]
            answer.columns += ["handed_off", "accepted", "rejected", "contacted", "met", "breached", "open"]
                .map { .init($0, number: true) }
            answer.columns += ["kept", "accept_kept", "contact_kept"].map { .init($0, number: true) }
            answer.rows = owners.map { members in
                let counts = JSONValue.object(members)
                return answer.columns.prefix(9).map { counts[$0.name] ?? .null } + [
                    counts["accept"]?["kept"] ?? .null, counts["contact"]?["kept"] ?? .null,
                ]
            }
        } else {
            answer.columns = [
                .init("customer"), .init("owner"), .init("handed_off_at"), .init("state"), .init("accept"),
                .init("accept_seconds", number: true), .init("contact"), .init("contact_seconds", number: true),
                .init("due_at"),
            ]
            answer.rows = listed.map { entry in
                let (acceptance, contact) = (entry.reading.acceptance, entry.reading.contact)
                return [
                    .string(entry.customer), .text(entry.handOff.owner), time(entry.handOff.clock.handedOff),
                    .string(entry.reading.state.rawValue), .string(acceptance.state.rawValue),
                    .double(Double(acceptance.elapsed) / 1_000), .string(contact.state.rawValue),
                    .double(Double(contact.elapsed) / 1_000), time(entry.reading.nextDue),
                ]
            }
        }
        answer.payload = [
            .init("targets", targetsJSON(targets)), .init("summary", .object(all.members)),
            .init("by_owner", .array(owners.map { .object($0) })),
            .init(
                "handoffs",
                .array(listed.map { .object(handOffMembers($0.customer, $0.handOff, $0.reading, targets)) })
            ),
        ]
        answer.notes =
            byOwner.isEmpty
            ? ["no hand-offs: marketing hands a lead over by an event `lead_handed_off` that names the `owner`"]
            : [all.sentence]
        return answer
    }

    private func targetsJSON(_ targets: HandOffTargets) -> JSONValue {
        func seconds(_ length: BusinessCalendar.Length) -> JSONValue {
            .double(Double(targets.calendar.milliseconds(length)) / 1_000)
        }
        return .object([
            .init("accept_seconds", seconds(targets.accept)), .init("contact_seconds", seconds(targets.contact)),
            .init("business_day_seconds", seconds(.days(1))), .init("zone", .string(rules.sla.zone)),
        ])
    }

    /// What answers say of one hand-off.
    func handOffMembers(
        _ customer: String,
        _ handOff: HandOff,
        _ reading: HandOffReading,
        _ targets: HandOffTargets
    ) -> [JSONValue.Member] {
        let clock = handOff.clock
        return [
            .init("customer", .string(customer)), .init("owner", .text(handOff.owner)),
            .init("cycle", .count(handOff.cycle)), .init("handed_off_at", time(clock.handedOff)),
            .init("accepted_at", time(clock.accepted)), .init("rejected_at", time(clock.rejected)),
            .init("contacted_at", time(clock.contacted)), .init("superseded_at", time(clock.superseded)),
            .init("reason", .text(handOff.reason)), .init("state", .string(reading.state.rawValue)),
            .init("accept", targets.json(reading.acceptance, targets.accept, due: reading.acceptBy)),
            .init("contact", targets.json(reading.contact, targets.contact, due: reading.contactBy)),
        ]
    }

    /// Every hand-off inside the bounds, customer by customer.
    func allHandOffs() throws -> [(customer: UInt32, handOff: HandOff)] {
        let roles = HandOffFold.roles(compiled)
        var found: [(customer: UInt32, handOff: HandOff)] = []
        var ranges = try journeys(types: roles.map { $0 != nil })
        while let part = try ranges.next() {
            // Contacts of those who never were handed off need not be read.
            var start = 0
            var wanted: [(customer: UInt32, events: ArraySlice<FoldEvent>)] = []
            for (index, end) in part.ends.enumerated() {
                let events = part.events[start..<end]
                if let first = events.firstIndex(where: { roles[Int($0.type)] == .handOff }) {
                    wanted.append((part.key(index), events[first...]))
                }
                start = end
            }
            let names: [PropertyKeys.Name] = [.direction, .reason]
            let table = try ActionTable(self, names, of: wanted.flatMap(\.events))
            for (customer, events) in wanted {
                for handOff in handOffs(of: events, roles, table) { found.append((customer, handOff)) }
            }
        }
        return found
    }

    /// The hand-offs among one customer's events; others than those with a role have no say.
    func handOffs(of events: some Sequence<FoldEvent>, _ roles: [HandOffFold.Role?], _ table: ActionTable) -> [HandOff]
    {
        var fold = HandOffFold()
        for event in events where Int(event.type) < roles.count {
            if let role = roles[Int(event.type)] { fold.add(event, role, table) }
        }
        fold.finish()
        return fold.handOffs
    }
}
