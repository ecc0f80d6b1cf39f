// Where a store keeps its files, and the two that lie outside LMDB: FORMAT says what the directory is, HEAD how far its
// history goes. LMDB would show an older, perfectly valid history after a damaged meta page; HEAD tells.
public import JourneyEvents
internal import Platform

/// The paths of a store directory.
public struct StoreFiles: Sendable {
    /// The directory.
    public let directory: String
    /// The paths below `directory`.
    public init(directory: String) { self.directory = directory }
    /// The log's environment.
    public var log: String { directory + "/log" }
    /// The index's environment.
    public var index: String { directory + "/index" }
    /// The read models.
    public var views: String { directory + "/views" }
    /// The mark of a store.
    public var format: String { directory + "/FORMAT" }
    /// How far the history goes.
    public var head: String { directory + "/HEAD" }
    /// The text of FORMAT.
    public static let formatText = "rihla store format 1\n"
}

/// The end of a history: enough to pin it from outside.
public struct LogHead: Hashable, Sendable {
    /// Chosen at random when the store was made.
    public var storeID: [UInt8]
    /// Counts restores of older backups.
    public var epoch: UInt32
    /// The last position; 0 in an empty store.
    public var position: Position
    /// The chain hash of the last block; 32 zero bytes in an empty store.
    public var chain: [UInt8]
    /// The `recorded_at` of the last commit.
    public var recordedAt: Int64
    /// An empty history of a new store.
    init(storeID: [UInt8]) {
        self.storeID = storeID
        epoch = 0
        position = .start
        chain = Array(repeating: 0, count: 32)
        recordedAt = 0
    }

    /// 64 bytes: store id 16, epoch 4, CRC-32C 4 of the rest, position 8, chain hash 32.
    var sidecar: [UInt8] {
        var out = storeID
        out.appendInteger(epoch)
        out.appendInteger(UInt32(0))
        out.appendInteger(position.rawValue)
        out.append(contentsOf: chain)
        out.setInteger(Checksum.crc32c(out.span), at: 20)
        return out
    }

    /// Reads a HEAD file; nil when its checksum does not hold.
    init?(sidecar bytes: [UInt8]) {
        guard bytes.count == 64 else { return nil }
        var copy = bytes
        copy.setInteger(UInt32(0), at: 20)
        guard Checksum.crc32c(copy.span) == loadLittleEndian(bytes.span, at: 20, as: UInt32.self) else { return nil }
        storeID = Array(bytes[0..<16])
        epoch = loadLittleEndian(bytes.span, at: 16, as: UInt32.self)
        position = Position(loadLittleEndian(bytes.span, at: 24, as: UInt64.self))
        chain = Array(bytes[32..<64])
        recordedAt = 0
    }

    /// The value in the log's `meta` table: the sidecar's bytes, `i64 recorded_at`, `u32` symbol counts by kind, and a
    /// CRC-32C of all that.
    func meta(symbols: [UInt32]) -> [UInt8] {
        var out = sidecar
        out.appendInteger(recordedAt)
        for count in symbols { out.appendInteger(count) }
        out.appendInteger(Checksum.crc32c(out.span))
        return out
    }

    /// Reads the value of the `meta` table.
    static func readMeta(_ bytes: Span<UInt8>) -> (head: LogHead, symbols: [UInt32])? {
        let kinds = SymbolKind.allCases.count
        let end = 72 + kinds * 4
        guard bytes.count == end + 4,
            Checksum.crc32c(bytes.extracting(0..<end)) == loadLittleEndian(bytes, at: end, as: UInt32.self),
            var head = LogHead(sidecar: bytes.array(0..<64))
        else { return nil }
        head.recordedAt = loadLittleEndian(bytes, at: 64, as: Int64.self)
        let symbols = (0..<kinds).map { loadLittleEndian(bytes, at: 72 + $0 * 4, as: UInt32.self) }
        return (head, symbols)
    }

    /// Whether HEAD should say this instead of what it says.
    func replaces(_ sidecar: [UInt8]) -> Bool {
        guard let known = LogHead(sidecar: sidecar), known.storeID == storeID, known.epoch == epoch else { return true }
        return known.position <= position
    }

    /// The store id as hexadecimal text.
    public var storeIDText: String { LogHead.hex(storeID) }
    /// The chain hash as hexadecimal text.
    public var chainText: String { LogHead.hex(chain) }

    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}

extension EventLog {
    /// Whether a directory says that it is a store.
    public static func isStore(at directory: String) -> Bool { FileSystem.exists(directory + "/FORMAT") }
}
