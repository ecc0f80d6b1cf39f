// Verification: every block's checksum, the chain from the first block to HEAD, gapless positions, a clock that never goes
// back, and an index that says the same as the log.
public import JourneyEvents
internal import LMDB
internal import Synchronization

/// What a verification found.
public struct VerifyReport: Sendable {
    /// One thing that is not as it was written.
    public struct Finding: Hashable, Sendable {
        /// `page`, `checksum`, `chain`, `gap`, `clock`, `head`, `record`, `index`.
        public var kind: String
        /// The position that it concerns, when there is one.
        public var position: Position?
        /// The byte offset in the log's file, when it is known.
        public var offset: Int64?
        /// One sentence.
        public var message: String
        /// A finding from its parts.
        public init(kind: String, position: Position?, offset: Int64?, message: String) {
            self.kind = kind
            self.position = position
            self.offset = offset
            self.message = message
        }
    }
    /// Events that were read.
    public var events = 0
    /// Blocks that were read.
    public var blocks = 0
    /// Bytes of the log's file.
    public var bytes: Int64 = 0
    /// What was found; empty when all is well.
    public var findings: [Finding] = []
    /// The head that the log states.
    public var head: LogHead
}

extension EventLog {
    /// Walks the pages of a store's LMDB files without LMDB, which dies on damaged pages.
    public static func verifyPages(at directory: String) throws -> [VerifyReport.Finding] {
        let files = StoreFiles(directory: directory)
        var findings: [VerifyReport.Finding] = []
        for (name, path) in [("log", files.log), ("index", files.index)] where FileSystem.exists(path + "/data.mdb") {
            do {
                for finding in try FileCheck.walk(dataFile: path + "/data.mdb") {
                    findings.append(
                        .init(
                            kind: "page",
                            position: nil,
                            offset: Int64(finding.offset),
                            message: "page \(finding.page) of \(name): \(finding.reason)"
                        )
                    )
                }
            } catch {
                findings.append(.init(kind: "page", position: nil, offset: nil, message: "\(name): \(error)"))
            }
        }
        return findings
    }

    /// Reads the whole log and compares the index with it.
    public func verify() throws -> VerifyReport {
        let head = self.head
        var report = VerifyReport(head: head)
        report.bytes = environment.fileBytes()
        var expected: UInt64 = 1
        var chain = [UInt8](repeating: 0, count: 32)
        var clock = Int64.min
        var more = true
        while more {
            // Chunks of blocks, so that no snapshot lives long.
            more = try environment.read { txn in
                var cursor = try txn.cursor(in: blocks)
                guard try cursor.seek(atOrAfter: expected) else { return false }
                for _ in 0..<2_048 {
                    let key = cursor.integerKey
                    if key > head.position.rawValue { return false }
                    verifyBlock(cursor.value, key, &expected, &chain, &clock, &report)
                    guard try cursor.next() else { return false }
                }
                return true
            }
        }
        if expected != head.position.rawValue + 1 {
            report.findings.append(
                .init(
                    kind: "gap",
                    position: Position(expected),
                    offset: nil,
                    message: "the log ends before position \(head.position.rawValue)"
                )
            )
        } else if chain != head.chain {
            report.findings.append(
                .init(kind: "head", position: head.position, offset: nil, message: "the head's chain hash differs")
            )
        }
        if report.findings.isEmpty { try verifyIndex(&report) }
        return report
    }

    private func verifyBlock(
        _ bytes: Span<UInt8>,
        _ key: UInt64,
        _ expected: inout UInt64,
        _ chain: inout [UInt8],
        _ clock: inout Int64,
        _ report: inout VerifyReport
    ) {
        func find(_ kind: String, _ position: UInt64, _ message: String) {
            report.findings.append(.init(kind: kind, position: Position(position), offset: nil, message: message))
        }
        report.blocks += 1
        if key != expected { find("gap", expected, "positions \(expected) to \(key - 1) are missing") }
        guard bytes.count >= BlockFormat.header else {
            find("checksum", key, "the block at \(key) is too short")
            expected = key + 1
            return
        }
        if BlockView.previousHash(bytes) != chain {
            find("chain", key, "the block at \(key) does not follow the one before it")
        }
        chain = BlockView.chainHash(bytes)
        do {
            let block = try BlockView(bytes, key: key)
            if block.recordedAt < clock { find("clock", key, "recorded_at goes back at \(key)") }
            clock = block.recordedAt
            for index in 0..<block.count {
                do {
                    _ = try RecordView(bytes, try block.record(index, bytes))
                } catch {
                    find("record", key + UInt64(index), "the record at \(key + UInt64(index)) cannot be read")
                }
            }
            report.events += block.count
            expected = key + UInt64(block.count)
        } catch {
            find("checksum", key, "the checksum of the block at \(key) does not hold")
            // How many events it had cannot be trusted: the next block's key tells.
            expected = key + 1
            let claimed = UInt64(loadLittleEndian(bytes, at: 6, as: UInt16.self))
            if claimed > 0 { expected = key + claimed }
        }
    }

    /// Compares the index's columns and ids with the log.
    private func verifyIndex(_ report: inout VerifyReport) throws {
        let (reach, sources) = (published.withLock { $0.reach.position }, try symbolTexts(.source))
        var columns: [FoldEvent] = []
        func find(_ position: UInt64, _ message: String) {
            report.findings.append(
                .init(kind: "index", position: Position(position), offset: nil, message: message)
            )
        }
        var from: UInt64 = 0
        while from < reach, report.findings.count < 100 {
            let last = min(from + 65_536, reach)
            columns.removeAll(keepingCapacity: true)
            do {
                try scanFolds(after: from, through: last) { columns.append($0) }
            } catch {
                find(from + 1, "\(error)")
                return
            }
            var at = 0
            try scanRecords(after: from, through: last) { position, _, bytes, range in
                let record = try RecordView(bytes, range)
                if at >= columns.count || columns[at] != record.foldEvent(position: position) {
                    find(position, "the index differs from the log at \(position)")
                }
                at += 1
                if position % 64 == 1 || position == last {
                    let source = record.source == 0 ? "" : sources[Int(record.source) - 1]
                    if try !hasID(record, bytes, source, position) {
                        find(position, "the id of \(position) is not in the index")
                    }
                }
            }
            from = last
        }
    }

    private func hasID(_ record: RecordView, _ bytes: Span<UInt8>, _ source: String, _ position: UInt64) throws -> Bool
    {
        guard !record.presence.contains(.erased) else { return true }
        var text = Array(source.utf8)
        let start = text.count
        text.append(contentsOf: record.idText(bytes).utf8)
        let hash = JourneyLog.idHash(
            text.span,
            source: record.presence.contains(.source) ? Slice(start: 0, count: start) : .absent,
            id: Slice(start: start, count: text.count - start)
        )
        return try index.environment.read { txn in
            var cursor = try txn.cursor(in: index.ids)
            var more = try cursor.last()
            while more {
                let first = cursor.integerKey
                if first <= position, IDRun.find(cursor.value, hash, { first + $0 == position }) { return true }
                more = try cursor.previous()
            }
            return false
        }
    }
}
