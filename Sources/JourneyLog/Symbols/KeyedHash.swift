// The 64-bit hash behind symbols and ids: SipHash-1-3 (Aumasson and Bernstein 2012), the hash of Swift's and Rust's own
// tables, under a key of the store. Whoever writes ids cannot choose where they meet.
internal import JourneyEvents
internal import Platform

/// The key of a store's hashes.
package struct HashKey: Hashable, Sendable {
    private let first: UInt64
    private let second: UInt64

    init(_ first: UInt64, _ second: UInt64) { (self.first, self.second) = (first, second) }

    /// Hashes `bytes[range]`; what is hashed in one domain says nothing of another.
    func hash(_ bytes: Span<UInt8>, _ range: Range<Int>, domain: UInt64) -> UInt64 {
        var state = SipState(first, second ^ domain)
        var at = range.lowerBound
        while at + 8 <= range.upperBound {
            state.add(loadLittleEndian(bytes, at: at, as: UInt64.self))
            at += 8
        }
        var tail = UInt64(truncatingIfNeeded: range.count) << 56
        var shift: UInt64 = 0
        while at < range.upperBound {
            tail |= UInt64(bytes[at]) << shift
            shift += 8
            at += 1
        }
        state.add(tail)
        return state.finish()
    }

    /// The hash under which the text of a symbol is found.
    func hash(_ kind: SymbolKind, _ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
        hash(bytes, range, domain: UInt64(kind.rawValue))
    }

    /// The hash under which the text of a symbol is found.
    func hash(_ kind: SymbolKind, _ text: [UInt8]) -> UInt64 { hash(kind, text.span, 0..<text.count) }

    /// The domain of the ids of a source.
    func idDomain(ofSource bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64 { hash(bytes, range, domain: 101) }

    /// The domain of the ids of events without a source.
    static let idDomainWithoutSource: UInt64 = 102

    /// The key of idempotency, hashed: (source, id).
    func idHash(_ bytes: Span<UInt8>, source: Slice, id: Slice) -> UInt64 {
        let domain =
            source.isPresent ? idDomain(ofSource: bytes, source.range) : HashKey.idDomainWithoutSource
        return hash(bytes, id.range, domain: domain)
    }
}

/// The state of SipHash-1-3.
private struct SipState {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64

    @inline(__always)
    init(_ first: UInt64, _ second: UInt64) {
        v0 = first ^ 0x736F_6D65_7073_6575
        v1 = second ^ 0x646F_7261_6E64_6F6D
        v2 = first ^ 0x6C79_6765_6E65_7261
        v3 = second ^ 0x7465_6462_7974_6573
    }

    @inline(__always)
    private func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }

    @inline(__always)
    private mutating func round() {
        v0 = v0 &+ v1
        v1 = rotated(v1, 13) ^ v0
        v0 = rotated(v0, 32)
        v2 = v2 &+ v3
        v3 = rotated(v3, 16) ^ v2
        v0 = v0 &+ v3
        v3 = rotated(v3, 21) ^ v0
        v2 = v2 &+ v1
        v1 = rotated(v1, 17) ^ v2
        v2 = rotated(v2, 32)
    }

    @inline(__always)
    mutating func add(_ word: UInt64) {
        v3 ^= word
        round()
        v0 ^= word
    }

    @inline(__always)
    mutating func finish() -> UInt64 {
        v2 ^= 0xFF
        round()
        round()
        round()
        return v0 ^ v1 ^ v2 ^ v3
    }
}
