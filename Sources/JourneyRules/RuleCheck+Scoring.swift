// What is wrong with the section `scoring` of a rules document.
internal import Yams

extension RuleCheck {
    private static let conditions = ["property", "is", "in", "contains", "min", "max"]
    private static let common = ["name", "type", "points", "group"] + conditions

    mutating func scoring() {
        let scoring = document["scoring"]
        _ = map(
            scoring,
            "scoring",
            keys: ["fit", "engagement", "mql", "rearm", "caps", "grades", "horizon"]
        )
        for rule in list(scoring?["fit"], "scoring.fit") {
            _ = map(rule, "a rule of scoring.fit", keys: RuleCheck.common)
            if rule.mapping != nil, rule["property"] == nil { find(rule, "a rule of scoring.fit needs a property") }
            points(rule, "scoring.fit")
        }
        for rule in list(scoring?["engagement"], "scoring.engagement") {
            let place = "scoring.engagement"
            _ = map(
                rule,
                "a rule of \(place)",
                keys: RuleCheck.common + ["cap", "per_day", "half_life", "step"]
            )
            if rule.mapping != nil, rule["type"] == nil { find(rule, "a rule of \(place) needs a type") }
            points(rule, place)
            _ = number(rule["cap"], 0...1_000_000, "\(place).cap")
            whole(rule["per_day"], "\(place).per_day")
            duration(rule["half_life"], "\(place).half_life", isPositive: true)
            _ = map(rule["step"], "\(place).step", keys: ["percent", "every"])
            _ = number(rule["step"]?["percent"], 0...100, "\(place).step.percent")
            duration(rule["step"]?["every"], "\(place).step.every", isPositive: true)
            if let step = rule["step"], step.mapping != nil {
                if step["percent"] == nil || step["every"] == nil { find(step, "a step needs percent and every") }
                if rule["half_life"] != nil { find(step, "points fade by half_life or by step, not by both") }
            }
        }
        for key in ["mql", "rearm"] { _ = number(scoring?[key], 0...1_000_000, "scoring.\(key)") }
        for (name, cap) in map(scoring?["caps"], "scoring.caps") {
            _ = number(cap, 0...1_000_000, "scoring.caps.\(name)")
        }
        let grades = map(scoring?["grades"], "scoring.grades", keys: ["a", "b", "one", "two"])
        for (name, bound) in grades { _ = number(bound, 0...1_000_000, "scoring.grades.\(name)") }
        duration(scoring?["horizon"], "scoring.horizon", isPositive: true)
    }

    /// What rules of both kinds have.
    private mutating func points(_ rule: Node, _ place: String) {
        guard rule.mapping != nil else { return }
        if rule["points"] == nil { find(rule, "a rule of \(place) needs points") }
        _ = number(rule["points"], -1_000_000...1_000_000, "\(place).points")
        for key in ["name", "type", "property", "is", "contains", "group"] { text(rule[key], "\(place).\(key)") }
        for value in list(rule["in"], "\(place).in") { text(value, "\(place).in") }
        for key in ["min", "max"] { _ = number(rule[key], -1e15...1e15, "\(place).\(key)") }
        if rule["is"] != nil, let values = rule["in"] { find(values, "a rule has is or in, not both") }
        for key in RuleCheck.conditions.dropFirst() where rule["property"] == nil {
            if let node = rule[key] { find(node, "\(place).\(key) is about a property, which the rule does not name") }
        }
    }

    /// A whole number from 1 on.
    private mutating func whole(_ node: Node?, _ place: String) {
        guard let node, UInt32(node.string ?? "") ?? 0 == 0 else { return }
        find(node, "\(place) must be a whole number from 1 on")
    }
}
