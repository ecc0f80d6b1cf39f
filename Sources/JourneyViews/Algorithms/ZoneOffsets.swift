// The offsets of a time zone over a span of time, worked out once: asking Foundation for each of millions of events would be
// most of the work.
internal import Foundation
internal import JourneyEvents

/// Maps instants to local time and back in one zone.
struct ZoneOffsets: Hashable, Sendable {
    /// Years 0 to 9999, the span of RFC 3339.
    static let representable: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999
    private static let day: Int64 = 86_400_000
    /// When each offset begins, ascending; the first holds for all time before, the last for all time after.
    private let starts: [Int64]
    /// Local time less UTC, milliseconds.
    private let offsets: [Int64]

    /// The offsets of an IANA zone, exact from a day before the range to a day after it. O(days); a probe a day finds every
    /// change, since no zone changed twice within one.
    ///
    /// - Throws: `usage` for a zone that does not exist.
    init(zone name: String, covering range: ClosedRange<Int64>) throws {
        guard let zone = TimeZone(identifier: name) else {
            throw RihlaError(
                .usage,
                "there is no time zone \"\(name)\"",
                hint: "use an IANA name such as Europe/Berlin or Asia/Riyadh"
            )
        }
        func offset(_ time: Int64) -> Int64 {
            Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time) / 1_000))) * 1_000
        }
        let range = range.clamped(to: ZoneOffsets.representable)
        let first = range.lowerBound - 2 * ZoneOffsets.day
        let last = range.upperBound + 2 * ZoneOffsets.day
        var known = offset(first)
        var starts = [first]
        var offsets = [known]
        var time = first
        while time < last {
            let next = time + ZoneOffsets.day
            let then = offset(next)
            if then != known {
                // Changes are on whole seconds.
                var (low, high) = (time / 1_000, next / 1_000)
                while high - low > 1 {
                    let middle = low + (high - low) / 2
                    if offset(middle * 1_000) == known { low = middle } else { high = middle }
                }
                starts.append(high * 1_000)
                offsets.append(then)
                known = then
            }
            time = next
        }
        self.starts = starts
        self.offsets = offsets
    }

    /// Local time less UTC at an instant. O(log changes).
    func offset(at time: Int64) -> Int64 { offsets[max(0, starts.upperBound(of: time) - 1)] }

    /// What a clock on the wall shows, as milliseconds since 1970-01-01T00:00 local.
    func local(_ time: Int64) -> Int64 { time + offset(at: time) }

    /// Days since 1970-01-01 of the local date.
    func day(of time: Int64) -> Int64 { local(time).floorDivided(by: ZoneOffsets.day).quotient }

    /// The first instant at which the clock on the wall shows `local` or later: of a time that comes twice the first, of a
    /// time that is skipped the instant of the change.
    func instant(ofLocal local: Int64) -> Int64 {
        // No offset is more than a day, so the answer lies in the two days around.
        let from = max(0, starts.upperBound(of: local - ZoneOffsets.day) - 1)
        for index in from..<starts.count {
            let end = index + 1 < starts.count ? starts[index + 1] : Int64.max
            let candidate = max(local - offsets[index], index == from ? .min : starts[index])
            if candidate < end { return candidate }
        }
        return local - offsets[offsets.count - 1]
    }
}

extension Array where Element: Comparable {
    /// How many elements of an ascending array are at most `value`.
    func upperBound(of value: Element) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] <= value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
