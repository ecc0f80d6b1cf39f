// Verification: pages, every block's checksum, the chain from the first block to HEAD, gapless positions, a clock that never
// goes back, records and the symbols that they name, and an index that says the same as the log.
internal import JourneyEvents
internal import LMDB
internal import Platform

extension EventLog {
    /// Walks the pages of a log's file without LMDB, which dies on damaged pages.
    private static func pageFindings(_ directory: String, _ name: String) -> [VerifyReport.Finding] {
        let data = directory + "/data.mdb"
        guard FileSystem.exists(data) else { return [] }
        do {
            return try FileCheck.walk(dataFile: data).map { finding in
                .init(kind: "page", position: nil, offset: Int64(finding.offset), message: "\(name): \(finding.reason)")
            }
        } catch let error as FileCheckError {
            return [.init(kind: "page", position: nil, offset: error.offset, message: "\(error)")]
        } catch {
            return [.init(kind: "page", position: nil, offset: nil, message: "\(name): \(error)")]
        }
    }

    /// Verifies the log of a store that may be too damaged to be opened. Its pages are walked before LMDB gets them, so no damage
    /// ends the process; what cannot be opened is a finding. Nothing is changed, and what is derived is not looked at.
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
            defer { log.release() }
            return try log.verifyLog()
        } catch let error as RihlaError where error.code == .damaged || error.code == .shortened {
            let files = StoreFiles(directory: directory)
            var report = VerifyReport(head: HistoryPoint(startOf: [UInt8](repeating: 0, count: 16)))
            report.findings = pageFindings(files.log, "log")
            report.find("head", nil, error.message)
            return report
        }
    }

    /// Reads the whole log and compares the index with it. A damaged index is made anew, where that is allowed, and the report
    /// says so.
    public func verify() throws -> VerifyReport {
        var report = try verifyLog()
        if report.findings.isEmpty { try verifyIndex(&report) }
        return report
    }

    /// Compares the index with the log, and makes it anew when it differs and that is allowed.
    package func verifyIndex(_ report: inout VerifyReport) throws {
        var isHealed = isReadOnly
        while true {
            let faults = try indexFaults()
            guard let reason = faults.first else { return }
            guard !isHealed else {
                for fault in faults { report.find("index", nil, fault) }
                return
            }
            try heal(DerivedFault(.index, reason, of: snapshot.index?.environment))
            isHealed = true
            report.healed.append("the index was made anew from the log: \(reason)")
        }
    }

    private func verifyLog() throws -> VerifyReport {
        let snapshot = isExamined ? self.snapshot : try refresh()
        var report = VerifyReport(head: snapshot.head)
        report.bytes = storage.environment.fileBytes()
        // While a snapshot is held, no page that it or a later one uses is written.
        report.findings = try storage.read { _ in EventLog.pageFindings(files.log, "log") }
        // LMDB must not meet pages of a tree that are damaged; damaged headers of values do it no harm.
        if !report.findings.isEmpty, (try? FileCheck.check(dataFile: files.log + "/data.mdb")) == nil { return report }
        var verifier = LogVerifier(snapshot, report: report)
        try verifier.run(isExamined: isExamined)
        return verifier.report
    }

    /// Why the index cannot be believed; nothing when it can, or there is none.
    private func indexFaults() throws -> [String] {
        let snapshot = self.snapshot
        guard let index = snapshot.index else {
            // Who may not write does without an index that is damaged.
            return FileSystem.exists(files.index + "/data.mdb") && snapshot.end.position > 0
                ? ["it cannot be read, or is not of this history"] : []
        }
        let pages = try translating("read the index") {
            try index.environment.read { _ in EventLog.pageFindings(files.index, "index") }
        }
        guard pages.isEmpty else { return pages.map(\.message) }
        var verifier = IndexVerifier(snapshot, index)
        do {
            try readingDerived(.index) { try index.environment.checkValues() }
            try verifier.run()
        } catch let fault as DerivedFault {
            return [fault.reason]
        }
        return verifier.faults
    }
}
