// Time in which somebody is at work: weekly hours of a zone less holidays. Hours are local, lengths are measured in UTC, so
// that a shift in the night of a change of the clocks is an hour shorter or longer.
internal import JourneyEvents

/// Hours of work over a span of time. All opening times are worked out once; a question costs a binary search.
struct BusinessCalendar: Hashable, Sendable {
    /// Hours of one weekday.
    struct Hours: Hashable, Sendable {
        /// ISO 8601: 1 is Monday, 7 is Sunday.
        var weekday: Int
        /// Minutes after midnight, local.
        var open: Int
        /// Minutes after midnight; 1440 is the end of the day, and a time not after `open` is one of the next day.
        var close: Int
    }

    /// A length of work.
    enum Length: Hashable, Sendable {
        case milliseconds(Int64)
        /// Each as long as one working day has hours.
        case days(Int64)
    }

    private let starts: [Int64]
    private let ends: [Int64]
    /// Business time before each opening.
    private let elapsedBefore: [Int64]
    /// The length of one working day: the most frequent one of the week, of equally frequent ones the longest. Milliseconds
    /// on a day without a change of the clocks.
    let dayLength: Int64

    /// A calendar that answers for instants in `range`, with deadlines up to `reach` later.
    ///
    /// - Parameters:
    ///   - zone: An IANA name.
    ///   - hours: Overlapping hours count once.
    ///   - holidays: Local days since 1970-01-01; nothing opens on them.
    ///   - range: Business time outside is not known.
    ///   - reach: Milliseconds; a year by default.
    /// - Throws: `usage` for a zone that does not exist or hours that make no sense.
    init(
        zone: String,
        hours: [Hours],
        holidays: Set<Int64> = [],
        covering range: ClosedRange<Int64>,
        reach: Int64 = 366 * 86_400_000
    ) throws {
        for hour in hours {
            guard (1...7).contains(hour.weekday), (0..<1_440).contains(hour.open), (0...1_440).contains(hour.close)
            else {
                throw RihlaError(
                    .usage,
                    "business hours from minute \(hour.open) to minute \(hour.close) of weekday \(hour.weekday) make no sense",
                    hint: "weekdays are 1 to 7, times are 00:00 to 24:00"
                )
            }
        }
        let range = range.clamped(to: ZoneOffsets.representable)
        let end = min(range.upperBound + max(reach, 0), ZoneOffsets.representable.upperBound)
        let offsets = try ZoneOffsets(zone: zone, covering: range.lowerBound...end)
        var intervals: [(start: Int64, end: Int64)] = []
        // A shift of the day before may last until today.
        for day in (offsets.day(of: range.lowerBound) - 1)...offsets.day(of: end) where !holidays.contains(day) {
            // 1970-01-01 was a Thursday.
            let weekday = Int((day + 3).floorDivided(by: 7).remainder) + 1
            for hour in hours where hour.weekday == weekday {
                let start = offsets.instant(ofLocal: day * 86_400_000 + Int64(hour.open) * 60_000)
                let end = offsets.instant(ofLocal: day * 86_400_000 + Int64(hour.open + hour.minutes) * 60_000)
                if start < end { intervals.append((start, end)) }
            }
        }
        intervals.sort { $0.start < $1.start }
        var merged: [(start: Int64, end: Int64)] = []
        for interval in intervals {
            if let last = merged.last, interval.start <= last.end {
                merged[merged.count - 1].end = max(last.end, interval.end)
            } else {
                merged.append(interval)
            }
        }
        starts = merged.map(\.start)
        ends = merged.map(\.end)
        var elapsed: Int64 = 0
        elapsedBefore = merged.map { interval in
            defer { elapsed += interval.end - interval.start }
            return elapsed
        }
        dayLength = BusinessCalendar.dayLength(hours)
    }

    private static func dayLength(_ hours: [Hours]) -> Int64 {
        var lengths: [Int: Int] = [:]
        for weekday in 1...7 {
            let minutes = hours.filter { $0.weekday == weekday }.reduce(0) { $0 + $1.minutes }
            if minutes > 0 { lengths[minutes, default: 0] += 1 }
        }
        let usual = lengths.max { $0.value != $1.value ? $0.value < $1.value : $0.key < $1.key }
        return Int64(usual?.key ?? 0) * 60_000
    }

    /// A length in milliseconds.
    func milliseconds(_ length: Length) -> Int64 {
        switch length {
        case .milliseconds(let value): value
        case .days(let count): count * dayLength
        }
    }

    /// Business time before an instant, from the beginning of what is covered.
    private func elapsed(at time: Int64) -> Int64 {
        let index = starts.upperBound(of: time) - 1
        guard index >= 0 else { return 0 }
        return elapsedBefore[index] + min(time, ends[index]) - starts[index]
    }

    /// Business time in [start, end); 0 when the end is not after the start. O(log days).
    func elapsed(from start: Int64, to end: Int64) -> Int64 { max(0, elapsed(at: end) - elapsed(at: start)) }

    /// Whether an instant lies within hours; the moment of closing does not.
    func isOpen(at time: Int64) -> Bool {
        let index = starts.upperBound(of: time) - 1
        return index >= 0 && time < ends[index]
    }

    /// The instant itself within hours, else the next opening; nil when there is none within reach.
    func nextOpening(at time: Int64) -> Int64? {
        if isOpen(at: time) { return time }
        let index = starts.upperBound(of: time)
        return index < starts.count ? starts[index] : nil
    }

    /// The first instant at which this much business time has passed: outside hours the clock starts at the next opening, and
    /// what ends with the day is due at its close. Nil when that is beyond reach. O(log days).
    func deadline(from start: Int64, after length: Length) -> Int64? {
        let target = milliseconds(length)
        guard target > 0 else { return nextOpening(at: start) }
        let goal = elapsed(at: start) + target
        // The first interval that ends with at least the goal.
        var (low, high) = (0, starts.count)
        while low < high {
            let middle = (low + high) / 2
            if elapsedBefore[middle] + ends[middle] - starts[middle] >= goal { high = middle } else { low = middle + 1 }
        }
        return low < starts.count ? starts[low] + goal - elapsedBefore[low] : nil
    }
}

extension BusinessCalendar.Hours {
    /// From opening to closing by the clock on the wall.
    var minutes: Int { close > open ? close - open : close + 1_440 - open }
}
