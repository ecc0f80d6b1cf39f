// Where the values of a table lie in an LMDB 0.9 data file, so that a test can damage what it means to.
internal import Foundation

/// A data file, read without LMDB.
public struct DataFilePages {
    private let bytes: [UInt8]
    private let pageSize: Int

    /// Takes the bytes of a `data.mdb`.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        pageSize = Int(DataFilePages.load(bytes, 40, 4))
    }

    private static func load(_ bytes: [UInt8], _ at: Int, _ count: Int) -> UInt64 {
        (0..<count).reduce(0) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) }
    }

    private func load(_ at: Int, _ count: Int) -> Int { Int(truncatingIfNeeded: DataFilePages.load(bytes, at, count)) }

    /// The bytes of each value of a table in order of key; none when there is no such table.
    public func values(of table: String) -> [Range<Int>] {
        let meta = load(144, 8) >= load(pageSize + 144, 8) ? 0 : pageSize
        var found: [Range<Int>] = []
        each(load(meta + 128, 8)) { key, value, flags in
            guard flags & 2 != 0, String(decoding: bytes[key], as: UTF8.self) == table else { return }
            each(load(value.lowerBound + 40, 8)) { _, value, _ in found.append(value) }
        }
        return found
    }

    private func each(_ page: Int, _ body: (Range<Int>, Range<Int>, Int) -> Void) {
        guard page > 0 else { return }
        let start = page * pageSize
        let isBranch = load(start + 10, 2) & 1 != 0
        for slot in stride(from: start + 16, to: start + load(start + 12, 2), by: 2) {
            let node = start + load(slot, 2)
            let (size, flags) = (load(node, 4), load(node + 4, 2))
            let key = node + 8..<node + 8 + load(node + 6, 2)
            if isBranch {
                each(size | flags << 32, body)
            } else if flags & 1 != 0 {
                let first = load(key.upperBound, 8) * pageSize + 16
                body(key, first..<first + size, flags)
            } else {
                body(key, key.upperBound..<key.upperBound + size, flags)
            }
        }
    }
}
