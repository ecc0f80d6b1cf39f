// All models of whole paths on 10,000 real-world paths, against exact fractions.
internal import Foundation
import JourneyViews
import TestSupport
import Testing

@Suite(.enabled(if: TestData.hasShared("pathdata/pathdata.csv"), "the paths are not there"))
struct `Ten thousand paths` {
    private struct Expected: Decodable {
        struct Figures: Decodable {
            var conversions: String
            var value: String
            var removalEffect: String?
        }
        struct Markov: Decodable { var conversionProbability: String }
        struct Channel: Decodable {
            var shapleySet: Figures
            var markovOrder1: Figures
        }
        var totalConversions: Int
        var markovOrder1: Markov
        var byChannel: [String: Channel]
    }

    private func expected() throws -> Expected {
        let url = URL(fileURLWithPath: TestData.shared + "/pathdata/expected.json")
        return try AttributionVectors.decoder.decode(Expected.self, from: Data(contentsOf: url))
    }

    /// The paths, with values in 10^-6 (rounded in each row), and the channels in ascending order.
    private func paths() throws -> (paths: [PathCount], channels: [String]) {
        let url = URL(fileURLWithPath: TestData.shared + "/pathdata/pathdata.csv")
        let rows = String(decoding: try Data(contentsOf: url), as: UTF8.self).split(separator: "\n").dropFirst().map {
            $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        let touches = rows.map { $0[0].components(separatedBy: " > ") }
        let channels = Set(touches.joined()).sorted()
        let numbers = Dictionary(uniqueKeysWithValues: channels.enumerated().map { ($1, $0) })
        return (
            try zip(rows, touches).map { row, touches in
                PathCount(
                    channels: try touches.map { try #require(numbers[$0]) },
                    conversions: try #require(Int(row[1])),
                    nulls: try #require(Int(row[3])),
                    value: try #require(Double(row[2]).map { Int128(($0 * 1e6).rounded()) })
                )
            }, channels
        )
    }

    @Test func `give the exact Markov and Shapley figures`() throws {
        let expected = try expected()
        let (paths, channels) = try paths()
        #expect(paths.count == 10_000 && channels.count == 12)
        let markov = MarkovModel(paths: paths, channels: channels.count, order: 1)
        let shapley = ShapleyModel(paths: paths, channels: channels.count)
        let p = try #require(Double(expected.markovOrder1.conversionProbability))
        #expect(abs(markov.conversionProbability - p) < 1e-11)
        #expect(markov.conversions == expected.totalConversions)
        let money = markov.split(paths.reduce(0) { $0 + $1.value })
        let split = shapley.split
        for (number, channel) in channels.enumerated() {
            let known = try #require(expected.byChannel[channel])
            let effect = try #require(known.markovOrder1.removalEffect.flatMap { Double($0) })
            let credit = try #require(Double(known.markovOrder1.conversions))
            let value = try #require(Double(known.markovOrder1.value))
            #expect(abs(markov.removalEffects[number] - effect) < 1e-11, "\(channel)")
            #expect(abs(markov.conversionCredits[number] - credit) < 1e-9, "\(channel)")
            // Values were rounded to 10^-6 in each row: 5 units less in all.
            #expect(abs(Double(money.channels[number]) / 1e6 - value) < 1e-5, "\(channel)")
            let shared = try #require(Double(known.shapleySet.conversions))
            let sharedValue = try #require(Double(known.shapleySet.value))
            #expect(abs(shapley.conversionCredits[number] - shared) < 1e-9, "\(channel)")
            #expect(abs(Double(split.channels[number]) / 1e6 - sharedValue) < 1e-4, "\(channel)")
        }
    }

    @Test(arguments: [(2, 120), (3, 933)])
    func `are solved in higher orders, where all credits still add up`(order: Int, states: Int) throws {
        let (paths, channels) = try paths()
        let model = MarkovModel(paths: paths, channels: channels.count, order: order)
        #expect(model.states == states)
        #expect(abs(model.conversionCredits.reduce(0, +) - 19_785) < 1e-8)
        #expect(abs(model.conversionProbability - 19_785.0 / (19_785 + 68_602)) < 1e-12)
    }
}
