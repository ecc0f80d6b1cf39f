// Reads the log from its first block to its head and says what is not as it was written.
internal import JourneyEvents
internal import LMDB
internal import Platform

struct LogVerifier {
    private let storage: LogStorage
    private let head: LogHead
    /// How many symbols of each kind chunks have shown so far.
    private var seen = [UInt32](repeating: 0, count: SymbolKind.allCases.count)
    private(set) var report: VerifyReport
    private var expected: UInt64 = 1
    private var chain = [UInt8](repeating: 0, count: 32)
    private var clock = Int64.min
    /// The texts of types and property keys, as far as they can be read.
    private let types: [String]
    private let keys: [String]
    /// What Rihla itself has written, as blocks have it.
    private var own: [OwnEvent] = []

    init(_ snapshot: LogSnapshot, report: VerifyReport) {
        storage = snapshot.storage
        head = snapshot.end
        self.report = report
        // Damaged symbols are found block by block.
        types = (try? snapshot.symbolTexts(.type)) ?? []
        keys = (try? snapshot.symbolTexts(.propertyKey)) ?? []
    }

    /// Reads everything.
    mutating func run(isExamined: Bool) throws {
        try runBlocks()
        try checkSymbolCounts()
        try checkOwnEvents()
        try checkHeadFile(isExamined: isExamined)
    }

    private mutating func runBlocks() throws {
        var more = true
        while more, report.findings.count < VerifyReport.largest {
            // Chunks of blocks, so that no snapshot lives long.
            more = try storage.read { txn in try readBlocks(txn, limit: 512) }
        }
        if expected != head.position + 1 {
            report.find("gap", expected, "the log ends before position \(head.position)")
        } else if chain != head.point.chain {
            report.find("head", head.position, "the head's chain hash differs from that of the last block")
        } else if head.position > 0, clock != head.recordedAt {
            report.find("head", head.position, "the head's recorded_at differs from that of the last block")
        }
    }

    private mutating func readBlocks(_ txn: borrowing ReadTransaction, limit: Int) throws -> Bool {
        var cursor = try txn.cursor(in: storage.blocks)
        guard try cursor.seek(atOrAfter: expected) else { return false }
        for _ in 0..<limit {
            let key = cursor.integerKey
            if key > head.position { return false }
            try check(cursor.value, key, txn)
            guard try cursor.next() else { return false }
        }
        return true
    }

    private mutating func check(_ bytes: Span<UInt8>, _ key: UInt64, _ txn: borrowing ReadTransaction) throws {
        report.blocks += 1
        if key > expected {
            report.find("gap", expected, "positions \(expected) to \(key - 1) are missing")
        } else if key < expected {
            report.find("gap", key, "the block at \(key) starts before the end of the one before it")
        }
        guard bytes.count >= BlockFormat.header else {
            report.find("checksum", key, "the block at \(key) is too short")
            expected = key + 1
            return
        }
        if BlockView.previousHash(bytes) != chain {
            report.find("chain", key, "the block at \(key) does not follow the one before it")
        }
        chain = BlockView.chain(bytes)
        guard let block = try? BlockView(bytes, key: key) else {
            report.find("checksum", key, "the checksum of the block at \(key) does not hold")
            // How many events it had cannot be trusted, but is the best guess: the next block's key tells.
            expected = key + max(1, UInt64(loadLittleEndian(bytes, at: 6, as: UInt16.self)))
            return
        }
        if block.isRewritten { report.find("chain", key, "the block at \(key) was rewritten without an erasure") }
        if block.recordedAt < clock { report.find("clock", key, "recorded_at goes back at \(key)") }
        clock = block.recordedAt
        for index in 0..<block.count { checkRecord(index, block, bytes, key + UInt64(index)) }
        if let digest = block.symbolDigest(bytes) { try checkSymbols(digest, key, txn) }
        report.events += block.count
        expected = key + UInt64(block.count)
    }

    private mutating func checkRecord(_ index: Int, _ block: BlockView, _ bytes: Span<UInt8>, _ position: UInt64) {
        var unknown: (SymbolKind, UInt32)?
        do {
            let record = try RecordView(bytes, try block.record(index, bytes))
            try record.check(bytes) { kind, number in
                if number == 0 || number > head.symbols[Int(kind.rawValue) - 1] { unknown = (kind, number) }
            }
            if block.isOwn { own.append(try ownEvent(record, bytes, position)) }
        } catch {
            return report.find("record", position, "the record at \(position) cannot be read")
        }
        guard let (kind, number) = unknown else { return }
        report.find("symbols", position, "the record at \(position) names the \(kind) \(number), which does not exist")
    }

    /// Compares the symbols that a commit added with what its last block says of them.
    private mutating func checkSymbols(_ digest: [UInt8], _ key: UInt64, _ txn: borrowing ReadTransaction) throws {
        let kinds = loadLittleEndian(digest.span, at: 0, as: UInt16.self)
        var found = SymbolDigest()
        for kind in SymbolKind.allCases where kinds >> UInt16(kind.rawValue - 1) & 1 == 1 {
            let first = Int(seen[Int(kind.rawValue) - 1]) + 1
            let symbolKey = SymbolChunk.key(kind, first)
            guard let bytes = try txn.value(for: symbolKey, in: storage.symbols), bytes.count >= 12 else {
                report.find(
                    "symbols",
                    key,
                    "the \(kind) symbols from \(first), which the block at \(key) added, are gone"
                )
                return
            }
            found.add(bytes, kind: kind, key: symbolKey)
            do {
                let chunk = try SymbolChunk(bytes, key: symbolKey)
                seen[Int(kind.rawValue) - 1] += UInt32(chunk.count)
                for index in 0..<chunk.count { _ = try chunk.text(index, bytes) }
            } catch {
                report.find(
                    "symbols",
                    key,
                    "the \(kind) symbols from \(first), which the block at \(key) added, are damaged"
                )
                return
            }
        }
        if found.bytes != digest {
            report.find("symbols", key, "the symbols that the block at \(key) added are not those that it had")
        }
    }

    /// What the log must note of one of Rihla's own events.
    private func ownEvent(_ record: RecordView, _ bytes: Span<UInt8>, _ position: UInt64) throws -> OwnEvent {
        let type = Int(record.type) <= types.count && record.type > 0 ? types[Int(record.type) - 1] : ""
        let hides = try OwnEvent.hides(type: type, at: position) { name in
            var found: String?
            try record.eachProperty(bytes) { key, value in
                if key > 0, Int(key) <= keys.count, keys[Int(key) - 1] == name { found = bytes.string(value) }
            }
            return found
        }
        return OwnEvent(position: position, type: record.type, hides: hides)
    }

    private mutating func checkSymbolCounts() throws {
        for kind in SymbolKind.allCases {
            let (shown, stated) = (seen[Int(kind.rawValue) - 1], head.symbols[Int(kind.rawValue) - 1])
            guard shown != stated else { continue }
            report.find("symbols", nil, "blocks have added \(shown) \(kind) symbols, the head states \(stated)")
        }
        // Other processes may have appended since, but never below what is known.
        let stored = try storage.read { txn in try txn.count(in: storage.symbols) }
        if stored == 0, head.symbols.contains(where: { $0 > 0 }) {
            report.find("symbols", nil, "the symbol table is empty")
        }
    }

    /// Compares the notes of Rihla's own events with those that blocks have.
    private mutating func checkOwnEvents() throws {
        do {
            let noted = try storage.read { txn in try storage.ownEvents(after: 0, through: head.position, txn) }
            guard noted != own || own.count != Int(head.ownEvents) else { return }
            report.find("own", nil, "the notes of Rihla's own events are not those that the log has")
        } catch let error as RihlaError where error.code == .damaged {
            report.find("own", nil, error.message)
        }
    }

    /// Compares HEAD with the log.
    private mutating func checkHeadFile(isExamined: Bool) throws {
        // A log that is open was compared when it was opened, and others may be ahead of what this one knows.
        guard let pinned = try HeadFile(path: storage.files.head).point() else {
            guard head.position > 0 else { return }
            return report.find("head", nil, "HEAD is missing or damaged; the next commit writes it anew")
        }
        let last = head.position
        if !pinned.isOfHistory(of: head.point) {
            report.find("head", nil, "HEAD belongs to another store")
        } else if pinned.position > head.point.position, isExamined {
            let now = try storage.read { txn in try storage.head(txn) }
            guard pinned.position > now.point.position else { return }
            let stated = pinned.position.rawValue
            report.find("head", last, "the history is shortened: HEAD says \(stated), the log ends at \(last)")
        } else if pinned.position <= head.point.position, try !storage.proves(pinned, upTo: head) {
            report.find("head", pinned.position.rawValue, "HEAD and the log disagree about the chain hash")
        }
    }
}
