// Where a run of folds takes its groups from: journeys as the index has them, or events that are grouped for it.
internal import JourneyLog

/// A source of groups in ascending order of key.
enum GroupSource: Sendable {
    /// These alone; nil when they are taken.
    case groups(EventGroups?)
    /// Journeys as the index has them.
    case journeys(PersonJourneys)
    /// Groups that are read one range after the other.
    case ranges(EventGroups.Ranges)

    /// Puts the next groups in the place of those before them, in journey order, with the properties that `reader` wants of them;
    /// nil after the last.
    mutating func next(_ groups: inout EventGroups, _ log: LogSnapshot, _ reader: inout PropertyReader) throws
        -> PropertyTable?
    {
        switch self {
        case .groups(let given):
            guard let given else { return nil }
            groups = given
            self = .groups(nil)
        case .journeys(var journeys):
            self = .groups(nil)
            defer { self = .journeys(journeys) }
            return try journeys.next(&groups, log, &reader)
        case .ranges(var ranges):
            // Given back before the next ones are read, so that memory holds one range.
            groups = EventGroups()
            let found = try ranges.next()
            self = .ranges(ranges)
            guard let found else { return nil }
            groups = found
        }
        return try PropertyTable(reading: log, keys: reader.keys, positions: reader.positions(of: groups.events))
    }
}
