// What the rules say of attribution: windows, the shares of models, models of one's own, and what is left out of paths.
internal import JourneyEvents

/// Defaults of attribution.
public struct AttributionRule: Hashable, Sendable {
    /// Look-back window, 0 for no limit.
    public var lookbackMilliseconds: Int64
    /// `overlap` or `reset`.
    public var path: String
    /// `drop` or `keep`.
    public var direct: String
    /// Half-life of time decay.
    public var halfLifeMilliseconds: Int64
    /// Share of the first touchpoint in the position model, 0…1.
    public var positionFirst: Double
    /// Share of the last touchpoint in the position model, 0…1.
    public var positionLast: Double
    /// What is left out of each path, one rule after the other.
    public var transforms: [TransformRule]
    /// Whether a path that may still lead to a conversion counts as one that did not.
    public var countsPendingAsNull: Bool
    /// Models of one's own by name.
    public var custom: [String: CustomRule]

    /// The models of the binary that weigh the touchpoints of one path; a multiplied model starts from one of them.
    public static let pathModels = [
        "first", "last", "last-non-direct", "linear", "position", "time-decay", "u-shaped", "w-shaped", "full-path",
        "j-shaped", "inverse-j",
    ]
    /// The models of the binary that are made of all paths together.
    public static let totalModels = ["markov", "shapley"]

    init(_ reader: RuleReader) {
        lookbackMilliseconds = reader.duration("attribution", "lookback") ?? 30 * 86_400_000
        path = reader.string("attribution", "path") ?? "overlap"
        direct = reader.string("attribution", "direct") ?? "drop"
        halfLifeMilliseconds = reader.duration("attribution", "half_life") ?? 7 * 86_400_000
        positionFirst = reader.number("attribution", "first") ?? 0.4
        positionLast = reader.number("attribution", "last") ?? 0.4
        transforms = reader.strings("attribution", "transform").compactMap { TransformRule($0) }
        countsPendingAsNull = reader.string("attribution", "count_pending_as_null") == "true"
        custom = reader.members("attribution", "custom").mapValues { CustomRule($0) }
    }
}

/// A rule that leaves touchpoints out of a path.
public enum TransformRule: Hashable, Sendable {
    /// Nothing.
    case unchanged
    /// Adjacent repeats of a key.
    case exposure
    /// All but the first of each key.
    case first
    /// A key, unless the path has no other.
    case removeIfNotAll(String)
    /// A key at the end of the path, unless the path has no other.
    case removeIfLastAndNotAll(String)

    /// The rule as it is written: `none`, `exposure`, `first`, `remove_if_not_all(KEY)` or
    /// `remove_if_last_and_not_all(KEY)`; nil for anything else.
    public init?(_ text: String) {
        switch text {
        case "none": self = .unchanged
        case "exposure": self = .exposure
        case "first": self = .first
        default:
            guard text.hasSuffix(")"), let open = text.firstIndex(of: "(") else { return nil }
            let key = String(text[text.index(after: open)...].dropLast())
            guard !key.isEmpty else { return nil }
            switch text[..<open] {
            case "remove_if_not_all": self = .removeIfNotAll(key)
            case "remove_if_last_and_not_all": self = .removeIfLastAndNotAll(key)
            default: return nil
            }
        }
    }

    /// The rule as it is written.
    public var text: String {
        switch self {
        case .unchanged: "none"
        case .exposure: "exposure"
        case .first: "first"
        case .removeIfNotAll(let key): "remove_if_not_all(\(key))"
        case .removeIfLastAndNotAll(let key): "remove_if_last_and_not_all(\(key))"
        }
    }

    /// How the rules are written, for hints.
    public static let forms = "none, exposure, first, remove_if_not_all(KEY), remove_if_last_and_not_all(KEY)"
}

/// A model of one's own. Shares and multipliers are in millionths, from 0 to a thousand times.
public enum CustomRule: Hashable, Sendable {
    /// Shares by place: from the start, to the end, and of the others together.
    case places(start: [Int64], end: [Int64], rest: Int64)
    /// A model of the binary, its weights multiplied by channel and by type.
    case multipliers(base: String, channels: [String: Int64], types: [String: Int64])

    init(_ node: RuleNode) {
        func millionths(_ node: RuleNode?) -> Int64? {
            node?.text.flatMap { Double($0) }.map { Int64(($0 * 1_000_000).rounded()) }
        }
        if node["channels"] != nil || node["types"] != nil || node["base"] != nil {
            self = .multipliers(
                base: node["base"]?.text ?? "linear",
                channels: node["channels"]?.members.compactMapValues { millionths($0) } ?? [:],
                types: node["types"]?.members.compactMapValues { millionths($0) } ?? [:]
            )
        } else {
            self = .places(
                start: node["start"]?.list.compactMap { millionths($0) } ?? [],
                end: node["end"]?.list.compactMap { millionths($0) } ?? [],
                rest: millionths(node["rest"]) ?? 0
            )
        }
    }
}
