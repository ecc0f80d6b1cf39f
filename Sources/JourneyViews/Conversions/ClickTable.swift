// Which click is behind a conversion: one pass over the events of those who converted.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// A click id and where it was seen.
struct Click: Hashable {
    var value: String
    var at: Int64
    var position: UInt64
    var isTouch: Bool

    /// Whether it counts rather than another one: a touchpoint's before any other event's, then the later one.
    func wins(over other: Click) -> Bool {
        if isTouch != other.isTouch { return isTouch }
        return at != other.at ? at > other.at : position > other.position
    }
}

/// Reads click ids out of properties.
struct ClickReader {
    /// `fbc` is Meta's own form, as its cookie has it; `click_id` says nothing of whose it is.
    static let names = RuleSet.clickIDNames + ["fbc", "click_id"]
    /// No advertiser makes longer ones.
    private static let longest = 512
    private let keys: [(name: String, key: UInt32)]
    private let url: UInt32

    init(_ log: LogSnapshot) throws {
        keys = try ClickReader.names.compactMap { name in
            try log.symbol(.propertyKey, name).map { (name, $0) }
        }
        url = try log.symbol(.propertyKey, "url") ?? 0
    }

    var symbols: [UInt32] { keys.map(\.key) + (url == 0 ? [] : [url]) }

    /// The click ids of an event by name. What cannot be one is none: they are printable and have no spaces.
    func clicks(at position: UInt64, _ properties: PropertyTable) -> [String: String] {
        var found: [String: String] = [:]
        if let address = properties.text(url, at: position) { found = RuleSet.clickIDs(ofURL: address) }
        for (name, key) in keys {
            if let text = properties.text(key, at: position) { found[name] = text }
        }
        return found.filter { ClickReader.isPlausible($0.value) }
    }

    private static func isPlausible(_ value: String) -> Bool {
        (1...longest).contains(value.utf8.count)
            && value.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || byte == 45 || byte == 46 || byte == 95 || byte == 126
            }
    }
}
