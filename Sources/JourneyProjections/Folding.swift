// Runs a fold over groups. A key whose fold throws is parked at the first event that makes it throw, with the row of the
// events before it: that is a function of the key's events alone, so a rebuild parks it at the same place.
internal import JourneyEvents
internal import JourneyLog

/// Folds the groups of a source one key after the other. It stops wherever its caller has enough, and goes on from there.
struct FoldRun<P: Projection> {
    private let projection: P
    private let log: LogSnapshot
    private var source: GroupSource
    private var groups = EventGroups()
    private let rowTypes: RowTypes
    private var folder: P.Folder?
    /// Which events the fold reads properties of.
    private var reader: PropertyReader
    /// The group that is next, and where its events start.
    private var index = 0
    private var start = 0

    init(_ projection: P, _ log: LogSnapshot, _ source: GroupSource) throws {
        (self.projection, self.log, self.source) = (projection, log, source)
        rowTypes = RowTypes(projection.rowTypes)
        reader = try PropertyReader(projection, log)
    }

    /// Folds keys into `batch` until that has grown to `limit` bytes; false when there are no more.
    mutating func next(into batch: inout RowBatch, limit: Int) throws -> Bool {
        while true {
            try Task.checkCancellation()
            while index < groups.ends.count {
                if index & 1_023 == 1_023 { try Task.checkCancellation() }
                if batch.isFull(limit) { return true }
                let (key, end) = (groups.key(index), groups.ends[index])
                if start < end, let folder, rowTypes.mayGiveRow(groups.events[start..<end]) {
                    try groups.fold(key, start..<end, by: folder, into: &batch)
                } else if groups.isListed {
                    // Who was asked for by name and has no row, or is no more: an older row goes.
                    batch.add(key, nil)
                }
                (index, start) = (index + 1, end)
            }
            guard let properties = try source.next(&groups, log, &reader) else { return false }
            folder = projection.folder(properties)
            (index, start) = (0, 0)
        }
    }
}

extension EventGroups {
    /// Folds all groups into rows, which are added to `batch`.
    func fold<P: Projection>(_ projection: P, _ log: LogSnapshot, into batch: inout RowBatch) throws {
        var run = try FoldRun(projection, log, .groups(self))
        while try run.next(into: &batch, limit: .max) {}
    }

    fileprivate func fold<F: RowFolder>(_ key: UInt32, _ range: Range<Int>, by folder: F, into batch: inout RowBatch)
        throws
    {
        do {
            try batch.add(key, events[range], by: folder)
        } catch let cancellation as CancellationError {
            throw cancellation
        } catch {
            // The longest prefix that folds, by bisection: `good` events fold, `bad` do not.
            var (good, bad) = (0, range.count)
            var row: [UInt8]?
            var reason = error
            while bad - good > 1 {
                let middle = (good + bad) / 2
                let prefix = events[range.lowerBound..<(range.lowerBound + middle)]
                do {
                    row = try folder.row(for: key, events: prefix)
                    good = middle
                } catch let failure {
                    reason = failure
                    bad = middle
                }
            }
            batch.add(key, row)
            let poison = events[range.lowerBound + good].position
            batch.park(ParkedKey(key: key, position: poison, reason: "\(reason)"))
        }
    }
}
