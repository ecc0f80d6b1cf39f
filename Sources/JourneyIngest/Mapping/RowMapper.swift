// Makes the events of rows. Every text of a batch lies in one array: constants first, then for each row the cells that the
// mapping reads and what is made of them.
internal import JourneyEvents

/// Maps rows to events, a batch at a time.
struct RowMapper {
    let mapping: Mapping
    /// The columns that `properties: all` takes, with their keys among the constants.
    private let allColumns: [(key: Int, column: Int)]
    private var zones: [ZoneClock]
    private var constants: [Slice] = []
    private var out: [UInt8] = []
    private(set) var drafts: [EventDraft] = []
    private var properties: [PropertySlice] = []
    /// The row's cells by column; empty ones are absent.
    private var cells: [Slice]
    /// The same after value maps.
    private var mapped: [Slice]
    /// For foreign JSON: the cells' tokens as they came.
    private var tokens: [Slice]
    /// For foreign JSON: what `properties: all` gives.
    private var members: [PropertySlice] = []
    private var line: UInt64 = 0

    /// A mapper; `mapping` has the columns of `allColumns` too.
    init(_ mapping: Mapping, allColumns: [(key: Int, column: Int)] = []) {
        self.mapping = mapping
        self.allColumns = allColumns
        zones = mapping.events.map(\.occurredAt.zone)
        cells = Array(repeating: .absent, count: mapping.columns.count)
        mapped = cells
        tokens = cells
    }

    /// Starts a batch.
    mutating func begin() {
        out = []
        drafts = []
        properties = []
        constants = mapping.constants.map { text in
            defer { out += text }
            return Slice(start: out.count, count: text.count)
        }
    }

    /// Gives the batch.
    mutating func finish() -> EventBatch {
        var batch = EventBatch(bytes: out)
        batch.events = drafts
        batch.properties = properties
        return batch
    }

    // MARK: Cells

    mutating func beginRow(line: UInt64) {
        self.line = line
        members.removeAll(keepingCapacity: true)
        for index in cells.indices {
            cells[index] = .absent
            mapped[index] = .absent
            tokens[index] = .absent
        }
    }

    /// Sets a cell of a table.
    mutating func set(_ column: Int, _ field: CSVField, _ bytes: Span<UInt8>, quote: UInt8?) {
        guard !field.range.isEmpty else { return }
        let start = out.count
        let part = bytes.extracting(field.range)
        var at = 0
        while at < part.count {
            out.append(part[at])
            at += field.hasDoubledQuotes && part[at] == quote ? 2 : 1
        }
        cells[column] = Slice(start: start, count: out.count - start)
        mapped[column] = substitute(column)
    }

    /// Sets a cell of foreign JSON: its text, and its token for properties.
    mutating func set(_ column: Int, text: [UInt8], token: [UInt8]) {
        guard !text.isEmpty else { return }
        tokens[column] = store(token)
        cells[column] = store(text)
        mapped[column] = substitute(column)
        if mapped[column] != cells[column] { tokens[column] = .absent }
    }

    /// Adds a member of foreign JSON for `properties: all`.
    mutating func add(key: [UInt8], token: [UInt8]) {
        members.append(PropertySlice(key: store(key), value: store(token)))
    }

    private mutating func store(_ bytes: [UInt8]) -> Slice {
        out += bytes
        return Slice(start: out.count - bytes.count, count: bytes.count)
    }

    private func substitute(_ column: Int) -> Slice {
        let values = mapping.columns[column].values
        guard !values.isEmpty else { return cells[column] }
        let text = out[cells[column].range]
        var (low, high) = (0, values.count)
        while low < high {
            let middle = (low + high) / 2
            if values[middle].from.lexicographicallyPrecedes(text) { low = middle + 1 } else { high = middle }
        }
        guard low < values.count, values[low].from.elementsEqual(text) else { return cells[column] }
        let constant = constants[values[low].to]
        return constant.count == 0 ? .absent : constant
    }

    // MARK: Events

    /// Makes the row's events and returns how many there are. When one is at fault, the row gives none.
    mutating func map() throws(Fault) -> Int {
        let (firstDraft, firstProperty) = (drafts.count, properties.count)
        do throws(Fault) {
            for index in mapping.events.indices where holds(mapping.events[index].when) { try add(index) }
        } catch {
            drafts.removeSubrange(firstDraft...)
            properties.removeSubrange(firstProperty...)
            throw error
        }
        return drafts.count - firstDraft
    }

    private func holds(_ conditions: [Condition]) -> Bool {
        for condition in conditions {
            let cell = cells[condition.column]
            let text = out[cell.range]
            let holds =
                switch condition.test {
                case .present(let isPresent): cell.isPresent == isPresent
                case .isIn(let values): values.contains { $0.elementsEqual(text) }
                case .isNot(let values): !values.contains { $0.elementsEqual(text) }
                }
            if !holds { return false }
        }
        return true
    }

    private mutating func add(_ index: Int) throws(Fault) {
        let event = mapping.events[index]
        var draft = EventDraft()
        draft.line = line
        draft.type = try text(event.type, "type", limit: EventFields.maximumType)
        guard draft.type.isPresent else { throw missing(event.type, "type") }
        guard EventFields.isType(out.span, draft.type.range) else {
            throw fault(.invalidType, event.type, draft.type, "type", "not snake_case")
        }
        draft.id = try text(event.id, "id", limit: EventFields.maximumID)
        guard draft.id.isPresent else { throw missing(event.id, "id") }
        draft.occurredAt = try time(event.occurredAt, index)
        draft.source = try optional(mapping.source, "source")
        if draft.source.isPresent, OwnSource.isMeant(by: out.span, in: draft.source.range) {
            throw EventFields.reservedSource(String(decoding: out[draft.source.range], as: UTF8.self), at: -1)
        }
        draft.customer = try customer(event.customer)
        draft.deal = try optional(event.deal, "deal")
        draft.account = try optional(event.account, "account")
        draft.channel = try optional(event.channel, "channel")
        draft.campaign = try optional(event.campaign, "campaign")
        draft.actor = try optional(event.actor, "actor")
        draft.correlation = try optional(event.correlation, "correlation_id")
        draft.causation = try optional(event.causation, "causation_id")
        draft.amount = try money(event)
        let first = properties.count
        switch event.properties {
        case .none: break
        case .some(let list):
            for property in list {
                switch property.value {
                case .text(let template): add(constants[property.key], template)
                case .time(let time): try add(constants[property.key], time)
                }
            }
        case .all:
            for entry in allColumns where mapped[entry.column].isPresent {
                properties.append(PropertySlice(key: constants[entry.key], value: json(mapped[entry.column])))
            }
            properties += members
        }
        draft.properties = Int32(first)..<Int32(properties.count)
        drafts.append(draft)
    }

    private mutating func add(_ key: Slice, _ value: Template) {
        if let column = value.single, tokens[column].isPresent {
            properties.append(PropertySlice(key: key, value: tokens[column]))
            return
        }
        let text = evaluate(value)
        guard text.isPresent else { return }
        properties.append(PropertySlice(key: key, value: json(text)))
    }

    private mutating func add(_ key: Slice, _ time: TimeMapping) throws(Fault) {
        let text = evaluate(time.text)
        guard text.isPresent else { return }
        let range = trimmed(text)
        var zone = time.zone
        for format in time.formats {
            var written: String?
            if case .pattern(let pattern) = format, pattern.isDate {
                // A day is the same day in every zone.
                var utc = ZoneClock()
                let day = format.milliseconds(out.span, range, &utc)
                written = day.map { String(Timestamp(milliseconds: $0).rfc3339.prefix(10)) }
            } else {
                written = format.milliseconds(out.span, range, &zone).map { Timestamp(milliseconds: $0).rfc3339 }
            }
            if let written {
                properties.append(PropertySlice(key: key, value: json(store(Array(written.utf8)))))
                return
            }
        }
        let name = String(decoding: out[key.range], as: UTF8.self)
        throw timeFault(time, text, name)
    }

    private func fault(_ code: Rejection.Code, _ template: Template, _ text: Slice, _ name: String, _ what: String)
        -> Fault
    {
        let value = String(decoding: out[text.range].prefix(120), as: UTF8.self)
        return Fault(at: -1, code: code, message: "\(name) from \(template.source) is \"\(value)\", \(what)")
    }

    private func missing(_ template: Template, _ name: String) -> Fault {
        Fault(at: -1, code: .missingField, message: "\(name) from \(template.source) is empty")
    }

    private mutating func text(_ template: Template, _ name: String, limit: Int) throws(Fault) -> Slice {
        let text = evaluate(template)
        guard !text.isPresent || Int(text.count) <= limit else {
            throw Fault(
                at: -1,
                code: .tooLong,
                message: "\(name) from \(template.source) is longer than \(limit) bytes"
            )
        }
        return text
    }

    private mutating func optional(_ template: Template?, _ name: String) throws(Fault) -> Slice {
        guard let template else { return .absent }
        return try text(template, name, limit: EventFields.maximumText)
    }

    /// The text of a template; absent when it has columns and all of them are empty.
    private mutating func evaluate(_ template: Template) -> Slice {
        if let column = template.single { return mapped[column] }
        if let constant = template.constant {
            let text = constants[constant]
            return text.count == 0 ? .absent : text
        }
        let isThere = template.parts.contains { part in
            switch part {
            case .text: false
            case .line: true
            case .column(let column): mapped[column].isPresent
            }
        }
        guard isThere else { return .absent }
        let start = out.count
        for part in template.parts {
            switch part {
            case .text(let constant): append(constants[constant])
            case .column(let column): append(mapped[column])
            case .line: out += Array(String(line).utf8)
            }
        }
        return Slice(start: start, count: out.count - start)
    }

    private mutating func append(_ slice: Slice) {
        for index in slice.range { out.append(out[index]) }
    }

    /// The text as a JSON string.
    private mutating func json(_ slice: Slice) -> Slice {
        let start = out.count
        out.append(34)
        for index in slice.range { out.appendEscaped(out[index]) }
        out.append(34)
        return Slice(start: start, count: out.count - start)
    }

    private func trimmed(_ slice: Slice) -> Range<Int> {
        var range = slice.range
        while let first = range.first, out[first] <= 32 { range.removeFirst() }
        while let last = range.last, out[last] <= 32 { range.removeLast() }
        return range
    }

    private mutating func time(_ time: TimeMapping, _ event: Int) throws(Fault) -> Int64 {
        let text = evaluate(time.text)
        guard text.isPresent else { throw missing(time.text, "occurred_at") }
        let range = trimmed(text)
        var zone = ZoneClock()
        swap(&zone, &zones[event])
        defer { swap(&zone, &zones[event]) }
        for format in time.formats {
            if let milliseconds = format.milliseconds(out.span, range, &zone) { return milliseconds }
        }
        throw timeFault(time, text, "occurred_at")
    }

    private func timeFault(_ time: TimeMapping, _ text: Slice, _ name: String) -> Fault {
        let names = time.formats.map(\.name).joined(separator: " or ")
        return fault(.invalidTime, time.text, text, name, "not a time of the format \(names) to the millisecond")
    }

    private mutating func customer(_ template: Template?) throws(Fault) -> Slice {
        guard let template else { return .absent }
        let text = try text(template, "customer", limit: EventFields.maximumText)
        guard text.isPresent else { return .absent }
        switch EventFields.customerForm(out.span, text.range) {
        case .normal: return text
        case .needsPrefix:
            let start = out.count
            out += EventFields.customerPrefix
            append(text)
            return Slice(start: start, count: out.count - start)
        case .needsIdentifier:
            let written = String(decoding: out[text.range], as: UTF8.self)
            guard written.first != ":", let identifier = Identifier(written) else {
                throw fault(.invalidCustomer, template, text, "customer", "not kind:value")
            }
            return store(Array(identifier.description.utf8))
        }
    }

    /// The number in a range, as the mapping says that numbers are written.
    private func decimal(_ range: Range<Int>) -> (units: Int64, scale: UInt8)? {
        guard let mark = mapping.decimalMark else { return DecimalScanner.parse(out.span, range) }
        func isDigit(_ index: Int) -> Bool { range.contains(index) && out[index] >= 48 && out[index] <= 57 }
        let otherMark: UInt8 = mark == 44 ? 46 : 44
        var plain: [UInt8] = []
        var hasMark = false
        for index in range {
            switch out[index] {
            case mark:
                plain.append(46)
                hasMark = true
            case otherMark, 32, 39:
                // Thousands: three digits follow, and one stands before.
                let isGroup =
                    isDigit(index - 1) && isDigit(index + 1) && isDigit(index + 2) && isDigit(index + 3)
                    && !isDigit(index + 4)
                guard isGroup, !hasMark else { return nil }
            default: plain.append(out[index])
            }
        }
        return DecimalScanner.parse(plain.span, plain.indices)
    }

    private mutating func money(_ event: EventMapping) throws(Fault) -> Amount? {
        guard let template = event.amount else { return nil }
        let text = evaluate(template)
        guard text.isPresent else { return nil }
        guard let decimal = decimal(trimmed(text)) else {
            let isForeign = mapping.decimalMark == nil && out[text.range].contains(44)
            let hint = isForeign ? " (the mapping can say decimal: \",\")" : ""
            throw fault(.invalidAmount, template, text, "amount", "not a decimal with at most six decimals" + hint)
        }
        guard let code = event.currency else { throw missing(template, "the currency of amount") }
        let name = evaluate(code)
        guard name.isPresent else { throw missing(code, "currency") }
        let letters = trimmed(name)
        guard letters.count == 3, let first = letters.first,
            let currency = Currency(out[first], out[first + 1], out[first + 2])
        else { throw fault(.invalidCurrency, code, name, "currency", "not an ISO 4217 code") }
        return Amount(units: decimal.units, scale: decimal.scale, currency: currency)
    }
}

extension [UInt8] {
    /// Appends a byte of UTF-8 as it stands inside of a JSON string.
    @inline(__always)
    mutating func appendEscaped(_ byte: UInt8) {
        switch byte {
        case 34, 92:
            append(92)
            append(byte)
        case 10: self += [92, 110]
        case 13: self += [92, 114]
        case 9: self += [92, 116]
        case 0..<32:
            let digits = Array("0123456789abcdef".utf8)
            self += [92, 117, 48, 48, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        default: append(byte)
        }
    }
}
