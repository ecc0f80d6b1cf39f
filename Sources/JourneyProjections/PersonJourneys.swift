// Journeys of persons. Most persons have one identifier, and their journey is that of its symbol; the events of those with
// several are gathered first, and each such person comes where its own symbol does.
internal import JourneyLog

/// The journeys of persons with several identifiers, or of devices that several persons use.
struct LinkedJourneys: Sendable {
    /// Their groups; the symbols are persons.
    fileprivate private(set) var groups = JourneyGroups()
    fileprivate let persons: IdentityMap

    /// Gathers them; nil when they have more events than `mostEvents`, which memory must hold.
    init?(_ log: LogSnapshot, _ persons: IdentityMap, through last: UInt64, mostEvents: Int) throws {
        self.persons = persons
        guard !persons.isTrivial else { return }
        var found = JourneyGroups()
        var people: [UInt32] = []
        /// Where the kept properties of each event are in `found`.
        var keptRanges: [Range<Int>] = []
        var reader = try JourneyReader(log, .customer, through: last)
        var part = JourneyGroups()
        while try reader.next(&part, atLeast: 16_384) {
            try Task.checkCancellation()
            for (index, symbol) in part.symbols.enumerated() where persons.isLinked(symbol) {
                part.eachEvent(index) { event, range in
                    let before = found.kept.count
                    found.append(event, part.kept, range)
                    keptRanges.append(before..<found.kept.count)
                    people.append(persons.person(symbol, at: event.occurredAt))
                }
                guard people.count <= mostEvents else { return nil }
            }
        }
        let order = people.indices.sorted {
            people[$0] != people[$1]
                ? people[$0] < people[$1] : found.events[$0].position < found.events[$1].position
        }
        var person: UInt32 = 0
        for index in order {
            if people[index] != person { groups.endGroup(person) }
            person = people[index]
            groups.append(found.events[index], found.kept, keptRanges[index])
        }
        groups.endGroup(person)
    }
}

/// The journeys of customers as persons, or of deals, in ascending order of key.
struct PersonJourneys: Sendable {
    private var reader: JourneyReader
    private let linked: LinkedJourneys?
    private var nextLinked = 0
    private var groups = JourneyGroups()
    /// A range has so many events, or more when one journey has.
    private static let size = 8_192

    /// The journeys that a projection folds; customers are persons, of whom `linked` has those with several identifiers. The log
    /// had `typeCount` types, or more, when the projection was prepared.
    init(_ projection: any Projection, _ journeys: JourneyReader, typeCount: Int, _ linked: LinkedJourneys?) {
        reader = journeys
        reader.need.types = RowTypes(projection.rowTypes).byType
        reader.need.keptTypes =
            [false] + (0..<typeCount).map { !projection.propertyUse(ofType: UInt32($0 + 1)).isEmpty }
        self.linked = projection.key == .customer ? linked : nil
    }

    /// Puts the next journeys in the place of those in `out`, in journey order, and gives the properties that are read of them;
    /// nil after the last.
    mutating func next(_ out: inout EventGroups, _ log: LogSnapshot, _ properties: inout PropertyReader) throws
        -> PropertyTable?
    {
        guard try next() else { return nil }
        let table = try PropertyTable(&groups, log, &properties)
        out.take(&groups)
        return table
    }

    /// Puts the next journeys into `groups`; false after the last.
    private mutating func next() throws -> Bool {
        guard let linked, !linked.groups.symbols.isEmpty else {
            return try reader.next(&groups, atLeast: PersonJourneys.size)
        }
        var own = JourneyGroups()
        let isFound = try reader.next(&own, atLeast: PersonJourneys.size)
        groups.removeAll()
        for (index, symbol) in own.symbols.enumerated() {
            addLinked(linked, through: symbol)
            if !linked.persons.isLinked(symbol) { add(own, index) }
        }
        if !isFound { addLinked(linked, through: .max) }
        return isFound || !groups.symbols.isEmpty
    }

    private mutating func add(_ other: JourneyGroups, _ index: Int) {
        groups.append(other, index)
        groups.endGroup(other.symbols[index])
    }

    /// Adds the persons with several identifiers through a symbol, some at a time.
    private mutating func addLinked(_ linked: LinkedJourneys, through symbol: UInt32) {
        while nextLinked < linked.groups.symbols.count, linked.groups.symbols[nextLinked] <= symbol {
            if symbol == .max, groups.events.count >= PersonJourneys.size { return }
            add(linked.groups, nextLinked)
            nextLinked += 1
        }
    }
}
