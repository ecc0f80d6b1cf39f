// Cuts tables into records and fields (RFC 4180): quotes, doubled quotes and line breaks in quotes; LF, CR LF or CR end a
// record. Nothing is copied; fields are ranges of the input. A quote that is never closed must not swallow the rows behind it:
// one that is not followed by a delimiter or a line end, on a later line, closes nothing, and so the first one was never closed.

/// One field of a record.
struct CSVField: Equatable {
    /// Where the text lies, without its quotes.
    var range: Range<Int>
    /// Whether quotes in it stand doubled.
    var hasDoubledQuotes: Bool
}

/// Reads one record after the other from bytes that may end in the middle of one.
struct CSVParser {
    let delimiter: UInt8
    /// Nil when nothing is quoted.
    let quote: UInt8?
    /// The fields of the record that was read last.
    private(set) var fields: [CSVField] = []
    /// Where that record ends, without its line end.
    private(set) var end = 0
    /// Where the next one starts.
    private(set) var next = 0
    /// How many line ends the record has inside of quotes.
    private(set) var innerLines = 0
    /// What is wrong with the record.
    private(set) var fault: Fault?
    /// How far a quote is looked for in the record.
    private var limit = 0

    init(delimiter: UInt8, quote: UInt8?) {
        self.delimiter = delimiter
        self.quote = quote
    }

    /// Whether the record is a line without anything.
    var isBlank: Bool { fields.count == 1 && fields[0].range.isEmpty && end == fields[0].range.lowerBound }

    /// Reads the record at `start`. False when it does not end in these bytes and more are to come.
    mutating func read(_ bytes: Span<UInt8>, from start: Int, isLast: Bool) -> Bool {
        fields.removeAll(keepingCapacity: true)
        innerLines = 0
        fault = nil
        limit = start + InputReader.maximumLine
        var at = start
        while true {
            let isQuoted = at < bytes.count && bytes[at] == quote
            guard isQuoted ? quoted(bytes, &at, isLast) : plain(bytes, &at) else { return false }
            guard at < bytes.count else {
                guard isLast else { return false }
                (end, next) = (at, at)
                return true
            }
            if bytes[at] == delimiter {
                at += 1
                continue
            }
            (end, next) = (at, at + 1)
            guard bytes[at] == 13 else { return true }
            guard next < bytes.count else { return isLast }
            if bytes[next] == 10 { next += 1 }
            return true
        }
    }

    @inline(__always)
    private func endsField(_ byte: UInt8) -> Bool { byte == delimiter || byte == 10 || byte == 13 }

    private mutating func plain(_ bytes: Span<UInt8>, _ at: inout Int) -> Bool {
        let start = at
        while at < bytes.count, !endsField(bytes[at]) { at += 1 }
        fields.append(CSVField(range: start..<at, hasDoubledQuotes: false))
        return true
    }

    private mutating func quoted(_ bytes: Span<UInt8>, _ at: inout Int, _ isLast: Bool) -> Bool {
        let opened = at
        let linesBefore = innerLines
        let start = at + 1
        var isDoubled = false
        at = start
        while true {
            while at < bytes.count, at < limit, bytes[at] != quote {
                if bytes[at] == 10 || (bytes[at] == 13 && (at + 1 == bytes.count || bytes[at + 1] != 10)) {
                    innerLines += 1
                }
                at += 1
            }
            guard at < bytes.count, at < limit else {
                guard isLast || at >= limit else { return false }
                return unclosed(bytes, &at, opened, linesBefore, isLast)
            }
            if at + 1 == bytes.count, !isLast { return false }
            guard at + 1 < bytes.count, bytes[at + 1] == quote else { break }
            isDoubled = true
            at += 2
        }
        let close = at
        at += 1
        while at < bytes.count, bytes[at] == 32, delimiter != 32 { at += 1 }
        guard at < bytes.count || isLast else { return false }
        if at < bytes.count, !endsField(bytes[at]) {
            // Behind a line break this is the quote of another row.
            guard innerLines == linesBefore else { return unclosed(bytes, &at, opened, linesBefore, isLast) }
            fault = fault ?? Fault(at: close + 1, code: .invalidCSV, message: "text after a closing quote")
        }
        fields.append(CSVField(range: start..<close, hasDoubledQuotes: isDoubled))
        while at < bytes.count, !endsField(bytes[at]) { at += 1 }
        return true
    }

    /// Ends the record with the line in which the quote stands. False when its end is not in these bytes.
    private mutating func unclosed(
        _ bytes: Span<UInt8>,
        _ at: inout Int,
        _ opened: Int,
        _ lines: Int,
        _ isLast: Bool
    ) -> Bool {
        innerLines = lines
        fault = fault ?? Fault(at: opened, code: .invalidCSV, message: "a quote that is never closed")
        at = opened
        while at < bytes.count, bytes[at] != 10, bytes[at] != 13 { at += 1 }
        fields.append(CSVField(range: (opened + 1)..<at, hasDoubledQuotes: false))
        return at < bytes.count || isLast
    }
}
