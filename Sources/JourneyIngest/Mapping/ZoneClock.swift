// Local times of a zone as instants. A local time that comes twice (clocks set back) means the first; one that does not
// exist (clocks set forward) is read with the offset from before, so that 02:30 means what 03:30 means.
internal import Foundation

/// A time zone with the offsets of the days that were asked for.
struct ZoneClock: Sendable {
    private let zone: TimeZone
    /// Milliseconds, when the zone has one offset for ever.
    private let fixed: Int64?
    /// Offset by day, for days without a change near them.
    private var offsets: [Int64: Int64] = [:]

    /// UTC.
    init() {
        zone = .gmt
        fixed = 0
    }

    /// A zone by its IANA name, or an offset such as `+03:00`; nil when it is unknown.
    init?(_ name: String) {
        if ["UTC", "Z", "GMT", "Etc/UTC"].contains(name) {
            zone = .gmt
            fixed = 0
            return
        }
        if name.first == "+" || name.first == "-" {
            let digits = name.dropFirst().filter { $0 != ":" }
            guard digits.count == 4, let value = Int(digits), value / 100 < 24, value % 100 < 60 else { return nil }
            zone = .gmt
            fixed = Int64(value / 100 * 60 + value % 100) * 60_000 * (name.first == "-" ? -1 : 1)
            return
        }
        guard let zone = TimeZone(identifier: name) else { return nil }
        self.zone = zone
        fixed = nil
    }

    /// The instant of a local time, both in milliseconds.
    mutating func instant(ofLocal local: Int64) -> Int64 {
        if let fixed { return local - fixed }
        let day = local >= 0 ? local / 86_400_000 : (local - 86_399_999) / 86_400_000
        if let offset = offsets[day] { return local - offset }
        // No zone is more than a day away from UTC, so these two lie before and after all of the local day.
        let before = offset(at: (day - 1) * 86_400_000)
        let after = offset(at: (day + 2) * 86_400_000)
        guard before != after else {
            if offsets.count > 100_000 { offsets = [:] }
            offsets[day] = before
            return local - before
        }
        let first = local - before
        if offset(at: first) == before { return first }
        let second = local - after
        return offset(at: second) == after ? second : first
    }

    private func offset(at instant: Int64) -> Int64 {
        let seconds = Double(instant) / 1_000
        return Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: seconds))) * 1_000
    }
}
