// Journeys as they were known when their events happened. Links say who somebody is from then on and back; a report that must
// not change by later links takes each event into the journey that the links up to its own moment make.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// By which links a report joins identifiers.
public enum IdentityView: String, CaseIterable, Sendable {
    /// By all that the question sees: a link moves history.
    case asOfNow = "as-of-now"
    /// By those that had happened when the reported event did: later links change nothing that was reported before.
    case asOfEvent = "as-of-event"
}

/// A customer's events as the links of one stretch of time join them.
struct KnownJourney {
    /// In journey order, up to the end of the stretch.
    var events: ArraySlice<FoldEvent>
    /// Index of the first event of the stretch itself; those before it were reported in earlier ones.
    var own: Int

    /// Whether an event at this place in journey order is of the stretch itself.
    func isOwn(at time: Int64, _ position: UInt64) -> Bool {
        guard own < events.endIndex else { return false }
        let first = events[own]
        return time != first.occurredAt ? time > first.occurredAt : position >= first.position
    }
}

/// Cuts events into known journeys.
struct KnownJourneys {
    /// Whose events have to be looked at together.
    let groups: IdentityMap
    private let statements: [UInt32: [IdentityStatement]]
    private let limits: IdentityLimits
    private let log: LogSnapshot

    init(_ frame: QueryFrame, _ view: IdentityView) throws {
        log = frame.log
        limits = frame.statements.rules.limits
        guard view == .asOfEvent else {
            (groups, statements) = (frame.identity, [:])
            return
        }
        // A link that was refused when it was made is refused at every later moment too: it joins nobody, and a value that
        // is nobody's, such as `guest`, must not make one group of all who were linked with it.
        let refused = Set(frame.identity.conflicts.map(\.position))
        let said = try frame.statements.ledger.statements(frame.log, frame.bounds, frame.statements.rules)
            .filter { !refused.contains($0.position) }
        let groups = IdentityMap.groups(said)
        self.groups = groups
        statements = Dictionary(grouping: said) { groups.person($0.a, at: $0.at) }
    }

    /// The journeys among the events of one group, those of earlier stretches first. With every link that changes who is who
    /// a stretch ends; of each stretch there are the journeys of those who did something in it that is reported.
    func journeys(_ events: ArraySlice<FoldEvent>, of group: UInt32, isReported: (FoldEvent) -> Bool) throws
        -> [KnownJourney]
    {
        guard let said = statements[group] else {
            let all = KnownJourney(events: events, own: events.startIndex)
            return events.contains(where: isReported) ? [all] : []
        }
        let symbols = Set(said.flatMap { [$0.a, $0.b] }).subtracting([0])
        let texts = try Dictionary(uniqueKeysWithValues: symbols.map { ($0, try log.symbolText(.customer, $0)) })
        var found: [KnownJourney] = []
        var (known, start) = (0, events.startIndex)
        while start < events.endIndex {
            while known < said.count, said[known].at <= events[start].occurredAt { known += 1 }
            var end = start + 1
            while end < events.endIndex, known == said.count || events[end].occurredAt < said[known].at { end += 1 }
            let reported = events[start..<end].filter(isReported)
            if !reported.isEmpty {
                try Task.checkCancellation()
                let map = try IdentityFold.resolve(Array(said[..<known]), limits: limits) { texts[$0] ?? "" }
                func person(_ event: FoldEvent) -> UInt32 { map.person(event.customer, at: event.occurredAt) }
                var journeys = Dictionary(uniqueKeysWithValues: Set(reported.map(person)).map { ($0, [FoldEvent]()) })
                var own: [UInt32: Int] = [:]
                for (index, event) in zip(events.indices, events).prefix(end - events.startIndex) {
                    let person = person(event)
                    if index == start { own = journeys.mapValues(\.count) }
                    journeys[person]?.append(event)
                }
                found += journeys.keys.sorted().map { person in
                    KnownJourney(events: (journeys[person] ?? [])[...], own: own[person] ?? 0)
                }
            }
            start = end
        }
        return found
    }
}

extension QueryFrame {
    /// Visits each customer's known journeys, with the properties of the events that `reads` names. As of now that is one
    /// journey; as of each event it is those of everybody whom links ever had to do with.
    func eachJourney(
        _ view: IdentityView,
        keys: [UInt32],
        reads: (FoldEvent) -> Bool,
        isReported: (FoldEvent) -> Bool,
        _ body: (UInt32, [KnownJourney], PropertyTable) throws -> Void
    ) throws {
        let known = try KnownJourneys(self, view)
        var ranges = try EventGroups.Ranges(log, key: .customer, bounds: bounds, identity: known.groups)
        while let part = try ranges.next() {
            let wanted = part.events.filter(reads).map(\.position)
            let properties = try PropertyTable(reading: log, keys: keys, positions: wanted)
            var start = 0
            for (index, end) in part.ends.enumerated() {
                if index & 1_023 == 0 { try Task.checkCancellation() }
                defer { start = end }
                guard start < end else { continue }
                let key = part.key(index)
                let journeys = try known.journeys(part.events[start..<end], of: key, isReported: isReported)
                try body(key, journeys, properties)
            }
        }
    }
}
