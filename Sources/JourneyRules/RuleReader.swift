// Reads a checked document into values.
internal import JourneyEvents

struct RuleReader {
    private let document: RuleNode
    init(_ document: RuleNode) { self.document = document }

    private func node(_ path: [String]) -> RuleNode? {
        var current: RuleNode? = document
        for key in path { current = current?[key] }
        return current
    }

    func string(_ path: String...) -> String? { node(path)?.text }
    func number(_ path: String...) -> Double? { node(path)?.text.flatMap { Double($0) } }
    func duration(_ path: String...) -> Int64? { node(path)?.text.flatMap { DurationText.milliseconds($0) } }
    func strings(_ path: String...) -> [String] { node(path)?.list.compactMap(\.text) ?? [] }
    func stringMap(_ path: String...) -> [String: String] { node(path)?.members.compactMapValues(\.text) ?? [:] }

    func members(_ path: String...) -> [String: RuleNode] { node(path)?.members ?? [:] }

    /// Types by name, each with the index of its stage.
    func types(stages: [String]) -> [String: TypeRule] {
        let touches: [String: Touch] = [
            "true": .always, "always": .always, "session_start": .sessionStart, "connected": .connected,
        ]
        return (document["types"]?.members ?? [:]).mapValues { fields in
            var rule = TypeRule()
            rule.stage = fields["stage"]?.text.flatMap { stages.firstIndex(of: $0) }
            rule.touch = fields["touch"]?.text.flatMap { touches[$0] } ?? .never
            rule.channel = fields["channel"]?.text
            rule.web = fields["web"]?.text == "true"
            rule.effect = fields["effect"]?.text.flatMap { Effect(rawValue: $0) }
            return rule
        }
    }

    func conversions() -> [ConversionRule] {
        (document["conversions"]?.list ?? []).compactMap { rule in
            guard let type = rule["type"]?.text else { return nil }
            return ConversionRule(name: rule["name"]?.text ?? type, type: type)
        }
    }

    func lists() -> [String: [String]] { (document["lists"]?.members ?? [:]).mapValues { $0.list.compactMap(\.text) } }

    func channels() -> [ChannelRule] {
        (document["channels"]?.list ?? []).compactMap { rule in
            guard let channel = rule["channel"]?.text else { return nil }
            let when = rule["when"]
            func texts(_ key: String) -> [String]? {
                guard let node = when?[key] else { return nil }
                // One text may name several, as in `cpc|ppc`.
                let texts = node.text.map {
                    $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
                }
                return (texts ?? node.list.compactMap(\.text)).map { $0.lowercased() }
            }
            return ChannelRule(
                channel: channel,
                source: texts("source"),
                medium: texts("medium"),
                campaign: texts("campaign"),
                sourceList: when?["source_list"]?.text,
                paid: when?["paid"]?.text == "true",
                shopping: when?["shopping"]?.text == "true",
                mediumContains: when?["medium_contains"]?.text?.lowercased(),
                mediumEnds: when?["medium_ends"]?.text?.lowercased(),
                campaignContains: when?["campaign_contains"]?.text?.lowercased(),
                noClickID: when?["no_click_id"]?.text == "true"
            )
        }
    }

    func pipelines() -> [String: Pipeline] {
        (document["pipelines"]?.members ?? [:]).mapValues { pipeline in
            Pipeline(
                stages: (pipeline["stages"]?.list ?? []).compactMap { stage in
                    guard let name = stage["name"]?.text ?? stage.text else { return nil }
                    let kind = stage["kind"]?.text.flatMap { Pipeline.Kind(rawValue: $0) } ?? .open
                    return Pipeline.Stage(
                        name: name,
                        probability: stage["probability"]?.text.flatMap { Double($0) } ?? (kind == .won ? 1 : 0),
                        kind: kind
                    )
                }
            )
        }
    }
}
