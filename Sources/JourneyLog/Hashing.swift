// The 64-bit hash behind symbols and ids. It is stored, so it never changes with a format version: 8 bytes at a time,
// each folded in by a full 64 × 64 multiplication, as in wyhash (Wang Yi, public domain).
internal import Platform

/// Hashes `bytes[range]`; the same bytes and seed give the same value on every machine.
func stableHash(_ bytes: Span<UInt8>, _ range: Range<Int>, seed: UInt64) -> UInt64 {
    var state = seed ^ 0xA076_1D64_78BD_642F
    var at = range.lowerBound
    while at + 8 <= range.upperBound {
        state = fold(
            state ^ loadLittleEndian(bytes, at: at, as: UInt64.self),
            0xE703_7ED1_A0B4_28DB
        )
        at += 8
    }
    var tail: UInt64 = 0
    var shift: UInt64 = 0
    while at < range.upperBound {
        tail |= UInt64(bytes[at]) << shift
        shift += 8
        at += 1
    }
    return fold(fold(state ^ tail, 0x8EBC_6AF0_9C88_C6E3) ^ UInt64(range.count), 0x5899_65CC_7537_4CC3)
}

@inline(__always)
private func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let (high, low) = a.multipliedFullWidth(by: b)
    return high ^ low
}
