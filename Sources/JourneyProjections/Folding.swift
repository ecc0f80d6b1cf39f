// Runs a fold over groups. A key whose fold throws is parked at the first event that makes it throw, with the row of the
// events before it: that is a function of the key's events alone, so a rebuild parks it at the same place.
internal import JourneyEvents
internal import JourneyLog

extension EventGroups {
    /// Folds all groups into rows, which are added to `batch`; `flush` is called whenever that has grown to `limit` bytes.
    /// Without `properties` those that the fold reads are looked up.
    func fold<P: Projection>(
        _ projection: P,
        _ log: EventLog,
        properties given: PropertyTable? = nil,
        into batch: inout RowBatch,
        limit: Int = EventGroups.batchBytes,
        flush: (inout RowBatch) throws -> Void = { _ in }
    ) throws {
        let properties =
            try given
            ?? PropertyTable(
                reading: log,
                keys: projection.propertyKeys,
                positions: PropertyReaders([projection]).positions(of: events)
            )
        let folder = projection.folder(properties)
        var start = 0
        for (index, end) in ends.enumerated() {
            let isFull = batch.byteCount > limit || batch.count > EventGroups.batchRows
            if isFull || index & 1_023 == 0 { try Task.checkCancellation() }
            if isFull { try flush(&batch) }
            if start < end {
                try fold(key(index), start..<end, by: folder, into: &batch)
            } else if isListed {
                // Somebody who was asked for by name and is no more: their row goes.
                batch.add(key(index), nil)
            }
            start = end
        }
    }

    private func fold<F: RowFolder>(_ key: UInt32, _ range: Range<Int>, by folder: F, into batch: inout RowBatch) throws
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
