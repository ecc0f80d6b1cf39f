// Loads and checksums of bytes: the two things that every record needs and that safe Swift does byte by byte.
internal import CPlatform

/// CRC-32C.
package enum Checksum {
    /// The CRC-32C (Castagnoli, RFC 3720) of bytes; `seed` continues an earlier result.
    package static func crc32c(_ bytes: Span<UInt8>, seed: UInt32 = 0) -> UInt32 {
        bytes.withUnsafeBytes { crc32c($0, seed: seed) }
    }

    /// The same of memory that no span reaches.
    package static func crc32c(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
        guard let start = bytes.baseAddress else { return seed }
        return rihla_crc32c(seed, start.assumingMemoryBound(to: UInt8.self), bytes.count)
    }
}

/// Reads a little-endian integer; the range is checked.
@inlinable @inline(__always)
package func loadLittleEndian<T: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: Span<UInt8>,
    at offset: Int,
    as type: T.Type
) -> T {
    precondition(offset >= 0 && offset <= bytes.count - MemoryLayout<T>.size, "a load outside of the bytes")
    return bytes.withUnsafeBytes { raw in
        T(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: T.self))
    }
}
