// A run is a sorted list of id hashes, one value in the index. Hashes are spread evenly, so a look-up guesses where its hash
// lies and is right within a few. A run may have millions of ids and a look-up reads some hundred of them, so every piece has
// a checksum of its own, which whoever reads the piece compares:
//
//   u32 CRC-32C of key and rest up to the pieces   u32 count   a u32 CRC-32C for each piece
//   pieces of up to 1,024 ids: hashes, ascending, then the offset of each position from the run's first, as u32
internal import LMDB
internal import Platform

/// A stored run of id hashes.
struct IDRun {
    private static let pieceSize = 1_024
    private static let width = 12

    /// The run's first position.
    let first: UInt64
    /// How many ids it has.
    let count: Int
    private let pieces: Int

    /// The stored form of sorted entries; `first` is the run's first position, under which it is stored.
    static func encode(_ entries: [(hash: UInt64, position: UInt64)], first: UInt64) -> [UInt8] {
        let pieces = (entries.count + pieceSize - 1) / pieceSize
        var out: [UInt8] = []
        out.reserveCapacity(8 + pieces * 4 + entries.count * width)
        out.appendInteger(UInt32(0))
        out.appendInteger(UInt32(entries.count))
        for _ in 0..<pieces { out.appendInteger(UInt32(0)) }
        for piece in 0..<pieces {
            let start = out.count
            let part = entries[piece * pieceSize..<min((piece + 1) * pieceSize, entries.count)]
            for entry in part { out.appendInteger(entry.hash) }
            for entry in part { out.appendInteger(UInt32(entry.position - first)) }
            out.setInteger(checksum(first, piece, out.span.extracting(start..<out.count)), at: 8 + piece * 4)
        }
        out.setInteger(checksum(first, -1, out.span.extracting(4..<8 + pieces * 4)), at: 0)
        return out
    }

    private static func checksum(_ first: UInt64, _ piece: Int, _ bytes: Span<UInt8>) -> UInt32 {
        var place: [UInt8] = []
        place.appendInteger(first)
        place.appendInteger(Int64(piece))
        return Checksum.crc32c(bytes, seed: Checksum.crc32c(place.span))
    }

    /// How many ids a stored run says that it has; nil when its size is not that of such a run.
    static func count(_ bytes: Span<UInt8>) -> Int? {
        guard bytes.count >= 8 else { return nil }
        let count = Int(loadLittleEndian(bytes, at: 4, as: UInt32.self))
        return bytes.count == 8 + (count + pieceSize - 1) / pieceSize * 4 + count * width ? count : nil
    }

    /// Checks all but the pieces.
    init(_ bytes: Span<UInt8>, key: UInt64) throws(RecordDamage) {
        guard let count = IDRun.count(bytes) else { throw RecordDamage(offset: 4) }
        (first, self.count) = (key, count)
        pieces = (count + IDRun.pieceSize - 1) / IDRun.pieceSize
        guard
            IDRun.checksum(key, -1, bytes.extracting(4..<8 + pieces * 4))
                == loadLittleEndian(bytes, at: 0, as: UInt32.self)
        else { throw RecordDamage(offset: 0) }
    }

    private func size(_ piece: Int) -> Int { min(IDRun.pieceSize, count - piece * IDRun.pieceSize) }

    /// Where a piece starts, after its checksum was compared.
    private func checked(_ piece: Int, _ bytes: Span<UInt8>) throws(RecordDamage) -> Int {
        let start = 8 + pieces * 4 + piece * IDRun.pieceSize * IDRun.width
        let end = start + size(piece) * IDRun.width
        guard
            IDRun.checksum(first, piece, bytes.extracting(start..<end))
                == loadLittleEndian(bytes, at: 8 + piece * 4, as: UInt32.self)
        else { throw RecordDamage(offset: start) }
        return start
    }

    /// Visits all ids in order of hash: the hash and the position.
    func each(_ bytes: Span<UInt8>, _ body: (UInt64, UInt64) -> Void) throws(RecordDamage) {
        for piece in 0..<pieces {
            let start = try checked(piece, bytes)
            let size = size(piece)
            for index in 0..<size {
                let hash = loadLittleEndian(bytes, at: start + index * 8, as: UInt64.self)
                body(hash, first + UInt64(loadLittleEndian(bytes, at: start + size * 8 + index * 4, as: UInt32.self)))
            }
        }
    }

    /// Visits the positions of every id with this hash until `body` says that it found its own. Reads a piece or two.
    func find(_ bytes: Span<UInt8>, _ hash: UInt64, _ body: (UInt64) throws -> Bool) throws -> Bool {
        guard count > 0 else { return false }
        // Equal hashes may lie on both sides of a border: the first piece that can have the hash comes first.
        var piece = Int(hash.multipliedFullWidth(by: UInt64(count)).high) / IDRun.pieceSize
        while piece > 0, lowest(piece, bytes) >= hash { piece -= 1 }
        while piece + 1 < pieces, lowest(piece + 1, bytes) < hash { piece += 1 }
        while piece < pieces {
            let start = try checked(piece, bytes)
            let size = size(piece)
            var (low, high) = (0, size)
            while low < high {
                let middle = (low + high) / 2
                if loadLittleEndian(bytes, at: start + middle * 8, as: UInt64.self) < hash {
                    low = middle + 1
                } else {
                    high = middle
                }
            }
            while low < size {
                guard loadLittleEndian(bytes, at: start + low * 8, as: UInt64.self) == hash else { return false }
                let offset = loadLittleEndian(bytes, at: start + size * 8 + low * 4, as: UInt32.self)
                if try body(first + UInt64(offset)) { return true }
                low += 1
            }
            piece += 1
        }
        return false
    }

    /// The lowest hash of a piece, unchecked. A damaged one leads to that piece, or to the end of the one before it, from where the
    /// search goes on in it: it is checked in both cases.
    private func lowest(_ piece: Int, _ bytes: Span<UInt8>) -> UInt64 {
        loadLittleEndian(bytes, at: 8 + pieces * 4 + piece * IDRun.pieceSize * IDRun.width, as: UInt64.self)
    }
}
