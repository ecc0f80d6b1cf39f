// Weights that the user gives, and the list of all models.
import JourneyRules
import JourneyViews
import TestSupport
import Testing

@Suite struct `Custom attribution` {
    private func shares(_ weights: [Int64]) -> [Double] {
        let sum = Double(weights.reduce(0, +))
        return weights.map { Double($0) / sum }
    }

    @Test func `shares by place count from the start and from the end`() {
        let model = CustomPlaces(start: [30, 20], end: [10, 25], rest: 15)
        #expect(shares(model.weights(count: 7).weights) == [0.3, 0.2, 0.05, 0.05, 0.05, 0.1, 0.25])
        #expect(shares(model.weights(count: 5).weights) == [0.3, 0.2, 0.15, 0.1, 0.25])
    }

    @Test func `in a short path a touch has the shares of both its places, and the rest drops out`() {
        let model = CustomPlaces(start: [3, 2], end: [1, 4], rest: 5)
        #expect(shares(model.weights(count: 3).weights) == [0.3, 0.3, 0.4])
        #expect(shares(model.weights(count: 2).weights) == [0.4, 0.6])
        #expect(shares(model.weights(count: 1).weights) == [1])
        #expect(model.weights(count: 0).weights.isEmpty)
    }

    @Test(arguments: [(400_000_000, 400_000_000), (200_000_000, 600_000_000), (0, 0), (1_000_000_000, 0)])
    func `with one share at each end is the position model`(first: Int64, last: Int64) {
        let model = CustomPlaces(start: [first], end: [last], rest: 1_000_000_000 - first - last)
        for count in 1...9 {
            let times = Array(repeating: Int64(0), count: count)
            let position = AttributionModel.position(first: first, last: last)
            let known = position.weights(times: times, isDirect: times.map { _ in false }, conversion: 0)
            #expect(shares(model.weights(count: count).weights) == shares(known), "\(count) touches")
        }
    }

    @Test func `weights of zero become linear, and say so`() {
        let rest = CustomPlaces(start: [0], end: [0], rest: 1)
        #expect(rest.weights(count: 2).weights == [1, 1])
        #expect(rest.weights(count: 2).isLinear)
        #expect(!rest.weights(count: 3).isLinear)
        #expect(!rest.weights(count: 0).isLinear)
        let none = CustomMultipliers(channels: ["a": 0], types: [:])
        let weights = none.weights(base: [3, 4], channels: ["a", "a"], types: ["t", "t"])
        #expect(weights.weights == [1, 1] && weights.isLinear)
    }

    @Test func `multipliers change the proportions of another model's weights`() {
        let model = CustomMultipliers(channels: ["email": 500_000, "call": 2_000_000], types: ["demo": 3_000_000])
        let weights = model.weights(
            base: [2, 1, 1, 1],
            channels: ["email", "call", "ads", "call"],
            types: ["click", "click", "click", "demo"]
        )
        #expect(weights.weights == [1, 2, 1, 6])
        #expect(!weights.isLinear)
    }

    @Test func `without multipliers the weights stay in proportion`() {
        var generator = SplitMix.fresh()
        let base = (0..<6).map { _ in Int64.random(in: 0...(1 << 48), using: &generator) } + [1]
        let none = CustomMultipliers<String>(channels: [:], types: [:])
        let keys = base.map { _ in "" }
        #expect(none.weights(base: base, channels: keys, types: keys).weights == base, "seed \(generator.seed)")
    }

    @Test func `very large products are rounded, not lost`() {
        let model = CustomMultipliers(channels: ["a": 999_999_999], types: ["t": 999_999_937])
        let base: [Int64] = [(1 << 62) - 1, 1 << 61, 0]
        let weights = model.weights(base: base, channels: ["a", "b", "a"], types: ["t", "t", "t"]).weights
        #expect(weights.allSatisfy { (0...(1 << 62)).contains($0) })
        #expect(weights[2] == 0)
        #expect(abs(Double(weights[0]) / Double(weights[1]) / 1_999.999998 - 1) < 1e-12)
    }

    @Test func `position-based conversions are those that another program gives`() throws {
        let check = try CrossCheck.read()
        for set in try AttributionVectors.read().datasets {
            let known = try #require(check.datasets.first { $0.name == set.name }).positionBasedConversions
            var credits = [Double](repeating: 0, count: set.channels.count)
            for path in set.paths {
                let weights = CustomPlaces(start: [40], end: [40], rest: 20).weights(count: path.channels.count)
                for (channel, share) in zip(path.channels, shares(weights.weights)) {
                    credits[channel] += Double(path.conversions) * share
                }
            }
            for (number, channel) in set.channels.enumerated() {
                let expected = try #require(known[channel].flatMap(fraction))
                let value = Double(expected.numerator) / Double(expected.denominator)
                #expect(abs(credits[number] - value) < 1e-9, "\(set.name) \(channel)")
            }
        }
    }

    @Test func `places give the known weights by length`() throws {
        for known in try AttributionVectors.read().weightsByLength {
            let weights = CustomPlaces(start: [40], end: [40], rest: 20).weights(count: known.n).weights
            let sum = weights.reduce(0, +)
            for (weight, text) in zip(weights, known.position402040) {
                let expected = try #require(fraction(text))
                #expect(weight * expected.denominator == expected.numerator * sum, "\(known.n) touches")
            }
        }
    }
}

@Suite struct `Names of models` {
    @Test func `are those of the command line, and hold all that can be asked for today`() {
        let names = ModelName.allCases.map(\.rawValue)
        #expect(
            names == [
                "first", "last", "last-non-direct", "linear", "position", "time-decay", "u-shaped", "w-shaped",
                "full-path", "j-shaped", "inverse-j", "markov", "shapley",
            ]
        )
        #expect(Set(AttributionModel.names).isSubset(of: names))
        #expect(names == AttributionRule.pathModels + AttributionRule.totalModels)
    }

    @Test(arguments: ModelName.allCases)
    func `have one sentence each`(name: ModelName) {
        #expect(name.summary.hasSuffix("."))
        #expect(!name.summary.dropLast().contains(". "))
    }

    @Test func `J-shaped and inverse J are presets of the position model`() throws {
        func split(_ name: ModelName) throws -> [Int128] {
            let weights = try #require(name.preset).weights(
                times: [1, 2, 3, 4],
                isDirect: [false, false, false, false],
                conversion: 5
            )
            return LargestRemainder.split(100, weights: weights)
        }
        #expect(try split(.jShaped) == [20, 10, 10, 60])
        #expect(try split(.inverseJ) == [60, 10, 10, 20])
        #expect(ModelName.allCases.count { $0.preset != nil } == 2)
    }

    @Test func `say what a model needs to know`() {
        #expect(ModelName.wShaped.kind == .anchored(.wShaped))
        #expect(ModelName.allCases.filter { $0.kind == .total } == [.markov, .shapley])
    }
}
