// The record that ends each commit: where the history has come to, and how much of everything there must be. What is found
// later is compared with it, so that a part that is gone is noticed and not taken for one that never was.
internal import JourneyEvents
internal import LMDB
internal import Platform

/// The end of a log as its `meta` table has it.
struct LogHead: Hashable, Sendable {
    /// The last position and its place in history.
    var point: HistoryPoint
    /// The `recorded_at` of the last commit.
    var recordedAt: Int64 = 0
    /// The number of the last run of ingest.
    var lastRun: UInt32 = 0
    /// How many events Rihla itself has written.
    var ownEvents: UInt32 = 0
    /// How many symbols each kind has.
    var symbols = [UInt32](repeating: 0, count: SymbolKind.allCases.count)

    static let key = Array("head".utf8)

    /// An empty history.
    init(_ start: HistoryPoint) { point = start }

    var position: UInt64 { point.position.rawValue }

    /// The point's 64 bytes, `i64 recorded_at`, `u32 last run`, `u32 own events`, nine `u32` symbol counts, and a CRC-32C of
    /// all that.
    var bytes: [UInt8] {
        var out = point.bytes
        out.appendInteger(recordedAt)
        out.appendInteger(lastRun)
        out.appendInteger(ownEvents)
        for count in symbols { out.appendInteger(count) }
        out.appendInteger(Checksum.crc32c(out.span))
        return out
    }

    /// Reads the record; nil when it is damaged.
    init?(_ bytes: Span<UInt8>) {
        let end = HistoryPoint.size + 16 + SymbolKind.allCases.count * 4
        guard bytes.count == end + 4,
            Checksum.crc32c(bytes.extracting(0..<end)) == loadLittleEndian(bytes, at: end, as: UInt32.self),
            let point = HistoryPoint(bytes.array(0..<HistoryPoint.size))
        else { return nil }
        self.point = point
        recordedAt = loadLittleEndian(bytes, at: 64, as: Int64.self)
        lastRun = loadLittleEndian(bytes, at: 72, as: UInt32.self)
        ownEvents = loadLittleEndian(bytes, at: 76, as: UInt32.self)
        symbols = symbols.indices.map { loadLittleEndian(bytes, at: 80 + $0 * 4, as: UInt32.self) }
    }
}
