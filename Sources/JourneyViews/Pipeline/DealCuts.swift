// What deals are grouped by.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

extension QueryFrame {
    private static let none = "(none)"
    private static let unattributed = "(unattributed)"

    /// The group of each deal of a book, in its order.
    func dealGroups(_ book: DealBook, by: String?) throws -> [String] {
        guard let by else { return Array(repeating: "all", count: book.deals.count) }
        if by.hasPrefix("property:"), by.utf8.count > 9 { return try properties(book, named: String(by.dropFirst(9))) }
        switch by {
        case "owner": return book.deals.map { $0.record.owner ?? QueryFrame.none }
        case "account":
            let names = try texts(.account, book.deals.map(\.record.account))
            return book.deals.map { names[$0.record.account] ?? QueryFrame.none }
        case "product": return try properties(book, named: "product")
        case "channel": return try firstTouches(book) { try channelName($0.channel) }
        case "campaign":
            return try firstTouches(book) { touch in
                touch.campaign == 0 ? QueryFrame.none : try log.symbolText(.campaign, touch.campaign)
            }
        default:
            try check(
                by,
                "group of deals",
                in: ["owner", "channel", "campaign", "account", "product", "property:NAME"]
            )
            return []
        }
    }

    /// The value that the last event of each deal with this property has; numbers as they were written.
    private func properties(_ book: DealBook, named name: String) throws -> [String] {
        guard let key = try log.symbol(.propertyKey, name) else {
            return Array(repeating: QueryFrame.none, count: book.deals.count)
        }
        var events: [FoldEvent] = []
        try log.scanFolds(after: 0, through: through.rawValue) { event in
            if event.deal != 0, bounds.contains(event) { events.append(event) }
        }
        let table = try PropertyTable(reading: log, keys: [key], positions: events.map(\.position))
        var last: [UInt32: (event: FoldEvent, value: String)] = [:]
        for event in events {
            if let known = last[event.deal], FoldEvent.inJourneyOrder(event, known.event) { continue }
            let json = table.json(key, at: event.position)
            guard let value = table.text(key, at: event.position) ?? json, json != "null" else { continue }
            last[event.deal] = (event, value)
        }
        return book.deals.map { last[$0.key]?.value ?? QueryFrame.none }
    }

    /// What the first touchpoint of each deal's customer says, when it is not later than the deal.
    private func firstTouches(_ book: DealBook, _ name: (TouchPoint) throws -> String) throws -> [String] {
        let persons = book.deals.map { entry in
            entry.record.customer == 0 ? 0 : identity.person(entry.record.customer, at: entry.record.customerAt)
        }
        let wanted = Set(persons)
        var touches: [UInt32: TouchPoint] = [:]
        try each(CustomerProjection(rules)) { key, bytes in
            if wanted.contains(key) { touches[key] = try CustomerRecord(bytes).firstTouch }
        }
        return try zip(book.deals, persons).map { entry, person in
            guard let touch = touches[person], touch.at <= entry.record.created ?? entry.record.firstEvent else {
                return QueryFrame.unattributed
            }
            return try name(touch)
        }
    }
}
