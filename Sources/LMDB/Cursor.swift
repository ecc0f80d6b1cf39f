// A cursor walks a table in order of key. What it shows of an entry is valid until it moves.
internal import CLMDB

/// A place in a table.
package struct Cursor: ~Copyable, ~Escapable {
    private let handle: OpaquePointer
    private var keyData = MDB_val()
    private var valueData = MDB_val()

    @_lifetime(immortal)
    init(_ handle: OpaquePointer) { self.handle = handle }

    /// Opens LMDB's cursor; the caller ties its lifetime to the transaction.
    static func open(_ transaction: OpaquePointer, _ table: Table) throws(LMDBError) -> OpaquePointer {
        var opened: OpaquePointer?
        let code = mdb_cursor_open(transaction, table.dbi, &opened)
        guard code == 0, let opened else { throw LMDBError(code: code, call: "mdb_cursor_open") }
        return opened
    }

    deinit { mdb_cursor_close(handle) }

    private mutating func move(_ operation: MDB_cursor_op) throws(LMDBError) -> Bool {
        var foundKey = MDB_val()
        var foundValue = MDB_val()
        let code = mdb_cursor_get(handle, &foundKey, &foundValue, operation)
        if code == LMDBError.notFound.code { return false }
        try LMDBError.check(code, "mdb_cursor_get")
        keyData = foundKey
        valueData = foundValue
        return true
    }

    /// Moves to the first key at or above a number.
    package mutating func seek(atOrAfter key: UInt64) throws(LMDBError) -> Bool {
        var number = UInt(key)
        var foundKey = MDB_val()
        var foundValue = MDB_val()
        let code = withUnsafeMutableBytes(of: &number) { bytes in
            foundKey = MDB_val(mv_size: bytes.count, mv_data: bytes.baseAddress)
            return mdb_cursor_get(handle, &foundKey, &foundValue, MDB_SET_RANGE)
        }
        if code == LMDBError.notFound.code { return false }
        try LMDBError.check(code, "mdb_cursor_get")
        keyData = foundKey
        valueData = foundValue
        return true
    }

    /// Moves to the first key at or above some bytes.
    package mutating func seek(atOrAfter key: Span<UInt8>) throws(LMDBError) -> Bool {
        var foundKey = MDB_val()
        var foundValue = MDB_val()
        let code = key.withUnsafeBytes { bytes in
            foundKey = MDB_val(
                mv_size: bytes.count,
                mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress)
            )
            return mdb_cursor_get(handle, &foundKey, &foundValue, MDB_SET_RANGE)
        }
        if code == LMDBError.notFound.code { return false }
        try LMDBError.check(code, "mdb_cursor_get")
        keyData = foundKey
        valueData = foundValue
        return true
    }

    /// Moves to the first entry; false when there is none.
    package mutating func first() throws(LMDBError) -> Bool { try move(MDB_FIRST) }
    /// Moves to the last entry; false when there is none.
    package mutating func last() throws(LMDBError) -> Bool { try move(MDB_LAST) }
    /// Moves on; false at the end.
    package mutating func next() throws(LMDBError) -> Bool { try move(MDB_NEXT) }
    /// Moves back; false at the start.
    package mutating func previous() throws(LMDBError) -> Bool { try move(MDB_PREV) }

    /// Puts a value under a number key, which must be above all others, in a write transaction. A cursor that only appends stays
    /// where it is and searches for no place. What it shows afterwards is not said.
    package mutating func append(_ value: Span<UInt8>, for key: UInt64) throws(LMDBError) {
        var number = UInt(key)
        let code = withUnsafeMutableBytes(of: &number) { key in
            value.withUnsafeBytes { bytes in
                var keyData = MDB_val(mv_size: key.count, mv_data: key.baseAddress)
                var data = MDB_val(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
                return mdb_cursor_put(handle, &keyData, &data, UInt32(MDB_APPEND))
            }
        }
        try LMDBError.check(code, "mdb_cursor_put")
    }

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
