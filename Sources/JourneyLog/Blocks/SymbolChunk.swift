// The symbols of one kind that one commit added, as one value of the table `symbols`:
//
//   0 u32 CRC-32C of key and everything after it     4 u8 version, u8 flags, u16 zero     8 u32 count     12 16 random bytes
//  28 [32 bytes: hash before a rewrite, when flag 1 is set]   count × u32 end of each text   texts
//
// The key is the kind (upper 24 bits) and the number of the first symbol (lower 40). The hash of a chunk is the SHA-256 of
// its key and its bytes 4… ; the last block of the commit carries the hash of these hashes, so that the chain pins texts too.
internal import Crypto
internal import LMDB
internal import Platform

struct SymbolChunk {
    static let version: UInt8 = 2
    static let header = 28
    static let rewritten: UInt8 = 1

    let kind: SymbolKind
    let first: UInt32
    let count: Int
    private let ends: Int
    private let texts: Int

    static func key(_ kind: SymbolKind, _ first: Int) -> UInt64 { UInt64(kind.rawValue) << 40 | UInt64(first) }

    /// Checks checksum, unless that is known to be right, and shape.
    init(_ bytes: Span<UInt8>, key: UInt64, isChecked: Bool = false) throws(RecordDamage) {
        guard bytes.count >= SymbolChunk.header,
            isChecked || SymbolChunk.checksum(bytes, key) == loadLittleEndian(bytes, at: 0, as: UInt32.self),
            bytes[4] == SymbolChunk.version, key >> 40 <= 255,
            let kind = SymbolKind(rawValue: UInt8(truncatingIfNeeded: key >> 40)),
            let first = UInt32(exactly: key & 0xFF_FFFF_FFFF), first > 0
        else { throw RecordDamage(offset: 0) }
        self.kind = kind
        self.first = first
        count = Int(loadLittleEndian(bytes, at: 8, as: UInt32.self))
        ends = SymbolChunk.header + (bytes[5] & SymbolChunk.rewritten != 0 ? 32 : 0)
        texts = ends + count * 4
        guard count > 0, texts <= bytes.count, texts + end(bytes, count - 1) == bytes.count else {
            throw RecordDamage(offset: 8)
        }
    }

    private func end(_ bytes: Span<UInt8>, _ index: Int) -> Int {
        Int(loadLittleEndian(bytes, at: ends + index * 4, as: UInt32.self))
    }

    /// Where the text with this index lies.
    func text(_ index: Int, _ bytes: Span<UInt8>) throws(RecordDamage) -> Range<Int> {
        guard index >= 0, index < count else { throw RecordDamage(offset: ends) }
        let start = texts + (index == 0 ? 0 : end(bytes, index - 1))
        let end = texts + end(bytes, index)
        guard start <= end, end <= bytes.count else { throw RecordDamage(offset: start) }
        return start..<end
    }

    /// The stored form of texts that lie one after the other in `arena`, ending at `ends`, the first starting at `start`.
    static func encode(
        _ arena: [UInt8],
        from start: UInt32,
        ends: ArraySlice<UInt32>,
        key: UInt64,
        salt: [UInt8]
    ) -> [UInt8] {
        var out: [UInt8] = []
        let last = ends.last ?? start
        out.reserveCapacity(header + ends.count * 4 + Int(last - start))
        out.appendInteger(UInt32(0))
        out.append(version)
        out.append(0)
        out.appendInteger(UInt16(0))
        out.appendInteger(UInt32(ends.count))
        out.append(contentsOf: salt)
        for end in ends { out.appendInteger(end - start) }
        out.append(contentsOf: arena[Int(start)..<Int(last)])
        out.setInteger(checksum(out.span, key), at: 0)
        return out
    }

    /// A chunk under another key would give its texts other numbers.
    private static func checksum(_ bytes: Span<UInt8>, _ key: UInt64) -> UInt32 {
        var place: [UInt8] = []
        place.appendInteger(key)
        return Checksum.crc32c(bytes.extracting(4..<bytes.count), seed: Checksum.crc32c(place.span))
    }

    /// What the chain knows of a chunk: its hash, or after a rewrite the one that it had before.
    static func hash(_ bytes: Span<UInt8>, key: UInt64) -> [UInt8] {
        if bytes[5] & rewritten != 0, bytes.count >= header + 32 { return bytes.array(header..<header + 32) }
        var prefix: [UInt8] = []
        prefix.appendInteger(key)
        var hasher = SHA256()
        hasher.update(data: prefix)
        unsafe bytes.extracting(4..<bytes.count).withUnsafeBytes { unsafe hasher.update(bufferPointer: $0) }
        return Array(hasher.finalize())
    }
}
