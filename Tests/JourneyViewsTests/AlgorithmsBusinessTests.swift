// Business time, hand-offs, intervals and money figures.
import JourneyEvents
import TestSupport
import Testing

@testable import JourneyViews

private let hour: Int64 = 3_600_000

private func at(_ text: String) throws -> Int64 { try #require(Timestamp(rfc3339: text)).rawValue }

private func localDay(_ text: String) throws -> Int64 { try at(text + "T00:00:00Z") / 86_400_000 }

private func calendar(
    _ zone: String = "UTC",
    weekdays: [Int] = [1, 2, 3, 4, 5],
    open: Int = 9 * 60,
    close: Int = 17 * 60,
    holidays: [String] = [],
    around: String = "2026-03-16T00:00:00Z"
) throws -> BusinessCalendar {
    let middle = try at(around)
    return try BusinessCalendar(
        zone: zone,
        hours: weekdays.map { .init(weekday: $0, open: open, close: close) },
        holidays: Set(try holidays.map(localDay)),
        covering: (middle - 40 * 86_400_000)...(middle + 40 * 86_400_000)
    )
}

@Suite struct AlgorithmsBusinessTests {
    // 2026-03-16 is a Monday.

    @Test(arguments: [
        ("2026-03-16T10:00:00Z", "2026-03-16T12:00:00Z", 2.0), ("2026-03-16T16:00:00Z", "2026-03-17T10:00:00Z", 2),
        ("2026-03-13T16:30:00Z", "2026-03-16T09:30:00Z", 1), ("2026-03-14T10:00:00Z", "2026-03-15T10:00:00Z", 0),
        ("2026-03-16T00:00:00Z", "2026-03-23T00:00:00Z", 40), ("2026-03-16T08:00:00Z", "2026-03-16T18:00:00Z", 8),
        ("2026-03-16T17:00:00Z", "2026-03-17T09:00:00Z", 0), ("2026-03-16T12:00:00Z", "2026-03-16T10:00:00Z", 0),
    ])
    func `business time is what overlaps with the hours`(_ start: String, _ end: String, _ hours: Double) throws {
        let elapsed = try calendar().elapsed(from: at(start), to: at(end))
        #expect(elapsed == Int64(hours * 3_600_000))
    }

    @Test func `business time equals a count of minutes`() throws {
        var random = SplitMix.fresh()
        let calendar = try calendar("Europe/Berlin", holidays: ["2026-03-18"], around: "2026-03-27T00:00:00Z")
        let offsets = try ZoneOffsets(
            zone: "Europe/Berlin",
            covering: at("2026-03-01T00:00:00Z")...at("2026-04-30T00:00:00Z")
        )
        for _ in 0..<20 {
            let start = try at("2026-03-13T00:00:00Z") + Int64.random(in: 0..<20_000, using: &random) * 60_000
            let end = start + Int64.random(in: 0..<8_000, using: &random) * 60_000
            var expected: Int64 = 0
            for minute in stride(from: start, to: end, by: 60_000) {
                let local = offsets.local(minute)
                let (day, inDay) = local.floorDivided(by: 86_400_000)
                let isWeekday = (day + 3) % 7 < 5
                let isHoliday = try day == localDay("2026-03-18")
                if isWeekday, !isHoliday, inDay >= 9 * hour, inDay < 17 * hour { expected += 60_000 }
            }
            #expect(calendar.elapsed(from: start, to: end) == expected, "seed \(random.seed)")
        }
    }

    @Test func `a hand-off outside hours starts at the next opening`() throws {
        let calendar = try calendar()
        let saturday = try at("2026-03-14T11:00:00Z")
        #expect(calendar.nextOpening(at: saturday) == (try at("2026-03-16T09:00:00Z")))
        #expect(calendar.deadline(from: saturday, after: .milliseconds(4 * hour)) == (try at("2026-03-16T13:00:00Z")))
        let open = try at("2026-03-16T11:00:00Z")
        #expect(calendar.nextOpening(at: open) == open && calendar.isOpen(at: open))
        #expect(calendar.nextOpening(at: try at("2026-03-16T17:00:00Z")) == (try at("2026-03-17T09:00:00Z")))
    }

    @Test func `one business day is as long as a working day, not the same time tomorrow`() throws {
        let calendar = try calendar()
        #expect(calendar.dayLength == 8 * hour)
        #expect(
            calendar.deadline(from: try at("2026-03-16T15:00:00Z"), after: .days(1)) == (try at("2026-03-17T15:00:00Z"))
        )
        // From the opening on, the day is full at its close.
        #expect(
            calendar.deadline(from: try at("2026-03-16T09:00:00Z"), after: .days(1)) == (try at("2026-03-16T17:00:00Z"))
        )
        #expect(
            calendar.deadline(from: try at("2026-03-13T15:00:00Z"), after: .days(2)) == (try at("2026-03-17T15:00:00Z"))
        )
    }

    @Test func `holidays are closed`() throws {
        let calendar = try calendar(holidays: ["2026-03-17"])
        #expect(calendar.elapsed(from: try at("2026-03-16T16:00:00Z"), to: try at("2026-03-18T10:00:00Z")) == 2 * hour)
        #expect(
            calendar.deadline(from: try at("2026-03-16T16:00:00Z"), after: .milliseconds(2 * hour))
                == (try at("2026-03-18T10:00:00Z"))
        )
    }

    @Test func `a week from Sunday to Thursday in Riyadh`() throws {
        let calendar = try calendar("Asia/Riyadh", weekdays: [7, 1, 2, 3, 4])
        // Thursday 16:00 local to Sunday 10:00 local.
        #expect(calendar.elapsed(from: try at("2026-03-12T13:00:00Z"), to: try at("2026-03-15T07:00:00Z")) == 2 * hour)
    }

    @Test(arguments: [("2026-03-28", 7.0), ("2026-10-24", 9), ("2026-03-21", 8)])
    func `a night shift over a change of the clocks has seven or nine hours`(_ evening: String, _ hours: Double) throws
    {
        // From 22:00 to 06:00 on Saturday nights in Berlin.
        let calendar = try calendar(
            "Europe/Berlin",
            weekdays: [6],
            open: 22 * 60,
            close: 6 * 60,
            around: evening + "T12:00:00Z"
        )
        let noon = try at(evening + "T12:00:00Z")
        #expect(calendar.elapsed(from: noon, to: noon + 24 * hour) == Int64(hours * 3_600_000))
        #expect(calendar.dayLength == 8 * hour)
    }

    @Test func `day hours keep their local times when the clocks change`() throws {
        let calendar = try calendar("America/New_York", around: "2026-03-08T00:00:00Z")
        #expect(calendar.nextOpening(at: try at("2026-03-07T12:00:00Z")) == (try at("2026-03-09T13:00:00Z")))
        #expect(calendar.nextOpening(at: try at("2026-03-06T12:00:00Z")) == (try at("2026-03-06T14:00:00Z")))
    }

    @Test func `overlapping hours count once, split days count both parts`() throws {
        let range = try at("2026-03-16T00:00:00Z")...at("2026-03-17T00:00:00Z")
        let split = try BusinessCalendar(
            zone: "UTC",
            hours: [
                .init(weekday: 1, open: 540, close: 720), .init(weekday: 1, open: 780, close: 1_020),
                .init(weekday: 1, open: 660, close: 720),
            ],
            covering: range
        )
        #expect(split.elapsed(from: range.lowerBound, to: range.upperBound) == 7 * hour)
    }

    @Test func `a day may last until midnight`() throws {
        let calendar = try calendar(open: 0, close: 1_440)
        #expect(calendar.elapsed(from: try at("2026-03-16T00:00:00Z"), to: try at("2026-03-18T00:00:00Z")) == 48 * hour)
        #expect(calendar.dayLength == 24 * hour)
    }

    @Test func `without hours there is no opening and no deadline`() throws {
        let calendar = try calendar(weekdays: [])
        #expect(calendar.nextOpening(at: try at("2026-03-16T10:00:00Z")) == nil)
        #expect(calendar.deadline(from: try at("2026-03-16T10:00:00Z"), after: .milliseconds(1)) == nil)
        #expect(calendar.dayLength == 0)
    }

    @Test func `hours that make no sense are refused`() {
        #expect(throws: RihlaError.self) { try calendar(weekdays: [0]) }
        #expect(throws: RihlaError.self) { try calendar(close: 1_441) }
        #expect(throws: RihlaError.self) { try calendar("Europe/Nowhere") }
    }

    // MARK: Hand-offs

    @Test func `exactly the target is met, a millisecond more is not`() throws {
        let calendar = try calendar()
        var clock = HandOffClock(handedOff: try at("2026-03-16T09:00:00Z"))
        let target = BusinessCalendar.Length.milliseconds(4 * hour)
        let later = try at("2026-03-20T00:00:00Z")
        clock.accepted = try at("2026-03-16T13:00:00Z")
        #expect(clock.acceptance(calendar, within: target, asOf: later) == .init(state: .met, elapsed: 4 * hour))
        clock.accepted = try at("2026-03-16T13:00:00.001Z")
        #expect(clock.acceptance(calendar, within: target, asOf: later).state == .breached)
    }

    @Test func `a target is open until its time has passed`() throws {
        let calendar = try calendar()
        let clock = HandOffClock(handedOff: try at("2026-03-16T09:00:00Z"))
        let target = BusinessCalendar.Length.days(1)
        #expect(clock.contact(calendar, within: target, asOf: try at("2026-03-17T09:00:00Z")).state == .open)
        #expect(clock.contact(calendar, within: target, asOf: try at("2026-03-17T09:00:00.001Z")).state == .breached)
    }

    @Test func `a rejection stops the clock and leaves nothing to contact`() throws {
        let calendar = try calendar()
        var clock = HandOffClock(handedOff: try at("2026-03-16T09:00:00Z"))
        clock.rejected = try at("2026-03-16T10:00:00Z")
        let later = try at("2026-03-20T00:00:00Z")
        #expect(clock.acceptance(calendar, within: .milliseconds(4 * hour), asOf: later).state == .met)
        #expect(clock.acceptance(calendar, within: .milliseconds(hour / 2), asOf: later).state == .breached)
        #expect(clock.contact(calendar, within: .days(1), asOf: later).state == .notApplicable)
    }

    @Test func `a contact before the acceptance satisfies both`() throws {
        let calendar = try calendar()
        var clock = HandOffClock(handedOff: try at("2026-03-16T09:00:00Z"))
        clock.contacted = try at("2026-03-16T10:00:00Z")
        clock.accepted = try at("2026-03-18T10:00:00Z")
        let later = try at("2026-03-20T00:00:00Z")
        #expect(
            clock.acceptance(calendar, within: .milliseconds(4 * hour), asOf: later)
                == .init(state: .met, elapsed: hour)
        )
        #expect(clock.contact(calendar, within: .days(1), asOf: later) == .init(state: .met, elapsed: hour))
    }

    @Test func `what happens after the instant has not happened`() throws {
        let calendar = try calendar()
        var clock = HandOffClock(handedOff: try at("2026-03-16T09:00:00Z"))
        clock.rejected = try at("2026-03-16T12:00:00Z")
        let reading = clock.contact(calendar, within: .days(1), asOf: try at("2026-03-16T11:00:00Z"))
        #expect(reading == .init(state: .open, elapsed: 2 * hour))
    }

    // MARK: Intervals

    /// Method 3 of Newcombe, Statistics in Medicine 17 (1998), table I.
    @Test(arguments: [
        (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718),
    ])
    func `Wilson intervals are the published ones`(_ successes: Int, _ cases: Int, _ low: Double, _ high: Double) throws
    {
        let interval = try #require(WilsonInterval(successes: successes, cases: cases))
        #expect(abs(interval.low - low) < 0.00005 && abs(interval.high - high) < 0.00005)
    }

    @Test func `Wilson intervals mirror and no cases have none`() throws {
        let few = try #require(WilsonInterval(successes: 3, cases: 10))
        let many = try #require(WilsonInterval(successes: 7, cases: 10))
        #expect(abs(few.low + many.high - 1) < 1e-12 && abs(few.high + many.low - 1) < 1e-12)
        #expect(WilsonInterval(successes: 0, cases: 0) == nil && WilsonInterval(successes: 3, cases: 2) == nil)
        #expect(try #require(WilsonInterval(successes: 5, cases: 5)).high == 1)
    }

    // MARK: Money

    @Test func `acquisition cost is spend over new customers, rounded once`() {
        #expect(MoneyMetrics.acquisitionCost(spend: 100_000_000, newCustomers: 3) == 33_333_333)
        #expect(MoneyMetrics.acquisitionCost(spend: 5, newCustomers: 2) == 3)
        #expect(MoneyMetrics.acquisitionCost(spend: -5, newCustomers: 2) == -3)
        #expect(MoneyMetrics.acquisitionCost(spend: 0, newCustomers: 4) == 0)
        #expect(MoneyMetrics.acquisitionCost(spend: 100, newCustomers: 0) == nil)
        #expect(MoneyMetrics.acquisitionCost(spend: 100_000_000, attributedCustomers: 2.5) == 40_000_000)
        #expect(MoneyMetrics.acquisitionCost(spend: 100, attributedCustomers: 0) == nil)
    }

    @Test func `return on spend without spend is no number`() {
        #expect(MoneyMetrics.returnOnSpend(revenue: 300, spend: 100) == 3)
        #expect(MoneyMetrics.returnOnSpend(revenue: 0, spend: 100) == 0)
        #expect(MoneyMetrics.returnOnSpend(revenue: 300, spend: 0) == nil)
    }

    @Test func `the average order is shown before and after refunds`() throws {
        let average = try #require(MoneyMetrics.averageOrder(revenue: 300, refunds: 60, orders: 3))
        #expect(average == (100, 80))
        #expect(MoneyMetrics.averageOrder(revenue: 0, refunds: 0, orders: 0) == nil)
    }

    @Test func `churn and retention over nothing are no numbers`() {
        #expect(MoneyMetrics.churn(lost: 5, atStart: 100) == 0.05)
        #expect(MoneyMetrics.churn(lost: 0, atStart: 0) == nil)
        let retention = MoneyMetrics.Retention(start: 1_000, expansion: 300, contraction: 50, churn: 150)
        #expect(retention.gross == 0.8 && retention.net == 1.1)
        #expect(MoneyMetrics.Retention(start: 0, expansion: 5).net == nil)
        #expect(MoneyMetrics.Retention(start: 0).gross == nil)
    }

    @Test(arguments: [
        ("EUR", 10_000, 2, 3, [33_340_000, 33_330_000, 33_330_000]),
        ("JPY", 100, 0, 3, [34_000_000, 33_000_000, 33_000_000]),
        ("EUR", 10, 0, 3, [3_340_000, 3_330_000, 3_330_000]), ("EUR", 1, 3, 2, [1_000, 0]),
        ("EUR", -1, 2, 2, [-10_000, 0]),
    ])
    func `spend is spread in whole units that add up`(
        _ currency: String,
        _ units: Int64,
        _ scale: UInt8,
        _ days: Int,
        _ expected: [Int128]
    ) throws {
        let amount = Amount(units: units, scale: scale, currency: try #require(Currency(currency)))
        let parts = MoneyMetrics.daily(amount, days: days)
        #expect(parts == expected && parts.reduce(0, +) == amount.micros)
        #expect(MoneyMetrics.daily(amount, days: 0).isEmpty)
    }
}
