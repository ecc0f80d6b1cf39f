// Times are read and written as RFC 3339, and nothing else passes for one.
import Foundation
import JourneyEvents
import TestSupport
import Testing

@Suite struct TimestampTests {
    @Test func `every millisecond from year 0 to 9999 survives text`() {
        var random = SplitMix.fresh()
        let (first, last) = (Int64(-62_167_219_200_000), Int64(253_402_300_799_999))
        for value in [first, last, -1, 0, 1] + (0..<5_000).map({ _ in Int64.random(in: first...last, using: &random) })
        {
            let text = Timestamp(milliseconds: value).rfc3339
            #expect(Timestamp(rfc3339: text)?.rawValue == value, "\(text), seed \(random.seed)")
        }
    }

    @Test func `texts are those of Foundation`() throws {
        var random = SplitMix.fresh()
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for _ in 0..<500 {
            let seconds = Int64.random(in: 0...4_000_000_000, using: &random)
            let text = style.format(Date(timeIntervalSince1970: Double(seconds)))
            #expect(Timestamp(milliseconds: seconds * 1_000).rfc3339 == text, "seed \(random.seed)")
        }
    }

    @Test(arguments: [
        ("2026-01-02T03:04:05Z", Int64(1_767_323_045_000)), ("2026-01-02t03:04:05z", 1_767_323_045_000),
        ("2026-01-02 03:04:05.5Z", 1_767_323_045_500), ("2026-01-02T03:04:05.67Z", 1_767_323_045_670),
        ("2026-01-02T05:04:05+02:00", 1_767_323_045_000), ("2026-01-01T21:34:05.001-05:30", 1_767_323_045_001),
        ("2024-02-29T00:00:00Z", 1_709_164_800_000), ("1969-12-31T23:59:59.999Z", -1),
    ])
    func `a form of RFC 3339 is read`(text: String, milliseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.rawValue == milliseconds)
    }

    @Test(arguments: [
        "", "2026-01-02", "2026-01-02T03:04:05", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-10T00:00:00Z",
        "2026-01-32T00:00:00Z", "2026-01-02T24:00:00Z", "2026-01-02T03:60:00Z", "2026-06-30T23:59:60Z",
        "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05.1234Z", "2026-01-02T03:04:05+0200", "2026-01-02T03:04:05+24:00",
        "2026-01-02T03:04:05Zjunk", " 2026-01-02T03:04:05Z", "+2026-01-02T03:04:05Z", "2026/01/02T03:04:05Z",
        "1900-02-29T00:00:00Z", "2026-01-02T03:04:05.123", "２026-01-02T03:04:05Z",
    ])
    func `anything else is refused`(text: String) { #expect(Timestamp(rfc3339: text) == nil) }

    // An offset took a time into the year 10000; it was stored, exported as another one and came back as a conflict.
    @Test(arguments: [
        ("9999-12-31T23:59:59.999Z", true), ("9999-12-31T23:59:59.999+00:01", true),
        ("9999-12-31T23:59:59-00:01", false), ("9999-12-31T23:59:59-23:59", false),
        ("9999-12-31T00:00:59-23:59", true), ("0000-01-01T00:00:00Z", true), ("0000-01-01T00:00:00+00:01", false),
        ("0000-01-01T00:00:00+23:59", false), ("0000-01-01T23:59:00+23:59", true),
    ])
    func `an offset may not lead out of the years that can be written`(text: String, isRead: Bool) throws {
        let time = Timestamp(rfc3339: text)
        #expect((time != nil) == isRead)
        if let time { #expect(Timestamp(rfc3339: time.rfc3339) == time) }
    }

    @Test func `no bytes trap`() {
        var random = SplitMix.fresh()
        for _ in 0..<20_000 {
            var bytes = Array("2026-01-02T03:04:05.678+01:00".utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            bytes.removeLast(Int.random(in: 0...9, using: &random))
            if let value = Timestamp.parse(bytes.span, from: 0, to: bytes.count) {
                #expect(value > -62_200_000_000_000, "\(bytes), seed \(random.seed)")
            }
        }
    }
}
