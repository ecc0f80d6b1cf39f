// The events that a question does not see: those that Rihla itself has written, and those that were taken back. Nearly always
// there are none in what is read, so asking costs one search for some thousand events.

/// Positions that are left out, as ranges that neither touch nor overlap, ascending.
struct HiddenPositions: Hashable, Sendable {
    private(set) var ranges: [PositionRange] = []
    /// Whether events that are somebody's are among them, and not only those of Rihla itself, which are nobody's.
    private(set) var hasCorrections = false

    /// None.
    init() {}

    /// Ranges in any order.
    init(_ ranges: [PositionRange], hasCorrections: Bool) {
        for range in ranges.sorted(by: { ($0.first, $0.last) < ($1.first, $1.last) }) { append(range) }
        self.hasCorrections = hasCorrections
    }

    /// Adds a range that starts behind the start of the last one, or with it.
    mutating func append(_ range: PositionRange) {
        guard range.first <= range.last else { return }
        if let last = ranges.last, range.first <= last.last &+ 1 {
            ranges[ranges.count - 1].last = max(last.last, range.last)
        } else {
            ranges.append(range)
        }
    }

    /// The index of the first range that ends at or behind a position.
    private func index(from position: UInt64) -> Int {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].last < position { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Whether a position is left out.
    func contains(_ position: UInt64) -> Bool {
        let index = index(from: position)
        return index < ranges.count && ranges[index].first <= position
    }

    /// Whether one from a position through another is.
    func intersects(_ first: UInt64, _ last: UInt64) -> Bool {
        let index = index(from: first)
        return index < ranges.count && ranges[index].first <= last
    }

    /// How many there are through a position.
    func count(through last: UInt64) -> UInt64 {
        var count: UInt64 = 0
        for range in ranges where range.first <= last { count += min(range.last, last) - range.first + 1 }
        return count
    }

    /// Visits what is left of events in order of position, as few parts as possible.
    func eachVisible(_ events: ArraySlice<FoldEvent>, _ body: (ArraySlice<FoldEvent>) throws -> Void) rethrows {
        guard let first = events.first?.position, let last = events.last?.position else { return }
        guard intersects(first, last) else { return try body(events) }
        var start = events.startIndex
        for index in events.indices where contains(events[index].position) {
            if start < index { try body(events[start..<index]) }
            start = index + 1
        }
        if start < events.endIndex { try body(events[start...]) }
    }

    /// The positions that are left of some.
    func visible(_ positions: [UInt64]) -> [UInt64] {
        guard let first = positions.first, let last = positions.last, intersects(first, last) else { return positions }
        return positions.filter { !contains($0) }
    }
}
