// Times as other people's files have them.
import Foundation
import JourneyEvents
import Testing

@testable import JourneyIngest

@Suite struct TimeFormatTests {
    private func read(_ text: String, _ format: String, zone: String = "UTC") throws -> String? {
        let format = try #require(TimeFormat(format))
        var clock = try #require(ZoneClock(zone))
        let bytes = Array(text.utf8)
        return format.milliseconds(bytes.span, 0..<bytes.count, &clock).map { Timestamp(milliseconds: $0).rfc3339 }
    }

    @Test(arguments: [
        ("19970101", "yyyyMMdd", "1997-01-01T00:00:00.000Z"),
        ("2021-03-03 21:27:32.695", "yyyy-MM-dd HH:mm:ss.SSS", "2021-03-03T21:27:32.695Z"),
        ("2021-03-03 21:27:32.695000", "yyyy-MM-dd HH:mm:ss.SSSSSS", "2021-03-03T21:27:32.695Z"),
        ("2021-03-03 21:27:32.6", "yyyy-MM-dd HH:mm:ss.S", "2021-03-03T21:27:32.600Z"),
        ("2021-01-07 6:49:18", "yyyy-MM-dd H:mm:ss", "2021-01-07T06:49:18.000Z"),
        ("31-12-2017", "dd-MM-yyyy", "2017-12-31T00:00:00.000Z"),
        ("7/4/2021", "M/d/yyyy", "2021-07-04T00:00:00.000Z"), ("12/31/21", "M/d/yy", "2021-12-31T00:00:00.000Z"),
        ("12/31/99 12:05 AM", "M/d/yy h:mm a", "1999-12-31T00:05:00.000Z"),
        ("12/31/99 12:05 pm", "M/d/yy h:mm a", "1999-12-31T12:05:00.000Z"),
        ("2021-03-03T21:27:32+0300", "yyyy-MM-dd'T'HH:mm:ssXX", "2021-03-03T18:27:32.000Z"),
        ("2021-03-03T21:27:32Z", "yyyy-MM-ddTHH:mm:ssXXX", "2021-03-03T21:27:32.000Z"),
        ("Wed, 3 Mar 2021", "EEE, d MMM yyyy", "2021-03-03T00:00:00.000Z"),
        ("3 September 2021", "d MMMM yyyy", "2021-09-03T00:00:00.000Z"),
        ("2021-03-03T21:27:32.5+02:00", "rfc3339", "2021-03-03T19:27:32.500Z"),
        ("1614806852", "epoch_s", "2021-03-03T21:27:32.000Z"),
        ("1614806852.695", "epoch_s", "2021-03-03T21:27:32.695Z"),
        ("1614806852695", "epoch_ms", "2021-03-03T21:27:32.695Z"), ("-1", "epoch_ms", "1969-12-31T23:59:59.999Z"),
    ])
    func `a time is read to the millisecond`(text: String, format: String, expected: String) throws {
        #expect(try read(text, format) == expected)
    }

    @Test(arguments: [
        ("1997-1-01", "yyyy-MM-dd"), ("19971301", "yyyyMMdd"), ("19970230", "yyyyMMdd"), ("1997010", "yyyyMMdd"),
        ("199701011", "yyyyMMdd"), ("2021-03-03 24:00:00", "yyyy-MM-dd HH:mm:ss"),
        ("2021-03-03 6:00:00", "yyyy-MM-dd HH:mm:ss"), ("2021-03-03 21:27:32.6951", "yyyy-MM-dd HH:mm:ss.SSSS"),
        ("13/1/2021 0:05 AM", "M/d/yyyy h:mm a"), ("1614806852.6951", "epoch_s"), ("1614806852695", "epoch_s"),
        ("1.5", "epoch_ms"), ("", "epoch_s"), ("", "yyyy"), ("2021-03-03", "rfc3339"), ("x", "yyyy-MM-dd"),
    ])
    func `other text is no time of the format`(text: String, format: String) throws {
        #expect(try read(text, format) == nil)
    }

    @Test(arguments: ["yyyy-QQ", "MM-dd", "yyyy'T", "epoch", "yyyyy", ""])
    func `a pattern that means nothing is refused`(pattern: String) {
        #expect(TimeFormat(pattern) == nil)
    }

    @Test(arguments: [
        ("2026-01-15 12:00", "Europe/Berlin", "2026-01-15T11:00:00.000Z"),
        ("2026-07-15 12:00", "Europe/Berlin", "2026-07-15T10:00:00.000Z"),
        // Clocks set back: the first of the two.
        ("2026-10-25 02:30", "Europe/Berlin", "2026-10-25T00:30:00.000Z"),
        ("2026-10-25 03:00", "Europe/Berlin", "2026-10-25T02:00:00.000Z"),
        // Clocks set forward: read with the offset from before.
        ("2026-03-29 01:59", "Europe/Berlin", "2026-03-29T00:59:00.000Z"),
        ("2026-03-29 02:30", "Europe/Berlin", "2026-03-29T01:30:00.000Z"),
        ("2026-03-29 03:00", "Europe/Berlin", "2026-03-29T01:00:00.000Z"),
        ("2026-03-29 23:00", "Europe/Berlin", "2026-03-29T21:00:00.000Z"),
        ("2026-03-01 00:00", "Asia/Riyadh", "2026-02-28T21:00:00.000Z"),
        ("2026-03-01 00:00", "+05:30", "2026-02-28T18:30:00.000Z"),
        ("2026-03-01 00:00", "-0300", "2026-03-01T03:00:00.000Z"),
        ("1900-01-01 00:00", "America/New_York", "1900-01-01T05:00:00.000Z"),
    ])
    func `a local time is an instant of its zone`(text: String, zone: String, expected: String) throws {
        #expect(try read(text, "yyyy-MM-dd HH:mm", zone: zone) == expected)
    }

    @Test func `every local hour of a year in a zone goes back to itself`() throws {
        let zone = try #require(TimeZone(identifier: "America/Sao_Paulo"))
        var clock = try #require(ZoneClock("America/Sao_Paulo"))
        // 2018: clocks were set back in February and forward in November.
        for hour in 0..<(365 * 24) {
            let local = 1_514_764_800_000 + Int64(hour) * 3_600_000
            let instant = clock.instant(ofLocal: local)
            let back =
                instant + Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant) / 1_000))) * 1_000
            // 4 November 2018, 00:00 does not exist.
            let isGap = local == 1_541_289_600_000
            #expect(back == (isGap ? local + 3_600_000 : local))
        }
    }

    @Test func `an unknown zone is nil`() {
        #expect(ZoneClock("Mars/Olympus") == nil)
        #expect(ZoneClock("+25:00") == nil)
    }
}
