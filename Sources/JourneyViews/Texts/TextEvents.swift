// Events that have texts in a property, wherever they are in the log.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections

extension QueryFrame {
    /// The symbols of properties, those that the log knows.
    func propertyKeys(_ names: [String]) throws -> [UInt32] {
        try names.compactMap { try log.symbol(.propertyKey, $0) }
    }

    /// Visits the events inside the bounds that have texts in one of some properties, in order of position; a text that an
    /// event has twice is visited once.
    func eachText(
        in names: [String],
        where isWanted: (FoldEvent) -> Bool = { _ in true },
        _ body: (FoldEvent, [String]) throws -> Void
    ) throws {
        let keys = try propertyKeys(names)
        guard !keys.isEmpty else { return }
        let chunk: UInt64 = 262_144
        var after: UInt64 = 0
        while after < through.rawValue {
            try Task.checkCancellation()
            let end = min(after + chunk, through.rawValue)
            var events: [FoldEvent] = []
            try log.scanFolds(after: after, through: end) { event in
                if bounds.contains(event), isWanted(event) { events.append(event) }
            }
            let properties = try PropertyTable(reading: log, keys: keys, positions: events.map(\.position))
            for event in events {
                var found: [String] = []
                for key in keys {
                    guard let json = properties.json(key, at: event.position) else { continue }
                    for text in propertyTexts(ofJSON: json) where !found.contains(text) { found.append(text) }
                }
                if !found.isEmpty { try body(event, found) }
            }
            after = end
        }
    }
}
