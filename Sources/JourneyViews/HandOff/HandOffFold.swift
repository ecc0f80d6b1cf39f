// A customer's hand-offs: each with what sales did until the next one.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyRules

/// One hand-off.
struct HandOff {
    /// The event that handed the lead off.
    var position: UInt64
    /// 1 for the customer's first hand-off.
    var cycle: Int
    /// To whom the lead was handed.
    var owner: String?
    var clock: HandOffClock
    /// Why it was given back.
    var reason: String?
}

/// Folds one customer's events, in journey order.
struct HandOffFold {
    /// What an event type has to say.
    enum Role { case handOff, acceptance, rejection, contact }

    /// What each event type, by symbol, has to say of hand-offs.
    static func roles(_ rules: CompiledRules) -> [Role?] {
        let contacts = Set(rules.rules.sla.contacts.map { rules.rules.resolved($0) })
        return rules.types.map { type in
            switch type.effect {
            case .leadHandedOff: .handOff
            case .leadAccepted: .acceptance
            case .leadRejected: .rejection
            default: contacts.contains(rules.name(of: type)) ? .contact : nil
            }
        }
    }

    private(set) var handOffs: [HandOff] = []
    /// Whom the lead of the last hand-off was handed to, and who accepted it.
    private var owners: Set<String> = []
    private var contacts: [(at: Int64, by: String?)] = []

    mutating func add(_ event: FoldEvent, _ role: Role, _ table: ActionTable) {
        if role == .handOff {
            finish()
            if let last = handOffs.indices.last { handOffs[last].clock.superseded = event.occurredAt }
            let owner = table.owner(event)
            handOffs.append(
                HandOff(
                    position: event.position,
                    cycle: handOffs.count + 1,
                    owner: owner,
                    clock: HandOffClock(handedOff: event.occurredAt)
                )
            )
            owners = Set([owner].compactMap { $0 })
            return
        }
        // What was given back must be handed off again before anything else counts.
        guard let last = handOffs.indices.last, handOffs[last].clock.rejected == nil else { return }
        switch role {
        case .handOff: break
        case .acceptance:
            if handOffs[last].clock.accepted == nil { handOffs[last].clock.accepted = event.occurredAt }
            if let owner = table.owner(event) { owners.insert(owner) }
        case .rejection:
            handOffs[last].clock.rejected = event.occurredAt
            handOffs[last].reason = table.text(.reason, event)
        case .contact:
            if table.text(.direction, event) != "inbound" { contacts.append((event.occurredAt, table.owner(event))) }
        }
    }

    /// Finds the first contact of the last hand-off, now that it is known who accepted it.
    mutating func finish() {
        defer { contacts = [] }
        guard let last = handOffs.indices.last else { return }
        let first = contacts.first { contact in
            owners.isEmpty || contact.by.map { owners.contains($0) } ?? true
        }
        handOffs[last].clock.contacted = first?.at
    }
}

/// How many hand-offs are in which state.
struct HandOffCounts {
    private var handedOff = 0
    private var accepted = 0
    private var rejected = 0
    private var contacted = 0
    private var states: [TargetState: Int] = [:]
    private var acceptance: [TargetState: Int] = [:]
    private var contact: [TargetState: Int] = [:]

    mutating func add(_ handOff: HandOff, _ reading: HandOffReading) {
        handedOff += 1
        accepted += handOff.clock.accepted == nil ? 0 : 1
        rejected += handOff.clock.rejected == nil ? 0 : 1
        contacted += handOff.clock.contacted == nil ? 0 : 1
        states[reading.state, default: 0] += 1
        acceptance[reading.acceptance.state, default: 0] += 1
        contact[reading.contact.state, default: 0] += 1
    }

    var members: [JSONValue.Member] {
        [
            .init("handed_off", .count(handedOff)), .init("accepted", .count(accepted)),
            .init("rejected", .count(rejected)), .init("contacted", .count(contacted)),
        ] + HandOffCounts.members(states) + [
            .init("accept", .object(HandOffCounts.members(acceptance))),
            .init("contact", .object(HandOffCounts.members(contact))),
        ]
    }

    /// How many in each state, and the share of `met` in what is decided.
    private static func members(_ states: [TargetState: Int]) -> [JSONValue.Member] {
        let (met, breached) = (states[.met] ?? 0, states[.breached] ?? 0)
        return [
            .init("met", .count(met)), .init("breached", .count(breached)), .init("open", .count(states[.open] ?? 0)),
            .init("not_applicable", .count(states[.notApplicable] ?? 0)),
            .init("kept", .number(Ratio.of(met, met + breached))),
        ]
    }

    /// The counts in a sentence.
    var sentence: String {
        func count(_ states: [TargetState: Int]) -> String {
            "\(states[.met] ?? 0) met, \(states[.breached] ?? 0) breached, \(states[.open] ?? 0) open"
        }
        return "\(handedOff) hand-offs: \(count(states)) (accept \(count(acceptance)); contact \(count(contact)))"
    }
}
