// Markov attribution against exact fractions, a plain dense solver, another program's simulation and the laws it obeys.
import JourneyViews
import TestSupport
import Testing

@Suite struct `Markov attribution` {
    @Test(arguments: [1, 2, 3])
    func `gives the exact fractions of the known answers`(order: Int) throws {
        let vectors = try AttributionVectors.read()
        #expect(vectors.datasets.count == 5)
        for set in vectors.datasets {
            let known = try #require(set.markov["\(order)"])
            let model = MarkovModel(paths: set.paths, channels: set.channels.count, order: order)
            #expect(abs(model.conversionProbability - known.pConversion.num) < 1e-12, "\(set.name)")
            let split = model.split(set.paths.reduce(0) { $0 + $1.value })
            for (number, channel) in set.channels.enumerated() {
                let effect = try #require(known.removalEffect[channel])
                let share = try #require(known.share[channel])
                let credit = try #require(known.conversions[channel])
                #expect(abs(model.removalEffects[number] - effect.num) < 1e-12, "\(set.name) \(channel)")
                #expect(abs(model.shares[number] - share.num) < 1e-12, "\(set.name) \(channel)")
                #expect(abs(model.conversionCredits[number] - credit.num) < 1e-9, "\(set.name) \(channel)")
                #expect(Int(split.channels[number]) == known.valueMinor[channel], "\(set.name) \(channel)")
            }
        }
    }

    @Test(arguments: [1, 2, 3])
    func `collapsing repeats changes what the cross-check says it changes`(order: Int) throws {
        let check = try CrossCheck.read()
        for set in try AttributionVectors.read().datasets {
            let flags = try #require(check.datasets.first { $0.name == set.name }).channelattributionRepeats
            let isEqual = try #require(flags["\(order)"]).keptEqualsCollapsedExactly
            let kept = MarkovModel(paths: set.paths, channels: set.channels.count, order: order)
            let collapsed = MarkovModel(paths: collapsed(set.paths), channels: set.channels.count, order: order)
            let distance = zip(kept.removalEffects, collapsed.removalEffects).map { abs($0 - $1) }.max() ?? 0
            #expect((distance < 1e-12) == isEqual, "\(set.name): \(distance)")
        }
    }

    private func collapsed(_ paths: [PathCount]) -> [PathCount] {
        paths.map { path in
            var path = path
            path.channels = PathTransform.remaining(of: path.channels, after: [.exposure]).map { path.channels[$0] }
            return path
        }
    }

    @Test func `of order 1 is the same to the last bit when repeats are collapsed`() {
        var generator = SplitMix.fresh()
        let paths = randomPaths(count: 60, channels: 5, using: &generator)
        let kept = MarkovModel(paths: paths, channels: 5, order: 1)
        let collapsed = MarkovModel(paths: collapsed(paths), channels: 5, order: 1)
        #expect(kept.removalEffects == collapsed.removalEffects, "seed \(generator.seed)")
        #expect(kept.conversionProbability == collapsed.conversionProbability, "seed \(generator.seed)")
    }

    @Test(arguments: 1...4)
    func `agrees with a dense solver that removes one channel at a time`(order: Int) throws {
        var generator = SplitMix.fresh()
        for _ in 0..<10 {
            let channels = Int.random(in: 1...6, using: &generator)
            let count = Int.random(in: 1...25, using: &generator)
            let paths = randomPaths(count: count, channels: channels, using: &generator)
            let model = MarkovModel(paths: paths, channels: channels, order: order)
            let p = DenseChain(paths, order: order, without: nil).probability
            #expect(abs(model.conversionProbability - p) < 1e-9, "seed \(generator.seed)")
            for channel in 0..<channels where p > 0 {
                let effect = 1 - DenseChain(paths, order: order, without: channel).probability / p
                #expect(abs(model.removalEffects[channel] - effect) < 1e-9, "seed \(generator.seed)")
            }
        }
    }

    @Test(arguments: 1...4)
    func `relabelling channels permutes the result`(order: Int) {
        var generator = SplitMix.fresh()
        let paths = randomPaths(count: 40, channels: 7, using: &generator)
        let names = Array(0..<7).shuffled(using: &generator)
        let renamed = paths.map { path in
            var path = path
            path.channels = path.channels.map { names[$0] }
            return path
        }
        let before = MarkovModel(paths: paths, channels: 7, order: order)
        let after = MarkovModel(paths: renamed, channels: 7, order: order)
        for channel in 0..<7 {
            let distance = abs(before.shares[channel] - after.shares[names[channel]])
            #expect(distance < 1e-12, "seed \(generator.seed)")
        }
    }

    @Test(arguments: 1...4)
    func `is the same to the last bit whatever order the paths come in, alone or gathered`(order: Int) {
        var generator = SplitMix.fresh()
        let paths = randomPaths(count: 60, channels: 4, using: &generator)
        let model = MarkovModel(paths: paths, channels: 4, order: order)
        let shuffled = MarkovModel(paths: paths.shuffled(using: &generator), channels: 4, order: order)
        let distinct = Dictionary(grouping: paths, by: \.channels).map { channels, paths in
            PathCount(
                channels: channels,
                conversions: paths.reduce(0) { $0 + $1.conversions },
                nulls: paths.reduce(0) { $0 + $1.nulls }
            )
        }
        let gathered = MarkovModel(paths: distinct, channels: 4, order: order)
        #expect(model.removalEffects == shuffled.removalEffects, "seed \(generator.seed)")
        #expect(model.removalEffects == gathered.removalEffects, "seed \(generator.seed)")
    }

    @Test(arguments: 1...4)
    func `credits add up to all conversions and all money`(order: Int) {
        var generator = SplitMix.fresh()
        var paths = randomPaths(count: 50, channels: 6, using: &generator)
        paths.append(PathCount(channels: [0], conversions: 1))
        paths.append(PathCount(channels: [], conversions: 3))
        let model = MarkovModel(paths: paths, channels: 6, order: order)
        let conversions = paths.reduce(0) { $0 + $1.conversions }
        let credited = model.conversionCredits.reduce(0, +) + Double(model.unattributedConversions)
        #expect(abs(credited - Double(conversions)) < 1e-9, "seed \(generator.seed)")
        #expect(model.unattributedConversions == 3)
        #expect(model.removalEffects.allSatisfy { (0...1).contains($0) }, "seed \(generator.seed)")
        for total in [Int128(100_003), -100_003, 0, 1] {
            let split = model.split(total, untouched: 7)
            #expect(split.channels.reduce(0, +) == total && split.unattributed == 7, "seed \(generator.seed)")
        }
    }

    @Test(arguments: 1...4)
    func `as many walks convert as paths did, whatever the order`(order: Int) {
        var generator = SplitMix.fresh()
        let paths = randomPaths(count: 80, channels: 5, using: &generator) + [PathCount(channels: [0], conversions: 1)]
        let conversions = Double(paths.reduce(0) { $0 + $1.conversions })
        let nulls = Double(paths.reduce(0) { $0 + $1.nulls })
        let model = MarkovModel(paths: paths, channels: 5, order: order)
        let distance = abs(model.conversionProbability - conversions / (conversions + nulls))
        #expect(distance < 1e-12, "seed \(generator.seed)")
    }

    @Test func `a channel on every converting path has the whole effect, one on none has no effect`() {
        let paths = [
            PathCount(channels: [0, 1, 0], conversions: 3, nulls: 1), PathCount(channels: [1, 0], conversions: 1),
            PathCount(channels: [0, 2], nulls: 4),
        ]
        let model = MarkovModel(paths: paths, channels: 4, order: 1)
        #expect(model.removalEffects[0] == 1)
        #expect(model.removalEffects[2] == 0)
        #expect(model.removalEffects[3] == 0)
    }

    @Test func `without null paths everything converts`() {
        let model = MarkovModel(paths: [PathCount(channels: [0, 1], conversions: 5)], channels: 2, order: 2)
        #expect(model.conversionProbability == 1)
        #expect(model.removalEffects == [1, 1])
        #expect(model.states == 1)
    }

    @Test(arguments: [[], [PathCount(channels: [0, 1], nulls: 3)], [PathCount(channels: [], conversions: 2)]])
    func `where no touch leads to a conversion nothing is attributed`(paths: [PathCount]) {
        let model = MarkovModel(paths: paths, channels: 2, order: 1)
        #expect(model.conversionProbability == 0)
        #expect(model.shares == [0, 0])
        let split = model.split(500, untouched: 20)
        #expect(split.channels == [0, 0] && split.unattributed == 520)
        #expect(model.unattributedConversions == paths.reduce(0) { $0 + $1.conversions })
    }

    @Test func `a path shorter than the order is one state`() {
        let paths = [
            PathCount(channels: [0], conversions: 1), PathCount(channels: [0, 1, 2], conversions: 1, nulls: 2),
        ]
        let model = MarkovModel(paths: paths, channels: 3, order: 4)
        #expect(model.states == 2)
        #expect(model.conversionProbability == 0.5)
        #expect(model.removalEffects == [1, 0.5, 0.5])
    }

    @Test func `within one path each touch weighs its channel's share`() {
        let paths = [PathCount(channels: [0, 1], conversions: 1), PathCount(channels: [0], conversions: 1)]
        let model = MarkovModel(paths: paths, channels: 2, order: 1)
        let weights = model.apportioned([1, 0, 1])
        #expect(weights[0] == weights[2])
        // Without the first channel nothing converts, without the second half does.
        #expect(abs(Double(weights[1]) / Double(weights[0]) - 2) < 1e-12)
    }
}

/// The textbook way: the chain without a channel, built anew from the paths, and Gaussian elimination with pivots.
private struct DenseChain {
    let probability: Double

    init(_ paths: [PathCount], order: Int, without channel: Int?) {
        var counts: [[Int]: [[Int]: Double]] = [:]
        let (start, conversion, null) = ([-1], [-2], [-3])
        for path in paths where path.conversions + path.nulls > 0 {
            var last = start
            let length = min(order, path.channels.count)
            for first in 0...(path.channels.count - length) {
                let state = Array(path.channels[first..<(first + length)])
                counts[last, default: [:]][state, default: 0] += Double(path.conversions + path.nulls)
                last = state
            }
            counts[last, default: [:]][conversion, default: 0] += Double(path.conversions)
            counts[last, default: [:]][null, default: 0] += Double(path.nulls)
        }
        let states = counts.keys.filter { state in channel.map { !state.contains($0) } ?? true }
        let places = Dictionary(uniqueKeysWithValues: states.enumerated().map { ($1, $0) })
        var rows = states.map { state -> [Double] in
            var row = [Double](repeating: 0, count: states.count + 1)
            let next = counts[state] ?? [:]
            let sum = next.values.reduce(0, +)
            for (target, count) in next {
                if target == conversion { row[states.count] = count / sum }
                if let place = places[target] { row[place] -= count / sum }
            }
            return row
        }
        for place in rows.indices { rows[place][place] += 1 }
        for column in rows.indices {
            let pivot = (column..<rows.count).max { abs(rows[$0][column]) < abs(rows[$1][column]) } ?? column
            rows.swapAt(column, pivot)
            for other in rows.indices where other != column && rows[other][column] != 0 {
                let factor = rows[other][column] / rows[column][column]
                for index in column...rows.count { rows[other][index] -= factor * rows[column][index] }
            }
        }
        probability = places[start].map { rows[$0][rows.count] / rows[$0][$0] } ?? 0
    }
}
