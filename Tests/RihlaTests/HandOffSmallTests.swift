// Hand-offs and follow-ups of the made journeys, computed a second time by SQLite from the definitions.
import Foundation
import JourneyEvents
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

/// Distinct events with their customer's identifier as the store writes it. In this file all events of a hand-off name one
/// identifier, so that links of identifiers have no say.
private let distinct = """
    distinct_events AS (
      SELECT min(position) AS position, type, at, json,
        lower(CASE WHEN instr(customer, ':') > 0 THEN customer ELSE 'customer_id:' || customer END) AS who,
        coalesce(json->>'$.properties.owner', json->>'actor') AS owner
      FROM events GROUP BY json->>'source', id
    )
    """

@Suite(.serialized)
struct HandOffSmallTests {
    private func withSmall(_ extra: String = "", _ body: (JourneyStore, EventDatabase) async throws -> Void)
        async throws
    {
        let bytes = Data(try TestData.bytes("journeys/small.ndjson")) + Data(extra.utf8)
        let database = try EventDatabase(ndjson: bytes)
        try await withScratchDirectory { path in
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try bytes.write(to: URL(filePath: path + "/all.ndjson"))
            var options = JourneyStore.Options()
            options.create = true
            let store = try await JourneyStore.open(at: path + "/store", options: options)
            let summary = try await store.ingest([path + "/all.ndjson"])
            #expect(summary.rejected == 0)
            try await body(store, database)
            try await store.close()
        }
    }

    @Test func `around the clock every hand-off is what SQLite makes of it`() async throws {
        let rules = try RuleSet(
            yaml: #"sla: {accept: 2h, contact: 24h, calendar: {hours: {mon-sun: "00:00-24:00"}}}"#,
            path: "rules"
        )
        // One in the middle of the year, when some clocks are still running, and the whole file.
        for asOf in ["2025-06-10T08:30:00.000Z", "2025-12-31T23:59:59.999Z"] {
            try await withSmall { store, database in
                let found = try await store.ask(.sla(SLAQuery()), bounds(asOf: Timestamp(rfc3339: asOf), rules: rules))
                let now = try #require(Timestamp(rfc3339: asOf)).rawValue
                let sql = """
                    WITH \(distinct),
                    known AS (SELECT * FROM distinct_events WHERE at <= \(now)),
                    hand_offs AS (
                      SELECT *, lead(at) OVER (PARTITION BY who ORDER BY at, position) AS next_at
                      FROM known WHERE type = 'lead_handed_off'
                    ),
                    clocks AS (
                      SELECT h.who, h.owner, h.at,
                        (SELECT min(e.at) FROM known e WHERE e.who = h.who AND e.type = 'lead_accepted'
                          AND e.at >= h.at AND (h.next_at IS NULL OR e.at < h.next_at)) AS accepted,
                        (SELECT min(e.at) FROM known e WHERE e.who = h.who AND e.type = 'lead_rejected'
                          AND e.at >= h.at AND (h.next_at IS NULL OR e.at < h.next_at)) AS rejected,
                        (SELECT min(e.at) FROM known e WHERE e.who = h.who
                          AND e.type IN ('call_made', 'sales_email_sent', 'meeting_held', 'demo_held')
                          AND coalesce(e.json->>'$.properties.direction', '') <> 'inbound' AND e.owner = h.owner
                          AND e.at >= h.at AND (h.next_at IS NULL OR e.at < h.next_at)) AS contacted
                      FROM hand_offs h
                    ),
                    stopped AS (
                      SELECT *,
                        min(coalesce(accepted, 9e15), coalesce(rejected, 9e15), coalesce(contacted, 9e15)) AS stop
                      FROM clocks
                    ),
                    elapsed AS (
                      SELECT *, min(stop, \(now)) - at AS accept_ms,
                        coalesce(contacted, rejected, \(now)) - at AS contact_ms FROM stopped
                    ),
                    states AS (
                      SELECT *,
                        CASE WHEN accept_ms > 2 * 3600000 THEN 'breached' WHEN stop > \(now) THEN 'open'
                          ELSE 'met' END AS a,
                        CASE WHEN contacted IS NULL AND rejected IS NOT NULL THEN 'n/a'
                          WHEN contact_ms > 24 * 3600000 THEN 'breached' WHEN contacted IS NULL THEN 'open'
                          ELSE 'met' END AS c FROM elapsed
                    )
                    """
                let rows = try database.rows(
                    sql + " SELECT who, owner, at, a, accept_ms / 1000.0, c, contact_ms / 1000.0 FROM states"
                )
                func line(_ parts: [String]) -> String { parts.joined(separator: " ") }
                let expected = try rows.map { row in
                    let numbers = try [4, 6].map { String(try #require(Double(row[$0] ?? ""))) }
                    let time = try #require(Int64(row[2] ?? ""))
                    return line([
                        row[0] ?? "", row[1] ?? "", Timestamp(milliseconds: time).rfc3339, row[3] ?? "", numbers[0],
                        row[5] ?? "", numbers[1],
                    ])
                }
                let actual = found["handoffs"].list.map { row in
                    line([
                        row["customer"].text ?? "", row["owner"].text ?? "", row["handed_off_at"].text ?? "",
                        row["accept"]["state"].text ?? "", String(row["accept"]["elapsed_seconds"].double ?? -1),
                        row["contact"]["state"].text ?? "", String(row["contact"]["elapsed_seconds"].double ?? -1),
                    ])
                }
                #expect(actual.sorted() == expected.sorted() && actual.count > 20)
                // The same by owner, and in total.
                let counts = """
                    count(*), sum(accepted IS NOT NULL), sum(rejected IS NOT NULL), sum(contacted IS NOT NULL),
                    sum(a <> 'breached' AND c <> 'breached' AND a <> 'open' AND c <> 'open'),
                    sum(a = 'breached' OR c = 'breached'),
                    sum(a <> 'breached' AND c <> 'breached' AND (a = 'open' OR c = 'open')) FROM states
                    """
                let names = ["handed_off", "accepted", "rejected", "contacted", "met", "breached", "open"]
                func figures(_ json: JSON) -> [String?] { names.map { json[$0].int.map { "\($0)" } } }
                let total = try database.rows(sql + " SELECT " + counts)
                #expect(figures(found["summary"]) == total[0])
                let byOwner = try database.rows(sql + " SELECT owner, " + counts + " GROUP BY owner ORDER BY owner")
                #expect(found["by_owner"].list.map { [$0["owner"].text] + figures($0) } == byOwner)
            }
        }
    }

    @Test func `with the calendar of the file the states are those it was made with`() async throws {
        // How the data set was made: 27 accepted and 5 rejected in time, 9 accepted late, 5 never answered.
        let rules = try RuleSet(
            yaml: #"sla: {accept: 4h, calendar: {zone: Asia/Riyadh, hours: {sun-thu: "09:00-17:00"}}}"#,
            path: "rules"
        )
        try await withSmall { store, _ in
            let summary = try await store.ask(.sla(SLAQuery()), bounds(rules: rules))["summary"]
            #expect(summary["accept"]["met"].int == 27 + 5 && summary["accept"]["breached"].int == 9 + 5)
            #expect(summary["handed_off"].int == 46 && summary["rejected"].int == 5 && summary["accepted"].int == 36)
        }
    }

    @Test func `follow-ups of every call are what SQLite makes of them`() async throws {
        let calls = try EventDatabase(ndjson: Data(TestData.bytes("journeys/small.ndjson"))).rows(
            "SELECT DISTINCT customer, at, json->>'actor' FROM events WHERE type = 'call_made' ORDER BY at, customer"
        )
        #expect(calls.count > 30)
        var lines = ""
        func add(_ id: String, _ type: String, _ customer: String, _ time: Int64, _ properties: String) {
            let customer = JSONValue.string(customer).text
            lines += "{\"id\":\"\(id)\",\"source\":\"tasks\",\"type\":\"\(type)\",\"customer\":\(customer),"
            lines += "\"occurred_at\":\"\(Timestamp(milliseconds: time).rfc3339)\",\"properties\":\(properties)}\n"
        }
        let day: Int64 = 86_400_000
        for (index, call) in calls.enumerated() {
            let (customer, time) = (call[0] ?? "", Int64(call[1] ?? "") ?? 0)
            let due = Timestamp(milliseconds: time + Int64(1 + index % 5) * 12 * day).rfc3339
            let owner = JSONValue.string(call[2] ?? "").text
            let plan = "{\"follow_up_id\":\"f\(index)\",\"due_at\":\"\(due)\",\"owner\":\(owner)}"
            add("p\(index)", "follow_up_planned", customer, time, plan)
            // A plan of the same id that moves it a day on, for some; most are done, some late.
            if index % 7 == 3 {
                let moved = Timestamp(milliseconds: time + Int64(1 + index % 5) * 12 * day + day).rfc3339
                add(
                    "m\(index)",
                    "follow_up_planned",
                    customer,
                    time + 1,
                    "{\"follow_up_id\":\"f\(index)\",\"due_at\":\"\(moved)\"}"
                )
            }
            if index % 3 != 0 {
                add(
                    "d\(index)",
                    "follow_up_done",
                    customer,
                    time + Int64(index % 7) * 9 * day + 2,
                    "{\"follow_up_id\":\"f\(index)\"}"
                )
            }
        }
        try await withSmall(lines) { store, database in
            let asOf = "2025-04-20T00:00:00.000Z"
            let now = try #require(Timestamp(rfc3339: asOf)).rawValue
            let found = try await store.ask(.followUps(FollowUpQuery()), bounds(asOf: Timestamp(rfc3339: asOf)))
            let sql = """
                WITH \(distinct),
                tasks AS (
                  SELECT *, json->>'$.properties.follow_up_id' AS task,
                    CAST(round((julianday(json->>'$.properties.due_at') - 2440587.5) * 86400000) AS INTEGER) AS due
                  FROM distinct_events WHERE at <= \(now) AND type LIKE 'follow_up_%'
                ),
                plans AS (
                  SELECT task, min(who) AS who,
                    (SELECT l.due FROM tasks l WHERE l.task = t.task AND l.type = 'follow_up_planned'
                      ORDER BY l.at DESC, l.position DESC LIMIT 1) AS due,
                    (SELECT f.owner FROM tasks f WHERE f.task = t.task AND f.owner IS NOT NULL LIMIT 1) AS owner,
                    (SELECT min(d.at) FROM tasks d WHERE d.task = t.task AND d.type = 'follow_up_done') AS done
                  FROM tasks t WHERE type = 'follow_up_planned' GROUP BY task
                ),
                states AS (
                  SELECT *, CASE WHEN done <= due THEN 'done' WHEN done > due THEN 'done_late'
                    WHEN \(now) > due THEN 'overdue' ELSE 'open' END AS state FROM plans
                )
                """
            let rows = try database.rows(sql + " SELECT task, who, owner, state FROM states ORDER BY task")
            let actual = found["follow_ups"].list.map { row in
                ["follow_up", "customer", "owner", "state"].map { row[$0].text }
            }
            #expect(actual.sorted { ($0[0] ?? "") < ($1[0] ?? "") } == rows && rows.count > 10)
            #expect(Set(rows.compactMap { $0[3] }).count == 4)
            let byOwner = try database.rows(
                sql + """
                     SELECT owner, count(*), sum(state = 'done'), sum(state = 'done_late'), sum(state = 'overdue'),
                    sum(state = 'open') FROM states GROUP BY owner ORDER BY owner
                    """
            )
            let names = ["planned", "done", "done_late", "overdue", "open"]
            let cut = found["by_owner"].list.map { row in
                [row["owner"].text] + names.map { row[$0].int.map { "\($0)" } }
            }
            #expect(cut == byOwner)
        }
    }
}
