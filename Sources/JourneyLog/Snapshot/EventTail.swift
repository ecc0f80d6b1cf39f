// The events that the index does not have yet. Readers take a copy and a commit adds to the original, so it is a list of
// pieces that never change: adding copies the list and the newest, small pieces, never all events.

internal import Platform

struct EventTail {
    private struct Piece {
        var events: [FoldEvent]
        var kept: KeptProperties
        var first: UInt64? { events.first?.position }
        var last: UInt64? { events.last?.position }
    }

    private var pieces: [Piece] = []
    private static let largestMerged = 8_192

    init() {}

    var isEmpty: Bool { pieces.isEmpty }
    var count: Int {
        guard let first, let last else { return 0 }
        return Int(last - first) + 1
    }
    /// The first position.
    var first: UInt64? { pieces.first?.first }
    /// The last position.
    var last: UInt64? { pieces.last?.last }

    /// Adds events that follow the last, and what is kept of their properties. Amortised O(log n) copies an event.
    mutating func append(_ events: [FoldEvent], _ kept: KeptProperties) {
        guard let next = events.first?.position else { return }
        precondition(last.map { $0 + 1 == next } ?? true, "the tail of the log has no gaps")
        pieces.append(Piece(events: events, kept: kept))
        while pieces.count > 1 {
            let (before, newest) = (pieces[pieces.count - 2].events.count, pieces[pieces.count - 1].events.count)
            guard before <= newest * 2, before + newest <= EventTail.largestMerged else { return }
            let added = pieces.removeLast()
            pieces[pieces.count - 1].events += added.events
            pieces[pieces.count - 1].kept.append(added.kept, 0..<added.kept.count)
        }
    }

    /// Drops the events at and below a position.
    mutating func drop(through position: UInt64) {
        while let last = pieces.first?.last, last <= position { pieces.removeFirst() }
        guard let piece = pieces.first, let start = piece.first, start <= position else { return }
        pieces[0] = Piece(
            events: Array(piece.events[Int(position - start + 1)...]),
            kept: piece.kept.after(position)
        )
    }

    /// Visits the events after one position through another, in order.
    func each(after: UInt64, through: UInt64, _ body: (FoldEvent) throws -> Void) rethrows {
        try eachPart(after: after, through: through) { for event in $0 { try body(event) } }
    }

    /// As ``each(after:through:_:)``, a run of events at a time.
    func eachPart(after: UInt64, through: UInt64, _ body: (ArraySlice<FoldEvent>) throws -> Void) rethrows {
        for piece in pieces {
            guard let start = piece.first, let end = piece.last, end > after, start <= through else { continue }
            let from = after < start ? 0 : Int(after - start) + 1
            let to = min(Int(through - start), piece.events.count - 1)
            try body(piece.events[from...to])
        }
    }

    /// The event at a position. O(log n).
    func event(at position: UInt64) -> FoldEvent? {
        var low = 0
        var high = pieces.count
        while low < high {
            let middle = (low + high) / 2
            if (pieces[middle].last ?? 0) < position { low = middle + 1 } else { high = middle }
        }
        guard low < pieces.count, let start = pieces[low].first, position >= start else { return nil }
        return pieces[low].events[Int(position - start)]
    }

    /// All events as one list, and what is kept of their properties.
    var all: (events: [FoldEvent], kept: KeptProperties) {
        if pieces.count == 1 { return (pieces[0].events, pieces[0].kept) }
        var events: [FoldEvent] = []
        var kept = KeptProperties()
        events.reserveCapacity(count)
        ProcessMemory.adviseLargePages(&events)
        for piece in pieces {
            events.append(contentsOf: piece.events)
            kept.append(piece.kept, 0..<piece.kept.count)
        }
        return (events, kept)
    }

    /// The events after one position through another, and what is kept of their properties.
    func part(after: UInt64, through: UInt64) -> (events: [FoldEvent], kept: KeptProperties) {
        guard let first, let last, last > after, first <= through else { return ([], KeptProperties()) }
        if first > after, last <= through { return all }
        var events: [FoldEvent] = []
        eachPart(after: after, through: through) { events += $0 }
        let kept = all.kept
        var part = KeptProperties()
        part.append(kept, kept.firstIndex(after: after)..<kept.firstIndex(after: through))
        return (events, part)
    }
}
