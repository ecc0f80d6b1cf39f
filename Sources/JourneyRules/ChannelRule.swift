// Channels from raw traffic fields. The order of the table and the meaning of "paid" and "shopping" are GA4's default
// channel group (https://support.google.com/analytics/answer/9756891); events keep the raw fields, so a change is a rebuild.

/// One row of the channel table; a condition that is absent always holds.
public struct ChannelRule: Hashable, Sendable {
    /// The channel that a match gives.
    public var channel: String
    var source: [String]?
    var medium: [String]?
    var sourceList: String?
    var paid: Bool
    var shopping: Bool
    var mediumContains: String?
    var mediumEnds: String?
    var campaignContains: String?
    var noClickID: Bool
}

/// The raw traffic fields of an event.
public struct ChannelInput: Hashable, Sendable {
    /// `utm_source`, or what a click id or referrer says.
    public var source: String
    /// `utm_medium`.
    public var medium: String
    /// `utm_campaign`.
    public var campaign: String
    /// Whether the event has a click id.
    public var hasClickID: Bool
    /// Fields from their parts.
    public init(source: String = "", medium: String = "", campaign: String = "", hasClickID: Bool = false) {
        self.source = source
        self.medium = medium
        self.campaign = campaign
        self.hasClickID = hasClickID
    }
}

extension RuleSet {
    /// The channel of raw traffic fields: the first row that matches, else `unassigned`. Case does not matter.
    public func channel(for input: ChannelInput) -> String {
        let source = input.source.lowercased()
        let medium = input.medium.lowercased()
        let campaign = input.campaign.lowercased()
        let paid = medium.contains("cp") || medium == "ppc" || medium == "retargeting" || medium.hasPrefix("paid")
        func isListed(_ list: String) -> Bool {
            let names = lists[list] ?? []
            return names.contains(source) || names.contains { RuleSet.host(source, isOf: $0) }
        }
        for rule in channels {
            if let sources = rule.source, !sources.contains(source) { continue }
            if let media = rule.medium, !media.contains(medium) { continue }
            if let list = rule.sourceList, !isListed(list) { continue }
            if rule.paid, !paid { continue }
            if rule.shopping, !(isListed("shopping") || RuleSet.isShopping(campaign)) { continue }
            if let part = rule.mediumContains, !medium.contains(part) { continue }
            if let end = rule.mediumEnds, !medium.hasSuffix(end) { continue }
            if let part = rule.campaignContains, !campaign.contains(part) { continue }
            if rule.noClickID, input.hasClickID { continue }
            return rule.channel
        }
        return "unassigned"
    }

    /// `^(.*(([^a-df-z]|^)shop|shopping).*)$`: "shop" at the start or after anything but a letter other than e.
    static func isShopping(_ campaign: String) -> Bool {
        if campaign.contains("shopping") { return true }
        let letters = Array(campaign)
        let shop = Array("shop")
        guard letters.count >= 4 else { return false }
        for start in 0...(letters.count - 4) where Array(letters[start..<(start + 4)]) == shop {
            if start == 0 { return true }
            let before = letters[start - 1]
            if !(before >= "a" && before <= "z") || before == "e" { return true }
        }
        return false
    }

    /// Whether a host name belongs to a listed name: `www.google.de` to `google`, `t.co` to `t.co`.
    static func host(_ host: String, isOf name: String) -> Bool {
        guard host.contains(".") else { return false }
        if name.contains(".") { return host == name || host.hasSuffix("." + name) }
        return host.split(separator: ".").dropLast().contains { $0 == name }
    }

    /// Traffic fields from a page's address, its referrer and utm properties. Click ids stand in for an empty medium:
    /// `gclid gbraid wbraid` are google/cpc, `msclkid` bing/cpc, `ttclid` tiktok/cpc, `li_fat_id` linkedin/cpc, `dclid`
    /// display; `fbclid` is on organic links too, so it says facebook/social.
    public static func channelInput(url: String?, referrer: String?, utm: [String: String]) -> ChannelInput {
        var fields = query(of: url ?? "")
        for (key, value) in utm { fields[key] = value }
        var input = ChannelInput(
            source: fields["utm_source"] ?? "",
            medium: fields["utm_medium"] ?? "",
            campaign: fields["utm_campaign"] ?? ""
        )
        let clicks: [(String, String, String)] = [
            ("gclid", "google", "cpc"), ("gbraid", "google", "cpc"), ("wbraid", "google", "cpc"),
            ("msclkid", "bing", "cpc"), ("ttclid", "tiktok", "cpc"), ("li_fat_id", "linkedin", "cpc"),
            ("dclid", "google", "display"), ("fbclid", "facebook", "social"),
        ]
        for (key, source, medium) in clicks where fields[key] != nil {
            input.hasClickID = true
            if input.medium.isEmpty {
                if input.source.isEmpty { input.source = source }
                input.medium = medium
            }
            break
        }
        if input.source.isEmpty, input.medium.isEmpty, let from = hostName(of: referrer ?? ""),
            from != hostName(of: url ?? "")
        {
            input.source = from
            input.medium = "referral"
        }
        return input
    }

    /// The parameters of an address's query, percent-decoded.
    static func query(of url: String) -> [String: String] {
        guard let mark = url.firstIndex(of: "?") else { return [:] }
        let query = url[url.index(after: mark)...].prefix { $0 != "#" }
        var fields: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, !parts[1].isEmpty { fields[decoded(parts[0])] = decoded(parts[1]) }
        }
        return fields
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        let source = Array(text.utf8)
        var at = 0
        while at < source.count {
            if source[at] == 37, at + 2 < source.count,
                let byte = UInt8(String(decoding: source[(at + 1)...(at + 2)], as: UTF8.self), radix: 16)
            {
                bytes.append(byte)
                at += 3
            } else {
                bytes.append(source[at] == 43 ? 32 : source[at])
                at += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The host of an address, in lower case and without `www.`; nil when it has none.
    static func hostName(of url: String) -> String? {
        guard let scheme = url.range(of: "://") else { return nil }
        var host = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if let at = host.lastIndex(of: "@") { host = host[host.index(after: at)...] }
        let name = host.prefix { $0 != ":" }.lowercased()
        guard !name.isEmpty else { return nil }
        return name.hasPrefix("www.") ? String(name.dropFirst(4)) : name
    }
}

extension String {
    /// Where `part` stands first.
    fileprivate func range(of part: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(part) { return start..<index(start, offsetBy: part.count) }
            start = index(after: start)
        }
        return nil
    }
}
