// A view on disk: its own LMDB environment with rows and checkpoint, always changed in one transaction. Two tables of rows
// take turns: a rebuild fills the one that does not serve, and the same commit that completes it swaps them.
internal import JourneyEvents
internal import JourneyLog
internal import LMDB

/// The stored rows of one read model.
final class ViewStore: Sendable {
    let path: String
    private let environment: Environment
    private let rows: [Table]
    private let parked: Table
    private let meta: Table
    private static let stateKey = Array("state".utf8)

    /// What a view was made from and how far it has come.
    struct State: Hashable {
        var storeID: [UInt8]
        var epoch: UInt32
        var checkpoint: UInt64
        var active: UInt8
        var definition: String

        var bytes: [UInt8] {
            var out = storeID
            out.appendInteger(epoch)
            out.appendInteger(checkpoint)
            out.append(active)
            out.append(contentsOf: definition.utf8)
            return out
        }

        init(head: LogHead, checkpoint: UInt64, active: UInt8, definition: String) {
            storeID = head.storeID
            epoch = head.epoch
            self.checkpoint = checkpoint
            self.active = active
            self.definition = definition
        }

        init?(_ bytes: Span<UInt8>) {
            guard bytes.count >= 29 else { return nil }
            storeID = bytes.array(0..<16)
            epoch = loadLittleEndian(bytes, at: 16, as: UInt32.self)
            checkpoint = loadLittleEndian(bytes, at: 20, as: UInt64.self)
            active = bytes[28] & 1
            definition = bytes.string(29..<bytes.count)
        }
    }

    init(at path: String, readOnly: Bool) throws {
        self.path = path
        var options = Environment.Options()
        options.create = !readOnly
        options.readOnly = readOnly
        options.allowRemoteFileSystem = true
        options.integerKeyTables = ["rows.0", "rows.1", "parked"]
        options.byteKeyTables = ["meta"]
        if !readOnly { try FileSystem.makeDirectory(path) }
        do {
            environment = try Environment.open(at: path, options: options)
        } catch  where !readOnly && !((error as? LMDBError).map { $0.code == 13 || $0.code == 1 } ?? false) {
            // A view can always be made anew from the log.
            try FileSystem.remove(path)
            try FileSystem.makeDirectory(path)
            environment = try Environment.open(at: path, options: options)
        }
        rows = [try environment.table("rows.0"), try environment.table("rows.1")]
        parked = try environment.table("parked")
        meta = try environment.table("meta")
    }

    deinit { environment.close() }

    var bytes: Int64 { environment.fileBytes() }

    func state() throws -> State? {
        try environment.read { txn in
            guard let value = try txn.value(for: ViewStore.stateKey.span, in: meta) else { return nil }
            return State(value)
        }
    }

    private func state(_ txn: borrowing WriteTransaction) throws -> State? {
        guard let value = try txn.value(for: ViewStore.stateKey.span, in: meta) else { return nil }
        return State(value)
    }

    /// One change of the view: rows to put or delete, and keys to park.
    struct Change {
        var rows: [(key: UInt32, bytes: [UInt8]?)] = []
        var parked: [(key: UInt32, reason: String)] = []
    }

    /// Applies a change on top of `from` and moves the checkpoint in the same transaction.
    func apply(_ change: Change, from: State, to: State) throws {
        try environment.write { txn in
            let stored = try state(txn)
            guard stored == from else { return }
            let table = rows[Int(from.active)]
            for row in change.rows {
                _ = try txn.delete(UInt64(row.key), in: parked)
                if let bytes = row.bytes {
                    try txn.put(bytes.span, for: UInt64(row.key), in: table)
                } else {
                    _ = try txn.delete(UInt64(row.key), in: table)
                }
            }
            try park(change.parked, table, txn)
            try txn.put(to.bytes.span, for: ViewStore.stateKey.span, in: meta)
        }
    }

    private func park(_ keys: [(key: UInt32, reason: String)], _ table: Table, _ txn: borrowing WriteTransaction) throws
    {
        for entry in keys {
            _ = try txn.delete(UInt64(entry.key), in: table)
            try txn.put(Array(entry.reason.utf8).span, for: UInt64(entry.key), in: parked)
        }
    }

    /// Fills the idle table with rows in ascending order of key and makes it serve, all in one transaction.
    func rebuild(head: LogHead, definition: String, _ next: () throws -> Change?) throws {
        try environment.write { txn in
            let stored = try state(txn)
            let active = 1 - (stored?.active ?? 1)
            let table = rows[Int(active)]
            try txn.clear(table)
            try txn.clear(parked)
            while let change = try next() {
                for row in change.rows {
                    if let bytes = row.bytes {
                        try txn.put(bytes.span, for: UInt64(row.key), in: table, append: true)
                    }
                }
                try park(change.parked, table, txn)
            }
            if let stored { try txn.clear(rows[Int(stored.active)]) }
            let state = State(head: head, checkpoint: head.position.rawValue, active: active, definition: definition)
            try txn.put(state.bytes.span, for: ViewStore.stateKey.span, in: meta)
        }
    }

    /// Visits the rows in ascending order of key.
    func each(_ body: (UInt32, Span<UInt8>) throws -> Void) throws {
        try environment.read { txn in
            guard let value = try txn.value(for: ViewStore.stateKey.span, in: meta), let state = State(value) else {
                return
            }
            var cursor = try txn.cursor(in: rows[Int(state.active)])
            var more = try cursor.first()
            while more {
                try body(UInt32(truncatingIfNeeded: cursor.integerKey), cursor.value)
                more = try cursor.next()
            }
        }
    }

    /// One row.
    func row(_ key: UInt32) throws -> [UInt8]? {
        try environment.read { txn in
            guard let value = try txn.value(for: ViewStore.stateKey.span, in: meta), let state = State(value),
                let bytes = try txn.value(for: UInt64(key), in: rows[Int(state.active)])
            else { return nil }
            return bytes.array(0..<bytes.count)
        }
    }

    func count() throws -> Int {
        guard let state = try state() else { return 0 }
        return try environment.read { txn in try txn.count(in: rows[Int(state.active)]) }
    }

    private func text(_ bytes: Span<UInt8>) -> String { bytes.string(0..<bytes.count) }

    /// The keys that wait, with the reason of each.
    func parkedKeys() throws -> [(key: UInt32, reason: String)] {
        try environment.read { txn in
            var found: [(key: UInt32, reason: String)] = []
            var cursor = try txn.cursor(in: parked)
            var more = try cursor.first()
            while more {
                let key = UInt32(truncatingIfNeeded: cursor.integerKey)
                found.append((key, text(cursor.value)))
                more = try cursor.next()
            }
            return found
        }
    }
}
