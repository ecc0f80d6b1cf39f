// What advertising cost in a period: an amount of spend covers days, and each day has its part of it.
internal import JourneyEvents
internal import JourneyRules

/// The local days whose start lies in a period of time.
struct SpendPeriod {
    private let days: Range<Int64>?

    /// - Parameter period: Nil for all time.
    init(_ period: Range<Int64>?, zone: String) throws {
        guard let period, period != Int64.min..<Int64.max else {
            days = nil
            return
        }
        let range = period.clamped(to: ZoneOffsets.representable.lowerBound..<ZoneOffsets.representable.upperBound)
        let bounds = [
            period.lowerBound == .min ? nil : range.lowerBound, period.upperBound == .max ? nil : range.upperBound,
        ]
        let known = bounds.compactMap { $0 }
        let offsets = try ZoneOffsets(zone: zone, covering: (known.min() ?? 0)...(known.max() ?? 0))
        /// The first day that starts at or after an instant.
        func firstDay(_ time: Int64) -> Int64 {
            let day = offsets.day(of: time)
            return offsets.instant(ofLocal: day * 86_400_000) >= time ? day : day + 1
        }
        let first = bounds[0].map(firstDay) ?? .min
        days = first..<max(first, bounds[1].map(firstDay) ?? .max)
    }

    /// The part of an amount, in millionths, that falls into the period when it is spread over days.
    func part(of amount: Amount, over covered: ClosedRange<Int64>) -> Int128 {
        guard let days else { return amount.micros }
        let parts = MoneyMetrics.daily(amount, days: covered.count)
        return zip(covered, parts).reduce(0) { days.contains($1.0) ? $0 + $1.1 : $0 }
    }

    /// The days that spend covers: from `from` to `to`, both included; `from` alone is one day, and what names no days, or
    /// days that cannot be, is of the day on which it was recorded as happening.
    static func days(from: String?, to: String?, else day: Int64) -> ClosedRange<Int64> {
        guard let first = from.flatMap({ SpendPeriod.day($0) }) else { return day...day }
        let last = to.flatMap { SpendPeriod.day($0) } ?? first
        return last >= first && last - first < 36_600 ? first...last : day...day
    }

    /// Days since 1970-01-01 of a text that begins with a date.
    private static func day(_ text: String) -> Int64? {
        Timestamp(rfc3339: String(text.prefix(10)) + "T00:00:00Z").map { $0.rawValue / 86_400_000 }
    }
}
