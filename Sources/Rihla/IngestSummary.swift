// What became of an input: counts by file, the first faults, and what a reader should know.
public import JourneyEvents
internal import JourneyIngest
internal import JourneyRules
public import JourneyViews

/// What became of an input.
public struct IngestSummary: Sendable {
    /// One file.
    public struct File: Sendable {
        /// Its name as given.
        public var path: String
        /// Lines read.
        public var lines = 0
        /// Events appended.
        public var accepted = 0
        /// Events that were there already.
        public var duplicates = 0
        /// Lines that were refused.
        public var rejected = 0
        /// Rows that gave no event.
        public var unmapped = 0
    }
    /// One fault of a refused line.
    public struct InputError: Sendable {
        /// The file.
        public var file: String
        /// 1-based line.
        public var line: UInt64
        /// 1-based byte, when one can be named.
        public var column: Int?
        /// The reason's code.
        public var code: String
        /// The reason.
        public var message: String
    }
    /// One event of a dry run beside what it came from.
    public struct Sample: Sendable {
        /// The file.
        public var file: String
        /// 1-based line.
        public var line: UInt64
        /// The line as it came.
        public var raw: String
        /// The event as JSON.
        public var event: String
    }
    /// Each file.
    public var files: [File] = []
    /// The first 100 faults.
    public var errors: [InputError] = []
    /// Appended events by type.
    public var byType: [String: Int] = [:]
    /// Types that the rules do not know.
    public var unknownTypes: [String: Int] = [:]
    /// Positions of the first and last appended event.
    public var firstPosition: Position?
    /// Position of the last appended event.
    public var lastPosition: Position?
    /// Wall-clock seconds.
    public var seconds = 0.0
    /// What a reader should know.
    public var warnings: [Answer.Warning] = []
    /// Whether it was stopped before its end; what was appended stays.
    public var interrupted = false
    /// Whether nothing was written.
    public var isDryRun = false
    /// The first three events of a dry run.
    public var samples: [Sample] = []
    /// Appended events that name no customer.
    var withoutCustomer = 0
    var shortRows = 0
    var exported = 0
    var nearMisses: [String: Int] = [:]
    /// Events appended, in all files.
    public var accepted: Int { files.reduce(0) { $0 + $1.accepted } }
    /// Events that were there already.
    public var duplicates: Int { files.reduce(0) { $0 + $1.duplicates } }
    /// Lines that were refused.
    public var rejected: Int { files.reduce(0) { $0 + $1.rejected } }
    /// Rows that gave no event.
    public var unmapped: Int { files.reduce(0) { $0 + $1.unmapped } }
    /// Nothing read yet.
    init() {}

    /// Keeps a fault, one of the first hundred.
    mutating func note(_ rejection: Rejection, _ path: String) {
        guard errors.count < 100 else { return }
        errors.append(
            InputError(
                file: path,
                line: rejection.line,
                column: rejection.column,
                code: rejection.code.rawValue,
                message: rejection.message
            )
        )
    }

    /// Settles what is known only at the end.
    mutating func finish(_ rules: RuleSet, _ duration: Duration) {
        for (type, count) in byType where rules.types[rules.aliases[type] ?? type] == nil { unknownTypes[type] = count }
        func warn(_ code: String, _ message: String, _ count: Int) {
            if count > 0 { warnings.append(.init(code: code, message: message, count: count)) }
        }
        for (name, count) in nearMisses.sorted(by: { $0.key < $1.key }) {
            warn("unknown_key", "the key \"\(name)\" looks like a mistyped field; it is kept as a property", count)
        }
        warn("unmapped", "rows gave no event, since no event of the mapping takes them", unmapped)
        warn(
            "short_rows",
            "rows have fewer fields than the table has columns; the missing ones count as empty",
            shortRows
        )
        warn(
            "exported",
            "lines come from an export; their position and recorded_at were left out, which import keeps",
            exported
        )
        warn(
            "no_customer",
            "events name no customer: they count in totals and are in no customer's figures",
            withoutCustomer
        )
        seconds = Double(duration / .milliseconds(1)) / 1_000
    }
}
