// The YAML side of mappings: every key is known or named with its line and column, and names become indexes.
internal import JourneyEvents
internal import JourneyYAML
internal import Yams

struct MappingReader {
    private let path: String
    private var mapping: Mapping
    private var columnIndex: [String: Int] = [:]
    private var constantIndex: [[UInt8]: Int] = [:]

    private static let keys = [
        "format", "delimiter", "quote", "encoding", "decimal", "header", "columns", "source", "values", "events",
    ]
    private static let eventKeys = [
        "type", "when", "id", "customer", "occurred_at", "deal", "account", "channel", "campaign", "amount", "currency",
        "actor", "correlation_id", "causation_id", "properties",
    ]

    init(path: String, mapping: Mapping) {
        self.path = path
        self.mapping = mapping
    }

    mutating func read(_ yaml: String) throws -> Mapping {
        let node = try document(yaml)
        try known(node, MappingReader.keys, "a mapping")
        let map = node.mapping ?? [:]
        try readTable(map)
        if let source = map["source"] { mapping.source = try template(source, "source") }
        guard let events = map["events"] else {
            throw failure(node, "a mapping needs events", hint: "events: [{type: …, id: …, occurred_at: …}]")
        }
        guard let list = events.sequence, !list.isEmpty else {
            throw failure(events, "events must be a list of events")
        }
        for event in list { mapping.events.append(try readEvent(event)) }
        if let values = map["values"] { try readValues(values) }
        return mapping
    }

    private func document(_ yaml: String) throws -> Node {
        do {
            guard let node = try YAMLText.compose(yaml) else {
                throw RihlaError(.invalidInput, "\(path):1:1: the mapping is empty")
            }
            guard node.mapping != nil else {
                throw failure(node, "a mapping is a set of keys, such as format and events")
            }
            return node
        } catch let fault as YAMLFault {
            throw RihlaError(.invalidInput, "\(path):\(fault.line):\(fault.column): \(fault.message)")
        }
    }

    private func failure(_ node: Node, _ message: String, hint: String? = nil) -> RihlaError {
        RihlaError(.invalidInput, "\(path):\(node.mark?.line ?? 1):\(node.mark?.column ?? 1): \(message)", hint: hint)
    }

    private func known(_ node: Node, _ names: [String], _ place: String) throws {
        guard let map = node.mapping else { throw failure(node, "\(place) must be a mapping of keys") }
        for (key, _) in map {
            let name = key.string ?? ""
            guard !names.contains(name) else { continue }
            let meant = EditDistance.suggestion(for: name, in: names)
            throw failure(
                key,
                "unknown key \"\(name)\" in \(place)\(meant)",
                hint: "known are " + names.joined(separator: ", ")
            )
        }
    }

    private func text(_ node: Node, _ place: String) throws -> String {
        guard let text = node.scalar?.string else { throw failure(node, "\(place) must be a text") }
        return text
    }

    private func flag(_ node: Node, _ place: String) throws -> Bool {
        guard let flag = node.bool else { throw failure(node, "\(place) must be true or false") }
        return flag
    }

    /// How the rows are written.
    private mutating func readTable(_ map: Node.Mapping) throws {
        if let node = map["format"] {
            let name = try text(node, "format")
            guard let format = Mapping.Format(rawValue: name) else {
                throw failure(node, "the format \"\(name)\" is not csv or ndjson")
            }
            mapping.format = format
        }
        if let node = map["delimiter"] { mapping.delimiter = try byte(node, "delimiter") }
        if let node = map["quote"] {
            mapping.quote = node.scalar?.string == "" ? nil : try byte(node, "quote")
        }
        if let node = map["encoding"] {
            let name = try text(node, "encoding")
            guard let encoding = TextEncoding(name: name) else {
                let names = TextEncoding.allCases.map(\.rawValue).joined(separator: ", ")
                throw failure(node, "unknown encoding \"\(name)\"", hint: "known are \(names)")
            }
            mapping.encoding = encoding
        }
        if let node = map["decimal"] {
            let mark = try byte(node, "decimal")
            guard mark == 44 || mark == 46 else { throw failure(node, "decimal must be \",\" or \".\"") }
            mapping.decimalMark = mark
        }
        if let node = map["header"] { mapping.hasHeader = try flag(node, "header") }
        if let node = map["columns"] {
            guard let list = node.sequence, !list.isEmpty else {
                throw failure(node, "columns must be a list of names")
            }
            var names: [String] = []
            for item in list {
                let name = try text(item, "a column's name")
                guard !names.contains(name) else { throw failure(item, "the column \"\(name)\" stands twice") }
                names.append(name)
            }
            mapping.columnNames = names
        }
        if mapping.format == .csv, !mapping.hasHeader, mapping.columnNames == nil, let node = map["header"] {
            throw failure(node, "without a header the columns need names", hint: "add columns: [a, b, c]")
        }
        if mapping.quote != nil, mapping.delimiter == mapping.quote, let node = map["delimiter"] {
            throw failure(node, "delimiter and quote are the same character")
        }
    }

    private func byte(_ node: Node, _ place: String) throws -> UInt8 {
        let text = try text(node, place)
        let named = ["tab": "\t", "\\t": "\t"][text] ?? text
        guard named.utf8.count == 1, let byte = named.utf8.first, byte != 10, byte != 13, byte < 128 else {
            throw failure(node, "\(place) must be one ASCII character, this is \"\(text)\"")
        }
        return byte
    }

    private mutating func readEvent(_ node: Node) throws -> EventMapping {
        try known(node, MappingReader.eventKeys, "an event")
        let map = node.mapping ?? [:]
        func required(_ key: String) throws -> Node {
            guard let node = map[key] else { throw failure(node, "an event needs \(key)") }
            return node
        }
        let type = try template(try required("type"), "type")
        if let constant = type.constant {
            let bytes = mapping.constants[constant]
            guard EventFields.isType(bytes.span, 0..<bytes.count), bytes.count <= 128 else {
                throw failure(try required("type"), "the type \"\(type.source)\" is not snake_case")
            }
        }
        let id = try template(try required("id"), "id")
        guard id.hasColumns else {
            throw failure(
                try required("id"),
                "the id \"\(id.source)\" is the same for every row",
                hint: "put a {column} in it"
            )
        }
        let time = try time(try required("occurred_at"), "occurred_at")
        var event = EventMapping(type: type, id: id, occurredAt: time)
        func optional(_ key: String) throws -> Template? { try map[key].map { try template($0, key) } }
        event.customer = try optional("customer")
        event.deal = try optional("deal")
        event.account = try optional("account")
        event.channel = try optional("channel")
        event.campaign = try optional("campaign")
        event.amount = try optional("amount")
        event.currency = try optional("currency")
        event.actor = try optional("actor")
        event.correlation = try optional("correlation_id")
        event.causation = try optional("causation_id")
        if let amount = map["amount"], event.currency == nil { throw failure(amount, "an amount needs a currency") }
        if let when = map["when"] {
            for condition in when.sequence.map({ Array($0) }) ?? [when] { event.when += try conditions(condition) }
        }
        if let properties = map["properties"] { event.properties = try self.properties(properties) }
        return event
    }

    private mutating func properties(_ node: Node) throws -> EventMapping.Properties {
        if node.scalar?.string == "all" { return .all }
        guard let map = node.mapping else {
            throw failure(node, "properties must be all, or keys with what they hold")
        }
        var list: [(key: Int, value: EventMapping.PropertyValue)] = []
        for (key, value) in map {
            let name = try text(key, "a property's key")
            let isTime = value.mapping != nil
            list.append(
                (constant(name), isTime ? .time(try time(value, name)) : .text(try template(value, "a property")))
            )
        }
        return .some(list)
    }

    private mutating func conditions(_ node: Node) throws -> [Condition] {
        try known(node, ["column", "present", "equals", "in", "not"], "a condition")
        let map = node.mapping ?? [:]
        guard let name = map["column"] else { throw failure(node, "a condition needs a column") }
        let column = self.column(try text(name, "column"), name)
        func values(_ node: Node) throws -> [[UInt8]] {
            try (node.sequence.map { Array($0) } ?? [node]).map { Array(try text($0, "a value").utf8) }
        }
        var found: [Condition] = []
        if let present = map["present"] {
            found.append(Condition(column: column, test: .present(try flag(present, "present"))))
        }
        if let equal = map["equals"] {
            found.append(Condition(column: column, test: .isIn([Array(try text(equal, "equals").utf8)])))
        }
        if let list = map["in"] {
            guard list.sequence != nil else { throw failure(list, "in must be a list of values") }
            found.append(Condition(column: column, test: .isIn(try values(list))))
        }
        if let not = map["not"] { found.append(Condition(column: column, test: .isNot(try values(not)))) }
        guard !found.isEmpty else { throw failure(node, "a condition needs present, equals, in or not") }
        return found
    }

    private mutating func time(_ node: Node, _ place: String) throws -> TimeMapping {
        guard node.mapping != nil else {
            let text = try template(node, place)
            return TimeMapping(text: text, formats: [.rfc3339], zone: ZoneClock())
        }
        try known(node, ["column", "format", "zone"], place)
        guard let name = node.mapping?["column"] else { throw failure(node, "\(place) needs a column") }
        let column = try text(name, "column")
        var formats: [TimeFormat] = []
        if let list = node.mapping?["format"] {
            for item in list.sequence.map({ Array($0) }) ?? [list] {
                let name = try text(item, "format")
                guard let format = TimeFormat(name) else {
                    throw failure(
                        item,
                        "\"\(name)\" is not a format of times",
                        hint: "rfc3339, epoch_s, epoch_ms, or a pattern such as yyyy-MM-dd HH:mm:ss"
                    )
                }
                formats.append(format)
            }
        }
        if formats.isEmpty { formats = [.rfc3339] }
        var zone = ZoneClock()
        if let item = node.mapping?["zone"] {
            let name = try text(item, "zone")
            guard let known = ZoneClock(name) else {
                throw failure(item, "unknown time zone \"\(name)\"", hint: "a name such as Asia/Riyadh, or +03:00")
            }
            zone = known
        }
        let text = Template(source: "{\(column)}", parts: [.column(self.column(column, name))])
        return TimeMapping(text: text, formats: formats, zone: zone)
    }

    private mutating func readValues(_ node: Node) throws {
        guard let map = node.mapping else { throw failure(node, "values must be a mapping of columns") }
        for (key, values) in map {
            guard let pairs = values.mapping else { throw failure(values, "values of a column are a mapping of texts") }
            let index = column(try text(key, "a column's name"), key)
            for (from, to) in pairs {
                mapping.columns[index].values.append(
                    (Array(try text(from, "a value").utf8), constant(try text(to, "a value")))
                )
            }
            mapping.columns[index].values.sort { $0.from.lexicographicallyPrecedes($1.from) }
        }
    }

    private mutating func template(_ node: Node, _ place: String) throws -> Template {
        let source = try text(node, place)
        guard let pieces = TemplatePiece.pieces(of: source) else {
            throw failure(node, "\(place) \"\(source)\" has a brace without its partner", hint: "{{ stands for a brace")
        }
        var parts: [Template.Part] = []
        for piece in pieces {
            switch piece {
            case .text(let text): parts.append(.text(constant(text)))
            case .column("line"): parts.append(.line)
            case .column(let name): parts.append(.column(column(name, node)))
            }
        }
        return Template(source: source, parts: parts)
    }

    private mutating func column(_ name: String, _ node: Node) -> Int {
        if let index = columnIndex[name] { return index }
        let index = mapping.columns.count
        mapping.columns.append(.init(name: name, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1))
        columnIndex[name] = index
        return index
    }

    private mutating func constant(_ text: String) -> Int {
        let bytes = Array(text.utf8)
        if let index = constantIndex[bytes] { return index }
        mapping.constants.append(bytes)
        constantIndex[bytes] = mapping.constants.count - 1
        return mapping.constants.count - 1
    }
}
