// Rows of views are bytes: numbers of variable length, texts with their length before them. The same record gives the same
// bytes, so that a live view can be compared with a rebuilt one.
internal import JourneyEvents
internal import JourneyLog

/// Writes rows front to back, one after the other in the same memory.
struct RowWriter {
    /// A number has no more bytes.
    private static let longestNumber = 10

    private var bytes = [UInt8](repeating: 0, count: 1_024)
    private var used = 0

    /// Forgets the row for the next one.
    mutating func restart() { used = 0 }

    /// Appends the row to others.
    func append(to rows: inout [UInt8]) { rows.append(bytes.span, 0..<used) }

    private mutating func makeRoom(_ count: Int) {
        if bytes.count - used < count { bytes += [UInt8](repeating: 0, count: max(count, bytes.count)) }
    }

    @inline(__always)
    private mutating func put(_ value: UInt64) {
        makeRoom(RowWriter.longestNumber)
        if value < 128 {
            bytes[used] = UInt8(truncatingIfNeeded: value)
            used += 1
        } else {
            used += bytes.setVarint(value, at: used)
        }
    }

    @inline(__always)
    mutating func number(_ value: some BinaryInteger) { put(UInt64(value)) }
    @inline(__always)
    mutating func signed(_ value: Int64) { put(UInt64(bitPattern: value << 1 ^ value >> 63)) }
    mutating func text(_ value: String) {
        let text = value.utf8.span
        put(UInt64(text.count))
        makeRoom(text.count)
        bytes.setBytes(text, at: used)
        used += text.count
    }
    /// A text that may be absent: whether it is there, and the text.
    mutating func text(_ value: String?) {
        put(value == nil ? 0 : 1)
        if let value { text(value) }
    }
    @inline(__always)
    mutating func time(_ value: Int64?) {
        put(value == nil ? 0 : 1)
        if let value { signed(value) }
    }
    mutating func wide(_ value: Int128) {
        signed(Int64(truncatingIfNeeded: value >> 64))
        put(UInt64(truncatingIfNeeded: value))
    }
    mutating func amount(_ value: Amount?) {
        number(value.map { UInt32($0.scale) + 1 } ?? 0)
        if let value {
            signed(value.units)
            number(value.currency.rawValue)
        }
    }
}

/// Reads a row front to back.
struct RowReader {
    private var reader: ByteReader
    init(_ bytes: Span<UInt8>) { reader = ByteReader(from: 0, to: bytes.count) }
    mutating func number(_ bytes: Span<UInt8>) throws -> Int { Int(truncatingIfNeeded: try reader.varint(bytes)) }
    mutating func symbol(_ bytes: Span<UInt8>) throws -> UInt32 { try reader.symbol(bytes) }
    mutating func position(_ bytes: Span<UInt8>) throws -> UInt64 { try reader.varint(bytes) }
    mutating func signed(_ bytes: Span<UInt8>) throws -> Int64 {
        let packed = try reader.varint(bytes)
        return Int64(bitPattern: packed >> 1) ^ -Int64(bitPattern: packed & 1)
    }
    mutating func string(_ bytes: Span<UInt8>) throws -> String { bytes.string(try reader.text(bytes)) }
    mutating func optionalText(_ bytes: Span<UInt8>) throws -> String? {
        try number(bytes) == 0 ? nil : try string(bytes)
    }
    mutating func time(_ bytes: Span<UInt8>) throws -> Int64? { try number(bytes) == 0 ? nil : try signed(bytes) }
    mutating func wide(_ bytes: Span<UInt8>) throws -> Int128 {
        let high = try signed(bytes)
        return Int128(high) << 64 | Int128(try reader.varint(bytes))
    }
    mutating func amount(_ bytes: Span<UInt8>) throws -> Amount? {
        let scale = try number(bytes)
        guard scale > 0 else { return nil }
        let units = try signed(bytes)
        return Amount(units: units, scale: UInt8(scale - 1), currency: Currency(rawValue: try symbol(bytes)))
    }
}
