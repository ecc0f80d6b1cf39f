// The rules of a store over time. Rules are events, so each position of the log has the rules that were in force there.
public import JourneyEvents
public import JourneyLog
public import JourneyRules
internal import Synchronization

/// Finds the rules in force at a position.
public final class RulesHistory: Sendable {
    /// One change of the rules.
    public struct Entry: Sendable {
        /// The event that set them; the start for the default.
        public var position: Position
        /// When the store took them in; nil for the default.
        public var recordedAt: Timestamp?
        /// The rules.
        public var rules: RuleSet
        /// The document as it was given.
        public var yaml: String
    }

    /// The source of events that set rules; the log has other events of that type too, if somebody writes them.
    public static let source = "rihla"
    private let log: EventLog
    /// What was read so far: an event never changes. Nil for one that sets nothing.
    private let known = Mutex<[UInt64: Entry?]>([:])

    /// The history of a log.
    public init(_ log: EventLog) { self.log = log }

    /// The rules in force at a position: those of the newest event at or before it that sets any, else the default.
    public func entry(at position: Position) throws -> Entry {
        for candidate in log.rulesPositions.reversed() where candidate <= position.rawValue {
            if let entry = try entry(candidate) { return entry }
        }
        return Entry(position: .start, recordedAt: nil, rules: .default, yaml: "")
    }

    /// Every change up to a position, the first one first.
    public func entries(through position: Position) throws -> [Entry] {
        try log.rulesPositions.filter { $0 <= position.rawValue }.compactMap { try entry($0) }
    }

    /// What the event at a position sets. It sets nothing when it is of another source or of a customer, or when its
    /// document has findings, which only an event that did not come through `rules set` can have.
    private func entry(_ position: UInt64) throws -> Entry? {
        if let entry = known.withLock({ $0[position] }) { return entry }
        let entry = try log.events(at: [position]).first.flatMap { read($0) }
        known.withLock { $0[position] = .some(entry) }
        return entry
    }

    private func read(_ event: Event) -> Entry? {
        guard event.source == RulesHistory.source, event.customer == nil,
            let yaml = event.properties.first(where: { $0.key == "yaml" }).flatMap({ stringValue(ofJSON: $0.json) }),
            let rules = try? RuleSet(yaml: yaml, path: "rules")
        else { return nil }
        return Entry(position: event.position, recordedAt: event.recordedAt, rules: rules, yaml: yaml)
    }
}
