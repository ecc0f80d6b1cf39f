// Reads the log from its first block to its head and says what is not as it was written.
internal import JourneyEvents
internal import LMDB
internal import Platform
internal import Synchronization

struct LogVerifier {
    private let log: EventLog
    private let head: LogHead
    /// How many symbols of each kind the head states, and how many chunks have shown so far.
    private let counts: [UInt32]
    private var seen = [UInt32](repeating: 0, count: SymbolKind.allCases.count)
    private(set) var report: VerifyReport
    private var expected: UInt64 = 1
    private var chain = [UInt8](repeating: 0, count: 32)
    private var clock = Int64.min
    /// The type of rules events, nil when there are none or the symbols cannot be read, and where blocks have them.
    private let rulesType: UInt32?
    private var rules: [UInt64] = []

    init(log: EventLog, head: LogHead, counts: [UInt32], report: VerifyReport) {
        self.log = log
        self.head = head
        self.counts = counts
        self.report = report
        // Damaged symbols are found block by block.
        let index = (try? log.symbolTexts(.type))?.firstIndex(of: EventLog.rulesType)
        rulesType = index.map { UInt32($0) + 1 }
    }

    mutating func run() throws {
        var more = true
        while more, report.findings.count < VerifyReport.largest {
            // Chunks of blocks, so that no snapshot lives long.
            more = try log.read { txn in try readBlocks(txn, limit: 2_048) }
        }
        if expected != head.position.rawValue + 1 {
            report.find("gap", expected, "the log ends before position \(head.position.rawValue)")
        } else if chain != head.chain {
            report.find("head", head.position.rawValue, "the head's chain hash differs from that of the last block")
        } else if head.position > .start, clock != head.recordedAt {
            report.find("head", head.position.rawValue, "the head's recorded_at differs from that of the last block")
        }
        try checkSymbolCounts()
        try checkRules()
        try checkSidecar()
    }

    private mutating func readBlocks(_ txn: borrowing ReadTransaction, limit: Int) throws -> Bool {
        var cursor = try txn.cursor(in: log.blocks)
        guard try cursor.seek(atOrAfter: expected) else { return false }
        for _ in 0..<limit {
            let key = cursor.integerKey
            if key > head.position.rawValue { return false }
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
                if kind == .type, number == rulesType { rules.append(position) }
                if number == 0 || number > counts[Int(kind.rawValue) - 1] { unknown = (kind, number) }
            }
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
            guard let bytes = try txn.value(for: symbolKey, in: log.symbols), bytes.count >= 12 else {
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

    private mutating func checkSymbolCounts() throws {
        for kind in SymbolKind.allCases {
            let (shown, stated) = (seen[Int(kind.rawValue) - 1], counts[Int(kind.rawValue) - 1])
            guard shown != stated else { continue }
            report.find("symbols", nil, "blocks have added \(shown) \(kind) symbols, the head states \(stated)")
        }
        // Other processes may have appended since, but never below what is known.
        let stored = try log.read { txn in try txn.count(in: log.symbols) }
        if stored == 0, counts.contains(where: { $0 > 0 }) { report.find("symbols", nil, "the symbol table is empty") }
    }

    /// Compares the list of rules events with those that blocks have. Other processes may have added to it since.
    private mutating func checkRules() throws {
        let head = head.position.rawValue
        let stated = try log.read { txn in try log.rulesList(txn) }
        guard stated?.filter({ $0 <= head }) != rules else { return }
        report.find("rules", nil, "the list of rules is not that of the rules events of the log")
    }

    /// Compares HEAD with the log.
    private mutating func checkSidecar() throws {
        let path = log.files.head
        let bytes = try translating("read \(path)") { try FileSystem.isPresent(path) ? FileSystem.read(path) : [] }
        guard let sidecar = LogHead(sidecar: bytes) else {
            return report.find("head", nil, "HEAD is missing or damaged; the next commit writes it anew")
        }
        if sidecar.storeID != head.storeID || sidecar.epoch != head.epoch {
            report.find("head", nil, "HEAD belongs to another store")
        } else if sidecar.position > head.position, log.isExamined {
            let (stated, last) = (sidecar.position.rawValue, head.position.rawValue)
            report.find("head", last, "the history is shortened: HEAD says \(stated), the log ends at \(last)")
        } else if sidecar.position == head.position, sidecar.chain != head.chain {
            report.find("head", head.position.rawValue, "HEAD and the log disagree about the chain hash")
        }
    }
}
