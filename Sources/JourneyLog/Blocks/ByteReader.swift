// Little-endian integers and variable-length numbers, written to and read from bytes.
internal import Platform

extension Array where Element == UInt8 {
    /// Appends an integer, lowest byte first.
    @inline(__always)
    package mutating func appendInteger<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) {
        appendLittleEndian(value, to: &self)
    }

    /// Overwrites the integer at an index.
    @inline(__always)
    package mutating func setInteger<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at index: Int) {
        storeLittleEndian(value, at: index, in: &self)
    }

    /// Overwrites what is at an index with a number of 7 bits a byte, and gives how many bytes that took; there must be room
    /// for ten.
    @inline(__always)
    package mutating func setVarint(_ value: UInt64, at index: Int) -> Int { storeVarint(value, at: index, in: &self) }

    /// Overwrites what is at an index with other bytes.
    @inline(__always)
    package mutating func setBytes(_ bytes: Span<UInt8>, at index: Int) { storeBytes(bytes, at: index, in: &self) }

    /// Appends the bytes of a range.
    @inline(__always)
    package mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) { appendBytes(bytes, range, to: &self) }

    /// Appends a number of 7 bits a byte, lowest first (LEB128).
    @inlinable @inline(__always)
    package mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 128 {
            append(UInt8(truncatingIfNeeded: rest) | 128)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }
}

/// Reads numbers from bytes, front to back; every read is checked, since bytes from a disk may be anything.
package struct ByteReader {
    package private(set) var index: Int
    package let end: Int

    package init(from start: Int, to end: Int) {
        index = start
        self.end = end
    }

    @inline(__always)
    package mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(_ bytes: Span<UInt8>, as type: T.Type)
        throws(RecordDamage) -> T
    {
        guard index + T.bitWidth / 8 <= end else { throw RecordDamage(offset: index) }
        defer { index += T.bitWidth / 8 }
        return loadLittleEndian(bytes, at: index, as: T.self)
    }

    @inline(__always)
    package mutating func varint(_ bytes: Span<UInt8>) throws(RecordDamage) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard index < end, shift < 64 else { throw RecordDamage(offset: index) }
            let byte = bytes[index]
            index += 1
            value |= UInt64(byte & 127) << shift
            if byte < 128 { return value }
            shift += 7
        }
    }

    @inline(__always)
    package mutating func symbol(_ bytes: Span<UInt8>) throws(RecordDamage) -> UInt32 {
        let value = try varint(bytes)
        guard let number = UInt32(exactly: value) else { throw RecordDamage(offset: index) }
        return number
    }

    @inline(__always)
    package mutating func skip(_ count: Int) throws(RecordDamage) -> Range<Int> {
        guard count >= 0, count <= end - index else { throw RecordDamage(offset: index) }
        defer { index += count }
        return index..<(index + count)
    }

    @inline(__always)
    package mutating func text(_ bytes: Span<UInt8>) throws(RecordDamage) -> Range<Int> {
        let count = try varint(bytes)
        guard count <= UInt64(end - index) else { throw RecordDamage(offset: index) }
        return try skip(Int(count))
    }
}

/// Bytes that are not what a writer wrote.
package struct RecordDamage: Error { package var offset: Int }

extension Span where Element == UInt8 {
    /// The text of a range.
    package func string(_ range: Range<Int>) -> String { copyText(self, range) }

    /// The bytes of a range.
    package func array(_ range: Range<Int>) -> [UInt8] { copyBytes(self, range) }

    /// Whether a range holds the same bytes as a range of another span.
    package func equals(_ range: Range<Int>, _ other: Span<UInt8>, _ otherRange: Range<Int>) -> Bool {
        equalBytes(self, range, other, otherRange)
    }
}
