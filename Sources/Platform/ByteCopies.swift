// Copies between spans and arrays, whole pieces at a time. Safe Swift has no bulk copy from a `Span`, and a loop over its
// bytes costs several times as much; every range is checked here.
internal import CPlatform

/// The text of a range; bytes that are not UTF-8 become replacement characters.
package func copyText(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
    bytes.extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
}

/// The bytes of a range.
package func copyBytes(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
    bytes.extracting(range).withUnsafeBufferPointer { Array($0) }
}

/// Appends the bytes of a range to an array.
package func appendBytes(_ bytes: Span<UInt8>, _ range: Range<Int>, to out: inout [UInt8]) {
    bytes.extracting(range).withUnsafeBufferPointer { out.append(contentsOf: $0) }
}

/// Whether two ranges hold the same bytes.
package func equalBytes(_ a: Span<UInt8>, _ aRange: Range<Int>, _ b: Span<UInt8>, _ bRange: Range<Int>) -> Bool {
    guard aRange.count == bRange.count else { return false }
    return a.extracting(aRange).withUnsafeBytes { mine in
        b.extracting(bRange).withUnsafeBytes { theirs in
            guard let a = mine.baseAddress, let b = theirs.baseAddress else { return true }
            return memcmp(a, b, mine.count) == 0
        }
    }
}

/// Appends an integer, lowest byte first.
@inlinable @inline(__always)
package func appendLittleEndian<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, to out: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { out.append(contentsOf: $0) }
}

/// Overwrites the integer at an index; the range is checked.
@inlinable @inline(__always)
package func storeLittleEndian<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at index: Int, in out: inout [UInt8])
{
    precondition(index >= 0 && index <= out.count - MemoryLayout<T>.size, "a store outside of the bytes")
    out.withUnsafeMutableBytes { $0.storeBytes(of: value.littleEndian, toByteOffset: index, as: T.self) }
}

/// Writes a number of 7 bits a byte, lowest first (LEB128), at an index with room for ten bytes; gives how many it took. What
/// is behind them is overwritten.
@inlinable @inline(__always)
package func storeVarint(_ value: UInt64, at index: Int, in out: inout [UInt8]) -> Int {
    precondition(index >= 0 && index <= out.count - 10, "a number outside of the bytes")
    // The usual formula for the bytes of so many bits: ceil(bits / 7).
    let count = ((UInt64.bitWidth - (value | 1).leadingZeroBitCount) * 9 + 64) >> 6
    // Seven groups of seven bits, spread by halves, make up to eight bytes of one word.
    var word = value & 0x0FFF_FFFF | (value & 0x00FF_FFFF_F000_0000) << 4
    word = word & 0x0000_3FFF_0000_3FFF | (word & 0x0FFF_C000_0FFF_C000) << 2
    word = word & 0x007F_007F_007F_007F | (word & 0x3F80_3F80_3F80_3F80) << 1
    out.withUnsafeMutableBytes { bytes in
        if count <= 8 {
            word |= 0x8080_8080_8080_8080 & (1 << (UInt64(count - 1) * 8) - 1)
            bytes.storeBytes(of: word.littleEndian, toByteOffset: index, as: UInt64.self)
        } else {
            word |= 0x8080_8080_8080_8080
            bytes.storeBytes(of: word.littleEndian, toByteOffset: index, as: UInt64.self)
            bytes[index + 8] = UInt8(truncatingIfNeeded: value >> 56) & 127 | (count == 10 ? 128 : 0)
            if count == 10 { bytes[index + 9] = 1 }
        }
    }
    return count
}

/// Overwrites the bytes at an index with others; the range is checked.
package func storeBytes(_ bytes: Span<UInt8>, at index: Int, in out: inout [UInt8]) {
    precondition(index >= 0 && index <= out.count - bytes.count, "a store outside of the bytes")
    bytes.withUnsafeBytes { bytes in
        out.withUnsafeMutableBytes { out in
            guard let from = bytes.baseAddress, let to = out.baseAddress else { return }
            memcpy(to + index, from, bytes.count)
        }
    }
}

/// Asks for the memory of an element that will be read soon, so that reading it does not wait.
@inlinable @inline(__always)
package func prefetch<T: BitwiseCopyable>(_ array: [T], _ index: Int) {
    array.withUnsafeBufferPointer { elements in
        guard index < elements.count, let start = elements.baseAddress else { return }
        prefetchMemory(start + index, MemoryLayout<T>.size)
    }
}

@usableFromInline
package func prefetchMemory(_ address: UnsafeRawPointer, _ count: Int) { rihla_prefetch(address, count) }
