// What is wrong with one line of input. A rejection is a value, not a thrown error, on the way through an import:
// the good lines go in and the bad ones are reported together.

/// Why a line was not taken, and where in the line.
public struct Rejection: Error, Hashable, Sendable {
    /// The reason codes; scripts compare them, so they never change their meaning.
    public enum Code: String, Sendable, CaseIterable {
        /// Not JSON.
        case invalidJSON = "invalid_json"
        /// Not CSV: a quote that is never closed, text after a closing quote, or more fields than columns.
        case invalidCSV = "invalid_csv"
        /// Not UTF-8.
        case invalidUTF8 = "invalid_utf8"
        /// A required field is absent or null.
        case missingField = "missing_field"
        /// A value of the wrong kind, or an event type that is not snake_case.
        case invalidType = "invalid_type"
        /// Not RFC 3339, or finer than a millisecond.
        case invalidTime = "invalid_time"
        /// Not a decimal, or one that does not fit.
        case invalidAmount = "invalid_amount"
        /// Not an assigned ISO 4217 code.
        case invalidCurrency = "invalid_currency"
        /// Not `kind:value`.
        case invalidCustomer = "invalid_customer"
        /// Above a length limit.
        case tooLong = "too_long"
        /// Nested deeper than 64 levels.
        case tooDeep = "too_deep"
        /// The same key twice in one object.
        case duplicateKey = "duplicate_key"
        /// The source of Rihla's own commands.
        case reservedSource = "reserved_source"
        /// Something after the object.
        case trailingData = "trailing_data"
        /// The same (source, id) with other content; the log finds this one.
        case idConflict = "id_conflict"
        /// A row that gives no event.
        case unmapped
    }
    /// 1-based line of the input.
    public var line: UInt64
    /// 1-based byte in the line, nil when no byte can be named.
    public var column: Int?
    /// The reason.
    public var code: Code
    /// A short sentence with the field and the value in it.
    public var message: String
    /// A rejection from its parts.
    public init(line: UInt64, column: Int?, code: Code, message: String) {
        self.line = line
        self.column = column
        self.code = code
        self.message = message
    }
}

/// A rejection together with where the line lies in the batch's bytes.
public struct RejectedLine: Hashable, Sendable {
    /// What is wrong.
    public var rejection: Rejection
    /// Index of the line's first byte.
    public var start: Int
    /// Number of bytes without the line feed.
    public var count: Int
    /// A rejected line from its parts.
    public init(rejection: Rejection, start: Int, count: Int) {
        self.rejection = rejection
        self.start = start
        self.count = count
    }
}
