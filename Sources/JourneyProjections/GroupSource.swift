// Where a rebuild takes its groups from: those that all views share, or ranges that it reads for itself.

/// A source of groups in ascending order of key.
enum GroupSource: Sendable {
    /// Groups that are in memory already.
    case made([EventGroups])
    /// Groups that are read one range after the other.
    case ranges(EventGroups.Ranges)

    /// The next groups; nil after the last.
    mutating func next() throws -> EventGroups? {
        switch self {
        case .made(var groups):
            guard !groups.isEmpty else { return nil }
            let first = groups.removeFirst()
            self = .made(groups)
            return first
        case .ranges(var ranges):
            defer { self = .ranges(ranges) }
            return try ranges.next()
        }
    }
}
