// The events that the index does not have yet. Readers take a copy and a commit adds to the original, so it is a list of
// pieces that never change: adding copies the list and the newest, small pieces, never all events.

internal import LMDB

struct EventTail {
    private var pieces: [[FoldEvent]] = []
    private static let largestMerged = 8_192

    init() {}

    var isEmpty: Bool { pieces.isEmpty }
    var count: Int {
        guard let first, let last else { return 0 }
        return Int(last - first) + 1
    }
    /// The first position.
    var first: UInt64? { pieces.first?.first?.position }
    /// The last position.
    var last: UInt64? { pieces.last?.last?.position }

    /// Adds events that follow the last. Amortised O(log n) copies an event.
    mutating func append(_ events: [FoldEvent]) {
        guard let next = events.first?.position else { return }
        precondition(last.map { $0 + 1 == next } ?? true, "the tail of the log has no gaps")
        pieces.append(events)
        while pieces.count > 1 {
            let (before, newest) = (pieces[pieces.count - 2].count, pieces[pieces.count - 1].count)
            guard before <= newest * 2, before + newest <= EventTail.largestMerged else { return }
            let merged = pieces[pieces.count - 2] + pieces[pieces.count - 1]
            pieces.removeLast(2)
            pieces.append(merged)
        }
    }

    /// Drops the events at and below a position.
    mutating func drop(through position: UInt64) {
        while let piece = pieces.first, let last = piece.last?.position, last <= position { pieces.removeFirst() }
        guard let piece = pieces.first, let start = piece.first?.position, start <= position else { return }
        pieces[0] = Array(piece[Int(position - start + 1)...])
    }

    /// Visits the events after one position through another, in order.
    func each(after: UInt64, through: UInt64, _ body: (FoldEvent) throws -> Void) rethrows {
        try eachPart(after: after, through: through) { for event in $0 { try body(event) } }
    }

    /// As ``each(after:through:_:)``, a run of events at a time.
    func eachPart(after: UInt64, through: UInt64, _ body: (ArraySlice<FoldEvent>) throws -> Void) rethrows {
        for piece in pieces {
            guard let start = piece.first?.position, let end = piece.last?.position, end > after, start <= through
            else {
                continue
            }
            let from = after < start ? 0 : Int(after - start) + 1
            let to = min(Int(through - start), piece.count - 1)
            try body(piece[from...to])
        }
    }

    /// The event at a position. O(log n).
    func event(at position: UInt64) -> FoldEvent? {
        var low = 0
        var high = pieces.count
        while low < high {
            let middle = (low + high) / 2
            if (pieces[middle].last?.position ?? 0) < position { low = middle + 1 } else { high = middle }
        }
        guard low < pieces.count, let start = pieces[low].first?.position, position >= start else { return nil }
        return pieces[low][Int(position - start)]
    }

    /// All events as one list.
    var events: [FoldEvent] {
        guard pieces.count != 1 else { return pieces[0] }
        var events: [FoldEvent] = []
        events.reserveCapacity(count)
        ProcessMemory.adviseLargePages(&events)
        for piece in pieces { events.append(contentsOf: piece) }
        return events
    }
}
