// Where the rules events are, kept beside the head: opening a store finds its rules without looking at any event.
internal import JourneyEvents
internal import LMDB
internal import Platform
internal import Synchronization

/// The positions of all events of the type `rules_set`.
enum RulesList {
    static let key = Array("rules".utf8)

    /// `u32 CRC of the rest, u32 count, count × u64 position`.
    static func bytes(_ positions: [UInt64]) -> [UInt8] {
        var out: [UInt8] = []
        out.appendInteger(UInt32(0))
        out.appendInteger(UInt32(positions.count))
        for position in positions { out.appendInteger(position) }
        out.setInteger(Checksum.crc32c(out.span.extracting(4..<out.count)), at: 0)
        return out
    }

    /// The positions that a value holds; nil when it is damaged.
    static func positions(_ value: Span<UInt8>) -> [UInt64]? {
        guard value.count >= 8, value.count == 8 + 8 * Int(loadLittleEndian(value, at: 4, as: UInt32.self)),
            Checksum.crc32c(value.extracting(4..<value.count)) == loadLittleEndian(value, at: 0, as: UInt32.self)
        else { return nil }
        return stride(from: 8, to: value.count, by: 8).map { loadLittleEndian(value, at: $0, as: UInt64.self) }
    }
}

extension EventLog {
    /// The type of events that set rules.
    public static let rulesType = "rules_set"

    /// The positions of the events of the type ``rulesType`` up to the head that this process knows, ascending.
    public var rulesPositions: [UInt64] { published.withLock { $0.rules } }

    /// The list of an open log.
    ///
    /// - Throws: `damaged`; an examination goes on and reports it.
    func storedRules() throws -> [UInt64] {
        let found = try read { txn in try rulesList(txn) }
        guard let found = found ?? (isExamined ? [] : nil) else { throw damagedRules() }
        return found
    }

    /// The list on a snapshot; nil when it is damaged.
    func rulesList(_ txn: borrowing ReadTransaction) throws -> [UInt64]? {
        let key = RulesList.key
        guard let value = try txn.value(for: key.span, in: meta) else { return [] }
        return RulesList.positions(value)
    }

    func damagedRules() -> RihlaError {
        RihlaError(.damaged, "the list of rules of \(files.log) is damaged", hint: "restore a backup")
    }
}
