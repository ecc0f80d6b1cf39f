// Where a run of folds takes its groups from: those that a rebuild has in memory, or ranges that it reads for itself.

/// A source of groups in ascending order of key.
enum GroupSource: Sendable {
    /// These alone; nil when they are taken.
    case groups(EventGroups?)
    /// Parts that are in memory, and where the next one is, with the properties that any fold over them reads.
    case parts(EventPartitions, next: Int, PropertyTable)
    /// Groups that are read one range after the other.
    case ranges(EventGroups.Ranges)

    /// The properties of all groups, when they are there.
    var properties: PropertyTable? { if case .parts(_, _, let properties) = self { properties } else { nil } }

    /// Puts the next groups in the place of those before them; false after the last. Keys that cannot have a row may be without
    /// their events.
    mutating func next(_ groups: inout EventGroups, _ rowTypes: RowTypes) throws -> Bool {
        switch self {
        case .groups(let given):
            guard let given else { return false }
            groups = given
            self = .groups(nil)
        case .parts(let parts, let next, let properties):
            guard next < parts.count else { return false }
            parts.fill(&groups, with: next, rowTypes)
            self = .parts(parts, next: next + 1, properties)
        case .ranges(var ranges):
            // Given back before the next ones are read, so that memory holds one range.
            groups = EventGroups()
            let found = try ranges.next()
            self = .ranges(ranges)
            guard let found else { return false }
            groups = found
        }
        return true
    }
}
