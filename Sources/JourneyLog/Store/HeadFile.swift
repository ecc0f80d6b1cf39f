// HEAD lies outside of LMDB, which would show an older, perfectly valid history after a damaged meta page: the file tells how
// far the history went.
internal import JourneyEvents
internal import Platform

/// The file HEAD of a store: the last point that a commit of it has reached, or one before, after a crash.
struct HeadFile {
    let path: String

    /// The point; nil when the file is missing or damaged.
    func point() throws -> HistoryPoint? {
        try translating("read \(path)") {
            try FileSystem.isPresent(path) ? HistoryPoint(try FileSystem.read(path)) : nil
        }
    }

    /// Writes a point, never over a later one of the same history: another process may be ahead.
    func write(_ point: HistoryPoint, sync: Bool) throws {
        try FileSystem.update(path, with: point.bytes, sync: sync) { known in
            guard let known = HistoryPoint(known), known.isOfHistory(of: point) else { return true }
            return known.position <= point.position
        }
    }
}
