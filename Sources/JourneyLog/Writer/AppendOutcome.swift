// What a writer gets back for each event.
public import JourneyEvents

/// What became of one event of a request.
public enum AppendOutcome: Hashable, Sendable {
    /// It was appended at this position; `version` is that of its stream after it, 0 when it has none.
    case appended(Position, version: UInt64)
    /// The same event stands at this position already.
    case duplicate(Position, version: UInt64)
    /// Another event with the same (source, id) stands at this position.
    case conflict(existing: Position)
}
