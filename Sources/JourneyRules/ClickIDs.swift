// The click ids that advertisers put into the addresses of landing pages.

extension RuleSet {
    /// The properties and parameters that hold click ids.
    public static let clickIDNames = [
        "gclid", "gbraid", "wbraid", "fbclid", "msclkid", "ttclid", "li_fat_id", "dclid",
    ]

    /// The click ids in the parameters of an address, percent-decoded.
    public static func clickIDs(ofURL url: String) -> [String: String] {
        var fields: [String: String] = [:]
        query(of: url, named: Set(clickIDNames), &fields)
        return fields
    }

    /// One parameter of an address, percent-decoded; nil when it is not there or empty.
    public static func parameter(_ name: String, ofURL url: String) -> String? {
        var fields: [String: String] = [:]
        query(of: url, named: [name], &fields)
        return fields[name]
    }
}
