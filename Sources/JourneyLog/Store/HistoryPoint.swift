// A position says how far, a point also of which history: two logs that were one once have the same positions and, from where
// they parted, other chain hashes. Whatever is kept outside of the log names a point and is proved against it before it is
// believed.
public import JourneyEvents
internal import LMDB
internal import Platform

/// A place in one history: store, epoch, position, and the hash that pins all events up to it.
public struct HistoryPoint: Hashable, Sendable {
    /// 16 bytes, chosen at random when the store was made.
    public var storeID: [UInt8]
    /// Counts restores of older backups.
    public var epoch: UInt32
    /// The last position; 0 in an empty store.
    public var position: Position
    /// The chain hash of the block that ends there; 32 zero bytes in an empty store.
    public var chain: [UInt8]

    /// A point from its parts.
    public init(storeID: [UInt8], epoch: UInt32, position: Position, chain: [UInt8]) {
        self.storeID = storeID
        self.epoch = epoch
        self.position = position
        self.chain = chain
    }

    /// The start of a history.
    init(startOf storeID: [UInt8], epoch: UInt32 = 0) {
        self.init(storeID: storeID, epoch: epoch, position: .start, chain: HistoryPoint.emptyChain)
    }

    static let emptyChain = [UInt8](repeating: 0, count: 32)
    /// How many bytes a stored point has.
    package static let size = 64

    /// 64 bytes: store id 16, epoch 4, CRC-32C of the rest 4, position 8, chain hash 32.
    package var bytes: [UInt8] {
        var out = storeID
        out.appendInteger(epoch)
        out.appendInteger(UInt32(0))
        out.appendInteger(position.rawValue)
        out.append(contentsOf: chain)
        out.setInteger(Checksum.crc32c(out.span), at: 20)
        return out
    }

    /// Reads a stored point; nil when its checksum does not hold.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == HistoryPoint.size else { return nil }
        var copy = bytes
        copy.setInteger(UInt32(0), at: 20)
        guard Checksum.crc32c(copy.span) == loadLittleEndian(bytes.span, at: 20, as: UInt32.self) else { return nil }
        self.init(
            storeID: Array(bytes[0..<16]),
            epoch: loadLittleEndian(bytes.span, at: 16, as: UInt32.self),
            position: Position(loadLittleEndian(bytes.span, at: 24, as: UInt64.self)),
            chain: Array(bytes[32..<64])
        )
    }

    /// Whether both are of one store and epoch, so that their positions can be compared.
    package func isOfHistory(of other: HistoryPoint) -> Bool { storeID == other.storeID && epoch == other.epoch }

    /// The store id as hexadecimal text.
    public var storeIDText: String { HistoryPoint.hex(storeID) }
    /// The chain hash as hexadecimal text.
    public var chainText: String { HistoryPoint.hex(chain) }

    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
