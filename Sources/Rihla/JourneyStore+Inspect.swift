// Small facts about a store, and a look at its files before they are opened.
public import JourneyEvents
internal import JourneyLog
public import JourneyViews

extension JourneyStore {
    /// Whether a directory says that it is a store.
    public static func exists(at path: String) -> Bool { EventLog.isStore(at: path) }

    /// Every event type that the log has, in order of first appearance.
    public func eventTypes() throws -> [String] { try log.snapshot.symbolTexts(.type) }

    /// The last position inside a bound; the head for none.
    public func position(asAt bound: QueryBounds.AsAt?) throws -> Position {
        try moment(asAt: bound).position
    }

    /// The newest moment of the log, read up to a bound.
    func moment(asAt bound: QueryBounds.AsAt?) throws -> LogSnapshot {
        var bounds = QueryBounds()
        bounds.asAt = bound
        return try bounds.known(of: log.refresh())
    }
}
