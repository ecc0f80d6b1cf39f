// By when sales takes up what marketing hands over: targets in business time, and the hours in which somebody is at work.
internal import JourneyEvents

/// The section `sla`.
public struct SLARules: Hashable, Sendable {
    /// How much business time there is for something.
    public enum Target: Hashable, Sendable {
        /// A length of time.
        case milliseconds(Int64)
        /// Working days, each as long as one has hours.
        case businessDays(Int64)
    }

    /// Hours of one weekday.
    public struct Hours: Hashable, Sendable {
        /// ISO 8601: 1 is Monday, 7 is Sunday.
        public var weekday: Int
        /// Minutes after midnight, local.
        public var open: Int
        /// Minutes after midnight, after `open`; 1440 is the end of the day.
        public var close: Int
    }

    /// How long sales has to accept or reject a lead.
    public let accept: Target
    /// How long the owner has to reach out.
    public let contact: Target
    /// The event types that are the owner reaching out.
    public let contacts: [String]
    /// The zone of the calendar, an IANA name.
    public let zone: String
    /// The hours of a week, by weekday and opening.
    public let hours: [Hours]
    /// Days since 1970-01-01 on which nobody works, ascending.
    public let holidays: [Int64]

    init(_ node: RuleNode?) {
        accept = node?["accept"]?.text.flatMap { SLARules.target($0) } ?? .milliseconds(4 * 3_600_000)
        contact = node?["contact"]?.text.flatMap { SLARules.target($0) } ?? .businessDays(1)
        contacts =
            node?["contacts"]?.list.compactMap(\.text)
            ?? ["call_made", "sales_email_sent", "meeting_held", "demo_held"]
        let calendar = node?["calendar"]
        zone = calendar?["zone"]?.text ?? "UTC"
        var hours: [Hours] = []
        for (days, value) in calendar?["hours"]?.members ?? ["mon-fri": .scalar("09:00-17:00")] {
            let texts = value.text.map { SLARules.parts($0) } ?? value.list.compactMap(\.text)
            for weekday in SLARules.weekdays(days) ?? [] {
                for interval in texts.compactMap({ SLARules.interval($0) }) {
                    hours.append(Hours(weekday: weekday, open: interval.lowerBound, close: interval.upperBound))
                }
            }
        }
        self.hours = hours.sorted { ($0.weekday, $0.open, $0.close) < ($1.weekday, $1.open, $1.close) }
        holidays = (calendar?["holidays"]?.list ?? []).compactMap { $0.text.flatMap { SLARules.day($0) } }.sorted()
    }

    /// A document in which the hours of a week that the user gave replace those of the default as a whole: a week from
    /// Sunday to Thursday has no hours on Friday left over.
    static func replacingHours(of document: RuleNode, in merged: RuleNode) -> RuleNode {
        guard let hours = document["sla"]?["calendar"]?["hours"], let sla = merged["sla"],
            let calendar = sla["calendar"]
        else { return merged }
        func setting(_ key: String, _ value: RuleNode, in node: RuleNode) -> RuleNode {
            .map(node.members.merging([key: value]) { $1 })
        }
        return setting("sla", setting("calendar", setting("hours", hours, in: calendar), in: sla), in: merged)
    }

    /// The longest target; more is as good as none.
    private static let most: Int64 = 3_652_500

    /// `4h`, or `1bd` for business days; nil for other text.
    static func target(_ text: String) -> Target? {
        guard text.hasSuffix("bd") else {
            return DurationText.milliseconds(text).map { .milliseconds(min($0, most * 86_400_000)) }
        }
        guard let days = UInt32(text.dropLast(2)), days > 0 else { return nil }
        return .businessDays(min(Int64(days), most))
    }

    private static let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    /// The weekdays of `mon` or `sun-thu`, which may pass the end of the week; nil for other text.
    static func weekdays(_ text: String) -> [Int]? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { names.firstIndex(of: String($0)) }
        guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1] else { return nil }
        return (0...((last - first + 7) % 7)).map { (first + $0) % 7 + 1 }
    }

    /// The intervals of `09:00-12:00, 13:00-17:00`.
    static func parts(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map { String($0).trimmingWhitespace() }
    }

    /// Minutes of the day of `09:00-17:00`, the second after the first; nil for other text.
    static func interval(_ text: String) -> Range<Int>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { end -> Int? in
            let parts = end.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }), let hour = UInt8(parts[0]),
                let minute = UInt8(parts[1]), minute < 60, hour < 24 || (hour == 24 && minute == 0)
            else { return nil }
            return Int(hour) * 60 + Int(minute)
        }
        guard ends.count == 2, let start = ends[0], let end = ends[1], start < end else { return nil }
        return start..<end
    }

    /// Days since 1970-01-01 of a date `2026-03-20`; nil for other text.
    static func day(_ text: String) -> Int64? {
        guard text.utf8.count == 10 else { return nil }
        return Timestamp(rfc3339: text + "T00:00:00Z").map { $0.rawValue.floorDivided(by: 86_400_000).quotient }
    }
}
