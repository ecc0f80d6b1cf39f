// The properties that folds read, looked up once, and the traffic fields that events write in several ways.
internal import JourneyEvents
internal import JourneyLog
internal import JourneyProjections
internal import JourneyRules

/// The properties that folds read.
struct PropertyKeys: Sendable {
    /// A property by its place in the table of symbols: folds ask for them with every event.
    enum Name: Int, CaseIterable {
        case url, referrer, utm, outcome, stage, to, from, pipeline, owner, reason, competitor, score, value
        case utmSource, utmMedium, utmCampaign, utmTerm, utmContent, clickID
        case gclid, gbraid, wbraid, msclkid, fbclid, ttclid, dclid, liFatID
        case orderID, closeDate, objectionID, category, network, subscriptionID
        case direction, note, followUpID, dueAt

        /// The property's key.
        var key: String {
            switch self {
            case .utmSource: "utm_source"
            case .utmMedium: "utm_medium"
            case .utmCampaign: "utm_campaign"
            case .utmTerm: "utm_term"
            case .utmContent: "utm_content"
            case .clickID: "click_id"
            case .liFatID: "li_fat_id"
            case .orderID: "order_id"
            case .closeDate: "close_date"
            case .objectionID: "objection_id"
            case .subscriptionID: "subscription_id"
            case .followUpID: "follow_up_id"
            case .dueAt: "due_at"
            default: "\(self)"
            }
        }
    }

    private let symbols: [UInt32]

    init(_ log: LogSnapshot) throws { symbols = try Name.allCases.map { try log.symbol(.propertyKey, $0.key) ?? 0 } }

    /// The symbol of a key; 0, which no event has, when the log does not know it.
    subscript(_ name: Name) -> UInt32 { symbols[name.rawValue] }

    /// The symbols of some keys, those that the log knows.
    func symbols(_ names: [Name]) -> [UInt32] { names.map { self[$0] }.filter { $0 != 0 } }

    static let channelNames: [Name] = [
        .url, .referrer, .utm, .utmSource, .utmMedium, .utmCampaign, .utmTerm, .utmContent, .clickID, .gclid, .gbraid,
        .wbraid, .msclkid, .fbclid, .ttclid, .dclid, .liFatID,
    ]

    /// The traffic fields of the event at a position: of the object `utm`, of properties of their own, which win, and of
    /// the page's address.
    func channelInput(_ position: UInt64, _ properties: PropertyTable) -> ChannelInput {
        var utm: [String: String] = [:]
        for (key, value) in textMembers(ofJSON: properties.json(self[.utm], at: position) ?? "") {
            utm[key.hasPrefix("utm_") ? key : "utm_" + (key == "name" ? "campaign" : key)] = value
        }
        for name in PropertyKeys.traffic {
            if let text = properties.text(self[name], at: position) { utm[name.key] = text }
        }
        return RuleSet.channelInput(
            url: properties.text(self[.url], at: position),
            referrer: properties.text(self[.referrer], at: position),
            utm: utm
        )
    }

    private static let traffic = channelNames.filter { $0 != .url && $0 != .referrer && $0 != .utm }
}

/// The members of a JSON object whose values are texts, in order; none when the token, which must be valid JSON, is no
/// object.
func textMembers(ofJSON token: String) -> [(key: String, value: String)] {
    let bytes = Array(token.utf8)
    var members: [(key: String, value: String)] = []
    guard bytes.first == 123 else { return members }
    var at = 1
    /// The end of the value that starts at `start`.
    func end(_ start: Int) -> Int {
        var depth = 0
        var index = start
        while index < bytes.count {
            switch bytes[index] {
            case 34:
                index += 1
                while index < bytes.count, bytes[index] != 34 { index += bytes[index] == 92 ? 2 : 1 }
            case 123, 91: depth += 1
            case 125, 93:
                if depth == 0 { return index }
                depth -= 1
            case 44 where depth == 0, 58 where depth == 0: return index
            default: break
            }
            index += 1
        }
        return bytes.count
    }
    func text(_ range: Range<Int>) -> String? {
        stringValue(ofJSON: String(decoding: bytes[range], as: UTF8.self).trimmingWhitespace())
    }
    while at < bytes.count {
        let colon = end(at)
        guard colon < bytes.count, bytes[colon] == 58 else { return members }
        let comma = end(colon + 1)
        guard comma <= bytes.count else { return members }
        if let key = text(at..<colon), let value = text((colon + 1)..<comma) { members.append((key, value)) }
        at = comma + 1
    }
    return members
}
