// Small facts about a store, and a look at its files before they are opened.
public import JourneyEvents
internal import JourneyLog
public import JourneyViews

extension JourneyStore {
    /// Whether a directory says that it is a store.
    public static func exists(at path: String) -> Bool { EventLog.isStore(at: path) }

    /// Every event type that the log has, in order of first appearance.
    public func eventTypes() throws -> [String] { try log.symbolTexts(.type) }

    /// The last position inside a bound; the head for none.
    public func position(asAt bound: QueryBounds.AsAt?) throws -> Position {
        try log.refresh()
        switch bound {
        case nil: return log.head.position
        case .position(let position): return min(position, log.head.position)
        case .time(let time): return try log.position(recordedAtOrBefore: time)
        }
    }

    /// Verifies a store that may be too damaged to be opened: no damage ends the process, what cannot be opened is a
    /// finding.
    ///
    /// - Throws: `RihlaError` with code `noStore`, `notAStore`, `newerFormat` or `permission`.
    public static func verify(at path: String) throws -> Answer { answer(for: try EventLog.examine(at: path)) }
}
