// The properties that the folds of a rebuild read, read once for all of them, in parts that several tasks take from one another.
internal import JourneyEvents
internal import JourneyLog
internal import Synchronization

/// Reads properties for several folds.
final class SharedProperties: Sendable {
    private struct Work {
        var positions: [UInt64] = []
        var readers: [UInt32] = []
        /// Where each part ends in `positions`.
        var ends: [Int] = []
        var next = 0
        var storages: [PropertyStorage?] = []
    }

    private let log: EventLog
    private let keys: [[UInt32]]
    private let allKeys: [UInt32]
    /// A part has the positions that are equal but for so many lowest bits.
    private let shift: UInt64
    private let work = Mutex(Work())

    /// Nothing read yet; `keys` are those that each fold reads, and no position is past `through`.
    init(_ log: EventLog, keys: [[UInt32]], through: UInt64) {
        (self.log, self.keys) = (log, keys)
        allKeys = Set(keys.joined()).sorted()
        // Between eight and sixteen parts.
        shift = UInt64(max(0, UInt64.bitWidth - through.leadingZeroBitCount - 4))
    }

    /// Says what is to be read: ascending positions, and for each of them the folds that read it, a bit each.
    func start(_ found: PropertyReaders) {
        guard !allKeys.isEmpty, let last = found.positions.last else { return }
        var work = Work(positions: found.positions, readers: found.readers)
        for part in 0...(last >> shift) {
            let start = work.ends.last ?? 0
            let end = found.positions[start...].firstIndex { $0 >> shift > part } ?? found.positions.count
            work.ends.append(end)
        }
        work.storages = Array(repeating: nil, count: work.ends.count)
        self.work.withLock { $0 = work }
    }

    /// Reads parts until nobody has to begin one any more.
    func help() throws {
        while let (part, positions, readers) = take() {
            try Task.checkCancellation()
            let storage = try PropertyStorage(log, allKeys, PositionSet(positions), readers: readers)
            work.withLock { $0.storages[part] = storage }
        }
    }

    private func take() -> (part: Int, positions: [UInt64], readers: [UInt32])? {
        work.withLock { work in
            guard work.next < work.ends.count else { return nil }
            let part = work.next
            work.next += 1
            let range = (part == 0 ? 0 : work.ends[part - 1])..<work.ends[part]
            return (part, Array(work.positions[range]), Array(work.readers[range]))
        }
    }

    /// For each fold what it reads, once all who helped have ended.
    func tables() -> [PropertyTable] {
        let parts = work.withLock { $0.storages.compactMap(\.self) }
        return keys.enumerated().map { fold, keys in PropertyTable(parts, shift: shift, fold: fold, keys: keys) }
    }
}
