// Local days, weeks, months and quarters, across changes of the clocks, and sessions.
import JourneyEvents
import TestSupport
import Testing

@testable import JourneyViews

private func at(_ text: String) throws -> Int64 { try #require(Timestamp(rfc3339: text)).rawValue }

private func periods(_ unit: CalendarPeriods.Unit, _ zone: String, _ from: String, _ to: String) throws
    -> CalendarPeriods
{
    try CalendarPeriods(unit, zone: zone, covering: at(from)...at(to))
}

@Suite struct AlgorithmsCalendarTests {
    @Test func `local days, weeks and times equal ClickHouse's, with changes of the clocks`() throws {
        let json = try #require(try TestData.json("vectors/retention.json") as? [String: Any])
        let cases = try #require(json["day_and_week_in_zone"] as? [[String: String]])
        #expect(cases.count == 8)
        for entry in cases {
            let instant = try at(try #require(entry["instant_utc"]))
            let zone = try #require(entry["zone"])
            let range = (instant - 40 * 86_400_000)...(instant + 40 * 86_400_000)
            let days = try CalendarPeriods(.day, zone: zone, covering: range)
            let weeks = try CalendarPeriods(.week, zone: zone, covering: range)
            #expect(days.index(of: instant).map { days.firstDate(of: $0) } == entry["local_day"])
            #expect(weeks.index(of: instant).map { weeks.firstDate(of: $0) } == entry["local_iso_week_monday"])
            let local = Timestamp(rawValue: try ZoneOffsets(zone: zone, covering: range).local(instant)).rfc3339
            let expected = try #require(entry["local_time"])
            #expect(local == expected.replacing(" ", with: "T") + ".000Z")
        }
    }

    @Test(arguments: [
        ("America/New_York", "2026-03-08T12:00:00Z", 23), ("America/New_York", "2026-11-01T12:00:00Z", 25),
        ("Europe/Berlin", "2026-03-29T12:00:00Z", 23), ("Asia/Riyadh", "2026-03-29T12:00:00Z", 24),
        ("Australia/Lord_Howe", "2026-04-04T20:00:00Z", 24),
    ])
    func `days have the hours that the clocks give them`(_ zone: String, _ noon: String, _ hours: Int) throws {
        let days = try periods(.day, zone, noon, noon)
        let range = days.range(of: try #require(days.index(of: try at(noon))))
        // Lord Howe changes by half an hour.
        #expect((range.upperBound - range.lowerBound) / 3_600_000 == hours)
    }

    @Test func `a day whose midnight is skipped begins at the change`() throws {
        // Egypt went from 00:00 to 01:00 on 2024-04-26.
        let days = try periods(.day, "Africa/Cairo", "2024-04-25T00:00:00Z", "2024-04-27T00:00:00Z")
        let day = try #require(days.index(of: try at("2024-04-26T10:00:00Z")))
        #expect(days.firstDate(of: day) == "2024-04-26")
        #expect(days.range(of: day).lowerBound == (try at("2024-04-25T22:00:00Z")))
        #expect(days.range(of: day).upperBound == (try at("2024-04-26T21:00:00Z")))
    }

    @Test func `a day whose midnight comes twice begins at the first`() throws {
        // Cuba went from 01:00 back to 00:00 on 2024-11-03.
        let days = try periods(.day, "America/Havana", "2024-11-02T00:00:00Z", "2024-11-05T00:00:00Z")
        let day = try #require(days.index(of: try at("2024-11-03T12:00:00Z")))
        #expect(days.range(of: day) == (try at("2024-11-03T04:00:00Z"))..<(try at("2024-11-04T05:00:00Z")))
    }

    @Test func `a day that a zone skipped has no instant`() throws {
        // Samoa had no 2011-12-30.
        let days = try periods(.day, "Pacific/Apia", "2011-12-28T00:00:00Z", "2012-01-02T00:00:00Z")
        let change = try at("2011-12-30T10:00:00Z")
        #expect(days.index(of: change - 1).map { days.firstDate(of: $0) } == "2011-12-29")
        #expect(days.index(of: change).map { days.firstDate(of: $0) } == "2011-12-31")
    }

    @Test(arguments: [
        ("2025-12-28T23:59:59.999Z", "2025-W52", "2025-12", "2025-Q4"),
        ("2025-12-29T00:00:00Z", "2026-W01", "2025-12", "2025-Q4"),
        ("2026-01-01T00:00:00Z", "2026-W01", "2026-01", "2026-Q1"),
        ("2021-01-03T12:00:00Z", "2020-W53", "2021-01", "2021-Q1"),
        ("2024-02-29T12:00:00Z", "2024-W09", "2024-02", "2024-Q1"),
        ("1969-12-31T23:00:00Z", "1970-W01", "1969-12", "1969-Q4"),
        ("2026-09-30T23:59:59Z", "2026-W40", "2026-09", "2026-Q3"),
    ])
    func `weeks are of ISO 8601, quarters of the year`(
        _ time: String,
        _ week: String,
        _ month: String,
        _ quarter: String
    )
        throws
    {
        for (unit, name) in [(CalendarPeriods.Unit.week, week), (.month, month), (.quarter, quarter)] {
            let periods = try periods(unit, "UTC", time, time)
            #expect(periods.count == 1 && periods.name(of: 0) == name)
            #expect(periods.range(of: 0).contains(try at(time)))
        }
    }

    @Test func `instants outside the range have no period`() throws {
        let months = try periods(.month, "UTC", "2026-01-15T00:00:00Z", "2026-03-15T00:00:00Z")
        #expect(months.count == 3)
        #expect(months.index(of: try at("2025-12-31T23:59:59.999Z")) == nil)
        #expect(months.index(of: try at("2026-01-01T00:00:00Z")) == 0)
        #expect(months.index(of: try at("2026-03-31T23:59:59.999Z")) == 2)
        #expect(months.index(of: try at("2026-04-01T00:00:00Z")) == nil)
    }

    @Test func `a quarter begins in the zone of its own first day`() throws {
        // Summer time has begun in between.
        let quarters = try periods(.quarter, "Europe/Berlin", "2026-05-01T00:00:00Z", "2026-05-01T00:00:00Z")
        #expect(quarters.range(of: 0).lowerBound == (try at("2026-03-31T22:00:00Z")))
        let first = try periods(.quarter, "Europe/Berlin", "2026-03-31T00:00:00Z", "2026-03-31T00:00:00Z")
        #expect(first.range(of: 0).lowerBound == (try at("2025-12-31T23:00:00Z")))
    }

    @Test func `an unknown zone is refused with its name`() throws {
        let error = #expect(throws: RihlaError.self) { try ZoneOffsets(zone: "Mars/Olympus", covering: 0...1) }
        #expect(error?.code == .usage && error?.message.contains("Mars/Olympus") == true)
    }

    @Test func `every unit covers time without gaps`() throws {
        var random = SplitMix.fresh()
        for unit in CalendarPeriods.Unit.allCases {
            let range = try at("2024-01-01T00:00:00Z")...at("2026-12-31T00:00:00Z")
            let periods = try CalendarPeriods(unit, zone: "America/St_Johns", covering: range)
            for _ in 0..<200 {
                let time = Int64.random(in: range, using: &random)
                let index = try #require(periods.index(of: time))
                #expect(periods.range(of: index).contains(time), "seed \(random.seed)")
            }
        }
    }

    // MARK: Sessions

    @Test func `a pause of exactly the gap stays in the session`() {
        var sessions = Sessionizer(gap: 1_800_000)
        let starts = [0, 1_800_000, 3_600_001].map { sessions.add(at: $0) }
        #expect(starts == [true, false, true] && sessions.count == 2)
    }

    @Test func `midnight does not cut a session`() throws {
        var sessions = Sessionizer(gap: 1_800_000)
        sessions.add(at: try at("2026-01-01T23:55:00Z"))
        sessions.add(at: try at("2026-01-02T00:05:00Z"))
        #expect(sessions.count == 1)
    }

    @Test(arguments: [(false, [true, false, false, false]), (true, [true, false, false, true])])
    func `another campaign starts a session only when that is asked for`(isAsked: Bool, expected: [Bool]) {
        var sessions = Sessionizer(gap: 10, startsOnNewCampaign: isAsked)
        let visits: [Traffic] = [
            .init(campaign: "spring"), .init(), .init(campaign: "spring"), .init(campaign: "summer"),
        ]
        let starts = visits.enumerated().map { sessions.add(at: Int64($0), from: $1) }
        #expect(starts == expected)
    }

    @Test(arguments: [
        (Traffic(source: "google", medium: "cpc"), false), (Traffic(source: "google"), false), (Traffic(), false),
        (Traffic(source: "bing", medium: "cpc"), true), (Traffic(source: "google", medium: "email"), true),
        (Traffic(source: "google", medium: "cpc", campaign: "spring"), true),
    ])
    func `a campaign is another one when something that it says differs`(next: Traffic, starts: Bool) {
        var sessions = Sessionizer(gap: 10, startsOnNewCampaign: true)
        sessions.add(at: 0, from: Traffic(source: "google", medium: "cpc"))
        #expect(sessions.add(at: 1, from: next) == starts)
    }
}
