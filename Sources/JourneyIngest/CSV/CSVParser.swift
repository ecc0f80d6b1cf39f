// Cuts tables into records and fields (RFC 4180): quotes, doubled quotes and line breaks in quotes; LF, CR LF or CR end a
// record. Nothing is copied; fields are ranges of the input.

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
        let start = at + 1
        var isDoubled = false
        at = start
        while true {
            while at < bytes.count, bytes[at] != quote {
                if bytes[at] == 10 || (bytes[at] == 13 && (at + 1 == bytes.count || bytes[at + 1] != 10)) {
                    innerLines += 1
                }
                at += 1
            }
            guard at < bytes.count else {
                guard isLast else { return false }
                fault = fault ?? Fault(at: start - 1, code: .invalidCSV, message: "a quote that is never closed")
                fields.append(CSVField(range: start..<at, hasDoubledQuotes: isDoubled))
                return true
            }
            if at + 1 == bytes.count, !isLast { return false }
            guard at + 1 < bytes.count, bytes[at + 1] == quote else { break }
            isDoubled = true
            at += 2
        }
        fields.append(CSVField(range: start..<at, hasDoubledQuotes: isDoubled))
        at += 1
        let after = at
        while at < bytes.count, !endsField(bytes[at]) {
            if bytes[at] != 32, fault == nil {
                fault = Fault(at: after, code: .invalidCSV, message: "text after a closing quote")
            }
            at += 1
        }
        return true
    }
}

/// Finds the end of a record that is too long to keep, over any number of blocks.
struct CSVSkipper {
    private enum State { case start, plain, quoted, quote, carriageReturn }
    private let delimiter: UInt8
    private let quote: UInt8?
    private let endsAtCarriageReturn: Bool
    private var state = State.start
    private var last: UInt8 = 0
    /// How many line ends were passed, with that of the record.
    private(set) var lines: UInt64 = 0

    init(delimiter: UInt8, quote: UInt8?, endsAtCarriageReturn: Bool) {
        self.delimiter = delimiter
        self.quote = quote
        self.endsAtCarriageReturn = endsAtCarriageReturn
    }

    /// Whether a quote is open.
    var isQuoted: Bool { state == .quoted }

    /// The index at which the next record starts; nil when this one goes on.
    mutating func skip(_ bytes: Span<UInt8>) -> Int? {
        for at in bytes.indices {
            let byte = bytes[at]
            defer { last = byte }
            switch state {
            case .carriageReturn: return byte == 10 ? at + 1 : at
            case .start where byte == quote: state = .quoted
            case .quoted:
                // CR LF is one line end.
                if byte == 13 || (byte == 10 && last != 13) { lines += 1 }
                if byte == quote { state = .quote }
            case .quote where byte == quote: state = .quoted
            case .start, .plain, .quote:
                if byte == 10 {
                    lines += 1
                    return at + 1
                }
                if byte == 13, endsAtCarriageReturn {
                    lines += 1
                    state = .carriageReturn
                } else {
                    state = byte == delimiter ? .start : .plain
                }
            }
        }
        return nil
    }
}
