// Where a rebuild takes its groups from: those that all views share, or ranges that it reads for itself.

/// A source of groups in ascending order of key.
enum GroupSource: Sendable {
    /// Groups that are in memory already, with the properties that any of the folds over them reads; nil when they are taken.
    case made(EventGroups?, PropertyTable)
    /// Groups that are read one range after the other.
    case ranges(EventGroups.Ranges)

    /// The next groups, and their properties when those are there; nil after the last.
    mutating func next() throws -> (groups: EventGroups, properties: PropertyTable?)? {
        switch self {
        case .made(let groups, let properties):
            self = .made(nil, properties)
            return groups.map { ($0, properties) }
        case .ranges(var ranges):
            defer { self = .ranges(ranges) }
            return try ranges.next().map { ($0, nil) }
        }
    }
}
