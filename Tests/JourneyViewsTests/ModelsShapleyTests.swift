// Shapley attribution against exact fractions, the definition by enumeration, and the axioms that define it.
import JourneyViews
import TestSupport
import Testing

@Suite struct `Shapley attribution` {
    @Test func `gives the exact fractions of the known answers`() throws {
        for set in try AttributionVectors.read().datasets {
            let model = ShapleyModel(paths: set.paths, channels: set.channels.count)
            let total = set.paths.reduce(0) { $0 + $1.value }
            #expect(model.split.channels.reduce(0, +) == total)
            for (number, channel) in set.channels.enumerated() {
                let conversions = try #require(set.shapleyConversions[channel])
                let value = try #require(set.shapleyValue[channel].flatMap { fraction($0.frac) })
                #expect(abs(model.conversionCredits[number] - conversions.num) < 1e-12, "\(set.name) \(channel)")
                // Rounded down, or up by the unit of a large remainder.
                let over = model.split.channels[number] * Int128(value.denominator) - Int128(value.numerator)
                #expect(abs(over) < Int128(value.denominator), "\(set.name) \(channel)")
            }
        }
    }

    @Test func `equals the definition by enumeration of all sets`() {
        var generator = SplitMix.fresh()
        let paths = randomPaths(count: 30, channels: 5, using: &generator)
        let model = ShapleyModel(paths: paths, channels: 5)
        for channel in 0..<5 {
            let expected = shapley(paths, channels: 5, of: channel)
            #expect(abs(model.conversionCredits[channel] - expected) < 1e-9, "seed \(generator.seed)")
        }
    }

    /// Σ over S without c of |S|!(n−|S|−1)!/n! · (v(S+c) − v(S)).
    private func shapley(_ paths: [PathCount], channels: Int, of channel: Int) -> Double {
        func value(_ set: Int) -> Double {
            paths.reduce(0) { $0 + ($1.channels.allSatisfy { set >> $0 & 1 == 1 } ? Double($1.conversions) : 0) }
        }
        func factorial(_ n: Int) -> Double { (0..<n).reduce(1) { $0 * Double($1 + 1) } }
        return (0..<(1 << channels)).reduce(0) { sum, set in
            guard set >> channel & 1 == 0 else { return sum }
            let size = set.nonzeroBitCount
            let weight = factorial(size) * factorial(channels - size - 1) / factorial(channels)
            return sum + weight * (value(set | 1 << channel) - value(set))
        }
    }

    @Test func `is efficient: credits add up to all conversions and all money`() {
        var generator = SplitMix.fresh()
        var paths = randomPaths(count: 50, channels: 9, using: &generator)
        paths.append(PathCount(channels: [], conversions: 2, value: 55))
        let model = ShapleyModel(paths: paths, channels: 9)
        let conversions = model.conversionCredits.reduce(0, +) + Double(model.unattributedConversions)
        #expect(abs(conversions - Double(paths.reduce(0) { $0 + $1.conversions })) < 1e-9, "seed \(generator.seed)")
        let split = model.split
        #expect(split.unattributed == 55)
        #expect(split.channels.reduce(55, +) == paths.reduce(0) { $0 + $1.value }, "seed \(generator.seed)")
    }

    @Test func `is symmetric: channels that are always interchangeable earn the same`() {
        var generator = SplitMix.fresh()
        let paths = randomPaths(count: 30, channels: 4, using: &generator)
        // Each path once more with channels 0 and 1 exchanged.
        let swapped = paths.map { path in
            var path = path
            path.channels = path.channels.map { $0 < 2 ? 1 - $0 : $0 }
            return path
        }
        let model = ShapleyModel(paths: paths + swapped, channels: 4)
        #expect(model.conversionCredits[0] == model.conversionCredits[1], "seed \(generator.seed)")
        let split = model.split
        #expect((0...1).contains(split.channels[0] - split.channels[1]), "seed \(generator.seed)")
    }

    @Test func `relabelling channels permutes the result`() {
        var generator = SplitMix.fresh()
        let paths = randomPaths(count: 30, channels: 6, using: &generator)
        let names = Array(0..<6).shuffled(using: &generator)
        let renamed = paths.map { path in
            var path = path
            path.channels = path.channels.map { names[$0] }
            return path
        }
        let before = ShapleyModel(paths: paths, channels: 6)
        let after = ShapleyModel(paths: renamed, channels: 6)
        let conversions = names.map { after.conversionCredits[$0] }
        #expect(conversions == before.conversionCredits, "seed \(generator.seed)")
        // Money too, but for a unit where remainders tie.
        let moved = names.map { after.split.channels[$0] }
        let distance = zip(moved, before.split.channels).map { abs($0 - $1) }.max() ?? 0
        #expect(distance <= 1, "seed \(generator.seed)")
    }

    @Test func `a dummy that is on no converting path earns nothing`() {
        let paths = [
            PathCount(channels: [0, 1], conversions: 2, value: 99), PathCount(channels: [2, 1], nulls: 7),
        ]
        let model = ShapleyModel(paths: paths, channels: 3)
        #expect(model.conversionCredits == [1, 1, 0])
        #expect(model.split.channels == [50, 49, 0])
    }

    @Test func `order, repeats and null paths have no influence`() {
        var generator = SplitMix.fresh()
        let paths = randomPaths(count: 30, channels: 5, using: &generator)
        let other = paths.map { path in
            var path = path
            path.channels = (path.channels + path.channels).shuffled(using: &generator)
            path.nulls += 3
            return path
        }
        let model = ShapleyModel(paths: paths, channels: 5)
        let same = ShapleyModel(paths: other, channels: 5)
        #expect(model.conversionCredits == same.conversionCredits, "seed \(generator.seed)")
        #expect(model.split == same.split, "seed \(generator.seed)")
    }

    @Test func `money back mirrors money`() {
        var generator = SplitMix.fresh()
        let paths = randomPaths(count: 30, channels: 5, using: &generator)
        let back = paths.map { PathCount(channels: $0.channels, value: -$0.value) }
        let split = ShapleyModel(paths: paths, channels: 5).split
        let mirrored = ShapleyModel(paths: back, channels: 5).split
        #expect(mirrored.channels == split.channels.map { -$0 }, "seed \(generator.seed)")
        let tie = ShapleyModel(paths: [PathCount(channels: [0, 1], value: -5)], channels: 2).split
        #expect(tie.channels == [-3, -2])
    }

    @Test func `paths with more distinct channels than a common denominator has room for still add up`() {
        let paths = (1...97).map { PathCount(channels: Array(0..<$0), conversions: 1, value: 1_000_003) }
        let split = ShapleyModel(paths: paths, channels: 97).split
        #expect(split.channels.reduce(0, +) == 97 * 1_000_003)
        // The harmonic tail: each channel is on one path less than the one before it.
        #expect(zip(split.channels, split.channels.dropFirst()).allSatisfy { $0 > $1 })
        #expect(split.channels[96] == 1_000_003 / 97 || split.channels[96] == 1_000_003 / 97 + 1)
    }

    @Test func `ties between remainders go to the lower channel`() {
        // 1/2 and 1/3 + 1/6: equal only when fractions are added exactly.
        let paths = [
            PathCount(channels: [0, 5], value: 1), PathCount(channels: [1, 2, 3], value: 1),
            PathCount(channels: [1, 2, 3, 4, 6, 7], value: 1),
        ]
        let split = ShapleyModel(paths: paths, channels: 8).split
        #expect(split.channels == [1, 1, 1, 0, 0, 0, 0, 0])
    }
}
