// Channels from traffic fields. The order of the table and the meaning of "paid" and "shopping" are GA4's default channel
// group (https://support.google.com/analytics/answer/9756891); events keep the raw fields, so a change is a rebuild.

/// One row of the channel table; a condition that is absent always holds.
public struct ChannelRule: Hashable, Sendable {
    /// The channel that a match gives.
    public var channel: String
    var source: [String]?
    var medium: [String]?
    var campaign: [String]?
    var sourceList: String?
    var paid: Bool
    var shopping: Bool
    var mediumContains: String?
    var mediumEnds: String?
    var campaignContains: String?
    var noClickID: Bool
}

/// The traffic fields of an event.
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

/// The channel table with its lists as sets.
struct ChannelTable: Hashable, Sendable {
    /// One list of sources: names, and host names.
    private struct Sources: Hashable {
        var names: Set<String> = []
        var hosts: Set<String> = []
    }

    /// A source, and when it is a host name its labels and the hosts above it.
    private struct Source {
        let text: String
        private var labels: [String] = []
        private var hosts: [String] = []

        init(_ text: String) {
            self.text = text
            var rest = text.utf8[...]
            while let dot = rest.firstIndex(of: 46) {
                let label = rest[..<dot]
                rest = rest[rest.index(after: dot)...]
                hosts.append(String(Substring(rest)))
                // A name of one or two letters must be the part before the last: `x.com`, not `x.example.com`.
                if label.count > 2 || !rest.contains(46) { labels.append(String(Substring(label))) }
            }
        }

        /// Whether it is listed, or is a host of a listed name: `www.google.de` of `google`, `m.t.co` of `t.co`.
        func isListed(in list: Sources) -> Bool {
            list.names.contains(text) || list.hosts.contains(text) || labels.contains { list.names.contains($0) }
                || hosts.contains { list.hosts.contains($0) }
        }
    }

    private var rules: [ChannelRule]
    /// For each rule the number of its list; -1 for none.
    private var listOf: [Int]
    private var lists: [Sources] = []
    private var shopping = -1

    init(_ rules: [ChannelRule], lists: [String: [String]]) {
        self.rules = rules
        let names = lists.keys.sorted()
        listOf = rules.map { rule in rule.sourceList.flatMap { names.firstIndex(of: $0) } ?? -1 }
        shopping = names.firstIndex(of: "shopping") ?? -1
        self.lists = names.map { name in
            var sources = Sources()
            for entry in (lists[name] ?? []).map({ $0.lowercased() }) {
                if entry.utf8.contains(46) { sources.hosts.insert(entry) } else { sources.names.insert(entry) }
            }
            return sources
        }
    }

    func channel(_ input: ChannelInput) -> String {
        let source = Source(input.source.lowercased())
        let medium = input.medium.lowercased()
        let campaign = input.campaign.lowercased()
        let isPaid =
            medium.hasPart("cp") || medium == "ppc" || medium == "retargeting" || medium.hasPrefix("paid")
        var known = [Bool?](repeating: nil, count: lists.count)
        func isListed(_ list: Int) -> Bool {
            guard list >= 0, !source.text.isEmpty else { return false }
            if let answer = known[list] { return answer }
            let answer = source.isListed(in: lists[list])
            known[list] = answer
            return answer
        }
        for (index, rule) in rules.enumerated() {
            if rule.noClickID, input.hasClickID { continue }
            if rule.paid, !isPaid { continue }
            if let sources = rule.source, !sources.contains(source.text) { continue }
            if let media = rule.medium, !media.contains(medium) { continue }
            if let campaigns = rule.campaign, !campaigns.contains(campaign) { continue }
            if rule.sourceList != nil, !isListed(listOf[index]) { continue }
            if rule.shopping, !(isListed(shopping) || ChannelTable.isShopping(campaign)) { continue }
            if let part = rule.mediumContains, !medium.hasPart(part) { continue }
            if let end = rule.mediumEnds, !medium.hasSuffix(end) { continue }
            if let part = rule.campaignContains, !campaign.hasPart(part) { continue }
            return rule.channel
        }
        return "unassigned"
    }

    /// `^(.*(([^a-df-z]|^)shop|shopping).*)$`: "shop" at the start or after anything but a letter other than e.
    static func isShopping(_ campaign: String) -> Bool {
        if campaign.utf8.count < 4 { return false }
        if campaign.hasPart("shopping") { return true }
        let bytes = Array(campaign.utf8)
        for start in 0...(bytes.count - 4) where bytes[start..<(start + 4)].elementsEqual("shop".utf8) {
            guard start > 0 else { return true }
            let before = bytes[start - 1]
            if before < 97 || before > 122 || before == 101 { return true }
        }
        return false
    }
}

extension RuleSet {
    /// The channel of traffic fields: the first row that matches, else `unassigned`. Case does not matter.
    public func channel(for input: ChannelInput) -> String { table.channel(input) }
}

extension String {
    /// Whether these bytes stand anywhere in it.
    fileprivate func hasPart(_ part: String) -> Bool {
        let wanted = part.utf8
        guard let first = wanted.first else { return true }
        var rest = utf8[...]
        while rest.count >= wanted.count {
            guard let start = rest.firstIndex(of: first) else { return false }
            rest = rest[start...]
            if rest.starts(with: wanted) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}
