// A cursor walks a table in order of key. What it shows of an entry is valid until it moves.
internal import CLMDB

/// A place in a table.
package struct Cursor: ~Copyable, ~Escapable {
    private let handle: OpaquePointer
    private let table: Table
    /// What the write transaction notes of changes; nil in a snapshot, and where values have no checksums.
    private let ledger: SealLedger?
    private var keyData = MDB_val()
    private var valueData = MDB_val()

    @_lifetime(immortal)
    init(_ handle: OpaquePointer, _ table: Table, _ ledger: SealLedger?) {
        self.handle = handle
        self.table = table
        self.ledger = ledger
    }

    /// Opens LMDB's cursor; the caller ties its lifetime to the transaction.
    static func open(_ transaction: OpaquePointer, _ table: Table) throws(LMDBError) -> OpaquePointer {
        var opened: OpaquePointer?
        let code = mdb_cursor_open(transaction, table.dbi, &opened)
        guard code == 0, let opened else { throw LMDBError(code: code, call: "mdb_cursor_open") }
        return opened
    }

    deinit { mdb_cursor_close(handle) }

    private mutating func move(_ operation: MDB_cursor_op) throws -> Bool {
        var foundKey = MDB_val()
        var foundValue = MDB_val()
        let code = mdb_cursor_get(handle, &foundKey, &foundValue, operation)
        return try arrive(code, foundKey, foundValue)
    }

    /// Takes up the entry to which LMDB has moved. One that is damaged is not shown; the next move goes on behind it.
    private mutating func arrive(_ code: Int32, _ foundKey: MDB_val, _ foundValue: MDB_val) throws -> Bool {
        if code == LMDBError.notFound.code { return false }
        try LMDBError.check(code, "mdb_cursor_get")
        var foundValue = foundValue
        guard StoredValue.unwrap(&foundValue, key: foundKey, table) else {
            (keyData, valueData) = (MDB_val(), MDB_val())
            throw ValueDamage(mdb_txn_env(mdb_cursor_txn(handle)), table)
        }
        keyData = foundKey
        valueData = foundValue
        return true
    }

    /// Moves on, or to the first entry, and says whether the value there is sound; nil at the end. It shows the key alone.
    mutating func nextChecked() throws -> Bool? {
        var foundKey = MDB_val()
        var foundValue = MDB_val()
        let code = mdb_cursor_get(handle, &foundKey, &foundValue, MDB_NEXT)
        if code == LMDBError.notFound.code { return nil }
        try LMDBError.check(code, "mdb_cursor_get")
        (keyData, valueData) = (foundKey, MDB_val())
        return StoredValue.unwrap(&foundValue, key: foundKey, table)
    }

    /// Moves to the first key at or above a number. Like each move, throws `LMDBError`, or `ValueDamage` when the value there is
    /// not the one that was put.
    package mutating func seek(atOrAfter key: UInt64) throws -> Bool {
        var number = UInt(key)
        var foundKey = MDB_val()
        var foundValue = MDB_val()
        let code = withUnsafeMutableBytes(of: &number) { bytes in
            foundKey = MDB_val(mv_size: bytes.count, mv_data: bytes.baseAddress)
            return mdb_cursor_get(handle, &foundKey, &foundValue, MDB_SET_RANGE)
        }
        return try arrive(code, foundKey, foundValue)
    }

    /// Moves to the first key at or above some bytes.
    package mutating func seek(atOrAfter key: Span<UInt8>) throws -> Bool {
        var foundKey = MDB_val()
        var foundValue = MDB_val()
        let code = key.withUnsafeBytes { bytes in
            foundKey = MDB_val(
                mv_size: bytes.count,
                mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress)
            )
            return mdb_cursor_get(handle, &foundKey, &foundValue, MDB_SET_RANGE)
        }
        return try arrive(code, foundKey, foundValue)
    }

    /// Moves to the first entry; false when there is none.
    package mutating func first() throws -> Bool { try move(MDB_FIRST) }
    /// Moves to the last entry; false when there is none.
    package mutating func last() throws -> Bool { try move(MDB_LAST) }
    /// Moves on; false at the end.
    package mutating func next() throws -> Bool { try move(MDB_NEXT) }
    /// Moves back; false at the start.
    package mutating func previous() throws -> Bool { try move(MDB_PREV) }

    /// Puts a value under a number key, which must be above all others, in a write transaction. A cursor that only appends stays
    /// where it is and searches for no place. What it shows afterwards is not said.
    package mutating func append(_ value: Span<UInt8>, for key: UInt64) throws(LMDBError) {
        var number = UInt(key)
        let code = withUnsafeMutableBytes(of: &number) { key in
            var keyData = MDB_val(mv_size: key.count, mv_data: key.baseAddress)
            return StoredValue.put(value, key: UnsafeRawBufferPointer(key), table, UInt32(MDB_APPEND), ledger) {
                data,
                flags in
                mdb_cursor_put(handle, &keyData, &data, flags)
            }
        }
        try LMDBError.check(code, "mdb_cursor_put")
    }

    /// The checksum of the value, in a table that has them.
    var checksum: UInt32 { StoredValue.checksum(behind: valueData) }

    /// The key of a table whose keys are numbers.
    package var integerKey: UInt64 {
        guard keyData.mv_size == 8, let pointer = keyData.mv_data else { return 0 }
        return UInt64(pointer.loadUnaligned(as: UInt.self))
    }

    /// The key's bytes.
    package var key: Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get {
            let bytes = UnsafeBufferPointer(
                start: keyData.mv_data?.assumingMemoryBound(to: UInt8.self),
                count: keyData.mv_size
            )
            let span = Span(_unsafeElements: bytes)
            return _overrideLifetime(span, borrowing: self)
        }
    }

    /// The value's bytes.
    package var value: Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get {
            let bytes = UnsafeBufferPointer(
                start: valueData.mv_data?.assumingMemoryBound(to: UInt8.self),
                count: valueData.mv_size
            )
            let span = Span(_unsafeElements: bytes)
            return _overrideLifetime(span, borrowing: self)
        }
    }
}
