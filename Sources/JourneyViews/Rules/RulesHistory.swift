// The rules of a store over time. Rules are events that Rihla itself writes, so each position of the log has the rules that were
// in force there. A document is read when a question needs it, and no other.
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

    /// The type of events that set rules.
    public static let type = "rules_set"
    /// What was read so far: an event never changes. Nil for one that sets nothing.
    private let known = Mutex<[UInt64: Entry?]>([:])

    /// The history of one log.
    public init() {}

    /// The rules in force at a moment: those of the newest event that sets any, else the default.
    public func entry(in log: LogSnapshot) throws -> Entry {
        for position in try log.ownEvents(ofType: RulesHistory.type).reversed() {
            if let entry = try entry(position, log) { return entry }
        }
        return Entry(position: .start, recordedAt: nil, rules: .default, yaml: "")
    }

    /// Every change up to a moment, the first one first.
    public func entries(in log: LogSnapshot) throws -> [Entry] {
        try log.ownEvents(ofType: RulesHistory.type).compactMap { try entry($0, log) }
    }

    /// What the event at a position sets; nothing when its document has findings, which only one of another version can have.
    private func entry(_ position: UInt64, _ log: LogSnapshot) throws -> Entry? {
        if let entry = known.withLock({ $0[position] }) { return entry }
        let entry = try log.events(at: [position]).first.flatMap { read($0) }
        known.withLock { $0[position] = .some(entry) }
        return entry
    }

    private func read(_ event: Event) -> Entry? {
        guard let yaml = event.properties.first(where: { $0.key == "yaml" }).flatMap({ stringValue(ofJSON: $0.json) }),
            let rules = try? RuleSet(yaml: yaml, path: "rules")
        else { return nil }
        return Entry(position: event.position, recordedAt: event.recordedAt, rules: rules, yaml: yaml)
    }
}
