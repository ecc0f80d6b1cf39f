// What a stored view says of itself. It changes in the transaction that changes the rows, so it is never wrong about them.
internal import JourneyEvents
internal import JourneyLog
internal import Platform

/// What a view was made from and how far it has come.
struct ViewState: Hashable, Sendable {
    /// Changes when the layout of a view's environment changes; a view of another layout is made anew.
    private static let layout: UInt8 = 2

    var storeID: [UInt8]
    var epoch: UInt32
    var checkpoint: UInt64
    /// Which of the two tables of rows serves.
    var active: UInt8
    var definition: String

    init(head: LogHead, active: UInt8 = 0, definition: String) {
        storeID = head.storeID
        epoch = head.epoch
        checkpoint = head.position.rawValue
        self.active = active
        self.definition = definition
    }

    /// `u8 layout, 16 bytes store id, u32 epoch, u64 checkpoint, u8 active, definition`.
    var bytes: [UInt8] {
        var out = [ViewState.layout]
        out.append(contentsOf: storeID)
        out.appendInteger(epoch)
        out.appendInteger(checkpoint)
        out.append(active)
        out.append(contentsOf: definition.utf8)
        return out
    }

    init?(_ bytes: Span<UInt8>) {
        guard bytes.count >= 30, bytes[0] == ViewState.layout else { return nil }
        storeID = bytes.array(1..<17)
        epoch = loadLittleEndian(bytes, at: 17, as: UInt32.self)
        checkpoint = loadLittleEndian(bytes, at: 21, as: UInt64.self)
        active = bytes[29] & 1
        definition = bytes.string(30..<bytes.count)
    }

    /// Whether the view was made by this definition from this log.
    func isMade(by definition: String, from head: LogHead) -> Bool {
        self.definition == definition && storeID == head.storeID && epoch == head.epoch
    }
}

/// What a reader needs a stored view to be.
struct ViewNeed: Sendable {
    var head: LogHead
    var definition: String
    /// Where the rows must stand.
    var checkpoint: UInt64

    func isMet(by state: ViewState) -> Bool {
        state.isMade(by: definition, from: head) && state.checkpoint == checkpoint
    }
}
