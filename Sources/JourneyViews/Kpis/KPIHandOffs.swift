// Hand-offs as the key figures read them: how many of a period's were taken up in time, by the targets of the rules.
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

        mutating func add(_ reading: HandOffReading) {
            both.add(reading.state)
            accept.add(reading.acceptance.state)
            contact.add(reading.contact.state)
        }

        mutating func add(_ other: Counts) {
            both.add(other.both)
            accept.add(other.accept)
            contact.add(other.contact)
        }
    }
}

extension QueryFrame {
    /// What became of the leads that were handed off in a period, by person.
    func handOffs(in period: KPIPeriod) throws -> [(person: UInt32, counts: KPIHandOffs.Counts)] {
        let found = try allHandOffs().filter { period.range.contains($0.handOff.clock.handedOff) }
        guard let first = found.map(\.handOff.clock.handedOff).min() else { return [] }
        let targets = try HandOffTargets(rules.sla, since: first, now: period.end - 1)
        return found.map { customer, handOff in
            var counts = KPIHandOffs.Counts()
            counts.add(targets.reading(handOff.clock))
            return (customer, counts)
        }
    }
}
