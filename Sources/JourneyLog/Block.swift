// Events lie in blocks of up to 16,368 bytes (four overflow pages of LMDB with its header), written by one commit.
//
//   0 u32 CRC-32C of everything after it     8 u64 first position        24 32 bytes: chain hash of the block before
//   4 u8 version, u8 flags, u16 count       16 i64 recorded_at           56 u32 offset of the table
//  60 [32 bytes: chain hash before a rewrite, when flag 1 is set]  records  u16 offset of each record
//     [u16 kinds, 32 bytes: digest of the commit's new symbols, when flag 2 is set]
//
// The chain hash of a block is the SHA-256 of its bytes 4… ; since they contain the hash before, one hash pins all history.
internal import Crypto
internal import JourneyEvents
internal import Platform

enum BlockFormat {
    static let version: UInt8 = 1
    static let header = 60
    static let capacity = 16_368
    static let rewritten: UInt8 = 1
    static let symbols: UInt8 = 2
}

/// Collects the records of one block.
struct BlockBuilder {
    private(set) var bytes: [UInt8] = []
    private var offsets: [UInt16] = []
    private let firstPosition: UInt64

    init(firstPosition: UInt64, recordedAt: Int64, previous: [UInt8]) {
        self.firstPosition = firstPosition
        bytes.reserveCapacity(BlockFormat.capacity)
        bytes.appendInteger(UInt32(0))
        bytes.append(BlockFormat.version)
        bytes.append(0)
        bytes.appendInteger(UInt16(0))
        bytes.appendInteger(firstPosition)
        bytes.appendInteger(recordedAt)
        bytes.append(contentsOf: previous)
        bytes.appendInteger(UInt32(0))
    }

    var count: Int { offsets.count }

    /// Where the record with this index lies, before the block is complete.
    func record(_ index: Int) -> Range<Int> {
        Int(offsets[index])..<(index + 1 < offsets.count ? Int(offsets[index + 1]) : bytes.count)
    }

    /// Adds a record unless it does not fit any more; a block always takes its first.
    mutating func add(_ record: [UInt8]) -> Bool {
        if !offsets.isEmpty,
            bytes.count + record.count + (offsets.count + 1) * 2 + SymbolDigest.size > BlockFormat.capacity
        {
            return false
        }
        offsets.append(UInt16(bytes.count))
        bytes.append(contentsOf: record)
        return true
    }

    /// Completes the block: its bytes and its chain hash. The last block of a commit takes the digest of its new symbols.
    mutating func finish(_ symbols: SymbolDigest?) -> (bytes: [UInt8], chain: [UInt8]) {
        bytes.setInteger(UInt32(bytes.count), at: 56)
        bytes.setInteger(UInt16(offsets.count), at: 6)
        for offset in offsets { bytes.appendInteger(offset) }
        if let symbols {
            bytes[5] |= BlockFormat.symbols
            bytes.append(contentsOf: symbols.bytes)
        }
        let chain = BlockView.chainHash(bytes.span)
        let checksum = Checksum.crc32c(bytes.span.extracting(4..<bytes.count))
        bytes.setInteger(checksum, at: 0)
        return (bytes, chain)
    }
}

/// A stored block, checked.
struct BlockView {
    let firstPosition: UInt64
    let recordedAt: Int64
    let count: Int
    /// Whether an erasure has rewritten the block.
    let isRewritten: Bool
    private let table: Int
    private let end: Int

    /// Checks the block's checksum and shape.
    init(_ bytes: Span<UInt8>, key: UInt64) throws(RecordDamage) {
        guard bytes.count >= BlockFormat.header else { throw RecordDamage(offset: 0) }
        guard Checksum.crc32c(bytes.extracting(4..<bytes.count)) == loadLittleEndian(bytes, at: 0, as: UInt32.self)
        else { throw RecordDamage(offset: 0) }
        try self.init(trusted: bytes)
        guard bytes[4] == BlockFormat.version, firstPosition == key, count > 0, table >= start,
            table + count * 2 == end
        else { throw RecordDamage(offset: 4) }
    }

    /// A block whose checksum held a moment ago in the same transaction.
    init(trusted bytes: Span<UInt8>) throws(RecordDamage) {
        guard bytes.count >= BlockFormat.header else { throw RecordDamage(offset: 0) }
        let flags = bytes[5]
        isRewritten = flags & BlockFormat.rewritten != 0
        count = Int(loadLittleEndian(bytes, at: 6, as: UInt16.self))
        firstPosition = loadLittleEndian(bytes, at: 8, as: UInt64.self)
        recordedAt = loadLittleEndian(bytes, at: 16, as: Int64.self)
        table = Int(loadLittleEndian(bytes, at: 56, as: UInt32.self))
        end = bytes.count - (flags & BlockFormat.symbols != 0 ? SymbolDigest.size : 0)
    }

    private var start: Int { BlockFormat.header + (isRewritten ? 32 : 0) }

    /// The digest of the symbols that the block's commit added, when it has one: `SymbolDigest.bytes`.
    func symbolDigest(_ bytes: Span<UInt8>) -> [UInt8]? {
        end < bytes.count ? bytes.array(end..<bytes.count) : nil
    }

    /// Where the record with this index lies.
    func record(_ index: Int, _ bytes: Span<UInt8>) throws(RecordDamage) -> Range<Int> {
        guard index < count else { throw RecordDamage(offset: table) }
        let start = Int(loadLittleEndian(bytes, at: table + index * 2, as: UInt16.self))
        let end =
            index + 1 < count ? Int(loadLittleEndian(bytes, at: table + index * 2 + 2, as: UInt16.self)) : table
        guard start >= self.start, end >= start, end <= table else { throw RecordDamage(offset: start) }
        return start..<end
    }

    /// The chain hash of the block before.
    static func previousHash(_ bytes: Span<UInt8>) -> [UInt8] { bytes.array(24..<56) }

    /// What the next block knows of a block: the hash of its bytes, or after a rewrite the one that it had before.
    static func chain(_ bytes: Span<UInt8>) -> [UInt8] {
        guard bytes[5] & BlockFormat.rewritten != 0, bytes.count >= BlockFormat.header + 32 else {
            return chainHash(bytes)
        }
        return bytes.array(BlockFormat.header..<BlockFormat.header + 32)
    }

    /// SHA-256 of a block's bytes without its checksum.
    static func chainHash(_ bytes: Span<UInt8>) -> [UInt8] {
        var hasher = SHA256()
        unsafe bytes.extracting(4..<bytes.count).withUnsafeBytes { unsafe hasher.update(bufferPointer: $0) }
        return Array(hasher.finalize())
    }
}
