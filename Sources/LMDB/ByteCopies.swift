// Copies between spans and arrays, whole pieces at a time. Safe Swift has no bulk copy from a `Span`, and a loop over its
// bytes costs several times as much; every range is checked here.
internal import CLMDB

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

/// Asks for the memory of an element that will be read soon, so that reading it does not wait.
@inlinable @inline(__always)
package func prefetch<T: BitwiseCopyable>(_ array: [T], _ index: Int) {
    array.withUnsafeBufferPointer { elements in
        guard index < elements.count, let start = elements.baseAddress else { return }
        prefetchMemory(start + index)
    }
}

@usableFromInline
package func prefetchMemory(_ address: UnsafeRawPointer) { rihla_prefetch(address) }
