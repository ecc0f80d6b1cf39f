// What a walk knows of a customer's deals. Most customers have none or a few, which are found by looking at each; memory is
// used again for the next customer.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyRules

/// The deals of one customer as the events so far leave them.
struct DealLedger {
    private struct Entry {
        var deal: UInt32
        /// Whether it is closed, and whether it is open: what nobody has created, changed or closed is neither.
        var isClosed = false
        var isOpen = false
        var isCreated = false
        /// The position of the conversion while it is won.
        var won: UInt64 = 0
        /// The amount as last stated, and by which event.
        var amount: Amount?
        var amountPosition: UInt64 = 0
    }

    /// So many are looked through; more get an index.
    private static let few = 16

    private var entries: [Entry] = []
    private var indices: [UInt32: Int] = [:]
    /// How many are open.
    private(set) var openCount = 0

    /// Forgets all deals.
    mutating func removeAll() {
        guard !entries.isEmpty else { return }
        entries.removeAll(keepingCapacity: true)
        if !indices.isEmpty { indices = [:] }
        openCount = 0
    }

    private func index(of deal: UInt32) -> Int? {
        if entries.count > DealLedger.few { return indices[deal] }
        return entries.lastIndex { $0.deal == deal }
    }

    /// The index of a deal, which is entered when it is not known.
    private mutating func enter(_ deal: UInt32) -> Int {
        if let known = index(of: deal) { return known }
        entries.append(Entry(deal: deal))
        if entries.count == DealLedger.few + 1 {
            for (index, entry) in entries.enumerated() { indices[entry.deal] = index }
        } else if entries.count > DealLedger.few {
            indices[deal] = entries.count - 1
        }
        return entries.count - 1
    }

    private mutating func setOpen(_ index: Int, _ isOpen: Bool) {
        if entries[index].isOpen != isOpen { openCount += isOpen ? 1 : -1 }
        entries[index].isOpen = isOpen
        entries[index].isClosed = !isOpen
    }

    /// Whether a deal is closed.
    func isClosed(_ deal: UInt32) -> Bool { index(of: deal).map { entries[$0].isClosed } ?? false }

    /// A deal was created or changed; what is closed stays as it is.
    mutating func change(_ event: FoldEvent, _ effect: Effect?) {
        let index = enter(event.deal)
        guard !entries[index].isClosed else { return }
        if let amount = event.amount, states(index, effect) {
            entries[index].amount = amount
            entries[index].amountPosition = event.position
        }
        setOpen(index, true)
    }

    /// Whether an event with this effect says what a deal is worth: a change of amount, or the first creation that has an
    /// amount while nothing else has said it.
    private mutating func states(_ index: Int, _ effect: Effect?) -> Bool {
        switch effect {
        case .dealAmountChanged: return true
        case .dealCreated:
            defer { entries[index].isCreated = true }
            return !entries[index].isCreated && entries[index].amount == nil
        default: return false
        }
    }

    /// A deal was won: the amount that was stated before and by which event; nil when it was closed already.
    mutating func win(_ event: FoldEvent, isConversion: Bool) -> (amount: Amount?, position: UInt64)? {
        let index = enter(event.deal)
        guard !entries[index].isClosed else { return nil }
        setOpen(index, false)
        if isConversion { entries[index].won = event.position }
        return (entries[index].amount, entries[index].amountPosition)
    }

    /// A deal was lost.
    mutating func close(_ deal: UInt32) { setOpen(enter(deal), false) }

    /// A deal was reopened: the position of the conversion that it was, which it never was now.
    mutating func reopen(_ deal: UInt32) -> UInt64? {
        let index = enter(deal)
        setOpen(index, true)
        defer { entries[index].won = 0 }
        return entries[index].won == 0 ? nil : entries[index].won
    }
}
