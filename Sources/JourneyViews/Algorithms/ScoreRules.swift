// Lead scores by rules: fit from properties, which stays, and engagement from events, which fades. A score is a function of an
// instant, and every point of it can be traced to a rule and an event.

/// Rules for one customer's score.
struct ScoreRules: Hashable, Sendable {
    /// How points fade with age.
    enum Decay: Hashable, Sendable {
        /// Not at all.
        case none
        /// Half for each half-life, milliseconds.
        case halfLife(Int64)
        /// By a share of the original points, in thousandths, each time this many milliseconds have passed, down to zero
        /// (HubSpot's decay).
        case step(perMille: Int64, every: Int64)

        /// What is left of one point after a time; the same bits on every platform.
        func weight(age: Int64) -> Double {
            switch self {
            case .none: 1
            case .halfLife(let halfLife):
                halfLife > 0 ? ExactExponential.halves(of: max(age, 0), halfLife: halfLife) : 1
            case .step(let perMille, let every):
                every > 0 ? Double(max(0, 1_000 - min(1_000, max(age, 0) / every) * perMille)) / 1_000 : 1
            }
        }
    }

    /// Points for something that happens.
    struct EventRule: Hashable, Sendable {
        var name: String
        /// Index into the groups.
        var group: Int
        /// May be negative.
        var points: Double
        var decay = Decay.none
        /// The most that the rule gives at one time.
        var cap: Double?
        /// At most so many events a day count, the first ones.
        var perDay: Int?
    }

    /// Points for something that is.
    struct FitRule: Hashable, Sendable {
        var name: String
        /// Index into the groups.
        var group: Int
        /// May be negative.
        var points: Double
    }

    /// The most that the rules of a group give together.
    struct Group: Hashable, Sendable {
        var name: String
        var cap: Double?
    }

    /// Bounds of the grades: fit A or B from here on, else C; engagement 1 or 2 from here on, else 3.
    struct Grades: Hashable, Sendable {
        var a: Double
        var b: Double
        var one: Double
        var two: Double
    }

    var groups: [Group]
    var fit: [FitRule] = []
    var engagement: [EventRule] = []
    /// The most that each score can be.
    var fitCap: Double?
    var engagementCap: Double?
    var grades = Grades(a: 60, b: 30, one: 60, two: 30)

    /// Something that happened, by the rule that it meets. An event that meets several rules comes once for each.
    struct Occurrence: Hashable, Sendable {
        /// Index into `engagement`.
        var rule: Int
        /// The position of the event.
        var event: UInt64
        /// When it happened.
        var time: Int64
        /// The local day, for the limit per day.
        var day: Int64
    }

    /// Why a score is what it is: the points of a rule, by an event or, negative, by a cap.
    struct Reason: Hashable, Sendable {
        enum Cause: Hashable, Sendable {
            /// A property.
            case property
            /// The event at this position.
            case event(UInt64)
            /// The cap of a rule, of a group, or of the whole score takes points away.
            case ruleCap, groupCap, scoreCap
            /// A score is never below zero.
            case floor
        }
        /// The name of the rule or of the group; empty for the whole score.
        var name: String
        var cause: Cause
        /// What it adds at the instant that was asked for.
        var points: Double
    }

    /// A score and what it is made of; the reasons add up to the points.
    struct Score: Hashable, Sendable {
        var points: Double
        var reasons: [Reason]
    }

    /// The fit score for the rules that hold.
    func fitScore(holding rules: some Sequence<Int>) -> Score {
        var parts = Parts(self)
        for rule in Set(rules).sorted() {
            let rule = fit[rule]
            parts.reasons.append(Reason(name: rule.name, cause: .property, points: rule.points))
            parts.byGroup[rule.group] += rule.points
        }
        return parts.score(groups: groups, cap: fitCap)
    }

    /// The engagement score at an instant:
    /// min(cap of the score, Σ over groups of min(cap, Σ over rules of min(cap, Σ points × decay))), never below zero.
    /// What happens after the instant does not count. `occurrences` ascend by time. O(n).
    func engagementScore(_ occurrences: some Sequence<Occurrence>, asOf: Int64) -> Score {
        var parts = Parts(self)
        var sums = [Double](repeating: 0, count: engagement.count)
        var limit = DailyLimit(rules: engagement.count)
        for found in occurrences where found.time <= asOf {
            let rule = engagement[found.rule]
            guard limit.takes(found, rule.perDay) else { continue }
            let points = rule.points * rule.decay.weight(age: asOf - found.time)
            guard points != 0 else { continue }
            parts.reasons.append(Reason(name: rule.name, cause: .event(found.event), points: points))
            sums[found.rule] += points
        }
        for (rule, sum) in zip(engagement, sums) {
            parts.byGroup[rule.group] += parts.capped(sum, rule.cap, name: rule.name, cause: .ruleCap)
        }
        return parts.score(groups: groups, cap: engagementCap)
    }

    /// A1 (fits and is engaged) to C3.
    func grade(fit: Double, engagement: Double) -> String {
        let letter = fit >= grades.a ? "A" : fit >= grades.b ? "B" : "C"
        let digit = engagement >= grades.one ? "1" : engagement >= grades.two ? "2" : "3"
        return letter + digit
    }

    /// Counts the events of a day by rule. The days of one rule ascend.
    struct DailyLimit {
        private var days: [(day: Int64, count: Int)?]

        init(rules: Int) { days = Array(repeating: nil, count: rules) }

        mutating func takes(_ found: Occurrence, _ perDay: Int?) -> Bool {
            guard let perDay else { return true }
            let count = days[found.rule].map { $0.day == found.day ? $0.count : 0 } ?? 0
            days[found.rule] = (found.day, count + 1)
            return count < perDay
        }
    }

    /// A score in the making.
    private struct Parts {
        var reasons: [Reason] = []
        var byGroup: [Double]

        init(_ rules: ScoreRules) { byGroup = Array(repeating: 0, count: rules.groups.count) }

        mutating func capped(_ sum: Double, _ cap: Double?, name: String, cause: Reason.Cause) -> Double {
            guard let cap, sum > cap else { return sum }
            reasons.append(Reason(name: name, cause: cause, points: cap - sum))
            return cap
        }

        mutating func score(groups: [Group], cap: Double?) -> Score {
            var total = 0.0
            for (group, sum) in zip(groups, byGroup) {
                total += capped(sum, group.cap, name: group.name, cause: .groupCap)
            }
            total = capped(total, cap, name: "", cause: .scoreCap)
            if total < 0 {
                reasons.append(Reason(name: "", cause: .floor, points: -total))
                total = 0
            }
            return Score(points: total, reasons: reasons)
        }
    }
}
