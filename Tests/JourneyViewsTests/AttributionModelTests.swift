// Weights and splits against known answers.
import Foundation
import TestSupport
import Testing

@testable import JourneyViews

private func vectors(_ name: String) throws -> [[String: Any]] {
    let json = try #require(try TestData.json("vectors/attribution.json") as? [String: Any])
    return try #require(json[name] as? [[String: Any]])
}

/// "2/5" as numerator and denominator.
private func exactFraction(_ text: String) -> (Int64, Int64) {
    let parts = text.split(separator: "/").compactMap { Int64($0) }
    return (parts.first ?? 0, parts.count > 1 ? parts[1] : 1)
}

struct AttributionModelTests {
    @Test func `Weights of first, last, linear and position are the known fractions for every length of path`() throws {
        let lengths = try vectors("weights_by_length")
        #expect(lengths.count == 6)
        for entry in lengths {
            let count = try #require(entry["n"] as? Int)
            for (key, name) in [
                ("first", "first"), ("last", "last"), ("linear", "linear"), ("position_40_20_40", "position"),
            ] {
                let expected = try #require(entry[key] as? [String]).map(exactFraction)
                let model = try #require(AttributionModel(name: name, halfLife: 1))
                let weights = model.weights(
                    times: (0..<count).map { Int64($0) },
                    isDirect: Array(repeating: false, count: count),
                    conversion: 100
                )
                let total = weights.reduce(0, +)
                #expect(weights.count == expected.count)
                for (weight, share) in zip(weights, expected) {
                    #expect(weight * share.1 == share.0 * total, "\(name) of \(count): \(weights)")
                }
            }
        }
    }

    @Test func `Time decay has the known weights and splits money to the known cents`() throws {
        let cases = try vectors("time_decay")
        #expect(cases.count == 8)
        for entry in cases {
            let ages = try #require(entry["age_days"] as? [Double])
            let halfLife = Int64(try #require(entry["half_life_days"] as? Double) * 86_400_000)
            let expected = try #require(entry["weights"] as? [Double])
            let split = try #require(entry["split_of_10000_minor"] as? [Int])
            let now: Int64 = 2_000_000_000_000
            let weights = AttributionModel.timeDecay(halfLife: halfLife).weights(
                times: ages.map { now - Int64($0 * 86_400_000) },
                isDirect: ages.map { _ in false },
                conversion: now
            )
            for (weight, share) in zip(weights, expected) {
                #expect(abs(Double(weight) / 281_474_976_710_656 - share) < 1e-14, "ages \(ages): \(weights)")
            }
            #expect(LargestRemainder.split(10_000, weights: weights) == split.map { Int128($0) })
        }
    }

    @Test func `Halves are exact powers of two at whole half-lives and close to exp2 between`() {
        for count in [0, 1, 2, 10, 52, 500] {
            #expect(ExactExponential.halves(of: Int64(count) * 7, halfLife: 7) == exp2(-Double(count)))
        }
        for age in stride(from: Int64(0), to: 5_000, by: 37) {
            let value = ExactExponential.halves(of: age, halfLife: 1_000)
            #expect(abs(value / exp2(-Double(age) / 1_000) - 1) < 1e-15)
        }
    }

    @Test func `Money splits by largest remainder, ties to the earlier, negative totals mirrored`() throws {
        let cases = try vectors("largest_remainder")
        #expect(cases.count == 10)
        for entry in cases {
            let fractions = try #require(entry["weights"] as? [String]).map(exactFraction)
            let common = fractions.reduce(Int64(1)) { $0 * $1.1 }
            let weights = fractions.map { $0.0 * (common / $0.1) }
            let total = try #require(entry["total_minor"] as? Int)
            let expected = try #require(entry["expected_minor"] as? [Int])
            #expect(LargestRemainder.split(Int128(total), weights: weights) == expected.map { Int128($0) })
        }
    }

    @Test func `Every split sums to its total and mirrors`() {
        var random = SplitMix.fresh()
        for _ in 0..<2_000 {
            let weights = (0..<Int.random(in: 1...9, using: &random)).map { _ in
                Int64.random(in: 0...(1 << 48), using: &random)
            }
            let total = Int128(Int64.random(in: -1_000_000...Int64.max, using: &random))
            let parts = LargestRemainder.split(total, weights: weights)
            #expect(parts.reduce(0, +) == total, "seed \(random.seed)")
            #expect(LargestRemainder.split(-total, weights: weights) == parts.map { -$0 }, "seed \(random.seed)")
        }
    }

    @Test func `A path of two takes position's shares among the two`() throws {
        let model = try #require(AttributionModel(name: "position", halfLife: 1, first: 0.2, last: 0.6))
        #expect(model.weights(times: [1, 2], isDirect: [false, false], conversion: 3) == [200_000_000, 600_000_000])
        let none = try #require(AttributionModel(name: "position", halfLife: 1, first: 0, last: 0))
        #expect(none.weights(times: [1, 2], isDirect: [false, false], conversion: 3) == [1, 1])
    }

    @Test(arguments: [([false, true, true], 0), ([true, true], 1), ([true, false, true], 1)])
    func `Last non-direct skips direct unless all are`(_ isDirect: [Bool], _ index: Int) {
        let times = isDirect.indices.map { Int64($0) }
        let weights = AttributionModel.lastNonDirect.weights(times: times, isDirect: isDirect, conversion: 9)
        #expect(weights.firstIndex(of: 1) == index)
        #expect(weights.reduce(0, +) == 1)
        #expect(AttributionModel.lastNonDirect.only(count: isDirect.count) { isDirect[$0] } == index)
    }

    @Test func `Where a model gives all to one, its weights say the same`() throws {
        for name in AttributionModel.names {
            let model = try #require(AttributionModel(name: name, halfLife: 5))
            #expect(model.name == name)
            for count in 1...4 {
                let isDirect = (0..<count).map { $0 == count - 1 }
                let weights = model.weights(
                    times: (0..<count).map { Int64($0) },
                    isDirect: isDirect,
                    conversion: 10
                )
                guard let only = model.only(count: count, isDirect: { isDirect[$0] }) else {
                    #expect(weights.filter { $0 > 0 }.count > 1)
                    continue
                }
                #expect(weights.indices.filter { weights[$0] > 0 } == [only])
            }
        }
        #expect(AttributionModel(name: "markov9", halfLife: 1) == nil)
    }
}
