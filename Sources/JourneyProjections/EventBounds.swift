// Time travel is a replay with a bound: what was known up to a position, and what had happened up to an instant.
public import JourneyEvents
public import JourneyLog

/// Which events a fold sees.
public struct EventBounds: Hashable, Sendable {
    /// The last position that was known.
    public var through: Position
    /// The last instant that had come; nil for no bound.
    public var asOf: Timestamp?
    /// Bounds from their parts.
    public init(through: Position, asOf: Timestamp? = nil) {
        self.through = through
        self.asOf = asOf
    }
    /// Whether an event is inside.
    public func contains(_ event: FoldEvent) -> Bool {
        event.position <= through.rawValue && event.occurredAt <= (asOf?.rawValue ?? .max)
    }
}
