// Reads a checked document into values.
internal import JourneyEvents
internal import Yams

struct RuleReader {
    private let document: Node
    init(_ document: Node) { self.document = document }

    private func node(_ path: [String]) -> Node? {
        var current: Node? = document
        for key in path { current = current?.mapping?[key] }
        return current
    }

    func string(_ path: String...) -> String? { node(path)?.string }
    func number(_ path: String...) -> Double? { node(path)?.string.flatMap { Double($0) } }
    func duration(_ path: String...) -> Int64? { node(path)?.string.flatMap { DurationText.milliseconds($0) } }
    func strings(_ path: String...) -> [String] { node(path)?.array().compactMap(\.string) ?? [] }

    func stringMap(_ path: String...) -> [String: String] {
        var map: [String: String] = [:]
        for (key, value) in node(path)?.mapping ?? [:] {
            if let key = key.string, let value = value.string { map[key] = value }
        }
        return map
    }

    func types(stages: [String]) throws -> [String: TypeRule] {
        var types: [String: TypeRule] = [:]
        for (key, value) in node(["types"])?.mapping ?? [:] {
            guard let name = key.string else { continue }
            var rule = TypeRule()
            let fields = value.mapping
            if let stage = fields?["stage"]?.string {
                guard let index = stages.firstIndex(of: stage) else {
                    throw RihlaError(.invalidInput, "the type \(name) has the unknown stage \"\(stage)\"")
                }
                rule.stage = index
            }
            switch fields?["touch"]?.string {
            case "true", "always": rule.touch = .always
            case "session_start": rule.touch = .sessionStart
            case "connected": rule.touch = .connected
            default: rule.touch = .never
            }
            rule.channel = fields?["channel"]?.string
            rule.web = fields?["web"]?.string == "true"
            rule.effect = fields?["effect"]?.string.flatMap { Effect(rawValue: $0) }
            types[name] = rule
        }
        return types
    }

    func conversions() -> [ConversionRule] {
        (node(["conversions"])?.array() ?? []).compactMap { rule in
            guard let type = rule.mapping?["type"]?.string else { return nil }
            return ConversionRule(name: rule.mapping?["name"]?.string ?? type, type: type)
        }
    }

    func lists() -> [String: [String]] {
        var lists: [String: [String]] = [:]
        for (key, value) in node(["lists"])?.mapping ?? [:] {
            if let key = key.string { lists[key] = value.array().compactMap(\.string) }
        }
        return lists
    }

    func channels() -> [ChannelRule] {
        (node(["channels"])?.array() ?? []).compactMap { rule in
            guard let channel = rule.mapping?["channel"]?.string else { return nil }
            let when = rule.mapping?["when"]?.mapping
            func texts(_ key: String) -> [String]? {
                guard let node = when?[key] else { return nil }
                let texts = node.sequence.map { $0.compactMap(\.string) } ?? [node.string ?? ""]
                return texts.map { $0.lowercased() }
            }
            return ChannelRule(
                channel: channel,
                source: texts("source"),
                medium: texts("medium"),
                sourceList: when?["source_list"]?.string,
                paid: when?["paid"]?.string == "true",
                shopping: when?["shopping"]?.string == "true",
                mediumContains: when?["medium_contains"]?.string,
                mediumEnds: when?["medium_ends"]?.string,
                campaignContains: when?["campaign_contains"]?.string,
                noClickID: when?["no_click_id"]?.string == "true"
            )
        }
    }

    func pipelines() -> [String: Pipeline] {
        var pipelines: [String: Pipeline] = [:]
        for (key, value) in node(["pipelines"])?.mapping ?? [:] {
            guard let name = key.string else { continue }
            pipelines[name] = Pipeline(
                stages: (value.mapping?["stages"]?.array() ?? []).compactMap { stage in
                    guard let name = stage.mapping?["name"]?.string ?? stage.string else { return nil }
                    let probability = stage.mapping?["probability"]?.string.flatMap { Double($0) } ?? 0
                    return Pipeline.Stage(name: name, probability: probability)
                }
            )
        }
        return pipelines
    }
}
