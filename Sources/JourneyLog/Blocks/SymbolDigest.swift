// A commit's last block pins the texts that the commit was first to use, so that the chain pins them too.
internal import Crypto
internal import LMDB
internal import Platform

/// What the last block of a commit says of the symbols that the commit added.
struct SymbolDigest: Equatable {
    /// Bit k - 1 is set when the commit added symbols of kind k.
    var kinds: UInt16 = 0
    private var hasher = SHA256()

    static let size = 34

    mutating func add(_ chunk: Span<UInt8>, kind: SymbolKind, key: UInt64) {
        kinds |= 1 << UInt16(kind.rawValue - 1)
        hasher.update(data: SymbolChunk.hash(chunk, key: key))
    }

    /// `u16 kinds, 32 bytes SHA-256 of the chunks' hashes in order of kind`.
    var bytes: [UInt8] {
        var out: [UInt8] = []
        out.appendInteger(kinds)
        out.append(contentsOf: hasher.finalize())
        return out
    }

    static func == (lhs: SymbolDigest, rhs: SymbolDigest) -> Bool { lhs.bytes == rhs.bytes }
}
