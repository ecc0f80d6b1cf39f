// Traffic fields from the addresses that events carry: utm parameters, click ids, and the host of the referrer.

extension RuleSet {
    /// Click ids, strongest first, and the source and medium that each stands for. `fbclid` is on organic links too, so it
    /// says nothing of money.
    private static let clickIDs: [(key: String, source: String, medium: String)] = [
        ("gclid", "google", "cpc"), ("gbraid", "google", "cpc"), ("wbraid", "google", "cpc"),
        ("msclkid", "bing", "cpc"), ("ttclid", "tiktok", "cpc"), ("li_fat_id", "linkedin", "cpc"),
        ("dclid", "google", "display"), ("fbclid", "facebook", "social"),
    ]
    private static let parameters = Set(["utm_source", "utm_medium", "utm_campaign"] + clickIDs.map(\.key))

    /// Traffic fields from a page's address, its referrer and utm properties, which win over the address. Click ids stand
    /// in for an empty medium; a property `click_id` only says that there was a click.
    public static func channelInput(url: String?, referrer: String?, utm: [String: String]) -> ChannelInput {
        var fields = utm
        if let url { query(of: url, &fields) }
        var input = ChannelInput(
            source: fields["utm_source"] ?? "",
            medium: fields["utm_medium"] ?? "",
            campaign: fields["utm_campaign"] ?? "",
            hasClickID: fields["click_id"]?.isEmpty == false
        )
        for click in clickIDs where fields[click.key]?.isEmpty == false {
            input.hasClickID = true
            if input.medium.isEmpty {
                if input.source.isEmpty { input.source = click.source }
                input.medium = click.medium
            }
            break
        }
        if input.source.isEmpty, input.medium.isEmpty, let referrer, let from = hostName(of: referrer),
            from != url.flatMap({ hostName(of: $0) })
        {
            input.source = from
            input.medium = "referral"
        }
        return input
    }

    /// Adds the parameters of an address that say where a visit came from, percent-decoded, unless they are there.
    static func query(of url: String, named parameters: Set<String> = parameters, _ fields: inout [String: String]) {
        guard let mark = url.utf8.firstIndex(of: 63) else { return }
        let query = url.utf8[url.utf8.index(after: mark)...].prefix { $0 != 35 }
        for pair in query.split(separator: 38) {
            guard let equals = pair.firstIndex(of: 61) else { continue }
            let key = decoded(pair[..<equals])
            guard parameters.contains(key), fields[key] == nil else { continue }
            let value = decoded(pair[pair.index(after: equals)...])
            if !value.isEmpty { fields[key] = value }
        }
    }

    private static func decoded(_ source: Substring.UTF8View) -> String {
        guard source.contains(where: { $0 == 37 || $0 == 43 }) else { return String(Substring(source)) }
        func digit(_ byte: UInt8) -> UInt8? {
            switch byte {
            case 48...57: byte - 48
            case 65...70: byte - 55
            case 97...102: byte - 87
            default: nil
            }
        }
        let bytes = Array(source)
        var out: [UInt8] = []
        var at = 0
        while at < bytes.count {
            if bytes[at] == 37, at + 2 < bytes.count, let high = digit(bytes[at + 1]), let low = digit(bytes[at + 2]) {
                out.append(high << 4 | low)
                at += 3
            } else {
                out.append(bytes[at] == 43 ? 32 : bytes[at])
                at += 1
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The host of an address, in lower case and without `www.`; nil when it has none.
    static func hostName(of url: String) -> String? {
        let bytes = url.utf8
        guard let colon = bytes.firstIndex(of: 58) else { return nil }
        let rest = bytes[colon...].dropFirst()
        guard rest.starts(with: "//".utf8) else { return nil }
        var host = rest.dropFirst(2).prefix { $0 != 47 && $0 != 63 && $0 != 35 }
        if let at = host.lastIndex(of: 64) { host = host[host.index(after: at)...] }
        let name = String(Substring(host.prefix { $0 != 58 })).lowercased()
        guard !name.isEmpty else { return nil }
        return name.hasPrefix("www.") ? String(name.dropFirst(4)) : name
    }
}
