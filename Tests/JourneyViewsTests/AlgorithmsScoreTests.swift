// Scores by rules, crossings of a threshold, the model and the figures of quality.
import Foundation
import TestSupport
import Testing

@testable import JourneyViews

private let day: Int64 = 86_400_000

private func happened(_ rule: Int, _ time: Int64, event: UInt64 = 1) -> ScoreRules.Occurrence {
    ScoreRules.Occurrence(rule: rule, event: event, time: time, day: time / day)
}

private func rules(_ engagement: [ScoreRules.EventRule], groupCap: Double? = nil, cap: Double? = nil) -> ScoreRules {
    ScoreRules(groups: [.init(name: "web", cap: groupCap)], engagement: engagement, engagementCap: cap)
}

@Suite struct AlgorithmsScoreTests {
    // MARK: Rules

    @Test func `points halve with each half-life`() {
        let rules = rules([.init(name: "demo", group: 0, points: 40, decay: .halfLife(30 * day))])
        for (days, points) in [(0, 40.0), (30, 20), (60, 10), (90, 5)] as [(Int64, Double)] {
            #expect(rules.engagementScore([happened(0, 0)], asOf: days * day).points == points)
        }
        let half = rules.engagementScore([happened(0, 0)], asOf: 15 * day).points
        #expect(abs(half - 40 / 2.0.squareRoot()) < 1e-12)
    }

    @Test func `points fall by a step each time and not below zero`() {
        let rules = rules([.init(name: "mail", group: 0, points: 20, decay: .step(perMille: 400, every: 30 * day))])
        for (time, points) in [
            (0, 20.0), (30 * day - 1, 20), (30 * day, 12), (60 * day, 4), (90 * day, 0), (.max / 2, 0),
        ]
            as [(Int64, Double)]
        {
            #expect(rules.engagementScore([happened(0, 0)], asOf: time).points == points)
        }
    }

    @Test func `what happens after the instant does not count`() {
        let rules = rules([.init(name: "demo", group: 0, points: 40)])
        #expect(rules.engagementScore([happened(0, 10)], asOf: 9).points == 0)
        #expect(rules.engagementScore([happened(0, 10)], asOf: 10).points == 40)
    }

    @Test func `caps hold for a rule, for a group and for the score, and the reasons say so`() {
        let capped = ScoreRules(
            groups: [.init(name: "web", cap: 25), .init(name: "mail", cap: nil)],
            engagement: [
                .init(name: "view", group: 0, points: 6, cap: 10), .init(name: "form", group: 0, points: 20),
                .init(name: "click", group: 1, points: 9),
            ],
            engagementCap: 30
        )
        let events = [happened(0, 1), happened(0, 2), happened(1, 3), happened(2, 4, event: 77)]
        let score = capped.engagementScore(events, asOf: 5)
        #expect(score.points == 30)
        #expect(score.reasons.map(\.points) == [6, 6, 20, 9, -2, -5, -4])
        #expect(score.reasons.map(\.cause).suffix(4) == [.event(77), .ruleCap, .groupCap, .scoreCap])
        #expect(score.reasons.map(\.name).suffix(3) == ["view", "web", ""])
    }

    @Test func `negative points take away and the score stops at zero`() {
        let rules = rules([.init(name: "form", group: 0, points: 5), .init(name: "unsubscribe", group: 0, points: -20)])
        let score = rules.engagementScore([happened(0, 1), happened(1, 2)], asOf: 3)
        #expect(score.points == 0 && score.reasons.last?.cause == .floor)
        #expect(rules.engagementScore([happened(0, 1), happened(0, 1)], asOf: 3).points == 10)
    }

    @Test func `only the first events of a day count, and each day anew`() {
        let rules = rules([.init(name: "view", group: 0, points: 1, perDay: 2)])
        let events = [0, 1, 2, day - 1, day, day + 1, day + 2].map { happened(0, $0) }
        #expect(rules.engagementScore(events, asOf: 2 * day).points == 4)
    }

    @Test func `the reasons add up to the score`() {
        var random = SplitMix.fresh()
        for _ in 0..<300 {
            let engagement = (0..<3).map { index in
                ScoreRules.EventRule(
                    name: "\(index)",
                    group: index % 2,
                    points: Double(Int.random(in: -20...30, using: &random)),
                    decay: [.none, .halfLife(7 * day), .step(perMille: 250, every: 3 * day)][index],
                    cap: Bool.random(using: &random) ? 25 : nil,
                    perDay: Bool.random(using: &random) ? 1 : nil
                )
            }
            let rules = ScoreRules(
                groups: [.init(name: "a", cap: 40), .init(name: "b", cap: nil)],
                engagement: engagement,
                engagementCap: 60
            )
            let events = (0..<12).map { _ in Int64.random(in: 0...(20 * day), using: &random) }.sorted()
                .map { happened(Int.random(in: 0..<3, using: &random), $0) }
            let score = rules.engagementScore(events, asOf: 18 * day)
            let sum = score.reasons.reduce(0) { $0 + $1.points }
            #expect(abs(sum - score.points) < 1e-9 && score.points >= 0 && score.points <= 60, "seed \(random.seed)")
        }
    }

    @Test func `fit does not fade and counts each rule once`() {
        var rules = ScoreRules(
            groups: [.init(name: "firm", cap: 35)],
            fit: [
                .init(name: "size", group: 0, points: 20), .init(name: "industry", group: 0, points: 20),
                .init(name: "student", group: 0, points: -50),
            ]
        )
        #expect(rules.fitScore(holding: [0, 0]).points == 20)
        #expect(rules.fitScore(holding: [1, 0]).points == 35)
        #expect(rules.fitScore(holding: [0, 1, 2]).points == 0)
        rules.fitCap = 15
        #expect(rules.fitScore(holding: [0]).points == 15)
    }

    @Test(arguments: [(60.0, 60.0, "A1"), (59.9, 60, "B1"), (30, 30, "B2"), (29.9, 29.9, "C3"), (100, 0, "A3")])
    func `the grade is fit by engagement`(_ fit: Double, _ engagement: Double, _ grade: String) {
        #expect(rules([]).grade(fit: fit, engagement: engagement) == grade)
    }

    // MARK: Crossings

    private func crossings(_ decay: ScoreRules.Decay, _ times: [Int64], points: Double = 30, base: Double = 0)
        -> [Int64]
    {
        let rules = rules([.init(name: "demo", group: 0, points: points, decay: decay)])
        return ScoreCrossings(rules: rules, threshold: 60, base: base)
            .crossings(times.map { happened(0, $0) }, asOf: .max / 2).map(\.time)
    }

    @Test func `reaching the threshold exactly is a crossing, once`() {
        #expect(crossings(.none, [1, 2, 3, 4]) == [2])
        #expect(crossings(.none, [1]) == [])
        #expect(crossings(.none, [5, 5]) == [5])
    }

    @Test func `a score that dips less than ten below the threshold does not cross again`() {
        // 60 fades to 53, then 83.
        #expect(crossings(.halfLife(100), [0, 0, 18]) == [0])
    }

    @Test func `after falling clearly below it crosses again`() {
        // 60 fades to 15; 45; 75.
        #expect(crossings(.halfLife(100), [0, 0, 200, 200]) == [0, 200])
        #expect(crossings(.step(perMille: 500, every: 100), [0, 0, 150, 150]) == [0, 150])
    }

    @Test func `falling to exactly ten below does not arm again`() {
        let rules = rules([
            .init(name: "demo", group: 0, points: 60), .init(name: "cold", group: 0, points: -10),
            .init(name: "colder", group: 0, points: -1), .init(name: "form", group: 0, points: 30),
        ])
        let crossings = ScoreCrossings(rules: rules, threshold: 60)
        #expect(crossings.crossings([happened(0, 1), happened(1, 2), happened(3, 3)], asOf: 9).map(\.time) == [1])
        let deeper = [happened(0, 1), happened(1, 2), happened(2, 3), happened(3, 4)]
        #expect(crossings.crossings(deeper, asOf: 9).map(\.time) == [1, 4])
    }

    @Test func `fit can be the base of the threshold`() {
        #expect(crossings(.none, [1, 2], base: 30) == [1])
    }

    @Test func `crossings are those of the score at each event`() {
        var random = SplitMix.fresh()
        for _ in 0..<300 {
            let rules = ScoreRules(
                groups: [.init(name: "a", cap: 70), .init(name: "b", cap: nil)],
                engagement: [
                    .init(name: "0", group: 0, points: 25, decay: .halfLife(5 * day), cap: 60),
                    .init(name: "1", group: 0, points: 20, decay: .step(perMille: 300, every: 2 * day), perDay: 1),
                    .init(name: "2", group: 1, points: -15, decay: .step(perMille: 100, every: day)),
                    .init(name: "3", group: 1, points: 10),
                ]
            )
            let events = (0..<25).map { _ in Int64.random(in: 0...60, using: &random) * day / 2 }.sorted()
                .map { happened([0, 0, 1, 1, 2, 2, 3][Int.random(in: 0..<7, using: &random)], $0) }
            var expected: [Int64] = []
            var isArmed = true
            for time in Set(events.map(\.time)).sorted() {
                // Right before: all events so far, faded until now.
                let before = rules.engagementScore(events.filter { $0.time < time }, asOf: time).points
                if before < 50 { isArmed = true }
                let after = rules.engagementScore(events, asOf: time).points
                if isArmed, after >= 60 {
                    expected.append(time)
                    isArmed = false
                } else if after < 50 {
                    isArmed = true
                }
            }
            let found = ScoreCrossings(rules: rules, threshold: 60).crossings(events, asOf: 40 * day).map(\.time)
            #expect(found == expected, "seed \(random.seed)")
        }
    }
}

@Suite struct AlgorithmsModelTests {
    /// Hours of study and whether the exam was passed, a textbook set whose maximum-likelihood fit is published.
    private let hours = [
        0.5, 0.75, 1, 1.25, 1.5, 1.75, 1.75, 2, 2.25, 2.5, 2.75, 3, 3.25, 3.5, 4, 4.25, 4.5, 4.75, 5, 5.5,
    ]
    private let passed = [0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1].map { $0 == 1 }

    @Test func `nearly without penalty the fit is the published one`() throws {
        let model = try #require(LogisticModel(rows: hours.map { [$0] }, labels: passed, penalty: 1e-9))
        for (hours, p) in [(1.0, 0.07), (2, 0.26), (3, 0.61), (4, 0.87), (5, 0.97)] {
            #expect(abs(model.probability([hours]) - p) < 0.005)
        }
        // Coefficient 1.5046, intercept -4.0777.
        let odds = log(model.probability([2]) / (1 - model.probability([2])))
        #expect(abs(odds - (2 * 1.5046 - 4.0777)) < 2e-4)
    }

    @Test func `with a penalty the fit is that of a general minimiser`() throws {
        let rows = (1...8).map { [Double($0), [0.0, 1, 0, 1, 0, 1, 1, 0][$0 - 1], 5] }
        let labels = [0, 0, 0, 1, 0, 1, 1, 1].map { $0 == 1 }
        let model = try #require(LogisticModel(rows: rows, labels: labels))
        // Minimised by SciPy's BFGS.
        let expected = [-0.04513490775831608, 1.1420138906582216, 0.7169548185020899]
        for (found, value) in zip([model.intercept] + model.weights, expected + [0]) {
            #expect(abs(found - value) < 1e-7)
        }
    }

    @Test func `a feature that never varies has no weight`() throws {
        let model = try #require(
            LogisticModel(rows: hours.map { [0.1 + 0.2, $0] }, labels: passed)
        )
        let plain = try #require(LogisticModel(rows: hours.map { [$0] }, labels: passed))
        #expect(model.weights[0] == 0 && abs(model.weights[1] - plain.weights[0]) < 1e-12)
        #expect(abs(model.probability([99, 2]) - plain.probability([2])) < 1e-12)
    }

    @Test func `one class teaches nothing`() {
        #expect(LogisticModel(rows: [[1], [2]], labels: [true, true]) == nil)
        #expect(LogisticModel(rows: [[1], [2]], labels: [false, false]) == nil)
        #expect(LogisticModel(rows: [], labels: []) == nil)
    }

    @Test func `classes that a feature separates still give a finite fit`() throws {
        let model = try #require(
            LogisticModel(rows: (0..<40).map { [Double($0)] }, labels: (0..<40).map { $0 >= 20 }, penalty: 0.001)
        )
        #expect(model.weights[0].isFinite && model.probability([39]) > 0.999 && model.probability([0]) < 0.001)
    }

    @Test func `the same rows give the same bits`() throws {
        let first = try #require(LogisticModel(rows: hours.map { [$0] }, labels: passed))
        #expect(LogisticModel(rows: hours.map { [$0] }, labels: passed) == first)
        #expect(first.iterations < 20)
    }

    @Test func `without features every row has the rate of all`() throws {
        let model = try #require(LogisticModel(rows: [[], [], [], []], labels: [true, false, false, false]))
        #expect(abs(model.probability([]) - 0.25) < 1e-9)
    }

    // MARK: Quality

    private let scores = [0.1, 0.4, 0.35, 0.8, 0.4, 0.9, 0.05, 0.4, 0.6, 0.7, 0.2, 0.3]
    private let outcomes = [0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 1].map { $0 == 1 }

    @Test func `AUC, Brier score and log-loss equal their definitions`() throws {
        let quality = try #require(ScoreQuality(scores: scores, outcomes: outcomes, isProbability: true))
        var pairs = 0.0
        for a in scores.indices where outcomes[a] {
            for b in scores.indices where !outcomes[b] {
                pairs += scores[a] > scores[b] ? 1 : scores[a] == scores[b] ? 0.5 : 0
            }
        }
        #expect(quality.auc == pairs / 36)
        #expect(abs((quality.brier ?? 0) - 0.17875) < 1e-12)
        #expect(abs((quality.logLoss ?? 0) - 0.5144170010312717) < 1e-12)
    }

    @Test func `AUC is 1 for a perfect score, 0 for a reversed one, a half for a constant one`() {
        let outcomes = [false, false, true, true]
        for (scores, auc) in [([1, 2, 3, 4], 1), ([4, 3, 2, 1], 0), ([7, 7, 7, 7], 0.5)] as [([Double], Double)] {
            #expect(ScoreQuality(scores: scores, outcomes: outcomes, isProbability: false)?.auc == auc)
        }
    }

    @Test func `one class gives no figures`() {
        #expect(ScoreQuality(scores: [0.1, 0.2], outcomes: [true, true], isProbability: true) == nil)
        #expect(ScoreQuality(scores: [0.1, 0.2], outcomes: [false, false], isProbability: true) == nil)
        #expect(ScoreQuality(scores: [], outcomes: [], isProbability: true) == nil)
    }

    @Test func `calibration compares mean and rate in ten bins of equal count`() throws {
        // 100 rows of p = 0.005, 0.015, …; in each bin of ten as many convert as the bin's number.
        let scores = (0..<100).map { Double($0) / 100 + 0.005 }
        let outcomes = (0..<100).map { $0 % 10 < $0 / 10 }
        let quality = try #require(ScoreQuality(scores: scores, outcomes: outcomes, isProbability: true))
        #expect(quality.bins.map(\.count) == Array(repeating: 10, count: 10))
        #expect(zip(quality.bins, 0..<10).allSatisfy { abs($0.rate - Double($1) / 10) < 1e-12 })
        // Means are 0.05, 0.15, …: each bin is off by 0.05.
        #expect(abs((quality.calibrationError ?? 0) - 0.05) < 1e-12)
    }

    @Test func `fewer rows than bins leave bins out`() throws {
        let quality = try #require(
            ScoreQuality(scores: [0.2, 0.9, 0.5], outcomes: [false, true, false], isProbability: true)
        )
        #expect(quality.bins.map(\.count) == [1, 1, 1])
    }

    @Test func `lift of the best tenth is its rate over that of all`() throws {
        let scores = (0..<20).map(Double.init)
        let outcomes = (0..<20).map { $0 >= 18 || $0 < 2 }
        let quality = try #require(ScoreQuality(scores: scores, outcomes: outcomes, isProbability: false))
        #expect(quality.lift[0] == 5 && quality.lift[1] == 2.5 && abs(quality.lift[9] - 1) < 1e-12)
        #expect(quality.brier == nil && quality.bins.isEmpty)
    }

    @Test func `a score that does not tell anyone apart has a lift of one everywhere`() throws {
        let quality = try #require(
            ScoreQuality(
                scores: Array(repeating: 3, count: 50),
                outcomes: (0..<50).map { $0 < 7 },
                isProbability: false
            )
        )
        #expect(quality.lift.allSatisfy { abs($0 - 1) < 1e-12 })
    }

    @Test func `probabilities of 0 and 1 that are wrong give a finite log-loss`() throws {
        let quality = try #require(ScoreQuality(scores: [0, 1], outcomes: [true, false], isProbability: true))
        #expect(quality.logLoss.map { $0.isFinite && $0 > 34 } == true && quality.brier == 1)
    }
}
