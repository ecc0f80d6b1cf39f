// What every query gives back: one object for machines and the same facts as rows for tables. It holds no wall-clock
// time, so the same store and question give the same bytes.
public import JourneyEvents

/// The answer to a question.
public struct Answer: Sendable {
    /// One column of the rows.
    public struct Column: Sendable {
        /// The key of the column in every format.
        public var name: String
        /// Whether it holds numbers, which tables align at their end.
        public var isNumber: Bool
        /// A column.
        public init(_ name: String, number: Bool = false) {
            self.name = name
            isNumber = number
        }
    }

    /// Something that a reader of the answer should know.
    public struct Warning: Hashable, Sendable {
        /// A stable name.
        public var code: String
        /// A sentence.
        public var message: String
        /// How many things it is about.
        public var count: Int
        /// A warning from its parts.
        public init(code: String, message: String, count: Int) {
            self.code = code
            self.message = message
            self.count = count
        }
    }

    /// The `NAME` of `"schema":"rihla.NAME/1"`.
    public var name: String
    /// The position that the answer is at.
    public var position: Position
    /// The bound on `occurred_at`, when one was asked for.
    public var asOf: Timestamp?
    /// The bound on positions, when one was asked for.
    public var asAt: Position?
    /// The hash of the rules that were used.
    public var rules: String
    /// What a reader should know.
    public var warnings: [Warning]
    /// The answer's own members, in order.
    public var payload: [JSONValue.Member]
    /// The columns of `rows`.
    public var columns: [Column]
    /// The same facts as rows, for table, csv, ndjson and markdown.
    public var rows: [[JSONValue]]
    /// Sentences for people, printed below a table.
    public var notes: [String]
    /// Whether something was found that makes the exit status 2 (parked keys, findings of `verify`).
    public var found: Bool
    /// Whether `ndjson` prints each row's first cell as it is (events), not an object of the columns.
    public var rowsAreObjects: Bool

    /// An answer without content.
    public init(_ name: String, position: Position = .start) {
        self.name = name
        self.position = position
        asOf = nil
        asAt = nil
        rules = ""
        warnings = []
        payload = []
        columns = []
        rows = []
        notes = []
        found = false
        rowsAreObjects = false
    }

    /// The answer as one JSON object.
    public var json: String { value.text }

    /// The answer as one JSON object, before it is text.
    public var value: JSONValue {
        var members: [JSONValue.Member] = [
            .init("schema", .string("rihla.\(name)/1")),
            .init("position", .int(Int64(position.rawValue))),
            .init("as_of", .time(asOf)),
            .init("as_at", asAt.map { .int(Int64($0.rawValue)) } ?? .null),
            .init("rules", .string(rules)),
            .init(
                "warnings",
                .array(
                    warnings.map {
                        .object([
                            .init("code", .string($0.code)), .init("message", .string($0.message)),
                            .init("count", .count($0.count)),
                        ])
                    }
                )
            ),
        ]
        members += payload
        return .object(members)
    }
}
