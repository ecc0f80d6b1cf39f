// What lead scores are made of, as the rules say it: points for what a customer is, and for what a customer does.

/// The section `scoring`.
public struct ScoringRules: Hashable, Sendable {
    /// How points fade.
    public enum Decay: Hashable, Sendable {
        /// Not at all.
        case none
        /// By half for each half-life.
        case halfLife(milliseconds: Int64)
        /// By a share of the original points, in thousandths, each time a duration has passed.
        case step(perMille: Int64, everyMilliseconds: Int64)
    }

    /// What a property must be.
    public struct Condition: Hashable, Sendable {
        /// The property's key.
        public var property: String
        /// One of these texts; nil for any.
        public var values: [String]?
        /// A text that it must have in it.
        public var contains: String?
        /// The least that it may be, as a number.
        public var least: Double?
        /// The most that it may be, as a number.
        public var most: Double?

        /// Whether a property with this text or number meets it; a property that is missing meets none.
        public func holds(text: String, number: Double?) -> Bool {
            if let values, !values.contains(text) { return false }
            if let contains, !text.contains(contains) { return false }
            if let least { guard let number, number >= least else { return false } }
            if let most { guard let number, number <= most else { return false } }
            return true
        }
    }

    /// Points for one thing.
    public struct Rule: Hashable, Sendable {
        /// Its name in reasons.
        public var name: String
        /// The event type; for fit nil stands for every type.
        public var type: String?
        /// What a property of the event must be; a fit rule always has one.
        public var condition: Condition?
        /// May be negative.
        public var points: Double
        /// The group whose cap it counts to; empty for none.
        public var group: String
        /// The most that it gives at one time.
        public var cap: Double?
        /// At most so many events a day count, the first ones.
        public var perDay: Int?
        /// How its points fade.
        public var decay: Decay
    }

    /// Bounds of the grades: A or B by fit, 1 or 2 by engagement, from here on.
    public struct Grades: Hashable, Sendable {
        /// A from this fit on.
        public var a: Double
        /// B from this fit on, C below.
        public var b: Double
        /// 1 from this engagement on.
        public var one: Double
        /// 2 from this engagement on, 3 below.
        public var two: Double
    }

    /// Points for what a customer is.
    public let fit: [Rule]
    /// Points for what a customer does.
    public let engagement: [Rule]
    /// The most of a group, or of the whole `fit` or `engagement`.
    public let caps: [String: Double]
    /// Fit and engagement together from which on a lead is marketing-qualified.
    public let mql: Double
    /// So far below it must the score fall before it can be reached again.
    public let rearm: Double
    /// The bounds of the grades.
    public let grades: Grades
    /// How far ahead scores are judged: by who converts within this time.
    public let horizonMilliseconds: Int64

    /// Whether there is nothing to score by.
    public var isEmpty: Bool { fit.isEmpty && engagement.isEmpty }

    init(_ node: RuleNode?) {
        func number(_ node: RuleNode?) -> Double? { node?.text.flatMap { Double($0) } }
        fit = (node?["fit"]?.list ?? []).map { Rule($0) }
        engagement = (node?["engagement"]?.list ?? []).map { Rule($0) }
        caps = (node?["caps"]?.members ?? [:]).compactMapValues { number($0) }
        mql = number(node?["mql"]) ?? 60
        rearm = number(node?["rearm"]) ?? 10
        let grades = node?["grades"]
        self.grades = Grades(
            a: number(grades?["a"]) ?? 60,
            b: number(grades?["b"]) ?? 30,
            one: number(grades?["one"]) ?? 60,
            two: number(grades?["two"]) ?? 30
        )
        horizonMilliseconds = node?["horizon"]?.text.flatMap { DurationText.milliseconds($0) } ?? 30 * 86_400_000
    }
}

extension ScoringRules.Rule {
    fileprivate init(_ node: RuleNode) {
        func number(_ key: String) -> Double? { node[key]?.text.flatMap { Double($0) } }
        type = node["type"]?.text
        condition = node["property"]?.text.map { property in
            ScoringRules.Condition(
                property: property,
                values: node["is"]?.text.map { [$0] } ?? node["in"].map { $0.list.compactMap(\.text) },
                contains: node["contains"]?.text,
                least: number("min"),
                most: number("max")
            )
        }
        name = node["name"]?.text ?? type ?? condition?.property ?? ""
        points = number("points") ?? 0
        group = node["group"]?.text ?? ""
        cap = number("cap")
        perDay = number("per_day").map { Int($0) }
        decay = .none
        if let halfLife = node["half_life"]?.text.flatMap({ DurationText.milliseconds($0) }) {
            decay = .halfLife(milliseconds: halfLife)
        } else if let percent = node["step"]?["percent"]?.text.flatMap({ Double($0) }),
            let every = node["step"]?["every"]?.text.flatMap({ DurationText.milliseconds($0) })
        {
            decay = .step(perMille: Int64((percent * 10).rounded()), everyMilliseconds: every)
        }
    }
}
