// Transactions exist only inside a closure that cannot suspend. Values that they hand out are views of LMDB's pages and end
// with them; the compiler sees to it. Values of tables with checksums are checked on the way out (StoredValue.swift).
internal import CLMDB

/// A snapshot.
package struct ReadTransaction: ~Copyable {
    let handle: OpaquePointer

    init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { mdb_txn_abort(handle) }

    /// The value of a number key; nil when there is none.
    ///
    /// - Throws: `LMDBError`; `ValueDamage` when the value is not the one that was put.
    @_lifetime(borrow self)
    package borrowing func value(for key: UInt64, in table: Table) throws -> Span<UInt8>? {
        guard let bytes = try get(handle, key, table) else { return nil }
        let span = Span(_unsafeElements: bytes)
        return _overrideLifetime(span, borrowing: self)
    }

    /// The value of a byte key; nil when there is none.
    ///
    /// - Throws: `LMDBError`; `ValueDamage` when the value is not the one that was put.
    @_lifetime(borrow self)
    package borrowing func value(for key: Span<UInt8>, in table: Table) throws -> Span<UInt8>? {
        guard let bytes = try get(handle, key, table) else { return nil }
        let span = Span(_unsafeElements: bytes)
        return _overrideLifetime(span, borrowing: self)
    }

    /// How many keys a table has.
    package borrowing func count(in table: Table) throws(LMDBError) -> Int { try entries(handle, table) }

    /// A cursor over a table.
    @_lifetime(borrow self)
    package borrowing func cursor(in table: Table) throws(LMDBError) -> Cursor {
        let opened = try Cursor.open(handle, table)
        return _overrideLifetime(Cursor(opened, table, nil), borrowing: self)
    }

    /// Visits all values of a table with checksums and calls `report` with the key of each that is damaged, on which reading
    /// it would throw; gives how many values it saw.
    package borrowing func checkValues(of table: Table, _ report: (Span<UInt8>) throws -> Void) throws -> Int {
        var cursor = try cursor(in: table)
        var seen = 0
        while let isSound = try cursor.nextChecked() {
            seen += 1
            if !isSound { try report(cursor.key) }
        }
        return seen
    }
}

/// The one write transaction of an environment.
package struct WriteTransaction: ~Copyable {
    let handle: OpaquePointer
    /// Notes what must be in tables with checksums; nil where there are none. Its owner outlives the transaction, which can only be
    /// committed as it is while it owns nothing itself.
    private let notes: Unmanaged<SealLedger>?
    var ledger: SealLedger? { notes?.takeUnretainedValue() }

    init(_ handle: OpaquePointer, _ ledger: SealLedger?) {
        self.handle = handle
        notes = ledger.map { Unmanaged.passUnretained($0) }
    }

    // Every path that does not commit rolls back.
    deinit { mdb_txn_abort(handle) }

    consuming func commit() throws(LMDBError) {
        let handle = self.handle
        // LMDB frees the handle even when the commit fails.
        discard self
        try LMDBError.check(mdb_txn_commit(handle), "mdb_txn_commit")
    }

    /// The value of a number key; nil when there is none.
    ///
    /// - Throws: `LMDBError`; `ValueDamage` when the value is not the one that was put.
    @_lifetime(borrow self)
    package borrowing func value(for key: UInt64, in table: Table) throws -> Span<UInt8>? {
        guard let bytes = try get(handle, key, table) else { return nil }
        let span = Span(_unsafeElements: bytes)
        return _overrideLifetime(span, borrowing: self)
    }

    /// The value of a byte key; nil when there is none.
    ///
    /// - Throws: `LMDBError`; `ValueDamage` when the value is not the one that was put.
    @_lifetime(borrow self)
    package borrowing func value(for key: Span<UInt8>, in table: Table) throws -> Span<UInt8>? {
        guard let bytes = try get(handle, key, table) else { return nil }
        let span = Span(_unsafeElements: bytes)
        return _overrideLifetime(span, borrowing: self)
    }

    /// How many keys a table has.
    package borrowing func count(in table: Table) throws(LMDBError) -> Int { try entries(handle, table) }

    /// A cursor over a table.
    @_lifetime(borrow self)
    package borrowing func cursor(in table: Table) throws(LMDBError) -> Cursor {
        let opened = try Cursor.open(handle, table)
        return _overrideLifetime(Cursor(opened, table, ledger), borrowing: self)
    }

    /// Puts a value under a number key; `append` asserts that the key is above all others and is faster.
    package borrowing func put(_ value: Span<UInt8>, for key: UInt64, in table: Table, append: Bool = false)
        throws(LMDBError)
    {
        var number = UInt(key)
        let code = withUnsafeMutableBytes(of: &number) { bytes in
            putRaw(handle, table, bytes, value, append, ledger)
        }
        try LMDBError.check(code, "mdb_put")
    }

    /// Puts a value under a byte key.
    package borrowing func put(_ value: Span<UInt8>, for key: Span<UInt8>, in table: Table, append: Bool = false)
        throws(LMDBError)
    {
        let code = key.withUnsafeBytes { bytes in
            putRaw(handle, table, UnsafeMutableRawBufferPointer(mutating: bytes), value, append, ledger)
        }
        try LMDBError.check(code, "mdb_put")
    }

    /// Deletes a number key; false when there was none.
    package borrowing func delete(_ key: UInt64, in table: Table) throws(LMDBError) -> Bool {
        var number = UInt(key)
        let code = withUnsafeMutableBytes(of: &number) { bytes in
            forget(handle, table, bytes, ledger)
            var data = MDB_val(mv_size: bytes.count, mv_data: bytes.baseAddress)
            return mdb_del(handle, table.dbi, &data, nil)
        }
        if code == LMDBError.notFound.code { return false }
        try LMDBError.check(code, "mdb_del")
        return true
    }

    /// Deletes a byte key; false when there was none.
    package borrowing func delete(_ key: Span<UInt8>, in table: Table) throws(LMDBError) -> Bool {
        let code = key.withUnsafeBytes { bytes in
            forget(handle, table, UnsafeMutableRawBufferPointer(mutating: bytes), ledger)
            var data = MDB_val(
                mv_size: bytes.count,
                mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress)
            )
            return mdb_del(handle, table.dbi, &data, nil)
        }
        if code == LMDBError.notFound.code { return false }
        try LMDBError.check(code, "mdb_del")
        return true
    }

    /// Empties a table.
    package borrowing func clear(_ table: Table) throws(LMDBError) {
        try LMDBError.check(mdb_drop(handle, table.dbi, 0), "mdb_drop")
        if table.seed != nil { ledger?.clear(table) }
    }
}

private func putRaw(
    _ handle: OpaquePointer,
    _ table: Table,
    _ key: UnsafeMutableRawBufferPointer,
    _ value: Span<UInt8>,
    _ append: Bool,
    _ ledger: SealLedger?
) -> Int32 {
    if !append { forget(handle, table, key, ledger) }
    var keyData = MDB_val(mv_size: key.count, mv_data: key.baseAddress)
    return StoredValue.put(value, key: UnsafeRawBufferPointer(key), table, append ? UInt32(MDB_APPEND) : 0, ledger) {
        data,
        flags in
        mdb_put(handle, table.dbi, &keyData, &data, flags)
    }
}

/// Takes the value that a key has, if it has one, out of what must be in its table.
private func forget(
    _ handle: OpaquePointer,
    _ table: Table,
    _ key: UnsafeMutableRawBufferPointer,
    _ ledger: SealLedger?
) {
    guard let ledger, table.seed != nil else { return }
    var keyData = MDB_val(mv_size: key.count, mv_data: key.baseAddress)
    var data = MDB_val()
    guard mdb_get(handle, table.dbi, &keyData, &data) == 0 else { return }
    let checksum = StoredValue.checksum(of: data)
    ledger.change(table) { $0.remove(checksum) }
}

private func entries(_ handle: OpaquePointer, _ table: Table) throws(LMDBError) -> Int {
    var stat = MDB_stat()
    try LMDBError.check(mdb_stat(handle, table.dbi, &stat), "mdb_stat")
    return stat.ms_entries
}

private func get(_ handle: OpaquePointer, _ key: UInt64, _ table: Table) throws -> UnsafeBufferPointer<UInt8>? {
    var number = UInt(key)
    return try withUnsafeMutableBytes(of: &number) { bytes in try get(handle, bytes, table) }
}

private func get(_ handle: OpaquePointer, _ key: Span<UInt8>, _ table: Table) throws -> UnsafeBufferPointer<UInt8>? {
    try key.withUnsafeBytes { bytes in try get(handle, UnsafeMutableRawBufferPointer(mutating: bytes), table) }
}

private func get(_ handle: OpaquePointer, _ key: UnsafeMutableRawBufferPointer, _ table: Table) throws
    -> UnsafeBufferPointer<UInt8>?
{
    var keyData = MDB_val(mv_size: key.count, mv_data: key.baseAddress)
    var data = MDB_val()
    let code = mdb_get(handle, table.dbi, &keyData, &data)
    if code == LMDBError.notFound.code { return nil }
    try LMDBError.check(code, "mdb_get")
    guard StoredValue.unwrap(&data, key: keyData, table) else {
        throw ValueDamage(mdb_txn_env(handle), table)
    }
    return UnsafeBufferPointer(start: data.mv_data?.assumingMemoryBound(to: UInt8.self), count: data.mv_size)
}
