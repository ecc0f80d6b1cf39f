// Events lie in blocks of up to 16,368 bytes (four overflow pages of LMDB with its header), written by one commit.
//
//   0 u32 CRC-32C of everything after it     8 u64 first position        24 32 bytes: chain hash of the block before
//   4 u8 version, u8 flags, u16 count       16 i64 recorded_at           56 u32 offset of the table   60 u32 run of ingest
//  64 16 random bytes
//  80 [32 bytes: chain hash before a rewrite, when flag 1 is set]  [16 bytes stream, u64 sequence, when flag 4 is set]
//     records  u16 offset of each record  [u16 kinds, 32 bytes: digest of the commit's new symbols, when flag 2 is set]
//
// The chain hash of a block is the SHA-256 of its bytes 4… ; since they contain the hash before, one hash pins all history.
// The random bytes are part of what is hashed: when an erasure has wiped them, nobody can find out by trial what was erased
// from the hash that stays.
internal import Crypto
internal import JourneyEvents
internal import LMDB
internal import Platform

enum BlockFormat {
    static let version: UInt8 = 2
    static let header = 80
    static let saltSize = 16
    static let capacity = 16_368
    static let rewritten: UInt8 = 1
    static let symbols: UInt8 = 2
    static let stream: UInt8 = 4
    /// Its events were written by Rihla itself.
    static let own: UInt8 = 8
}

/// Where a block stands in a replicated stream that it came over.
struct StreamPlace: Hashable, Sendable {
    static let size = 24
    /// 16 bytes that name the stream.
    var stream: [UInt8]
    var sequence: UInt64

    var bytes: [UInt8] {
        var out = stream
        out.appendInteger(sequence)
        return out
    }
}

/// What all events of a block have in common.
struct BlockOrigin: Hashable, Sendable, BitwiseCopyable {
    /// Milliseconds since 1970.
    var recordedAt: Int64
    /// The run of ingest that they belong to; 0 for single appends.
    var run: UInt32 = 0
    /// Whether Rihla itself has written them.
    var isOwn = false
}

/// Collects the records of one block.
struct BlockBuilder {
    private(set) var bytes: [UInt8] = []
    private var offsets: [UInt16] = []

    /// An empty block; `place` is where it stands in the replicated stream that it comes over.
    init(
        firstPosition: UInt64,
        _ origin: BlockOrigin,
        previous: [UInt8],
        salt: [UInt8],
        place: StreamPlace? = nil
    ) {
        bytes.reserveCapacity(BlockFormat.capacity)
        bytes.appendInteger(UInt32(0))
        bytes.append(BlockFormat.version)
        bytes.append((origin.isOwn ? BlockFormat.own : 0) | (place == nil ? 0 : BlockFormat.stream))
        bytes.appendInteger(UInt16(0))
        bytes.appendInteger(firstPosition)
        bytes.appendInteger(origin.recordedAt)
        bytes.append(contentsOf: previous)
        bytes.appendInteger(UInt32(0))
        bytes.appendInteger(origin.run)
        bytes.append(contentsOf: salt)
        if let place { bytes.append(contentsOf: place.bytes) }
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
    /// The run of ingest that its events belong to; 0 for single appends.
    let run: UInt32
    let count: Int
    /// Whether Rihla itself has written its events.
    let isOwn: Bool
    /// Whether an erasure has rewritten the block.
    let isRewritten: Bool
    private let hasPlace: Bool
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
        isOwn = flags & BlockFormat.own != 0
        hasPlace = flags & BlockFormat.stream != 0
        count = Int(loadLittleEndian(bytes, at: 6, as: UInt16.self))
        firstPosition = loadLittleEndian(bytes, at: 8, as: UInt64.self)
        recordedAt = loadLittleEndian(bytes, at: 16, as: Int64.self)
        table = Int(loadLittleEndian(bytes, at: 56, as: UInt32.self))
        run = loadLittleEndian(bytes, at: 60, as: UInt32.self)
        end = bytes.count - (flags & BlockFormat.symbols != 0 ? SymbolDigest.size : 0)
    }

    private var placeStart: Int { BlockFormat.header + (isRewritten ? 32 : 0) }
    private var start: Int { placeStart + (hasPlace ? StreamPlace.size : 0) }

    /// Where the block stands in the replicated stream that it came over; nil when it came over none.
    func place(_ bytes: Span<UInt8>) throws(RecordDamage) -> StreamPlace? {
        guard hasPlace else { return nil }
        guard bytes.count >= placeStart + StreamPlace.size else { throw RecordDamage(offset: placeStart) }
        return StreamPlace(
            stream: bytes.array(placeStart..<placeStart + 16),
            sequence: loadLittleEndian(bytes, at: placeStart + 16, as: UInt64.self)
        )
    }

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
