// Sums, percentiles and rows.
import Foundation
import JourneyEvents
import TestSupport
import Testing

@testable import JourneyViews

struct SumsTests {
    @Test func `Percentiles interpolate between ranks as the known ones do`() throws {
        let json = try #require(try TestData.json("vectors/retention.json") as? [String: Any])
        let cases = try #require(json["percentiles"] as? [[String: Any]])
        #expect(cases.count == 7)
        for entry in cases {
            let values = (entry["values"] as? [Double] ?? (1...100).map { Double($0) }).sorted()
            let expected = try #require(entry["cont"] as? [String: Double])
            for (name, p) in [("p50", 0.5), ("p75", 0.75), ("p90", 0.9), ("p95", 0.95)] {
                let found = try #require(Distribution.percentile(values, p))
                let known = try #require(expected[name])
                #expect(abs(found - known) < 1e-12 * known, "\(values) \(name)")
            }
        }
        #expect(Distribution.percentile([], 0.5) == nil)
    }

    @Test func `A distribution of none is null, and one of durations is in seconds`() {
        #expect(Distribution().json.text == #"{"n":0,"mean":null,"p50":null,"p75":null,"p90":null}"#)
        var distribution = Distribution()
        for value in [1_000, 2_000, 3_000, 4_000] as [Int64] { distribution.add(value) }
        #expect(distribution.json.text == #"{"n":4,"mean":2.5,"p50":2.5,"p75":3.25,"p90":3.7}"#)
    }

    @Test func `Sums of money are exact, by currency ascending, with the digits of the finest part`() throws {
        let (euro, yen, dinar) = (try #require(Currency("EUR")), try #require(Currency("JPY")), Currency("KWD"))
        var sum = MoneySum()
        sum.add(Amount(units: 5, scale: 0, currency: yen))
        sum.add(Amount(units: 10, scale: 2, currency: euro))
        sum.add(Amount(units: 1, scale: 6, currency: euro))
        sum.add(Amount(units: -1, scale: 6, currency: euro))
        sum.add(Amount(units: 1, scale: 0, currency: try #require(dinar)))
        #expect(
            sum.json.text
                == #"[{"amount":"0.100000","currency":"EUR"},{"amount":"5","currency":"JPY"},"#
                + #"{"amount":"1.000","currency":"KWD"}]"#
        )
    }

    @Test func `Shares add up to whole conversions in any order`() {
        var random = SplitMix.fresh()
        var shares: [(Int64, Int64)] = []
        for _ in 0..<300 {
            let weights = (0..<Int.random(in: 1...9, using: &random)).map { _ in
                Int64.random(in: 0...(1 << 48), using: &random)
            }
            let total = weights.reduce(0, +)
            if total > 0 { shares += weights.map { ($0, total) } } else { shares.append((1, 1)) }
        }
        var sums: [ShareSum] = []
        for _ in 0..<3 {
            shares.shuffle(using: &random)
            var sum = ShareSum()
            for share in shares { sum.add(share.0, over: share.1) }
            sums.append(sum)
        }
        #expect(sums[0].value == 300, "seed \(random.seed)")
        #expect(sums[0] == sums[1] && sums[1] == sums[2], "seed \(random.seed)")
        var third = ShareSum()
        for _ in 0..<5 { third.add(1, over: 3) }
        #expect(third.value == 5.0 / 3)
    }

    @Test func `A damaged row of attribution is an error, never a crash`() throws {
        var record = AttributionRecord()
        record.touches = [.init(channel: 1, campaign: 2, type: 3, at: 4, position: 5)]
        record.conversions = [.init(position: 9, at: 9, definition: 0, first: 0, end: 1)]
        func row() -> [UInt8] {
            var row: [UInt8] = []
            var writer = RowWriter()
            record.write(to: &writer)
            writer.append(to: &row)
            return row
        }
        let bytes = row()
        #expect(try AttributionRecord(bytes.span) == record)
        for cut in 0..<bytes.count {
            #expect(throws: (any Error).self) { try AttributionRecord(Array(bytes[..<cut]).span) }
        }
        record.conversions[0].end = 7
        #expect(throws: RihlaError.self) { try AttributionRecord(row().span) }
    }

    @Test func `The texts of a JSON object are read past everything else`() {
        let members = textMembers(ofJSON: #"{"a":"x\"},{","n":{"b":["y",{"c":"z"}]} , "d" : "e", "f":1,"g":""}"#)
        #expect(members.map(\.key) == ["a", "d", "g"])
        #expect(members.map(\.value) == [#"x"},{"#, "e", ""])
        for other in ["", "{}", "[]", "1", #""text""#] { #expect(textMembers(ofJSON: other).isEmpty) }
    }
}
