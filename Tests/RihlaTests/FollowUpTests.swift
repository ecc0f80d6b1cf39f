// Follow-ups by the definitions: due, late, moved, done by whom knows.
import JourneyEvents
import JourneyViews
import Rihla
import TestSupport
import Testing

private func plan(_ id: String, _ time: String, due: String?, event: String? = nil, _ more: [String: String] = [:])
    -> Event
{
    var properties = more.merging(["follow_up_id": id]) { $1 }
    properties["due_at"] = due
    return timed(event ?? "plan-\(id)", "follow_up_planned", time, actor: "amira", properties)
}

private func done(_ id: String, _ time: String, event: String? = nil) -> Event {
    timed(event ?? "done-\(id)", "follow_up_done", time, ["follow_up_id": id])
}

@Suite(.serialized)
struct FollowUpTests {
    private let end = timed("end", "page_viewed", "2026-03-20T12:00:00Z")

    private func rows(_ events: [Event], _ query: FollowUpQuery = FollowUpQuery(), asOf: String? = nil) async throws
        -> JSON
    {
        try await asking(.followUps(query), events + [end], asOf: asOf)
    }

    @Test(
        arguments: [
            ("2026-03-18T10:00:00Z", "2026-03-18T10:00:00Z", "done"),
            ("2026-03-18T10:00:00Z", "2026-03-18T10:00:00.001Z", "done_late"),
            ("2026-03-20T12:00:00Z", nil, "open"), ("2026-03-20T11:59:59.999Z", nil, "overdue"),
            ("2026-03-20", nil, "open"), ("2026-03-19", nil, "overdue"),
            ("2026-03-18", "2026-03-18T23:59:59.999Z", "done"),
            ("2026-03-18", "2026-03-19T00:00:00Z", "done_late"), (nil, nil, "open"),
            (nil, "2026-03-19T00:00:00Z", "done"),
            ("next week", nil, "open"), ("2026-02-30", nil, "open"),
        ] as [(String?, String?, String)]
    )
    func `exactly when it is due is in time, and a date is due until its day ends`(
        _ due: String?,
        _ finished: String?,
        _ state: String
    ) async throws {
        let events = [plan("f", "2026-03-16T09:00:00Z", due: due)] + (finished.map { [done("f", $0)] } ?? [])
        let found = try await rows(events)
        #expect(found["follow_ups"][0]["state"].text == state && found["summary"][state].int == 1)
        #expect(found["summary"]["planned"].int == 1)
    }

    @Test func `the day of a date ends in the zone of the question`() async throws {
        var query = FollowUpQuery()
        let events = [plan("f", "2026-03-16T09:00:00Z", due: "2026-03-18")]
        for (zone, due) in [
            (nil, "2026-03-18T23:59:59.999Z"), ("Asia/Riyadh", "2026-03-18T20:59:59.999Z"),
            ("America/New_York", "2026-03-19T03:59:59.999Z"),
        ] as [(String?, String)] {
            query.zone = zone
            #expect(try await rows(events, query)["follow_ups"][0]["due_at"].text == due)
        }
    }

    @Test func `another plan under the id moves it, until it is done`() async throws {
        let found = try await rows([
            plan("f", "2026-03-16T09:00:00Z", due: "2026-03-17", ["note": "send the offer"]),
            plan("f", "2026-03-16T10:00:00Z", due: "2026-03-19T09:00:00Z", event: "again"),
            done("f", "2026-03-19T08:00:00Z"),
            plan("f", "2026-03-19T09:00:00Z", due: "2026-03-25", event: "next", ["owner": "jonas"]),
        ])["follow_ups"]
        #expect(found.list.map { $0["state"].text } == ["open", "done"])
        #expect(found[1]["moved"].int == 1 && found[1]["note"].text == "send the offer")
        #expect(found[1]["planned_at"].text == "2026-03-16T09:00:00.000Z" && found[1]["owner"].text == "amira")
        #expect(found[0]["moved"].int == 0 && found[0]["owner"].text == "jonas")
    }

    @Test func `without an id the events name each other, and what nobody planned is counted`() async throws {
        let found = try await rows([
            timed("p", "follow_up_planned", "2026-03-16T09:00:00Z", ["due_at": "2026-03-17"]),
            timed("d", "follow_up_done", "2026-03-17T09:00:00Z", cause: "p"),
            timed("x", "follow_up_done", "2026-03-17T09:00:00Z"), done("unknown", "2026-03-17T09:00:00Z"),
            timed("other", "follow_up_done", "2026-03-17T09:00:00Z", customer: "customer_id:b", ["follow_up_id": "p"]),
        ])
        #expect(found["follow_ups"].list.map { $0["follow_up"].text } == ["p"])
        #expect(found["follow_ups"][0]["state"].text == "done" && found["summary"]["unplanned"].int == 3)
    }

    @Test func `what is overdue longest comes first, then what is due next, then what was done last`() async throws {
        let events = [
            plan("a", "2026-03-16T09:00:00Z", due: "2026-03-25"), plan("b", "2026-03-16T09:00:00Z", due: "2026-03-24"),
            plan("c", "2026-03-16T09:00:00Z", due: "2026-03-18"), plan("d", "2026-03-16T09:00:00Z", due: "2026-03-17"),
            plan("e", "2026-03-16T09:00:00Z", due: "2026-03-17"), done("e", "2026-03-17T09:00:00Z"),
            plan("f", "2026-03-16T09:00:00Z", due: "2026-03-17", ["owner": "jonas"]), done("f", "2026-03-18T09:00:00Z"),
            plan("g", "2026-03-16T09:00:00Z", due: nil),
        ]
        let all = try await rows(events)
        #expect(all["follow_ups"].list.compactMap { $0["follow_up"].text } == ["d", "c", "b", "a", "g", "f", "e"])
        #expect(all["follow_ups"][0]["late_seconds"].double == 2.5 * 86_400 + 0.001)
        #expect(all["summary"]["kept"].double == 1.0 / 4)
        #expect(all["by_owner"].list.map { "\($0["owner"]) \($0["planned"])" } == ["amira 6.0", "jonas 1.0"])
        var query = FollowUpQuery()
        query.state = "overdue"
        #expect(try await rows(events, query)["follow_ups"].list.count == 2)
        query = FollowUpQuery()
        (query.from, query.to) = (
            Timestamp(rfc3339: "2026-03-24T00:00:00Z"), Timestamp(rfc3339: "2026-03-25T00:00:00Z")
        )
        #expect(try await rows(events, query)["follow_ups"].list.compactMap { $0["follow_up"].text } == ["b"])
        // As of an earlier moment it had not been done, and was not late.
        let then = try await rows(events, asOf: "2026-03-17T08:00:00Z")
        #expect(then["summary"]["open"].int == 7 && then["summary"]["done"].int == 0)
    }

    @Test func `the rules may call another type a follow-up`() async throws {
        let events = [
            timed("t", "task_created", "2026-03-16T09:00:00Z", ["due_at": "2026-03-17"]), end,
        ]
        let found = try await asking(
            .followUps(FollowUpQuery()),
            events,
            rules: "types: {task_created: {effect: follow_up_planned}}"
        )
        #expect(found["summary"]["overdue"].int == 1)
    }
}
