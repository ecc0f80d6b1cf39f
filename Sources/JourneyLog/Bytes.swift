// Little-endian integers and variable-length numbers, written to and read from bytes.
internal import LMDB

extension Array where Element == UInt8 {
    /// Appends an integer, lowest byte first.
    @inlinable @inline(__always)
    package mutating func appendInteger<T: FixedWidthInteger>(_ value: T) {
        var rest = value.littleEndian
        for _ in 0..<(T.bitWidth / 8) {
            append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

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

    /// Overwrites the integer at an index.
    package mutating func setInteger<T: FixedWidthInteger>(_ value: T, at index: Int) {
        for byte in 0..<(T.bitWidth / 8) { self[index + byte] = UInt8(truncatingIfNeeded: value >> T(byte * 8)) }
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
        UInt32(truncatingIfNeeded: try varint(bytes))
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
    package func string(_ range: Range<Int>) -> String { String(decoding: array(range), as: UTF8.self) }

    /// The bytes of a range.
    package func array(_ range: Range<Int>) -> [UInt8] {
        var copy: [UInt8] = []
        copy.reserveCapacity(range.count)
        copy.append(copying: extracting(range))
        return copy
    }
}
