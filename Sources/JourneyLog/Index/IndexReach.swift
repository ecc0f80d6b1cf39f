// How far the index reaches, and into which history. It changes in the transaction that changes the index.
internal import JourneyEvents
internal import LMDB
internal import Platform

/// What the index has.
struct IndexReach: Hashable, Sendable {
    /// Changes when a key or value of the index changes; an index of another version is made anew.
    static let version: UInt64 = 4
    static let key = Array("reach".utf8)

    /// The last event that it has.
    var point: HistoryPoint
    /// Chosen at random when the index was begun: one that was emptied and filled again is another.
    var incarnation: [UInt8]
    /// How many symbols of each kind `names` has.
    var symbols = [UInt32](repeating: 0, count: SymbolKind.allCases.count)
    /// How many ids it has.
    var ids: UInt64 = 0
    /// The checksum of the names of the properties that it keeps.
    var keptNames: UInt32

    var position: UInt64 { point.position.rawValue }

    /// That of an index without events.
    init(startOf storage: LogStorage, _ head: LogHead, incarnation: [UInt8]) {
        point = HistoryPoint(startOf: head.point.storeID, epoch: head.point.epoch)
        self.incarnation = incarnation
        keptNames = IndexReach.checksum(of: storage.keptNames)
    }

    static func checksum(of names: Set<String>) -> UInt32 {
        let text = Array(names.sorted().joined(separator: "\n").utf8)
        return Checksum.crc32c(text.span)
    }

    /// `u64 version`, the point's 64 bytes, 16 bytes incarnation, nine `u32` symbol counts, `u64` ids, `u32` checksum of the
    /// kept names, and a CRC-32C of all that.
    var bytes: [UInt8] {
        var out: [UInt8] = []
        out.appendInteger(IndexReach.version)
        out.append(contentsOf: point.bytes)
        out.append(contentsOf: incarnation)
        for count in symbols { out.appendInteger(count) }
        out.appendInteger(ids)
        out.appendInteger(keptNames)
        out.appendInteger(Checksum.crc32c(out.span))
        return out
    }

    /// Reads what is stored; nil when it is of another version or damaged.
    init?(_ bytes: Span<UInt8>) {
        let counts = 8 + HistoryPoint.size + 16
        let end = counts + SymbolKind.allCases.count * 4 + 12
        guard bytes.count == end + 4,
            Checksum.crc32c(bytes.extracting(0..<end)) == loadLittleEndian(bytes, at: end, as: UInt32.self),
            loadLittleEndian(bytes, at: 0, as: UInt64.self) == IndexReach.version,
            let point = HistoryPoint(bytes.array(8..<8 + HistoryPoint.size))
        else { return nil }
        self.point = point
        incarnation = bytes.array(8 + HistoryPoint.size..<counts)
        symbols = symbols.indices.map { loadLittleEndian(bytes, at: counts + $0 * 4, as: UInt32.self) }
        ids = loadLittleEndian(bytes, at: end - 12, as: UInt64.self)
        keptNames = loadLittleEndian(bytes, at: end - 4, as: UInt32.self)
    }

    /// Whether an index that reaches so far still has what one had that reached as `other` says.
    func continues(_ other: IndexReach) -> Bool { incarnation == other.incarnation && position >= other.position }
}
