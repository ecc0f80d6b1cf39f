// The section `sla`: what it says, and what is wrong with it.
import JourneyEvents
import Testing

@testable import JourneyRules

private func rules(_ yaml: String) throws -> SLARules { try RuleSet(yaml: yaml, path: "x").sla }

private func week(_ rules: SLARules) -> [String] {
    rules.hours.map { "\($0.weekday) \($0.open)-\($0.close)" }
}

@Suite struct SLARulesTests {
    @Test(arguments: ["", "extends: none"])
    func `without a section there are four hours and one business day, Monday to Friday`(_ yaml: String) throws {
        let sla = try rules(yaml)
        #expect(sla.accept == .milliseconds(14_400_000) && sla.contact == .businessDays(1))
        #expect(sla.contacts == ["call_made", "sales_email_sent", "meeting_held", "demo_held"])
        #expect(sla.zone == "UTC" && sla.holidays.isEmpty)
        #expect(week(sla) == (1...5).map { "\($0) 540-1020" })
    }

    @Test func `hours that are given replace the whole week of the default`() throws {
        let sla = try rules(#"sla: {calendar: {zone: Asia/Riyadh, hours: {sun-thu: "09:00-17:00"}}}"#)
        #expect(week(sla) == [1, 2, 3, 4, 7].map { "\($0) 540-1020" })
        #expect(sla.zone == "Asia/Riyadh" && sla.accept == .milliseconds(14_400_000))
    }

    @Test func `a day may have several hours, none, or all`() throws {
        let sla = try rules(
            #"""
            sla:
              accept: 90m
              contact: 3bd
              contacts: [whatsapp_sent]
              calendar:
                hours: {mon: "09:00-12:00, 13:00-17:30", tue: ["00:00-06:00", "22:00-24:00"], wed: [], sat-sun: "00:00-24:00"}
                holidays: [2026-03-21, 2026-03-20]
            """#
        )
        #expect(
            week(sla) == ["1 540-720", "1 780-1050", "2 0-360", "2 1320-1440", "6 0-1440", "7 0-1440"]
        )
        #expect(sla.accept == .milliseconds(5_400_000) && sla.contact == .businessDays(3))
        #expect(sla.contacts == ["whatsapp_sent"] && sla.holidays == [20_532, 20_533])
    }

    @Test(arguments: [
        (#"sla: {accept: 4x}"#, "1:15 sla.accept must be a duration"),
        (#"sla: {contact: 1.5bd}"#, "1:16 sla.contact must be a duration such as 4h, or business days"),
        (#"sla: {contacts: call_made}"#, "1:17 sla.contacts must be a list"),
        (#"sla: {contact_types: [a]}"#, "1:7 unknown key \"contact_types\" in sla"),
        (#"sla: {calendar: {zone: Asia/Riyad}}"#, "1:24 sla.calendar.zone must be an IANA time zone such as"),
        (#"sla: {calendar: {zone: [UTC]}}"#, "1:24 sla.calendar.zone must be a text"),
        (#"time_zone: Europe/Berln"#, "1:12 time_zone must be an IANA time zone"),
        (#"sla: {calendar: {hours: {mon-wed-fri: "09:00-17:00"}}}"#, "1:26 \"mon-wed-fri\" in sla.calendar.hours is"),
        (#"sla: {calendar: {hours: {mon: "09:00-09:00"}}}"#, "1:31 sla.calendar.hours.mon must be a range of hours"),
        (#"sla: {calendar: {hours: {mon: "22:00-06:00"}}}"#, "a shift past midnight is one until 24:00 and one of"),
        (#"sla: {calendar: {hours: {mon: ["09:00-12:00", "noon"]}}}"#, "1:47 sla.calendar.hours.mon must be"),
        (#"sla: {calendar: {hours: {mon: "09:00-12:00, 11:00-17:00"}}}"#, "\"11:00-17:00\" begins before"),
        (
            #"sla: {calendar: {hours: {mon-fri: "09:00-17:00", fri: "09:00-13:00"}}}"#,
            "1:50 \"fri\" in sla.calendar.hours names a day that has its hours already"
        ), (#"sla: {calendar: {hours: {mon: []}}}"#, "1:25 sla.calendar.hours has no hours at all"),
        (#"sla: {calendar: {hours: [mon]}}"#, "1:25 sla.calendar.hours must be a mapping"),
        (#"sla: {calendar: {holidays: [2026-3-20]}}"#, "1:29 a holiday must be a date such as 2026-03-20"),
    ])
    func `what is wrong is named with its line and column`(_ yaml: String, _ expected: String) {
        let findings = RuleSet.check(yaml: yaml, path: "x").map { "\($0.line):\($0.column) \($0.message)" }
        #expect(findings.count == 1 && findings[0].contains(expected), "\(findings)")
    }
}
