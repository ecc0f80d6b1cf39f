// The known answers of attribution: exact fractions, and what other programs say of the same paths.
internal import Foundation
internal import JourneyViews
internal import TestSupport

/// A file of known answers: `vectors/attribution.json`, and what `attribution_cross_check.json` adds.
struct AttributionVectors: Decodable {
    struct Fraction: Decodable {
        var frac: String
        var num: Double
    }
    struct Row: Decodable {
        var path: String
        var conversions: Int
        var valueMinor: Int
        var null: Int
    }
    struct Markov: Decodable {
        var pConversion: Fraction
        var removalEffect: [String: Fraction]
        var share: [String: Fraction]
        var conversions: [String: Fraction]
        var valueMinor: [String: Int]
    }
    struct DataSet: Decodable {
        var name: String
        var rows: [Row]
        var markov: [String: Markov]
        var shapleyConversions: [String: Fraction]
        var shapleyValue: [String: Fraction]

        /// The channels, ascending.
        var channels: [String] { Set(rows.flatMap { $0.path.components(separatedBy: ">") }).sorted() }
        var paths: [PathCount] {
            let channels = channels
            return rows.map { row in
                PathCount(
                    channels: row.path.components(separatedBy: ">").compactMap { channels.firstIndex(of: $0) },
                    conversions: row.conversions,
                    nulls: row.null,
                    value: Int128(row.valueMinor)
                )
            }
        }
    }
    struct Anchored: Decodable {
        var model: String
        var touches: [String]
        var anchors: [String: Int]
        var weights: [String]
        var splitOf100000Minor: [Int]
    }
    struct ByLength: Decodable {
        var n: Int
        var position402040: [String]
    }

    var datasets: [DataSet]
    var anchored: [Anchored]
    var weightsByLength: [ByLength]

    static func read() throws -> AttributionVectors {
        try decoder.decode(AttributionVectors.self, from: Data(TestData.bytes("vectors/attribution.json")))
    }

    static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }
}

/// What other programs say: how far the simulation of ChannelAttribution is from the exact result.
struct CrossCheck: Decodable {
    struct Repeats: Decodable { var keptEqualsCollapsedExactly: Bool }
    struct DataSet: Decodable {
        var name: String
        var channelattributionRepeats: [String: Repeats]
        var positionBasedConversions: [String: String]
    }
    var datasets: [DataSet]

    static func read() throws -> CrossCheck {
        try AttributionVectors.decoder.decode(
            CrossCheck.self,
            from: Data(TestData.bytes("vectors/attribution_cross_check.json"))
        )
    }
}

/// The value of "a/b" or "a"; nil for anything else.
func fraction(_ text: String) -> (numerator: Int64, denominator: Int64)? {
    let parts = text.split(separator: "/").compactMap { Int64($0) }
    return parts.first.map { ($0, parts.count > 1 ? parts[1] : 1) }
}

/// Random paths: `count` of 1…8 touches over the channels, some of which repeat.
func randomPaths(count: Int, channels: Int, using generator: inout SplitMix) -> [PathCount] {
    (0..<count).map { _ in
        PathCount(
            channels: (0..<Int.random(in: 1...8, using: &generator)).map { _ in
                Int.random(in: 0..<channels, using: &generator)
            },
            conversions: Int.random(in: 0...5, using: &generator),
            nulls: Int.random(in: 0...9, using: &generator),
            value: Int128(Int64.random(in: -50...100_000, using: &generator))
        )
    }
}
