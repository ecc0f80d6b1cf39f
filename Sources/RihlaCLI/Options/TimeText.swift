// Times as people write them: RFC 3339, a date in the report's zone, or relative to now.
internal import Foundation
internal import JourneyEvents
internal import JourneyRules
internal import JourneyViews

struct TimeText {
    private let zone: TimeZone
    private let now: Int64

    init(zone name: String) throws {
        guard let zone = TimeZone(identifier: name) else {
            throw RihlaError(
                .usage,
                "there is no time zone \"\(name)\"",
                hint: Suggestion.nearest(to: name, in: TimeZone.knownTimeZoneIdentifiers).map { "did you mean \($0)?" }
                    ?? "use an IANA name such as Asia/Riyadh"
            )
        }
        self.zone = zone
        now = Int64((Date().timeIntervalSince1970 * 1_000).rounded(.down))
    }

    /// The instant that a text names.
    ///
    /// - Throws: `RihlaError` with code `usage`.
    func instant(_ text: String, _ option: String) throws -> Timestamp {
        let time = try read(text, option)
        guard Timestamp.writable.contains(time) else {
            throw RihlaError(.usage, "\(option) \"\(text)\" lies outside of the years 0000 to 9999 in UTC")
        }
        return time
    }

    private func read(_ text: String, _ option: String) throws -> Timestamp {
        if let time = Timestamp(rfc3339: text) { return time }
        if let days = TimeText.days(text) { return startOfDay(days) }
        if text == "now" { return Timestamp(milliseconds: now) }
        if let first = text.first, first == "-" || first == "+",
            let length = DurationText.milliseconds(String(text.dropFirst()))
        {
            return Timestamp(milliseconds: first == "-" ? now - length : now + length)
        }
        throw RihlaError(
            .usage,
            "\(option) \"\(text)\" is no time",
            hint: "write 2026-03-01, 2026-03-01T09:30:00Z or -7d; see `rihla help time`"
        )
    }

    func optional(_ text: String?, _ option: String) throws -> Timestamp? { try text.map { try instant($0, option) } }

    /// A position, or a time.
    func asAt(_ text: String) throws -> QueryBounds.AsAt {
        if let position = UInt64(text) { return .position(Position(position)) }
        return .time(try instant(text, "--as-at"))
    }

    /// A duration of an option, in milliseconds.
    static func duration(_ text: String, _ option: String) throws -> Int64 {
        guard let length = DurationText.milliseconds(text) else {
            throw RihlaError(
                .usage,
                "\(option) \"\(text)\" is no duration",
                hint: "write \(DurationText.forms); 0 is no limit"
            )
        }
        return length
    }

    /// Days since 1970 of `yyyy-MM-dd`.
    private static func days(_ text: String) -> Int64? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].count == 4, parts[1].count == 2, parts[2].count == 2,
            let year = Int64(parts[0]), let month = Int64(parts[1]), let day = Int64(parts[2]),
            (1...12).contains(month), day >= 1, day <= Timestamp.daysInMonth(year: year, month: month)
        else { return nil }
        return Timestamp.daysFromCivil(year: year, month: month, day: day)
    }

    /// When a day starts in the zone; where midnight is skipped, the first instant that there is.
    private func startOfDay(_ days: Int64) -> Timestamp {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let utcMidnight = Date(timeIntervalSince1970: Double(days) * 86_400)
        let offset = Double(zone.secondsFromGMT(for: utcMidnight))
        let start = calendar.startOfDay(for: utcMidnight.addingTimeInterval(43_200 - offset))
        return Timestamp(milliseconds: Int64((start.timeIntervalSince1970 * 1_000).rounded()))
    }
}
