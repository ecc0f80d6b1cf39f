// One side of a comparison: stages and conversions of all customers, folded in one pass where they are not stored.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections

/// What one point of view says of each customer.
struct DiffSide {
    let frame: QueryFrame
    /// By symbol of the customer; 0 for none.
    private(set) var stages: [UInt8]
    /// By symbol of the customer, those with conversions; 0 is nobody. As of each event a customer may have several.
    private(set) var records: [UInt32: [AttributionRecord]] = [:]

    /// - Parameter wantsCredits: Whether conversions are wanted one by one.
    init(_ frame: QueryFrame, _ view: IdentityView, wantsCredits: Bool) throws {
        self.frame = frame
        stages = Array(repeating: 0, count: frame.log.symbolCount(.customer) + 1)
        let (customers, credits) = (CustomerProjection(frame.rules), AttributionProjection(frame.rules))
        if wantsCredits, view == .asOfNow, !frame.isStored {
            if let nobody = try frame.nobody(credits) { records[0] = [nobody] }
            try fold(customers, credits)
            return
        }
        try frame.each(customers) { key, bytes in try addStage(key, bytes) }
        guard wantsCredits else { return }
        try frame.eachRecord(credits, view) { key, known in records[key] = known.map(\.record) }
    }

    private mutating func addStage(_ key: UInt32, _ bytes: Span<UInt8>) throws {
        // The stage stands first.
        var row = RowReader(bytes)
        stages[Int(key)] = UInt8(clamping: try row.number(bytes))
    }

    /// Both folds over the same groups, with the properties that either reads.
    private mutating func fold(_ customers: CustomerProjection, _ credits: AttributionProjection) throws {
        let folds = [try customers.prepared(for: frame.log), try credits.prepared(for: frame.log)]
        let keys = Set(folds.flatMap(\.propertyKeys)).sorted()
        let rowTypes = RowTypes(folds[1].rowTypes)
        var ranges = try frame.journeys()
        while let part = try ranges.next() {
            let wanted = part.events.filter { event in folds.contains { $0.readsProperties(of: event) } }
            let properties = try PropertyTable(reading: frame.log, keys: keys, positions: wanted.map(\.position))
            let (customers, credits) = (folds[0].folder(properties), folds[1].folder(properties))
            var start = 0
            for (index, end) in part.ends.enumerated() {
                if index & 1_023 == 0 { try Task.checkCancellation() }
                defer { start = end }
                guard start < end else { continue }
                let (key, events) = (part.key(index), part.events[start..<end])
                if let row = try customers.row(for: key, events: events) {
                    try addStage(key, row.span)
                }
                if rowTypes.mayGiveRow(events), let row = try credits.row(for: key, events: events) {
                    records[key] = [try AttributionRecord(row.span)]
                }
            }
        }
    }
}
