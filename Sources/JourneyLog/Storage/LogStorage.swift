// The log on disk, as readers and the writer share it: LMDB's environment with its four tables, and what is known of the store
// for as long as it is open. Nothing here changes what is stored.
internal import JourneyEvents
internal import LMDB
internal import Platform

/// The environment of a log.
final class LogStorage: Sendable {
    let files: StoreFiles
    let environment: Environment
    /// Blocks of events by first position.
    let blocks: Table
    /// Chunks of symbols by kind and first number.
    let symbols: Table
    /// What Rihla itself has written, by position.
    let own: Table
    /// Head and secret.
    let meta: Table
    /// The key of the store's hashes.
    let hashKey: HashKey
    /// The names of the properties that the index keeps.
    let keptNames: Set<String>

    init(_ files: StoreFiles, _ tables: LogTables, _ secret: StoreSecret, keptNames: Set<String>) {
        self.files = files
        environment = tables.environment
        (blocks, symbols, own, meta) = (tables.blocks, tables.symbols, tables.own, tables.meta)
        hashKey = secret.hashKey
        self.keptNames = keptNames
    }

    /// Runs `body` on a snapshot of the log's file.
    func read<R>(_ body: (borrowing ReadTransaction) throws -> R) throws -> R {
        try translating("read the log of \(files.directory)") { try environment.read(body) }
    }

    /// The head on a snapshot.
    func head(_ txn: borrowing ReadTransaction) throws -> LogHead {
        let key = LogHead.key
        return try decoded(txn.value(for: key.span, in: meta))
    }

    /// The head that the log has now, which nobody moves while the write transaction lasts.
    func head(_ txn: borrowing WriteTransaction) throws -> LogHead {
        let key = LogHead.key
        return try decoded(txn.value(for: key.span, in: meta))
    }

    private func decoded(_ value: Span<UInt8>?) throws -> LogHead {
        guard let value, let head = LogHead(value) else {
            throw RihlaError(.damaged, "the head record of \(files.log) is damaged", hint: LogStorage.damageHint)
        }
        return head
    }

    static let damageHint = "run `rihla verify` for all findings, then restore a copy of the store"

    func damaged(_ position: UInt64, _ what: String) -> RihlaError {
        RihlaError(
            .damaged,
            "the log of \(files.directory) is damaged: position \(position) \(what)",
            hint: LogStorage.damageHint
        )
    }

    func damagedSymbols() -> RihlaError {
        RihlaError(.damaged, "the symbol table of \(files.log) is damaged", hint: LogStorage.damageHint)
    }

    // MARK: What Rihla itself has written

    /// Those behind a position through another, in order of position.
    func ownEvents(after: UInt64, through last: UInt64, _ txn: borrowing ReadTransaction) throws -> [OwnEvent] {
        var found: [OwnEvent] = []
        guard after < last else { return found }
        var cursor = try txn.cursor(in: own)
        var more = try cursor.seek(atOrAfter: after + 1)
        while more, cursor.integerKey <= last {
            guard let event = OwnEvent(position: cursor.integerKey, cursor.value) else {
                throw damaged(cursor.integerKey, "is noted as Rihla's own, and the note is damaged")
            }
            found.append(event)
            more = try cursor.next()
        }
        return found
    }

    // MARK: Points

    /// Whether a point lies on the history that ends at a head. O(1): the block behind it names the hash of the one before.
    func proves(_ point: HistoryPoint, upTo head: LogHead) throws -> Bool {
        guard point.isOfHistory(of: head.point), point.position <= head.point.position else { return false }
        if point.position == head.point.position { return point.chain == head.point.chain }
        return try chain(at: point.position.rawValue, head) == point.chain
    }

    /// The chain hash at a position where a block ends; nil where none does.
    func chain(at position: UInt64, _ head: LogHead) throws -> [UInt8]? {
        if position == head.position { return head.point.chain }
        return try read { txn in
            guard let bytes = try txn.value(for: position + 1, in: blocks), bytes.count >= BlockFormat.header else {
                return nil
            }
            return BlockView.previousHash(bytes)
        }
    }

    /// The point at the end of the block that has a position.
    func point(atEndOfBlockWith position: UInt64, _ head: LogHead) throws -> HistoryPoint {
        guard position > 0 else { return HistoryPoint(startOf: head.point.storeID, epoch: head.point.epoch) }
        var point = head.point
        let end = try read { txn in
            var cursor = try txn.cursor(in: blocks)
            guard try seekBlock(&cursor, holding: position) else { throw damaged(position, "has no block") }
            let key = cursor.integerKey
            return try checked(cursor.value, key).count + Int(key) - 1
        }
        guard UInt64(end) < head.position else { return point }
        guard let chain = try chain(at: UInt64(end), head) else { throw damaged(UInt64(end) + 1, "has no block") }
        (point.position, point.chain) = (Position(UInt64(end)), chain)
        return point
    }
}

/// The tables of a log's environment.
struct LogTables {
    let environment: Environment
    let blocks: Table
    let symbols: Table
    let own: Table
    let meta: Table

    init(_ environment: Environment) throws {
        self.environment = environment
        blocks = try environment.table("blocks")
        symbols = try environment.table("symbols")
        own = try environment.table("own")
        meta = try environment.table("meta")
    }
}
