// What a verification says: what was read, what is not as it was written, and what was made anew because of it.
public import JourneyEvents
internal import LMDB
internal import Platform

/// What a verification found.
public struct VerifyReport: Sendable {
    /// One thing that is not as it was written.
    public struct Finding: Hashable, Sendable {
        /// `page`, `checksum`, `chain`, `gap`, `clock`, `head`, `record`, `symbols`, `own`, `index`.
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
    /// What was damaged and could be made anew from the log: a sentence each.
    public var healed: [String] = []
    /// The head that the log states.
    public var head: HistoryPoint
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
