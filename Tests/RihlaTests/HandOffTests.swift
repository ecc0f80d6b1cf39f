// Hand-offs by the definitions: the cases of the calendar computed by hand, and who stops which clock.
import JourneyEvents
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

/// One hand-off to Amira and its acceptance on a calendar. 2026-03-16 is a Monday.
private struct CalendarCase {
    var name: String
    var sla = #"{accept: 4h}"#
    var handedOff: String
    var accepted: String
    var hours: Double
    var state = "met"
    var due: String

    static func hours(_ hours: String, zone: String = "UTC", accept: String = "4h", holidays: String = "") -> String {
        "{accept: \(accept), calendar: {zone: \(zone), hours: {\(hours)}, holidays: [\(holidays)]}}"
    }

    static let day = "mon-fri: \"09:00-17:00\""
    static let all: [CalendarCase] = [
        CalendarCase(
            name: "a weekend does not count",
            handedOff: "2026-03-13T16:00:00Z",
            accepted: "2026-03-16T11:00:00Z",
            hours: 3,
            due: "2026-03-16T12:00:00.000Z"
        ),
        CalendarCase(
            name: "a holiday does not count, and exactly the target is met",
            sla: hours(day, holidays: "2026-03-16"),
            handedOff: "2026-03-13T16:00:00Z",
            accepted: "2026-03-17T12:00:00Z",
            hours: 4,
            due: "2026-03-17T12:00:00.000Z"
        ),
        CalendarCase(
            name: "a hand-off outside hours starts at the next opening",
            handedOff: "2026-03-14T11:00:00Z",
            accepted: "2026-03-16T13:00:00Z",
            hours: 4,
            due: "2026-03-16T13:00:00.000Z"
        ),
        CalendarCase(
            name: "a millisecond more than the target is a breach",
            handedOff: "2026-03-14T11:00:00Z",
            accepted: "2026-03-16T13:00:00.001Z",
            hours: 4 + 1 / 3_600_000,
            state: "breached",
            due: "2026-03-16T13:00:00.000Z"
        ),
        CalendarCase(
            name: "hours keep their local time when Berlin goes to summer time",
            sla: hours(day, zone: "Europe/Berlin"),
            handedOff: "2026-03-27T15:00:00Z",
            accepted: "2026-03-30T07:30:00Z",
            hours: 1.5,
            due: "2026-03-30T10:00:00.000Z"
        ),
        CalendarCase(
            name: "hours keep their local time when Berlin goes to winter time",
            sla: hours(day, zone: "Europe/Berlin"),
            handedOff: "2026-10-23T14:30:00Z",
            accepted: "2026-10-26T09:00:00Z",
            hours: 1.5,
            due: "2026-10-26T11:30:00.000Z"
        ),
        CalendarCase(
            name: "the shift in which Berlin goes to summer time has seven hours",
            sla: hours("sun: \"00:00-08:00\"", zone: "Europe/Berlin", accept: "7h"),
            handedOff: "2026-03-28T12:00:00Z",
            accepted: "2026-03-29T08:00:00Z",
            hours: 7,
            due: "2026-03-29T06:00:00.000Z"
        ),
        CalendarCase(
            name: "the shift in which Berlin goes to winter time has nine hours",
            sla: hours("sun: \"00:00-08:00\"", zone: "Europe/Berlin", accept: "9h"),
            handedOff: "2026-10-24T12:00:00Z",
            accepted: "2026-10-25T08:00:00Z",
            hours: 9,
            due: "2026-10-25T07:00:00.000Z"
        ),
        CalendarCase(
            name: "hours keep their local time when New York goes to summer time",
            sla: hours(day, zone: "America/New_York"),
            handedOff: "2026-03-06T21:30:00Z",
            accepted: "2026-03-09T14:30:00Z",
            hours: 2,
            due: "2026-03-09T16:30:00.000Z"
        ),
        CalendarCase(
            name: "hours keep their local time when New York goes to winter time",
            sla: hours(day, zone: "America/New_York"),
            handedOff: "2026-10-30T20:00:00Z",
            accepted: "2026-11-02T15:00:00Z",
            hours: 2,
            due: "2026-11-02T17:00:00.000Z"
        ),
        CalendarCase(
            name: "in a week from Sunday to Thursday, Friday and Saturday do not count",
            sla: hours("sun-thu: \"09:00-17:00\"", zone: "Asia/Riyadh"),
            handedOff: "2026-03-12T13:00:00Z",
            accepted: "2026-03-15T07:00:00Z",
            hours: 2,
            due: "2026-03-15T09:00:00.000Z"
        ),
        CalendarCase(
            name: "a break at noon does not count",
            sla: hours("mon: \"09:00-12:00, 13:00-17:00\""),
            handedOff: "2026-03-16T11:30:00Z",
            accepted: "2026-03-16T14:00:00Z",
            hours: 1.5,
            due: "2026-03-16T16:30:00.000Z"
        ),
        CalendarCase(
            name: "hours go on over midnight",
            sla: hours("mon: \"22:00-24:00\", tue: \"00:00-06:00\""),
            handedOff: "2026-03-16T21:00:00Z",
            accepted: "2026-03-17T03:00:00Z",
            hours: 5,
            state: "breached",
            due: "2026-03-17T02:00:00.000Z"
        ),
        CalendarCase(
            name: "around the clock every hour counts",
            sla: hours("mon-sun: \"00:00-24:00\""),
            handedOff: "2026-03-14T23:00:00Z",
            accepted: "2026-03-15T03:00:00Z",
            hours: 4,
            due: "2026-03-15T03:00:00.000Z"
        ),
        CalendarCase(
            name: "a day without hours does not count",
            sla: hours("mon-thu: \"09:00-17:00\", fri: []"),
            handedOff: "2026-03-12T16:00:00Z",
            accepted: "2026-03-16T10:00:00Z",
            hours: 2,
            due: "2026-03-16T12:00:00.000Z"
        ),
        CalendarCase(
            name: "one business day is as long as a working day",
            sla: hours(day, accept: "1bd"),
            handedOff: "2026-03-16T15:00:00Z",
            accepted: "2026-03-17T15:00:00Z",
            hours: 8,
            due: "2026-03-17T15:00:00.000Z"
        ),
        CalendarCase(
            name: "of days of several lengths the usual one is a business day",
            sla: hours("mon-thu: \"09:00-17:00\", fri: \"09:00-13:00\"", accept: "1bd"),
            handedOff: "2026-03-12T13:00:00Z",
            accepted: "2026-03-13T13:00:00Z",
            hours: 8,
            due: "2026-03-13T13:00:00.000Z"
        ),
    ]
}

private let weekdays = "sla: {accept: 4h, contact: 1bd}"

@Suite(.serialized)
struct HandOffTests {
    @Test func `business time, case by case`() async throws {
        var events: [Event] = []
        for (index, given) in CalendarCase.all.enumerated() {
            let customer = "customer_id:c\(index)"
            events += [
                timed("h\(index)", "lead_handed_off", given.handedOff, customer: customer, ["owner": "amira"]),
                timed("a\(index)", "lead_accepted", given.accepted, customer: customer, ["owner": "amira"]),
            ]
        }
        try await withStore(events) { store in
            for (index, given) in CalendarCase.all.enumerated() {
                let rules = try RuleSet(yaml: "sla: " + given.sla, path: "rules")
                let found = try await store.ask(.sla(SLAQuery()), bounds(rules: rules))
                let accept = found["handoffs"].first("customer", "customer_id:c\(index)")["accept"]
                #expect(accept["state"].text == given.state, "\(given.name)")
                let seconds = accept["elapsed_seconds"].double ?? -1
                #expect(abs(seconds - given.hours * 3_600) < 0.0001, "\(given.name)")
                #expect(accept["due_at"].text == given.due, "\(given.name)")
            }
        }
    }

    @Test func `what is not accepted is open until its time has passed, and then breached`() async throws {
        let events = [
            timed("h", "lead_handed_off", "2026-03-16T09:00:00Z", ["owner": "amira"]),
            timed("later", "page_viewed", "2026-03-20T09:00:00Z"),
        ]
        for (time, accept, contact, summary) in [
            ("2026-03-16T13:00:00Z", "open", "open", "open"),
            ("2026-03-16T13:00:00.001Z", "breached", "open", "breached"),
            ("2026-03-17T09:00:00Z", "breached", "open", "breached"),
            ("2026-03-17T09:00:00.001Z", "breached", "breached", "breached"),
        ] {
            let found = try await asking(.sla(SLAQuery()), events, rules: weekdays, asOf: time)
            let row = found["handoffs"][0]
            #expect(row["accept"]["state"].text == accept && row["contact"]["state"].text == contact, "\(time)")
            #expect(found["summary"][summary].int == 1 && found["summary"]["handed_off"].int == 1)
        }
    }

    /// The hand-offs of one customer, the first one first.
    private func handOffs(_ events: [Event], rules: String = weekdays) async throws -> [JSON] {
        let end = timed("end", "page_viewed", "2026-04-30T00:00:00Z", customer: "customer_id:z")
        return try await asking(.sla(SLAQuery()), events + [end], rules: rules)["handoffs"].list.reversed()
    }

    private let handOff = timed("h", "lead_handed_off", "2026-03-16T09:00:00Z", ["owner": "amira"])

    @Test func `a contact before the acceptance satisfies both`() async throws {
        let row = try await handOffs([
            handOff, timed("c", "call_made", "2026-03-16T10:00:00Z", ["owner": "amira", "outcome": "voicemail"]),
            timed("a", "lead_accepted", "2026-03-18T10:00:00Z", ["owner": "amira"]),
        ])[0]
        #expect(row["accept"]["state"].text == "met" && row["accept"]["elapsed_seconds"].double == 3_600)
        #expect(row["contact"]["state"].text == "met" && row["contact"]["elapsed_seconds"].double == 3_600)
        #expect(row["accepted_at"].text == "2026-03-18T10:00:00.000Z")
    }

    @Test func `a rejection stops the clock of acceptance, and there is nobody to contact`() async throws {
        let early = timed("r", "lead_rejected", "2026-03-16T10:00:00Z", ["reason": "wrong region"])
        let row = try await handOffs([
            handOff, early, timed("a", "lead_accepted", "2026-03-16T11:00:00Z"),
            timed("c", "call_made", "2026-03-16T12:00:00Z"),
        ])[0]
        #expect(row["accept"]["state"].text == "met" && row["accept"]["elapsed_seconds"].double == 3_600)
        #expect(row["contact"]["state"].text == "n/a" && row["state"].text == "met")
        #expect(row["accepted_at"].isNull && row["contacted_at"].isNull && row["reason"].text == "wrong region")
        let late = try await handOffs([handOff, timed("r", "lead_rejected", "2026-03-16T13:00:01Z")])[0]
        #expect(late["state"].text == "breached" && late["contact"]["state"].text == "n/a")
    }

    @Test func `handing off again starts a new cycle`() async throws {
        let rows = try await handOffs([
            handOff, timed("r", "lead_rejected", "2026-03-16T10:00:00Z"),
            timed("h2", "lead_handed_off", "2026-03-23T09:00:00Z", ["owner": "jonas"]),
            timed("a2", "lead_accepted", "2026-03-23T11:00:00Z", ["owner": "jonas"]),
            timed("c2", "sales_email_sent", "2026-03-23T12:00:00Z", ["owner": "jonas"]),
        ])
        #expect(rows.map { $0["cycle"].int } == [1, 2] && rows.map { $0["owner"].text } == ["amira", "jonas"])
        #expect(rows[1]["accept"]["elapsed_seconds"].double == 7_200)
        #expect(rows[1]["contact"]["elapsed_seconds"].double == 10_800 && rows[1]["superseded_at"].isNull)
    }

    @Test func `what is handed off again in time was never late, and what was late stays late`() async throws {
        let again = timed("h2", "lead_handed_off", "2026-03-16T12:00:00Z", ["owner": "jonas"])
        let inTime = try await handOffs([handOff, again])
        #expect(inTime[0]["state"].text == "n/a" && inTime[0]["accept"]["elapsed_seconds"].double == 10_800)
        #expect(inTime[0]["superseded_at"].text == "2026-03-16T12:00:00.000Z" && inTime[1]["state"].text == "breached")
        var later = again
        later.occurredAt = Timestamp(rfc3339: "2026-03-16T14:00:00Z") ?? .distantPast
        let late = try await handOffs([handOff, later])
        #expect(late[0]["accept"]["state"].text == "breached" && late[0]["contact"]["state"].text == "n/a")
    }

    @Test(
        arguments: [
            ("amira", "amira", true), ("jonas", "amira", false), ("jonas", "jonas", true), (nil, "amira", true),
        ] as [(String?, String, Bool)]
    )
    func `the contact is the owner's, or of whoever accepts`(_ caller: String?, _ acceptor: String, _ counts: Bool)
        async throws
    {
        let row = try await handOffs([
            handOff, timed("c", "call_made", "2026-03-16T10:00:00Z", actor: caller),
            timed("a", "lead_accepted", "2026-03-16T11:00:00Z", ["owner": acceptor]),
        ])[0]
        #expect((row["contacted_at"].text == "2026-03-16T10:00:00.000Z") == counts, "\(row)")
        #expect(row["accept"]["elapsed_seconds"].double == (counts ? 3_600 : 7_200))
    }

    @Test func `neither what comes in nor what came before is a contact`() async throws {
        let row = try await handOffs([
            timed("before", "call_made", "2026-03-16T08:00:00Z", ["owner": "amira"]), handOff,
            timed("in", "call_made", "2026-03-16T10:00:00Z", ["owner": "amira", "direction": "inbound"]),
            timed("reply", "sales_email_replied", "2026-03-16T10:30:00Z", ["owner": "amira"]),
            timed("booked", "meeting_booked", "2026-03-16T10:40:00Z", ["owner": "amira"]),
            timed("met", "meeting_held", "2026-03-17T10:00:00Z", actor: "amira"),
        ])[0]
        #expect(row["contacted_at"].text == "2026-03-17T10:00:00.000Z" && row["contact"]["state"].text == "breached")
    }

    @Test func `the rules say what a contact is, and an alias is what it stands for`() async throws {
        let events = [handOff, timed("w", "wa_sent", "2026-03-16T10:00:00Z", ["owner": "amira"])]
        let rules = "aliases: {wa_sent: whatsapp_sent}\nsla: {contacts: [whatsapp_sent]}"
        #expect(try await handOffs(events, rules: rules)[0]["contact"]["state"].text == "met")
        #expect(try await handOffs(events)[0]["contact"]["state"].text == "breached")
    }

    @Test func `a hand-off is a person's, under whatever identifier`() async throws {
        let rows = try await handOffs([
            handOff,
            timed(
                "l",
                "identity_linked",
                "2026-03-16T09:30:00Z",
                ["a": "customer_id:a", "b": "email:a@b.example"]
            ), timed("a", "lead_accepted", "2026-03-16T10:00:00Z", customer: "email:a@b.example"),
            timed("nobody", "lead_handed_off", "2026-03-16T10:00:00Z", customer: nil, ["owner": "amira"]),
        ])
        #expect(rows.count == 1 && rows[0]["accept"]["state"].text == "met")
    }

    @Test func `owners, states and periods select`() async throws {
        var events: [Event] = []
        for (index, owner) in ["amira", "jonas", nil].enumerated() {
            let customer = "customer_id:c\(index)"
            events.append(
                timed(
                    "h\(index)",
                    "lead_handed_off",
                    "2026-03-1\(6 + index)T09:00:00Z",
                    customer: customer,
                    owner.map { ["owner": $0] } ?? [:]
                )
            )
            if index > 0 {
                events.append(timed("c\(index)", "call_made", "2026-03-1\(6 + index)T10:00:00Z", customer: customer))
            }
        }
        events.append(timed("end", "page_viewed", "2026-03-30T00:00:00Z", customer: "customer_id:z"))
        func ask(_ change: (inout SLAQuery) -> Void) async throws -> JSON {
            var query = SLAQuery()
            change(&query)
            return try await asking(.sla(query), events, rules: weekdays)
        }
        let all = try await ask { _ in }
        #expect(all["summary"]["met"].int == 2 && all["summary"]["breached"].int == 1)
        #expect(all["summary"]["kept"].double == 2.0 / 3)
        #expect(all["by_owner"].list.map { $0["owner"].text } == [nil, "amira", "jonas"])
        #expect(
            all["handoffs"].list.map { $0["customer"].text } == ["customer_id:c2", "customer_id:c1", "customer_id:c0"]
        )
        let breached = try await ask { $0.state = "breached" }
        #expect(
            breached["handoffs"].list.map { $0["owner"].text } == ["amira"] && breached["summary"] == all["summary"]
        )
        let jonas = try await ask { $0.owner = "jonas" }
        #expect(jonas["summary"]["handed_off"].int == 1 && jonas["by_owner"].list.count == 1)
        let period = try await ask {
            ($0.from, $0.to) = (Timestamp(rfc3339: "2026-03-17T09:00:00Z"), Timestamp(rfc3339: "2026-03-18T09:00:00Z"))
        }
        #expect(period["handoffs"].list.map { $0["owner"].text } == ["jonas"])
        #expect(try await ask { $0.limit = 1 }["handoffs"].list.count == 1)
        let none = try await asking(.sla(SLAQuery()), [events[events.count - 1]])
        #expect(none["summary"]["kept"].isNull && none["handoffs"].list.isEmpty)
    }
}
