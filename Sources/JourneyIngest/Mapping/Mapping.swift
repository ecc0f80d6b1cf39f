// What a mapping file says, checked: how rows are read and which events each of them gives. Names of columns are indexes
// here; which column of a file each is, is settled once per file.
internal import JourneyEvents

/// How rows of a table, or lines of foreign JSON, become events.
public struct Mapping: Sendable {
    /// What the rows are.
    public enum Format: String, CaseIterable, Sendable {
        /// A delimited table.
        case csv
        /// One JSON object a line.
        case ndjson
    }
    /// A column that the mapping reads, with where it is named first.
    struct Column: Sendable {
        var name: String
        var line: Int
        var column: Int
        /// What stands in for certain values, ascending by value.
        var values: [(from: [UInt8], to: Int)] = []
    }

    /// The file that the mapping was read from.
    public internal(set) var path: String
    /// What the rows are.
    public internal(set) var format = Format.csv
    /// The encoding of the rows.
    public internal(set) var encoding = TextEncoding.utf8
    var delimiter: UInt8?
    var quote: UInt8? = 34
    /// What stands before the decimals of amounts when groups of thousands may be written too; nil: plain decimals only.
    var decimalMark: UInt8?
    var hasHeader = true
    /// The names of the file's columns, when the mapping gives them.
    var columnNames: [String]?
    var source: Template?
    var events: [EventMapping] = []
    var columns: [Column] = []
    var constants: [[UInt8]] = []

    /// Reads a mapping file.
    ///
    /// - Throws: `RihlaError` with code `notFound`, or `invalidInput` that names path, line and column.
    public init(path: String) throws {
        try self.init(yaml: try TextFile.read(path, "mapping"), path: path)
    }

    /// Reads the text of a mapping; `path` is for messages.
    public init(yaml: String, path: String) throws {
        self.path = path
        var reader = MappingReader(path: path, mapping: self)
        self = try reader.read(yaml)
    }
}

/// What one event of a row is made of.
struct EventMapping: Sendable {
    /// Which properties the event gets.
    enum Properties: Sendable {
        case none
        /// Keys by their index among the constants.
        case some([(key: Int, value: PropertyValue)])
        /// Each column that is not empty.
        case all
    }
    /// What a property holds.
    enum PropertyValue: Sendable {
        case text(Template)
        /// A time in the form that rules and questions read: a date where the text says no more, else an instant.
        case time(TimeMapping)
    }
    var when: [Condition] = []
    var type: Template
    var id: Template
    var occurredAt: TimeMapping
    var customer: Template?
    var deal: Template?
    var account: Template?
    var channel: Template?
    var campaign: Template?
    var amount: Template?
    var currency: Template?
    var actor: Template?
    var correlation: Template?
    var causation: Template?
    var properties = Properties.none
}

/// Something that must hold of a column's raw value.
struct Condition: Sendable {
    enum Test: Sendable {
        case present(Bool)
        case isIn([[UInt8]])
        case isNot([[UInt8]])
    }
    var column: Int
    var test: Test
}

/// When an event happened: a text, and how to read it.
struct TimeMapping: Sendable {
    var text: Template
    /// Tried in order.
    var formats: [TimeFormat]
    var zone: ZoneClock
}
