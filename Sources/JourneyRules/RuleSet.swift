// Rules are data: one document says what event types mean. This is the document as values.
internal import JourneyEvents

/// What events mean: stages, touchpoints, conversions, channels, pipelines.
public struct RuleSet: Sendable, Hashable {
    /// The rules inside the binary.
    public static let `default` = RuleSet(document: defaultDocument)
    private static let defaultDocument = PlainYAML.parse(defaultYAML)

    /// The most lifecycle stages: a customer's record has a bit for each that was skipped.
    public static let mostStages = 64

    /// Zone of calendar periods, an IANA name.
    public let timeZone: String
    /// Lifecycle stages, lowest first.
    public let stages: [String]
    /// What each event type means.
    public let types: [String: TypeRule]
    /// Other names of event types.
    public let aliases: [String: String]
    /// What counts as a conversion.
    public let conversions: [ConversionRule]
    /// How activity is cut into sessions.
    public let session: SessionRule
    /// Defaults of attribution.
    public let attribution: AttributionRule
    /// What keeps links of identifiers within reason.
    public let identity: IdentityRule
    /// The channel table; the first match wins.
    public let channels: [ChannelRule]
    /// Lists of traffic sources that channel rules name.
    public let lists: [String: [String]]
    /// The two together, looked up.
    let table: ChannelTable
    /// Pipelines by name.
    public let pipelines: [String: Pipeline]
    /// What lead scores are made of.
    public let scoring: ScoringRules
    /// By when sales takes up what marketing hands over.
    public let sla: SLARules
    /// A customer without an event for so long is dormant.
    public let dormantAfterMilliseconds: Int64
    /// The whole document in canonical form: keys in ascending order.
    public let yaml: String
    /// The whole document.
    let document: RuleNode
    /// 16 hexadecimal digits that are equal exactly when the canonical documents are.
    public let hash: String

    /// Reads a document and lays it over the default, key by key; lists replace lists, and so do the hours of a week.
    /// `extends: none` starts empty.
    ///
    /// - Throws: `RihlaError` with code `invalidInput` that names each unknown key and wrong value with line and column.
    public init(yaml: String, path: String) throws {
        switch RuleSet.read(yaml) {
        case .success(let document): self.init(document: document)
        case .failure(let problems):
            throw RihlaError(
                .invalidInput,
                problems.findings.map { "\(path):\($0.line):\($0.column): \($0.message)" }.joined(separator: "; "),
                hint: "`rihla rules check \(path)` lists all findings"
            )
        }
    }

    /// All that is wrong with a document; empty when it can be used.
    public static func check(yaml: String, path: String) -> [RuleFinding] {
        switch read(yaml) {
        case .success: []
        case .failure(let problems): problems.findings
        }
    }

    private struct Problems: Error {
        var findings: [RuleFinding]
    }

    private static func read(_ yaml: String) -> Result<RuleNode, Problems> {
        do {
            let node = try RuleDocument.parse(yaml)
            let document = RuleNode(node)
            let base = document["extends"]?.text == "none" ? RuleNode.map([:]) : defaultDocument
            let findings = RuleCheck.findings(node, over: base)
            guard findings.isEmpty else { return .failure(Problems(findings: findings)) }
            var members = SLARules.replacingHours(of: document, in: document.over(base)).members
            // Everything is in the document now, so it says so only when the default is not beneath it.
            if members["extends"]?.text == "default" { members["extends"] = nil }
            // Types of the default have no stage where the user's stages are others.
            let stages = members["stages"]?.list.compactMap(\.text) ?? []
            members["types"] = members["types"].map { types in
                .map(
                    types.members.mapValues { type in
                        guard let stage = type["stage"]?.text, !stages.contains(stage) else { return type }
                        return .map(type.members.filter { $0.key != "stage" })
                    }
                )
            }
            return .success(.map(members))
        } catch {
            return .failure(Problems(findings: [error]))
        }
    }

    init(document: RuleNode) {
        self.document = document
        let reader = RuleReader(document)
        timeZone = reader.string("time_zone") ?? "UTC"
        stages = reader.strings("stages")
        aliases = reader.stringMap("aliases")
        session = SessionRule(
            gapMilliseconds: reader.duration("session", "gap") ?? 1_800_000,
            startsOnNewCampaign: reader.string("session", "on_new_campaign") == "true"
        )
        attribution = AttributionRule(reader)
        identity = IdentityRule(reader)
        dormantAfterMilliseconds = reader.duration("dormant_after") ?? 90 * 86_400_000
        types = reader.types(stages: stages)
        conversions = reader.conversions()
        channels = reader.channels()
        lists = reader.lists()
        table = ChannelTable(channels, lists: lists)
        pipelines = reader.pipelines()
        scoring = ScoringRules(document["scoring"])
        sla = SLARules(document["sla"])
        yaml = document.canonical
        hash = RuleDocument.digest(yaml)
    }

    /// The type that a name stands for: itself, or what it is an alias of.
    public func resolved(_ type: String) -> String { aliases[type] ?? type }

    /// Every type that the rules name, ascending.
    public var knownTypes: [String] { (Array(types.keys) + aliases.keys).sorted() }
}

/// One thing that is wrong with a rules document.
public struct RuleFinding: Error, Hashable, Sendable {
    /// 1-based line.
    public var line: Int
    /// 1-based column.
    public var column: Int
    /// What is wrong, and the nearest name that would be right.
    public var message: String
    /// A finding from its parts.
    public init(line: Int, column: Int, message: String) {
        self.line = line
        self.column = column
        self.message = message
    }
}
