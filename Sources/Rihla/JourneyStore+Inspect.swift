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

    /// Looks at the pages of a store without opening it: LMDB dies on damaged pages. Nil when they are well.
    ///
    /// - Throws: `RihlaError` with code `noStore` when there is no store.
    public static func damage(at path: String) throws -> Answer? {
        guard EventLog.isStore(at: path) else {
            // Opening says what is wrong.
            return nil
        }
        let findings = try EventLog.verifyPages(at: path)
        guard !findings.isEmpty else { return nil }
        return answer(findings: findings, head: nil, events: 0, blocks: 0, bytes: 0)
    }
}
