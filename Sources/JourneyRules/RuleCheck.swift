// What is wrong with a rules document: unknown keys at every level and values that cannot be, each with line and column.
internal import JourneyEvents
internal import Yams

/// Checks one document as the user wrote it.
struct RuleCheck {
    private(set) var findings: [RuleFinding] = []
    let document: Node
    /// The rules that the document is laid over.
    private let base: RuleNode

    private static let sections = [
        "version", "extends", "time_zone", "stages", "dormant_after", "types", "aliases", "conversions", "session",
        "attribution", "lists", "channels", "pipelines", "sla", "scoring", "identity",
    ]
    private static let conditions = [
        "source", "medium", "campaign", "source_list", "paid", "shopping", "medium_contains", "medium_ends",
        "campaign_contains", "no_click_id",
    ]
    private static let flags = ["true", "false"]

    /// All findings, in order of line and column.
    static func findings(_ document: Node, over base: RuleNode) -> [RuleFinding] {
        var check = RuleCheck(document: document, base: base)
        check.run()
        return check.findings.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    }

    private init(document: Node, base: RuleNode) {
        self.document = document
        self.base = base
    }

    private mutating func run() {
        _ = map(document, "the rules", keys: RuleCheck.sections)
        choice(document["version"], ["1"], "version")
        choice(document["extends"], ["default", "none"], "extends")
        zone(document["time_zone"], "time_zone")
        duration(document["dormant_after"], "dormant_after")
        let stages = list(document["stages"], "stages")
        unique(stages, "stage")
        if stages.count > RuleSet.mostStages {
            find(
                stages[RuleSet.mostStages],
                "there are \(stages.count) stages, and at most \(RuleSet.mostStages) can be"
            )
        }
        types()
        conversions()
        session()
        attribution()
        channels()
        pipelines()
        sla()
        scoring()
        identity()
    }

    private mutating func types() {
        let stages =
            document["stages"].map { $0.sequence?.compactMap(\.string) ?? [] }
            ?? base["stages"]?.list.compactMap(\.text) ?? []
        for (name, rule) in map(document["types"], "types") {
            let place = "types.\(name)"
            _ = map(rule, place, keys: ["stage", "touch", "channel", "web", "effect"])
            choice(rule["stage"], stages, place + ".stage")
            choice(
                rule["touch"],
                ["true", "false", "always", "never", "session_start", "connected"],
                place + ".touch"
            )
            text(rule["channel"], place + ".channel")
            choice(rule["web"], RuleCheck.flags, place + ".web")
            choice(rule["effect"], Effect.allCases.map(\.rawValue), place + ".effect")
        }
        let aliases = map(document["aliases"], "aliases")
        let names = aliases.map(\.key)
        for (name, type) in aliases {
            text(type, "aliases.\(name)")
            if let type = type.string, names.contains(type) {
                find(document["aliases"]?[name], "aliases.\(name) names another alias, \"\(type)\"")
            }
        }
    }

    private mutating func conversions() {
        let rules = list(document["conversions"], "conversions")
        for rule in rules {
            _ = map(rule, "a conversion", keys: ["name", "type"])
            text(rule["name"], "the name of a conversion")
            text(rule["type"], "the type of a conversion")
            if rule.mapping != nil, rule["type"] == nil { find(rule, "a conversion needs a type") }
        }
        unique(rules.compactMap { $0["name"] ?? $0["type"] }, "conversion")
    }

    private mutating func session() {
        let session = document["session"]
        _ = map(session, "session", keys: ["gap", "on_new_campaign"])
        duration(session?["gap"], "session.gap")
        choice(session?["on_new_campaign"], RuleCheck.flags, "session.on_new_campaign")
    }

    private mutating func attribution() {
        let rules = document["attribution"]
        _ = map(
            rules,
            "attribution",
            keys: [
                "lookback", "path", "direct", "transform", "half_life", "first", "last", "count_pending_as_null",
                "custom",
            ]
        )
        duration(rules?["lookback"], "attribution.lookback")
        duration(rules?["half_life"], "attribution.half_life", isPositive: true)
        choice(rules?["path"], ["overlap", "reset"], "attribution.path")
        choice(rules?["direct"], ["drop", "keep"], "attribution.direct")
        choice(rules?["count_pending_as_null"], RuleCheck.flags, "attribution.count_pending_as_null")
        for transform in list(rules?["transform"], "attribution.transform")
        where TransformRule(transform.string ?? "") == nil {
            find(transform, "a rule of attribution.transform must be one of \(TransformRule.forms)")
        }
        for (name, model) in map(rules?["custom"], "attribution.custom") { custom(name, model) }
        let shares = ["first", "last"].map { name in
            let given = number(rules?[name], 0...1, "attribution.\(name)")
            return given ?? base["attribution"]?[name]?.text.flatMap { Double($0) } ?? 0.4
        }
        if shares[0] + shares[1] > 1, let node = rules?["last"] ?? rules?["first"] {
            find(node, "attribution.first and attribution.last are \(shares[0] + shares[1]) together, more than 1")
        }
    }

    private mutating func custom(_ name: String, _ model: Node) {
        let place = "attribution.custom.\(name)"
        let places = ["start", "end", "rest"]
        _ = map(model, place, keys: places + ["base", "channels", "types"])
        if (AttributionRule.pathModels + AttributionRule.totalModels).contains(name) {
            find(model, "\(place) has the name of a model that is there already")
        }
        if name.isEmpty || name.contains(",") { find(model, "the name of a model must be a text without commas") }
        let isByPlace = places.contains { model[$0] != nil }
        if isByPlace, let node = model["base"] ?? model["channels"] ?? model["types"] {
            find(node, "\(place) has shares by place and multipliers; a model has one of the two")
        }
        if model.mapping != nil, !isByPlace, model["channels"] == nil, model["types"] == nil {
            find(model, "\(place) needs start, end and rest, or multipliers by channels and types")
        }
        choice(model["base"], AttributionRule.pathModels, place + ".base")
        for key in ["start", "end"] {
            for share in list(model[key], "\(place).\(key)") { _ = number(share, 0...1_000, "a share of \(place)") }
        }
        _ = number(model["rest"], 0...1_000, place + ".rest")
        for key in ["channels", "types"] {
            for (name, factor) in map(model[key], "\(place).\(key)") {
                _ = number(factor, 0...1_000, "\(place).\(key).\(name)")
            }
        }
    }

    private mutating func channels() {
        let lists = map(document["lists"], "lists")
        for (name, entries) in lists {
            for entry in list(entries, "lists.\(name)") { text(entry, "lists.\(name)") }
        }
        let known = lists.map(\.key) + (base["lists"]?.members.keys.sorted() ?? [])
        for rule in list(document["channels"], "channels") {
            _ = map(rule, "a channel rule", keys: ["channel", "when"])
            if rule.mapping != nil, rule["channel"] == nil { find(rule, "a channel rule needs a channel") }
            text(rule["channel"], "the channel of a rule")
            let when = rule["when"]
            _ = map(when, "when", keys: RuleCheck.conditions)
            for key in ["paid", "shopping", "no_click_id"] { choice(when?[key], ["true"], "when.\(key)") }
            for key in ["medium_contains", "medium_ends", "campaign_contains"] { text(when?[key], "when.\(key)") }
            for key in ["source", "medium", "campaign"] {
                if let node = when?[key], node.string == nil {
                    for entry in list(node, "when.\(key)") { text(entry, key) }
                }
            }
            choice(when?["source_list"], known, "when.source_list")
        }
    }

    private mutating func pipelines() {
        for (name, pipeline) in map(document["pipelines"], "pipelines") {
            let place = "pipelines.\(name)"
            _ = map(pipeline, place, keys: ["stages"])
            let stages = list(pipeline["stages"], place + ".stages")
            if pipeline.mapping != nil, stages.isEmpty { find(pipeline, "\(place) needs stages") }
            for stage in stages where stage.string == nil {
                _ = map(stage, "a stage of \(place)", keys: ["name", "probability", "kind"])
                if stage.mapping != nil, stage["name"] == nil { find(stage, "a stage of \(place) needs a name") }
                text(stage["name"], "the name of a stage")
                _ = number(stage["probability"], 0...1, "a probability")
                choice(stage["kind"], Pipeline.Kind.allCases.map(\.rawValue), "the kind of a stage")
            }
            if !stages.isEmpty, stages.allSatisfy({ ($0["kind"]?.string ?? "open") != "open" }) {
                find(pipeline["stages"], "\(place) needs a stage in which deals are open")
            }
            unique(stages.compactMap { $0["name"] ?? ($0.string == nil ? nil : $0) }, "stage of \(place)")
        }
    }

    private mutating func identity() {
        let identity = document["identity"]
        _ = map(identity, "identity", keys: ["devices", "limits", "blocked"])
        choice(identity?["devices"], ["split_by_time"], "identity.devices")
        let limits = map(identity?["limits"], "identity.limits", keys: Identifier.Kind.allCases.map(\.rawValue))
        for (kind, limit) in limits { _ = number(limit, 0...1_000_000, "identity.limits.\(kind)") }
        for value in list(identity?["blocked"], "identity.blocked") { text(value, "identity.blocked") }
    }
}

extension RuleCheck {
    /// Who has this many to mend needs no longer list; a document that a program made may have a hundred thousand.
    private static let mostFindings = 1_000
    private static let mostSuggestions = 100
    /// A list in a message shows this many names, and each of them so much.
    private static let mostNames = 40

    mutating func find(_ node: Node?, _ message: @autoclosure () -> String) {
        guard findings.count <= RuleCheck.mostFindings else { return }
        let text = findings.count < RuleCheck.mostFindings ? message() : "there are more findings, which are not listed"
        findings.append(.init(line: node?.mark?.line ?? 1, column: node?.mark?.column ?? 1, message: text))
    }

    private func meant(_ name: String, _ known: [String]) -> String? {
        findings.count < RuleCheck.mostSuggestions ? Suggestion.nearest(to: name, in: known) : nil
    }

    /// The members of a mapping; with `keys`, others are findings.
    mutating func map(_ node: Node?, _ place: String, keys: [String]? = nil) -> [(key: String, value: Node)] {
        guard let node else { return [] }
        guard let mapping = node.mapping else {
            find(node, "\(place) must be a mapping")
            return []
        }
        for (key, _) in mapping {
            guard let name = key.string, let keys, !keys.contains(name) else { continue }
            let meant = meant(name, keys).map { ", did you mean \"\($0)\"?" } ?? ""
            find(key, "unknown key \"\(name)\" in \(place)\(meant)")
        }
        return mapping.map { (key: $0.key.string ?? "", value: $0.value) }
    }

    mutating func list(_ node: Node?, _ place: String) -> [Node] {
        guard let node else { return [] }
        guard let sequence = node.sequence else {
            find(node, "\(place) must be a list")
            return []
        }
        return Array(sequence)
    }

    mutating func text(_ node: Node?, _ place: String) {
        if let node, node.string == nil || node.scalar == nil { find(node, "\(place) must be a text") }
    }

    mutating func duration(_ node: Node?, _ place: String, isPositive: Bool = false) {
        guard let node else { return }
        let value = DurationText.milliseconds(node.string ?? "")
        if value == nil || (isPositive && value == 0) {
            find(node, "\(place) must be a duration such as \(DurationText.forms)")
        }
    }

    fileprivate mutating func choice(_ node: Node?, _ known: [String], _ place: String) {
        guard let node, !known.contains(node.string ?? "") else { return }
        let meant = meant(node.string ?? "", known).map { "; did you mean \"\($0)\"?" } ?? ""
        let names = known.prefix(RuleCheck.mostNames).map { String($0.prefix(100)) }.joined(separator: ", ")
        find(node, "\(place) must be one of " + names + (known.count > RuleCheck.mostNames ? ", …" : "") + meant)
    }

    mutating func number(_ node: Node?, _ range: ClosedRange<Double>, _ place: String) -> Double? {
        guard let node else { return nil }
        guard let value = Double(node.string ?? ""), range.contains(value) else {
            find(node, "\(place) must be a number from \(Int(range.lowerBound)) to \(Int(range.upperBound))")
            return nil
        }
        return value
    }

    /// Names that may stand once.
    fileprivate mutating func unique(_ nodes: [Node], _ what: String) {
        var seen: Set<String> = []
        for node in nodes {
            guard let name = node.scalar?.string, !name.isEmpty else {
                find(node, "the name of a \(what) must be a text")
                continue
            }
            if !seen.insert(name).inserted { find(node, "the \(what) \"\(name)\" stands twice") }
        }
    }
}
