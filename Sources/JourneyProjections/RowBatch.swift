// What a run of folds gives: rows in ascending order of key, in one buffer, and the keys that it parked.
internal import JourneyLog

/// A key whose events a fold could not handle.
public struct ParkedKey: Hashable, Sendable {
    /// The symbol of the customer or deal.
    public var key: UInt32
    /// The first event, in journey order, at which the fold throws. The key's row is that of the events before it.
    public var position: UInt64
    /// What the fold threw.
    public var reason: String
}

/// Rows and parked keys of a run of folds.
struct RowBatch: Sendable {
    private struct Entry {
        var key: UInt32
        var hasRow: Bool
        var end: Int
    }

    private var entries: [Entry] = []
    private var bytes: [UInt8] = []
    /// The keys that the run parked, ascending.
    private(set) var parked: [ParkedKey] = []

    /// Runs of folds give so many bytes of rows at a time: they are still in the processor's caches when they are written.
    static let usualBytes = 128 << 10
    /// So many keys fill a batch, whatever their rows have.
    private static let mostKeys = 100_000

    /// Whether it has more than so many bytes of rows, or very many keys; never without a limit.
    func isFull(_ limit: Int) -> Bool {
        limit < .max && (bytes.count > limit || entries.count > RowBatch.mostKeys)
    }

    /// How many keys were folded.
    var count: Int { entries.count }
    /// How many bytes their rows have.
    var byteCount: Int { bytes.count }

    /// Adds the row of the next key; nil for none.
    mutating func add(_ key: UInt32, _ row: [UInt8]?) {
        if let row { bytes.append(contentsOf: row) }
        entries.append(Entry(key: key, hasRow: row != nil, end: bytes.count))
    }

    /// Adds the row that a folder gives the next key. After an error nothing is added.
    mutating func add<F: RowFolder>(_ key: UInt32, _ events: ArraySlice<FoldEvent>, by folder: F) throws {
        let start = bytes.count
        var hasRow = false
        defer { if !hasRow { bytes.removeLast(bytes.count - start) } }
        hasRow = try folder.fold(key, events, into: &bytes)
        entries.append(Entry(key: key, hasRow: hasRow, end: hasRow ? bytes.count : start))
    }

    /// Parks the key that was added last.
    mutating func park(_ key: ParkedKey) { parked.append(key) }

    /// Forgets everything but the room that it took.
    mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
        parked.removeAll()
    }

    /// Whether the key at an index has a row.
    func hasRow(_ index: Int) -> Bool { entries[index].hasRow }
    /// The key at an index.
    func key(_ index: Int) -> UInt32 { entries[index].key }
    /// Where the row at an index lies.
    private func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : entries[index - 1].end)..<entries[index].end }
    /// A copy of the row at an index; nil for none.
    func row(_ index: Int) -> [UInt8]? { entries[index].hasRow ? Array(bytes[range(index)]) : nil }

    /// Visits the rows.
    func eachRow(_ body: (UInt32, Span<UInt8>) throws -> Void) throws {
        let all = bytes.span
        for index in entries.indices where entries[index].hasRow {
            try body(entries[index].key, all.extracting(range(index)))
        }
    }

    /// Whether the row at an index has these bytes.
    func row(_ index: Int, equals other: Span<UInt8>) -> Bool {
        let range = range(index)
        guard entries[index].hasRow, range.count == other.count else { return false }
        for offset in 0..<other.count where bytes[range.lowerBound + offset] != other[offset] { return false }
        return true
    }
}
