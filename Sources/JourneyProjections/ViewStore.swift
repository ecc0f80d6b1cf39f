// A view on disk: its own LMDB environment with rows, parked keys and checkpoint, always changed in one transaction. Two
// tables of rows take turns: a rebuild fills the one that does not serve, and its last commit swaps them. Whatever is wrong with
// it, it can be made anew from the log.
internal import JourneyEvents
internal import JourneyLog
internal import LMDB
internal import Platform
internal import Synchronization

/// The stored rows of one read model.
final class ViewStore: Sendable {
    /// An open environment and its tables.
    fileprivate struct Opened: Sendable {
        let environment: Environment
        let rows: [Table]
        let parked: [Table]
        let meta: Table

        init(at path: String, _ options: Environment.Options) throws {
            environment = try Environment.open(at: path, options: options)
            do {
                rows = [try environment.table("rows.0"), try environment.table("rows.1")]
                parked = [try environment.table("parked.0"), try environment.table("parked.1")]
                meta = try environment.table("meta")
                // Nothing says that the file is what its last user left: all of it is read, and compared with what was counted.
                if environment.wasUnclean { try environment.checkValues() }
                try environment.markSound()
            } catch {
                environment.close()
                throw error
            }
        }
    }

    private let name: String
    private let path: String
    private let files: StoreFiles
    private let isReadOnly: Bool
    /// What was wrong with the view that was there when this one was opened, and is gone since.
    let damageAtOpen: String?
    /// Nil when the store may only be read and the view has not been made, or cannot be read.
    private let opened: Mutex<Opened?>
    /// Whether the view was made anew because it was damaged.
    private let isHealed = Atomic<Bool>(false)
    static let stateKey = Array("state".utf8)
    static let buildingKey = Array("building".utf8)

    /// Opens the view of a read model; where the store may be written it is made when it is not there, and anew when it is
    /// damaged.
    init(_ name: String, at path: String, of files: StoreFiles, readOnly: Bool) throws {
        (self.name, self.path, self.files, isReadOnly) = (name, path, files, readOnly)
        let found = try ViewStore.open(path, readOnly: readOnly, files)
        opened = Mutex(found.view)
        damageAtOpen = found.damage
    }

    private static func options(readOnly: Bool) -> Environment.Options {
        var options = Environment.Options()
        options.create = !readOnly
        options.readOnly = readOnly
        options.allowRemoteFileSystem = true
        options.checksums = true
        options.check = .unlessMarked
        options.integerKeyTables = ["rows.0", "rows.1", "parked.0", "parked.1"]
        options.byteKeyTables = ["meta"]
        return options
    }

    private static func open(_ path: String, readOnly: Bool, _ files: StoreFiles) throws -> (
        view: Opened?, damage: String?
    ) {
        // What cannot be read is folded in memory.
        if readOnly { return (FileSystem.isLink(path) ? nil : try? Opened(at: path, options(readOnly: true)), nil) }
        do {
            return (try openOrMake(path), nil)
        } catch  where isDamage(error) || isGone(error) {
            // Another process may be making it anew, or have done so a moment ago.
            return try StoreLock(files).hold {
                do {
                    return (try openOrMake(path), nil)
                } catch  where isDamage(error) {
                    try FileSystem.removeAtOnce(path)
                    return (try openOrMake(path), "it was damaged: \(error)")
                }
            }
        }
    }

    private static func openOrMake(_ path: String) throws -> Opened {
        if FileSystem.isLink(path) { throw FileError.link(path) }
        try FileSystem.makeDirectory(path)
        return try Opened(at: path, options(readOnly: false))
    }

    private static func isDamage(_ error: any Error) -> Bool {
        (error as? LMDBError)?.isDamage == true || error is FileCheckError || error is ValueDamage
            || (error as? FileError)?.isLink == true
    }

    /// Whether the directory went while it was being opened.
    private static func isGone(_ error: any Error) -> Bool {
        (error as? FileError)?.isAbsent == true || (error as? LMDBError)?.isAbsent == true
    }

    deinit { close() }

    /// Lets the environment go; whoever asks afterwards finds no view.
    func close() {
        opened.withLock { opened in
            opened?.environment.close()
            opened = nil
        }
    }

    private var current: Opened? { opened.withLock { $0 } }

    /// Bytes on disk.
    var bytes: Int64 { current?.environment.fileBytes() ?? 0 }

    /// Makes the view empty in which a reader has come upon a fault, unless that has happened since: whoever asks next makes it
    /// anew from the log.
    ///
    /// - Throws: `RihlaError` with code `damaged` when it was damaged in this process before.
    func heal(_ fault: DerivedFault) throws {
        try opened.withLock { opened in
            guard let old = opened else { return }
            if let environment = fault.environment, environment != ObjectIdentifier(old.environment) { return }
            if isReadOnly {
                opened = nil
                return
            }
            if isHealed.exchange(true, ordering: .acquiringAndReleasing) { throw fault.unreliable }
            opened = try translating("make the view \(name) anew") {
                try StoreLock(files).hold {
                    if try old.environment.isFile(at: path + "/data.mdb") { try FileSystem.removeAtOnce(path) }
                    return try ViewStore.openOrMake(path)
                }
            }
        }
    }

    /// Reads all of the view's file; makes it empty when it is damaged, where that is allowed. Gives what was wrong with it.
    func verify() throws -> String? {
        guard let opened = current else { return nil }
        if let damageAtOpen, try state() == nil { return damageAtOpen }
        do {
            try readingDerived(.view(name), of: opened.environment) {
                let pages = try opened.environment.read { _ in try FileCheck.walk(dataFile: path + "/data.mdb") }
                if let page = pages.first {
                    throw DerivedFault(.view(name), "page \(page.page): \(page.reason)", of: opened.environment)
                }
                try opened.environment.checkValues()
            }
            return nil
        } catch let fault as DerivedFault {
            try heal(fault)
            return fault.reason
        }
    }

    // MARK: Reading

    private func read<R>(_ body: (borrowing ReadTransaction, Opened, ViewState) throws -> R) throws -> R? {
        guard let opened = current else { return nil }
        return try readingDerived(.view(name), of: opened.environment) {
            try opened.environment.read { txn in
                let key = ViewStore.stateKey
                guard let value = try txn.value(for: key.span, in: opened.meta), let state = ViewState(value) else {
                    return nil
                }
                return try body(txn, opened, state)
            }
        }
    }

    /// What the view says of itself; nil when it was never made.
    func state() throws -> ViewState? { try read { _, _, state in state } }

    /// State, number of rows and parked keys at one moment.
    func summary() throws -> (state: ViewState, rows: Int, parked: [ParkedKey])? {
        try read { txn, opened, state in
            (state, try txn.count(in: opened.rows[Int(state.active)]), try parkedKeys(txn, opened, state))
        }
    }

    /// Visits the rows in ascending order of key if the view meets a need, and gives its parked keys; nil when it does not.
    func each(_ need: ViewNeed, _ body: (UInt32, Span<UInt8>) throws -> Void) throws -> [ParkedKey]? {
        let found = try read { txn, opened, state -> [ParkedKey]? in
            guard need.isMet(by: state) else { return nil }
            var cursor = try txn.cursor(in: opened.rows[Int(state.active)])
            var more = try cursor.first()
            while more {
                try body(UInt32(truncatingIfNeeded: cursor.integerKey), cursor.value)
                more = try cursor.next()
            }
            return try parkedKeys(txn, opened, state)
        }
        return found ?? nil
    }

    /// One row, if the view meets a need, and the view's parked keys; nil when it does not.
    func row(_ key: UInt32, _ need: ViewNeed) throws -> (row: [UInt8]?, parked: [ParkedKey])? {
        let found = try read { txn, opened, state -> (row: [UInt8]?, parked: [ParkedKey])? in
            guard need.isMet(by: state) else { return nil }
            let parked = try parkedKeys(txn, opened, state)
            guard let bytes = try txn.value(for: UInt64(key), in: opened.rows[Int(state.active)]) else {
                return (nil, parked)
            }
            return (bytes.array(0..<bytes.count), parked)
        }
        return found ?? nil
    }

    private func parkedKeys(_ txn: borrowing ReadTransaction, _ opened: Opened, _ state: ViewState) throws
        -> [ParkedKey]
    {
        let table = opened.parked[Int(state.active)]
        guard try txn.count(in: table) > 0 else { return [] }
        var found: [ParkedKey] = []
        var cursor = try txn.cursor(in: table)
        var more = try cursor.first()
        while more {
            found.append(ViewStore.parkedKey(cursor.integerKey, cursor.value))
            more = try cursor.next()
        }
        return found
    }

    private static func parkedKey(_ key: UInt64, _ bytes: Span<UInt8>) -> ParkedKey {
        ParkedKey(
            key: UInt32(truncatingIfNeeded: key),
            position: bytes.count >= 8 ? loadLittleEndian(bytes, at: 0, as: UInt64.self) : 0,
            reason: bytes.string(min(8, bytes.count)..<bytes.count)
        )
    }

    // MARK: Writing

    private func write(_ opened: Opened, _ body: (borrowing WriteTransaction) throws -> Void) throws {
        try readingDerived(.view(name), of: opened.environment) { try opened.environment.write(body) }
    }

    private func writable() throws -> Opened {
        guard !isReadOnly, let opened = current else {
            throw RihlaError(.permission, "the store may only be read")
        }
        return opened
    }

    private func state(_ txn: borrowing WriteTransaction, _ meta: Table) throws -> ViewState? {
        let key = ViewStore.stateKey
        guard let value = try txn.value(for: key.span, in: meta) else { return nil }
        return ViewState(value)
    }

    private func put(_ state: ViewState, _ txn: borrowing WriteTransaction, _ meta: Table) throws {
        let (key, bytes) = (ViewStore.stateKey, state.bytes)
        try txn.put(bytes.span, for: key.span, in: meta)
    }

    private func park(_ batch: RowBatch, _ table: Table, _ txn: borrowing WriteTransaction) throws {
        for entry in batch.parked {
            var value: [UInt8] = []
            value.appendInteger(entry.position)
            value.append(contentsOf: entry.reason.utf8.prefix(1_000))
            try txn.put(value.span, for: UInt64(entry.key), in: table)
        }
    }

    /// Puts folded keys over those of the view and moves its checkpoint, all in one transaction. Changes nothing when the
    /// view is not what it was.
    func apply(_ batch: RowBatch, from: ViewState, to: ViewState) throws {
        let opened = try writable()
        try write(opened) { txn in
            guard try state(txn, opened.meta) == from else { return }
            let table = opened.rows[Int(from.active)]
            let waiting = opened.parked[Int(from.active)]
            let hasParked = try txn.count(in: waiting) > 0
            for index in 0..<batch.count {
                if hasParked { _ = try txn.delete(UInt64(batch.key(index)), in: waiting) }
                if !batch.hasRow(index) { _ = try txn.delete(UInt64(batch.key(index)), in: table) }
            }
            try batch.eachRow { key, bytes in try txn.put(bytes, for: UInt64(key), in: table) }
            try park(batch, waiting, txn)
            try put(to, txn, opened.meta)
        }
    }

    /// A rebuild that is under way.
    struct Rebuild {
        /// Names the rebuild, so that it notices when another one, of another process, takes its place.
        fileprivate let token = FileSystem.randomBytes(16)
        /// The tables that it fills; nil before its first commit.
        fileprivate var table: Int?
        fileprivate let opened: Opened
    }

    /// Begins a rebuild. Its commits are not synced: what they write can be made anew from the log, and a file that is not what
    /// it was when it was last found sound is looked at before it is used.
    func begin() throws -> Rebuild {
        let opened = try writable()
        try opened.environment.setSync(false)
        return Rebuild(opened: opened)
    }

    /// Ends a rebuild.
    func end(_ rebuild: Rebuild) throws { try rebuild.opened.environment.setSync(true) }

    /// Adds rows in ascending order of key, in one transaction, to the tables that do not serve; `rebuild` is from ``begin()``.
    /// `body` is given what puts them there; when it gives a state the rebuild is complete and its tables serve from this commit
    /// on.
    func fill(_ rebuild: inout Rebuild, _ body: ((RowBatch) throws -> Void) throws -> ViewState?) throws {
        var table = rebuild.table
        let opened = rebuild.opened
        try write(opened) { txn in
            let serving = try state(txn, opened.meta).map { Int($0.active) }
            if let table {
                guard table != serving, try isBuilding(rebuild, txn) else {
                    throw RihlaError(.busy, "another process makes the view at \(path) anew")
                }
            } else {
                let idle = serving == 0 ? 1 : 0
                try txn.clear(opened.rows[idle])
                try txn.clear(opened.parked[idle])
                let key = ViewStore.buildingKey
                try txn.put(rebuild.token.span, for: key.span, in: opened.meta)
                table = idle
            }
            guard let table else { return }
            let done = try body { batch in
                var cursor = try txn.cursor(in: opened.rows[table])
                try batch.eachRow { key, bytes in try cursor.append(bytes, for: UInt64(key)) }
                try park(batch, opened.parked[table], txn)
            }
            guard var state = done else { return }
            state.active = UInt8(table)
            try put(state, txn, opened.meta)
            let key = ViewStore.buildingKey
            _ = try txn.delete(key.span, in: opened.meta)
            try txn.clear(opened.rows[1 - table])
            try txn.clear(opened.parked[1 - table])
        }
        rebuild.table = table
    }

    private func isBuilding(_ rebuild: Rebuild, _ txn: borrowing WriteTransaction) throws -> Bool {
        let key = ViewStore.buildingKey
        guard let token = try txn.value(for: key.span, in: rebuild.opened.meta) else { return false }
        return token.array(0..<token.count) == rebuild.token
    }

    /// Gives the room of an unfinished rebuild back.
    func abandon(_ rebuild: Rebuild) throws {
        if let table = rebuild.table {
            try write(rebuild.opened) { txn in
                guard try isBuilding(rebuild, txn) else { return }
                try txn.clear(rebuild.opened.rows[table])
                try txn.clear(rebuild.opened.parked[table])
                let key = ViewStore.buildingKey
                _ = try txn.delete(key.span, in: rebuild.opened.meta)
            }
        }
        try end(rebuild)
    }
}
