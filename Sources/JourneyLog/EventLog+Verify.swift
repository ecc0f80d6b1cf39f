// Verification: pages, every block's checksum, the chain from the first block to HEAD, gapless positions, a clock that never
// goes back, records and the symbols that they name, and an index that says the same as the log.
public import JourneyEvents
internal import LMDB
internal import Platform
internal import Synchronization

/// What a verification found.
public struct VerifyReport: Sendable {
    /// One thing that is not as it was written.
    public struct Finding: Hashable, Sendable {
        /// `page`, `checksum`, `chain`, `gap`, `clock`, `head`, `record`, `symbols`, `rules`, `index`.
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

extension VerifyReport {
    /// More findings than this say nothing more.
    static let largest = 1_000

    mutating func find(_ kind: String, _ position: UInt64?, _ message: String) {
        guard findings.count < VerifyReport.largest else { return }
        let position = position.map { Position($0) }
        findings.append(Finding(kind: kind, position: position, offset: nil, message: message))
    }
}

extension EventLog {
    /// Walks the pages of a store's LMDB files without LMDB, which dies on damaged pages.
    public static func verifyPages(at directory: String) throws -> [VerifyReport.Finding] {
        let files = StoreFiles(directory: directory)
        return pageFindings(files.log, "log") + pageFindings(files.index, "index")
    }

    private static func pageFindings(_ path: String, _ name: String) -> [VerifyReport.Finding] {
        guard FileSystem.exists(path + "/data.mdb") else { return [] }
        do {
            return try FileCheck.walk(dataFile: path + "/data.mdb").map { finding in
                .init(kind: "page", position: nil, offset: Int64(finding.offset), message: "\(name): \(finding.reason)")
            }
        } catch let error as FileCheckError {
            return [.init(kind: "page", position: nil, offset: error.offset, message: "\(error)")]
        } catch {
            return [.init(kind: "page", position: nil, offset: nil, message: "\(name): \(error)")]
        }
    }

    /// Verifies a store that may be too damaged to be opened. Its pages are walked before LMDB gets them, so no damage ends
    /// the process; what cannot be opened is a finding.
    public static func examine(at directory: String) throws -> VerifyReport {
        do {
            let log = try EventLog(
                at: directory,
                create: false,
                readOnly: true,
                allowRemoteFileSystem: true,
                isExamined: true,
                clock: FileSystem.nowMilliseconds
            )
            let report = try log.verify()
            try log.close()
            return report
        } catch let error as RihlaError where error.code == .damaged || error.code == .shortened {
            var report = VerifyReport(head: LogHead(storeID: Array(repeating: 0, count: 16)))
            report.findings = try verifyPages(at: directory)
            report.find("head", nil, error.message)
            return report
        }
    }

    /// Reads the whole log and compares the index with it.
    public func verify() throws -> VerifyReport {
        if !isExamined { try refresh() }
        let (head, counts) = published.withLock { ($0.head, $0.symbolCounts) }
        var report = VerifyReport(head: head)
        report.bytes = environment.fileBytes()
        // While a snapshot is held, no page that it or a later one uses is written.
        let (log, index) = try read { _ in
            (EventLog.pageFindings(files.log, "log"), EventLog.pageFindings(files.index, "index"))
        }
        report.findings = log + index
        // LMDB must not meet pages of a tree that are damaged; damaged headers of values do it no harm.
        if !log.isEmpty, (try? FileCheck.check(dataFile: files.log + "/data.mdb")) == nil { return report }
        var logVerifier = LogVerifier(log: self, head: head, counts: counts, report: report)
        try logVerifier.run()
        report = logVerifier.report
        guard report.findings.count == log.count, index.isEmpty else { return report }
        var indexVerifier = IndexVerifier(log: self, report: report)
        try indexVerifier.run()
        report = indexVerifier.report
        return report
    }
}
