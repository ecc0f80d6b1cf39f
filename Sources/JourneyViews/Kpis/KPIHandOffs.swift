// Hand-offs as the key figures read them: how many of a period's were taken up in time. Targets and hours are those of the
// default rules: accept within 4 business hours, contact within one business day, Monday to Friday 09:00 to 17:00 UTC.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// The hand-offs of one period.
enum KPIHandOffs {
    /// What became of one target.
    struct Kept {
        var met = 0
        var breached = 0
        var open = 0
        var decided: Int { met + breached }

        mutating func add(_ state: TargetState) {
            switch state {
            case .met: met += 1
            case .breached: breached += 1
            case .open: open += 1
            case .notApplicable: break
            }
        }

        mutating func add(_ other: Kept) {
            (met, breached, open) = (met + other.met, breached + other.breached, open + other.open)
        }
    }

    /// Of both targets, and of each.
    struct Counts {
        var both = Kept()
        var accept = Kept()
        var contact = Kept()

        mutating func add(_ acceptance: TargetState, _ contact: TargetState) {
            accept.add(acceptance)
            self.contact.add(contact)
            let states = [acceptance, contact]
            both.add([.breached, .open, .met].first { states.contains($0) } ?? .notApplicable)
        }

        mutating func add(_ other: Counts) {
            both.add(other.both)
            accept.add(other.accept)
            contact.add(other.contact)
        }
    }

    fileprivate static let contacts: Set<String> = ["call_made", "sales_email_sent", "meeting_held", "demo_held"]
    fileprivate static let accept = BusinessCalendar.Length.milliseconds(4 * 3_600_000)
    fileprivate static let contact = BusinessCalendar.Length.days(1)
    fileprivate static let hours = (1...5).map {
        BusinessCalendar.Hours(weekday: $0, open: 9 * 60, close: 17 * 60)
    }
}

extension QueryFrame {
    /// What became of the leads that were handed off in a period, by person.
    func handOffs(in period: KPIPeriod) throws -> [(person: UInt32, counts: KPIHandOffs.Counts)] {
        let effects: Set<Effect> = [.leadHandedOff, .leadAccepted, .leadRejected]
        let isContact = compiled.types.map { KPIHandOffs.contacts.contains(compiled.name(of: $0)) }
        let wanted = zip(compiled.types, isContact).map { $1 || $0.effect.map(effects.contains) ?? false }
        guard compiled.types.contains(where: { $0.effect == .leadHandedOff }) else { return [] }
        let calendar = try BusinessCalendar(
            zone: "UTC",
            hours: KPIHandOffs.hours,
            covering: period.start...max(period.start, period.end)
        )
        let direction = try log.symbol(.propertyKey, "direction") ?? 0
        let keys = [compiled.keys[.owner], direction].filter { $0 != 0 }
        var found: [(person: UInt32, counts: KPIHandOffs.Counts)] = []
        var ranges = try journeys(types: wanted)
        while let part = try ranges.next() {
            // Contacts of those who never were handed off need not be read.
            var groups: [(person: UInt32, events: ArraySlice<FoldEvent>)] = []
            var start = 0
            for (index, end) in part.ends.enumerated() {
                let events = part.events[start..<end]
                if let first = events.firstIndex(where: { compiled.type($0).effect == .leadHandedOff }) {
                    groups.append((part.key(index), events[first...]))
                }
                start = end
            }
            let positions = groups.flatMap(\.events).map(\.position).sorted()
            let properties = try PropertyTable(reading: log, keys: keys, positions: positions)
            let unnamed = positions.filter { properties.text(compiled.keys[.owner], at: $0)?.isEmpty ?? true }
            let actors = Dictionary(
                uniqueKeysWithValues: try log.events(at: unnamed).map { ($0.position.rawValue, $0.actor) }
            )
            for (person, events) in groups {
                var counts = KPIHandOffs.Counts()
                for clock in clocks(
                    events,
                    isContact: { isContact[Int($0.type)] && properties.text(direction, at: $0.position) != "inbound" },
                    owner: { event in
                        let owner = properties.text(compiled.keys[.owner], at: event.position) ?? ""
                        return owner.isEmpty ? actors[event.position] ?? nil : owner
                    }
                ) where period.range.contains(clock.handedOff) {
                    let asOf = period.end - 1
                    counts.add(
                        clock.acceptance(calendar, within: KPIHandOffs.accept, asOf: asOf).state,
                        clock.contact(calendar, within: KPIHandOffs.contact, asOf: asOf).state
                    )
                }
                found.append((person, counts))
            }
        }
        return found
    }

    /// The clocks of one customer's hand-offs. Each begins a new cycle; a contact is one by whom the lead was handed to or by
    /// who accepted it, or by somebody who is not named.
    private func clocks(
        _ events: ArraySlice<FoldEvent>,
        isContact: (FoldEvent) -> Bool,
        owner: (FoldEvent) -> String?
    ) -> [HandOffClock] {
        var clocks: [HandOffClock] = []
        var owners: Set<String> = []
        var contacts: [(at: Int64, by: String?)] = []
        func finish() {
            guard let last = clocks.indices.last else { return }
            clocks[last].contacted =
                contacts.first { owners.isEmpty || $0.by.map { owners.contains($0) } ?? true }?.at
            contacts = []
        }
        for event in events {
            switch compiled.type(event).effect {
            case .leadHandedOff:
                finish()
                clocks.append(HandOffClock(handedOff: event.occurredAt))
                owners = Set([owner(event)].compactMap(\.self))
            case let effect:
                guard let last = clocks.indices.last, clocks[last].rejected == nil else { continue }
                switch effect {
                case .leadAccepted:
                    if clocks[last].accepted == nil { clocks[last].accepted = event.occurredAt }
                    if let owner = owner(event) { owners.insert(owner) }
                case .leadRejected: clocks[last].rejected = event.occurredAt
                default: if isContact(event) { contacts.append((event.occurredAt, owner(event))) }
                }
            }
        }
        finish()
        return clocks
    }
}
