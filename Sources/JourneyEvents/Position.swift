// A position is the place of an event in the log: 1 for the first, without gaps, given at commit.
// A stream version counts the events of one customer or deal. Both are numbers, and never mixed up.

/// The place of an event in the log. The first event has position 1; 0 stands before all events.
public struct Position: RawRepresentable, Hashable, Comparable, Sendable {
    /// The number itself.
    public var rawValue: UInt64
    /// Wraps a number.
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    /// Wraps a number.
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }
    /// The place before the first event.
    public static let start = Position(0)
    /// Orders positions by number.
    public static func < (lhs: Position, rhs: Position) -> Bool { lhs.rawValue < rhs.rawValue }
}

extension Position: ExpressibleByIntegerLiteral {
    /// The position with a number that stands in the source.
    public init(integerLiteral value: UInt64) { self.init(value) }
}

/// How many events a stream (a customer or a deal) has.
public struct StreamVersion: RawRepresentable, Hashable, Comparable, Sendable {
    /// The count.
    public var rawValue: UInt64
    /// Wraps a count.
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    /// Wraps a count.
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }
    /// Orders versions by count.
    public static func < (lhs: StreamVersion, rhs: StreamVersion) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// What a writer expects of a stream before its events are appended.
public enum ExpectedVersion: Hashable, Sendable {
    /// No expectation.
    case any
    /// The stream has no event yet.
    case none
    /// The stream has at least one event.
    case exists
    /// The stream has exactly this many events.
    case version(UInt64)
}

/// A stream: the events of one customer or of one deal.
public enum StreamName: Hashable, Sendable {
    /// The customer with this identifier, `kind:value`.
    case customer(String)
    /// The deal with this id.
    case deal(String)
}
