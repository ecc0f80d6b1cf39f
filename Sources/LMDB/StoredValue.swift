// What a value of a table with checksums is in the file: its bytes, and behind them a CRC-32C over the table's name, the key
// and the bytes. So a value under another key, or in another table, is as damaged as one with a flipped bit.
internal import CLMDB
internal import Platform

/// A stored value that is not the one that was put, or lies under another key.
package struct ValueDamage: Error, Hashable, Sendable, CustomStringConvertible {
    /// The environment's directory.
    package var path: String
    /// The table's name.
    package var table: String

    /// Damage of a value in a table.
    package init(path: String, table: String) {
        self.path = path
        self.table = table
    }

    init(_ environment: OpaquePointer?, _ table: Table) {
        var path: UnsafePointer<CChar>?
        mdb_env_get_path(environment, &path)
        self.init(path: path.map { String(cString: $0) } ?? "", table: table.name)
    }

    package var description: String { "\(path) is damaged: a value of its table \(table) is not what was written" }
}

/// The bytes of values in a file.
enum StoredValue {
    /// The bytes of a checksum.
    private static let checksumSize = 4

    /// The checksum of nothing in a table: others continue it.
    static func seed(_ table: String) -> UInt32 { Checksum.crc32c(Array(table.utf8).span) }

    private static func checksum(_ seed: UInt32, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer)
        -> UInt32
    {
        Checksum.crc32c(value, seed: Checksum.crc32c(key, seed: seed))
    }

    /// Has `put` write a value, with its checksum when the table has them. Then room is reserved and filled in place, since a
    /// large value is not to be copied to stand beside its checksum.
    @inline(__always)
    static func put(
        _ value: Span<UInt8>,
        key: UnsafeRawBufferPointer,
        _ table: Table,
        _ flags: UInt32,
        _ ledger: SealLedger?,
        _ put: (inout MDB_val, UInt32) -> Int32
    ) -> Int32 {
        value.withUnsafeBytes { bytes in
            guard let seed = table.seed else {
                var data = MDB_val(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
                return put(&data, flags)
            }
            let sum = checksum(seed, key, bytes)
            var data = MDB_val(mv_size: bytes.count + checksumSize, mv_data: nil)
            let code = put(&data, flags | UInt32(MDB_RESERVE))
            guard code == 0, let room = data.mv_data else { return code }
            UnsafeMutableRawBufferPointer(start: room, count: bytes.count).copyMemory(from: bytes)
            room.storeBytes(of: sum.littleEndian, toByteOffset: bytes.count, as: UInt32.self)
            ledger?.change(table) { $0.add(sum) }
            return 0
        }
    }

    /// The checksum behind a value, as it is stored.
    static func checksum(of value: MDB_val) -> UInt32 {
        guard value.mv_size >= checksumSize, let start = value.mv_data else { return 0 }
        return UInt32(littleEndian: start.loadUnaligned(fromByteOffset: value.mv_size - checksumSize, as: UInt32.self))
    }

    /// The checksum behind a value whose checksum was hidden.
    static func checksum(behind value: MDB_val) -> UInt32 {
        guard let start = value.mv_data else { return 0 }
        return UInt32(littleEndian: start.loadUnaligned(fromByteOffset: value.mv_size, as: UInt32.self))
    }

    /// Hides the checksum of a value that was read; false when it does not fit.
    @inline(__always)
    static func unwrap(_ value: inout MDB_val, key: MDB_val, _ table: Table) -> Bool {
        guard let seed = table.seed else { return true }
        guard value.mv_size >= checksumSize, let start = value.mv_data else { return false }
        value.mv_size -= checksumSize
        let stored = UInt32(littleEndian: start.loadUnaligned(fromByteOffset: value.mv_size, as: UInt32.self))
        return stored
            == checksum(
                seed,
                UnsafeRawBufferPointer(start: key.mv_data, count: key.mv_size),
                UnsafeRawBufferPointer(start: start, count: value.mv_size)
            )
    }
}
