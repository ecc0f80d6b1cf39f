// Reads an input that a mapping describes: bytes become UTF-8, UTF-8 becomes records, records become events.
internal import JourneyEvents

/// The rows of one input.
final class RowInput {
    private let reader: InputReader
    private var mapping: Mapping
    private let takesAll: Bool
    private var transcoder: Transcoder
    private var parser: CSVParser
    private var mapper: RowMapper
    /// Whether it is known which column of the file each of the mapping's is.
    private var isBound = false
    /// For tables: the file's column of each of the mapping's.
    private var indexes: [Int] = []
    private var columnCount = 0
    /// For foreign JSON: the path of each of the mapping's columns.
    private let paths: [JSONPath]
    /// The start of a record whose end comes with the next block.
    private var rest: [UInt8] = []
    /// A row that is too long to keep, while its end is looked for.
    private var long: (line: UInt64, nextLine: UInt64, start: [UInt8])?
    /// What the input failed with behind its last row, which was whole.
    private var failure: (any Error)?
    private var nextLine: UInt64 = 1
    /// Rows of the running block with fewer fields than columns.
    private var shortRows = 0
    private enum State { case start, middle, ended, done }
    private var state = State.start

    /// Lines begun so far.
    var linesRead: UInt64 { nextLine - 1 }

    init(reader: InputReader, mapping: Mapping, source: String?) throws {
        self.reader = reader
        var mapping = mapping
        if let source {
            mapping.constants.append(Array(source.utf8))
            mapping.source = Template(source: source, parts: [.text(mapping.constants.count - 1)])
        }
        self.mapping = mapping
        takesAll = mapping.events.contains { if case .all = $0.properties { true } else { false } }
        transcoder = Transcoder(mapping.encoding)
        let isTabbed = reader.path.hasSuffix(".tsv") || reader.path.hasSuffix(".tsv.gz")
        parser = CSVParser(delimiter: mapping.delimiter ?? (isTabbed ? 9 : 44), quote: mapping.quote)
        mapper = RowMapper(mapping)
        paths = mapping.format == .ndjson ? mapping.columns.map { JSONPath($0.name) } : []
        if mapping.format == .csv, !mapping.hasHeader { try bind(mapping.columnNames ?? []) }
    }

    /// The next block of rows; nil at the end.
    func next() throws -> InputBlock? {
        guard state != .done else {
            if let failure { throw failure }
            return nil
        }
        var bytes = try decodeNext()
        let isLast = state == .ended
        if long != nil { return skip(bytes) }
        if !rest.isEmpty {
            rest += bytes
            swap(&rest, &bytes)
        }
        rest = []
        if isLast { state = .done }
        var block = InputBlock()
        mapper.begin()
        let end =
            mapping.format == .csv ? try readTable(bytes.span, isLast, &block) : readLines(bytes.span, isLast, &block)
        block.batch = mapper.finish()
        swap(&block.shortRows, &shortRows)
        block.transcoder = transcoder
        if end < bytes.count { rest = Array(bytes[end...]) }
        block.source = bytes
        if rest.count > InputReader.maximumLine {
            let inner = mapping.format == .csv ? UInt64(parser.innerLines) : 0
            long = (nextLine, nextLine + inner + 1, Array(rest.prefix(InputReader.keptOfLongLine)))
            // A carriage return may be the last byte: its line feed comes with the next block.
            rest = rest.last == 13 ? [13] : []
        }
        return block
    }

    private func decodeNext() throws -> [UInt8] {
        guard state != .ended else { return [] }
        var raw: [UInt8]?
        do {
            raw = try reader.nextBlock()
        } catch {
            guard reader.failsBehindEnd else { throw error }
            failure = error
        }
        if state == .start, let raw { try checkStart(raw) }
        state = raw == nil ? .ended : .middle
        return transcoder.decode(raw ?? [], isLast: raw == nil)
    }

    private func checkStart(_ bytes: [UInt8]) throws {
        guard mapping.encoding != .utf16, bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) else {
            return
        }
        throw RihlaError(
            .invalidInput,
            "\(reader.path) begins as UTF-16, the mapping says \(mapping.encoding.rawValue)",
            hint: "put encoding: utf-16 into the mapping"
        )
    }

    /// Looks for the line end of a row that is too long, and reports it there. Quotes do not count: a row that they carry on
    /// is not longer than the limit.
    private func skip(_ bytes: [UInt8]) -> InputBlock {
        var block = InputBlock()
        let bytes = rest + bytes
        rest = []
        guard let row = long else { return block }
        var end = bytes.firstIndex { $0 == 10 || ($0 == 13 && mapping.format == .csv) }
        if let at = end, bytes[at] == 13, at + 1 == bytes.count, state != .ended {
            rest = [13]
            return block
        }
        guard end != nil || state == .ended else { return block }
        if let at = end, bytes[at] == 13, at + 1 < bytes.count, bytes[at + 1] == 10 { end = at + 1 }
        long = nil
        rest = end.map { Array(bytes[($0 + 1)...]) } ?? []
        nextLine = row.nextLine
        block.source = row.start
        block.transcoder = transcoder
        block.rejected = [
            .tooLong(line: row.line, start: 0, count: row.start.count, limit: InputReader.maximumLine)
        ]
        return block
    }

    // MARK: Tables

    private func readTable(_ bytes: Span<UInt8>, _ isLast: Bool, _ block: inout InputBlock) throws -> Int {
        var start = 0
        while start < bytes.count {
            start = passBlankLines(bytes, from: start)
            guard start < bytes.count, parser.read(bytes, from: start, isLast: isLast) else { break }
            let line = nextLine
            nextLine += UInt64(parser.innerLines + 1)
            if isBound {
                if !parser.isBlank {
                    row(bytes, start..<parser.end, line, &block) { () throws(Fault) in try setCells(bytes) }
                }
            } else if !parser.isBlank {
                try readHeader(bytes, start..<parser.end)
            }
            start = parser.next
        }
        return start
    }

    /// Passes the lines from `start` on that have nothing in them.
    private func passBlankLines(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var (at, count) = (start, 0)
        while at < bytes.count {
            if bytes[at] == 10 {
                at += 1
            } else if bytes[at] == 13, at + 1 < bytes.count, bytes[at + 1] == 10 {
                at += 2
            } else {
                break
            }
            count += 1
        }
        nextLine += UInt64(count)
        return at
    }

    private func setCells(_ bytes: Span<UInt8>) throws(Fault) {
        if let fault = parser.fault { throw fault }
        let fields = parser.fields
        if fields.count > columnCount, fields[columnCount...].contains(where: { !$0.range.isEmpty }) {
            throw Fault(
                at: fields[columnCount].range.lowerBound,
                code: .invalidCSV,
                message: "the row has \(fields.count) fields, the table has \(columnCount) columns"
            )
        }
        if fields.count < columnCount { shortRows += 1 }
        for (column, index) in indexes.enumerated() where index < fields.count {
            mapper.set(column, fields[index], bytes, quote: parser.quote)
        }
    }

    private func readHeader(_ bytes: Span<UInt8>, _ range: Range<Int>) throws {
        if let fault = parser.fault {
            throw RihlaError(.invalidInput, "the header of \(reader.path) has \(fault.message)")
        }
        guard UTF8Check.firstFault(bytes, range) == nil else {
            throw RihlaError(
                .invalidInput,
                "the header of \(reader.path) is not UTF-8",
                hint: "name the encoding in the mapping"
            )
        }
        let names = parser.fields.map { field in
            let text = String(decoding: field.range.map { bytes[$0] }, as: UTF8.self)
            guard field.hasDoubledQuotes, let quote = parser.quote else { return text.trimmingWhitespace() }
            let mark = String(decoding: [quote], as: UTF8.self)
            return text.replacing(mark + mark, with: mark).trimmingWhitespace()
        }
        try bind(mapping.columnNames ?? names)
    }

    /// Settles which column of the file each of the mapping's is.
    private func bind(_ names: [String]) throws {
        func failure(_ column: Mapping.Column, _ message: String, hint: String? = nil) -> RihlaError {
            RihlaError(.invalidInput, "\(mapping.path):\(column.line):\(column.column): \(message)", hint: hint)
        }
        var places: [String: [Int]] = [:]
        for (index, name) in names.enumerated() { places[name, default: []].append(index) }
        for column in mapping.columns {
            guard let found = places[column.name] else {
                let meant = EditDistance.suggestion(for: column.name, in: names)
                throw failure(
                    column,
                    "\(reader.path) has no column \"\(column.name)\"\(meant)",
                    hint: "its columns are " + names.prefix(40).joined(separator: ", ")
                )
            }
            guard found.count == 1 else { throw failure(column, twice(column.name), hint: twiceHint) }
            indexes.append(found[0])
        }
        var all: [(key: Int, column: Int)] = []
        for (index, name) in names.enumerated() where takesAll {
            guard places[name]?.count == 1 else { throw RihlaError(.invalidInput, twice(name), hint: twiceHint) }
            var column = mapping.columns.firstIndex { $0.name == name }
            if column == nil {
                column = mapping.columns.count
                mapping.columns.append(.init(name: name, line: 1, column: 1))
                indexes.append(index)
            }
            mapping.constants.append(Array((name.isEmpty ? "column_\(index + 1)" : name).utf8))
            if let column { all.append((mapping.constants.count - 1, column)) }
        }
        columnCount = names.count
        mapper = RowMapper(mapping, allColumns: all)
        mapper.begin()
        isBound = true
    }

    private func twice(_ name: String) -> String { "\(reader.path) has the column \"\(name)\" twice" }
    private let twiceHint = "give the columns names of their own with columns: [a, b, c] in the mapping"

    // MARK: Foreign JSON

    private func readLines(_ bytes: Span<UInt8>, _ isLast: Bool, _ block: inout InputBlock) -> Int {
        var start = 0
        while start < bytes.count {
            start = passBlankLines(bytes, from: start)
            guard start < bytes.count else { break }
            let end = WordScan.find(10, bytes, from: start, to: bytes.count)
            guard end < bytes.count || isLast else { break }
            let range = start..<end
            if range.contains(where: { bytes[$0] > 32 }) {
                row(bytes, range, nextLine, &block) { () throws(Fault) in try setCells(bytes, line: range) }
            }
            nextLine += 1
            start = end + 1
        }
        return min(start, bytes.count)
    }

    private func setCells(_ bytes: Span<UInt8>, line range: Range<Int>) throws(Fault) {
        var line = JSONLine(base: bytes.count)
        line.begin(from: range.lowerBound, to: range.upperBound)
        try line.read(bytes)
        let start = range.first { bytes[$0] == 123 } ?? range.lowerBound
        let end = range.last { bytes[$0] == 125 } ?? range.lowerBound
        for (column, path) in paths.enumerated() {
            guard let token = path.find(bytes, in: start..<(end + 1)) else { continue }
            mapper.set(column, text: JSONTokens.text(bytes, token), token: token.map { bytes[$0] })
        }
        guard takesAll else { return }
        for member in line.members where member.kind != .null {
            mapper.add(key: line.copy(bytes, member.key), token: line.copy(bytes, member.value))
        }
    }

    // MARK: Both

    /// Maps one row whose cells `setCells` sets, and notes what became of it.
    private func row(
        _ bytes: Span<UInt8>,
        _ range: Range<Int>,
        _ line: UInt64,
        _ block: inout InputBlock,
        setCells: () throws(Fault) -> Void
    ) {
        let origin = Slice(start: range.lowerBound, count: range.count)
        do throws(Fault) {
            guard range.count <= InputReader.maximumLine else {
                throw Fault(at: -1, code: .tooLong, message: "the row is longer than 1 MiB")
            }
            if mapping.format == .csv, let at = UTF8Check.firstFault(bytes, range) {
                throw Fault(at: at, code: .invalidUTF8, message: "a byte that is not UTF-8")
            }
            mapper.beginRow(line: line)
            try setCells()
            let count = try mapper.map()
            if count == 0 { block.unmapped += 1 }
            for _ in 0..<count { block.origins.append(origin) }
        } catch {
            // Only in UTF-8 is a byte of the text a byte of the file.
            let column = error.at < 0 || mapping.encoding != .utf8 ? nil : error.at - range.lowerBound + 1
            block.rejected.append(
                RejectedLine(
                    rejection: Rejection(line: line, column: column, code: error.code, message: error.message),
                    start: range.lowerBound,
                    count: range.count
                )
            )
        }
    }
}
