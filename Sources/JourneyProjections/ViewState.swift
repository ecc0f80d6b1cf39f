// What a stored view says of itself. It changes in the transaction that changes the rows, so it is never wrong about them.
internal import JourneyEvents
internal import JourneyLog
internal import LMDB
internal import Platform

/// What a view was made from and how far it has come.
struct ViewState: Hashable, Sendable {
    /// Changes when the layout of a view's environment changes; a view of another layout is made anew.
    private static let layout: UInt8 = 3

    /// The last event that it has folded, and the history that this is of.
    var point: HistoryPoint
    /// Which of the two tables of rows serves.
    var active: UInt8
    var definition: String

    init(_ point: HistoryPoint, active: UInt8 = 0, definition: String) {
        self.point = point
        self.active = active
        self.definition = definition
    }

    var checkpoint: UInt64 { point.position.rawValue }

    /// `u8 layout, u8 active, the point's 64 bytes, definition`.
    var bytes: [UInt8] {
        var out = [ViewState.layout, active]
        out.append(contentsOf: point.bytes)
        out.append(contentsOf: definition.utf8)
        return out
    }

    init?(_ bytes: Span<UInt8>) {
        let end = 2 + HistoryPoint.size
        guard bytes.count >= end, bytes[0] == ViewState.layout, let point = HistoryPoint(bytes.array(2..<end)) else {
            return nil
        }
        self.point = point
        active = bytes[1] & 1
        definition = bytes.string(end..<bytes.count)
    }
}

/// What a reader needs a stored view to be.
struct ViewNeed: Sendable {
    /// Where the rows must stand.
    var point: HistoryPoint
    var definition: String

    func isMet(by state: ViewState) -> Bool { state.definition == definition && state.point == point }
}
