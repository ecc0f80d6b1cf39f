// What is wrong with the section `sla` of a rules document, and with time zones.
internal import Foundation
internal import Yams

extension RuleCheck {
    mutating func sla() {
        let sla = document["sla"]
        _ = map(sla, "sla", keys: ["accept", "contact", "contacts", "calendar"])
        for key in ["accept", "contact"] { target(sla?[key], "sla.\(key)") }
        for type in list(sla?["contacts"], "sla.contacts") { text(type, "a type of sla.contacts") }
        let calendar = sla?["calendar"]
        _ = map(calendar, "sla.calendar", keys: ["zone", "hours", "holidays"])
        zone(calendar?["zone"], "sla.calendar.zone")
        hours(calendar?["hours"])
        for date in list(calendar?["holidays"], "sla.calendar.holidays")
        where date.string.flatMap({ SLARules.day($0) }) == nil {
            find(date, "a holiday must be a date such as 2026-03-20")
        }
    }

    /// A name that the time zone database knows.
    mutating func zone(_ node: Node?, _ place: String) {
        guard let node else { return }
        guard let name = node.string, node.scalar != nil else { return text(node, place) }
        guard TimeZone(identifier: name) == nil else { return }
        let meant = Suggestion.nearest(to: name, in: TimeZone.knownTimeZoneIdentifiers).map {
            "; did you mean \"\($0)\"?"
        }
        find(node, "\(place) must be an IANA time zone such as Asia/Riyadh, not \"\(name)\"" + (meant ?? ""))
    }

    /// A duration, or a number of business days.
    private mutating func target(_ node: Node?, _ place: String) {
        guard let node, SLARules.target(node.string ?? "") == nil else { return }
        guard node.string?.hasSuffix("bd") == true else { return duration(node, place) }
        find(node, "\(place) must be a duration such as 4h, or business days such as 1bd")
    }

    /// The hours of a week. A day may stand once, or it would not be clear which of its hours hold.
    private mutating func hours(_ node: Node?) {
        var seen: Set<Int> = []
        var openings = 0
        let place = "sla.calendar.hours"
        guard let mapping = node?.mapping else {
            _ = map(node, place)
            return
        }
        for (key, value) in mapping {
            let days = key.string ?? ""
            let weekdays = SLARules.weekdays(days)
            if weekdays == nil {
                find(key, "\"\(days)\" in \(place) is neither a day (mon) nor days (sun-thu)")
            } else if !seen.isDisjoint(with: weekdays ?? []) {
                find(key, "\"\(days)\" in \(place) names a day that has its hours already")
            }
            seen.formUnion(weekdays ?? [])
            // `[]` is a day on which nobody works.
            let texts =
                value.scalar != nil
                ? SLARules.parts(value.string ?? "").map { (node: value, text: $0) }
                : list(value, "\(place).\(days)").map { (node: $0, text: $0.string ?? "") }
            var last = 0
            for (node, text) in texts {
                guard let interval = SLARules.interval(text) else {
                    find(
                        node,
                        "\(place).\(days) must be a range of hours such as \"09:00-17:00\", or several; a shift past "
                            + "midnight is one until 24:00 and one of the next day from 00:00"
                    )
                    continue
                }
                if interval.lowerBound < last {
                    find(node, "\(place).\(days): \"\(text)\" begins before the hours ahead of it end")
                }
                last = interval.upperBound
                openings += 1
            }
        }
        if let node, openings == 0, findings.isEmpty { find(node, "\(place) has no hours at all") }
    }
}
