// What a table with checksums must have as a whole: how many values, and the sum of their checksums, which no order of theirs
// changes. Each value says of itself that it is sound; the seal says that none is missing and none is of an earlier time, as
// after a crash of the machine in a file that was not synced. It is kept up in every commit and compared where nothing says
// that the file is what its last user left.
internal import CLMDB
internal import Platform

/// The count and sum of a table.
struct Seal: Hashable {
    static let table = "seal"

    var count: UInt64 = 0
    var sum: UInt64 = 0

    var bytes: [UInt8] {
        var out: [UInt8] = []
        appendLittleEndian(count, to: &out)
        appendLittleEndian(sum, to: &out)
        return out
    }

    init() {}

    init?(_ bytes: Span<UInt8>) {
        guard bytes.count == 16 else { return nil }
        count = loadLittleEndian(bytes, at: 0, as: UInt64.self)
        sum = loadLittleEndian(bytes, at: 8, as: UInt64.self)
    }

    /// Adds a value with this checksum.
    @inline(__always)
    mutating func add(_ checksum: UInt32) {
        count &+= 1
        sum &+= UInt64(checksum)
    }

    /// Takes a value with this checksum away.
    @inline(__always)
    mutating func remove(_ checksum: UInt32) {
        count &-= 1
        sum &-= UInt64(checksum)
    }
}

/// What a write transaction changes in the seals of its tables.
final class SealLedger {
    private struct Change {
        var table: Table
        /// What is added to the seal of before; it wraps around where more is taken away.
        var change = Seal()
        /// The seal of before counts no more.
        var isCleared = false
    }

    /// Those of the tables that it has changed, which are few.
    private var changes: [Change] = []

    /// Changes what a table must have.
    @inline(__always)
    func change(_ table: Table, _ body: (inout Seal) -> Void) { body(&changes[index(table)].change) }

    /// A table is empty from here on.
    func clear(_ table: Table) { changes[index(table)] = Change(table: table, isCleared: true) }

    @inline(__always)
    private func index(_ table: Table) -> Int {
        if let known = changes.firstIndex(where: { $0.table.dbi == table.dbi }) { return known }
        changes.append(Change(table: table))
        return changes.count - 1
    }

    /// Writes the seals that have changed.
    func write(_ transaction: borrowing WriteTransaction, in seals: Table) throws {
        for change in changes {
            let key = Array(change.table.name.utf8)
            var seal = Seal()
            if !change.isCleared, let stored = try transaction.value(for: key.span, in: seals) {
                guard let known = Seal(stored) else { throw LMDBError(code: MDB_CORRUPTED, call: "seal") }
                seal = known
            }
            seal.count &+= change.change.count
            seal.sum &+= change.change.sum
            let bytes = seal.bytes
            try transaction.put(bytes.span, for: key.span, in: seals)
        }
    }
}

extension ReadTransaction {
    /// Reads all values of tables with checksums, and compares what is there with their seals.
    ///
    /// - Throws: `ValueDamage` for the first table that is not what was written.
    borrowing func checkSeals(_ tables: [Table], in seals: Table) throws {
        for table in tables where table.seed != nil && table != seals {
            var found = Seal()
            var cursor = try cursor(in: table)
            while try cursor.next() { found.add(cursor.checksum) }
            let key = Array(table.name.utf8)
            var stated = Seal()
            if let stored = try value(for: key.span, in: seals), let seal = Seal(stored) { stated = seal }
            guard found == stated else { throw ValueDamage(mdb_txn_env(handle), table) }
        }
    }
}
