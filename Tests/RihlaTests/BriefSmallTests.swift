// Briefs of the made journeys, their counts computed a second time by SQLite.
import Foundation
import JourneyEvents
import JourneyViews
import Rihla
import TestSupport
import Testing

@Suite(.serialized)
struct BriefSmallTests {
    @Test func `interests, contacts and objections of every lead are what SQLite counts`() async throws {
        let database = try EventDatabase(ndjson: Data(TestData.bytes("journeys/small.ndjson")))
        try await withStore([]) { store async throws in
            _ = try await store.ingest([TestData.path("journeys/small.ndjson")])
            let leads = try await store.ask(.sla(SLAQuery()))["handoffs"].list.compactMap { $0["customer"].text }
            var interests = 0
            var objections = 0
            for name in leads {
                let brief = try await store.ask(.brief(name, zone: nil))
                let who = brief["identifiers"].list.compactMap(\.text)
                let list = who.map { "'" + $0.replacing("'", with: "''") + "'" }.joined(separator: ", ")
                let events = """
                    WITH distinct_events AS (
                      SELECT min(position) AS position, type, at, deal, json,
                        lower(CASE WHEN instr(customer, ':') > 0 THEN customer ELSE 'customer_id:' || customer END) AS who
                      FROM events GROUP BY json->>'source', id
                    ),
                    own AS (SELECT * FROM distinct_events WHERE who IN (\(list))),
                    deals AS (SELECT DISTINCT deal FROM own WHERE deal IS NOT NULL),
                    heard AS (
                      SELECT * FROM own
                      UNION ALL SELECT * FROM distinct_events WHERE who IS NULL AND deal IN (SELECT deal FROM deals)
                    )
                    """
                let seen = try database.rows(
                    events + """
                         SELECT CASE type WHEN 'page_viewed' THEN 'page' WHEN 'content_downloaded' THEN 'content'
                          WHEN 'video_watched' THEN 'video' WHEN 'product_used' THEN 'product'
                          WHEN 'form_submitted' THEN 'form' END AS kind,
                          coalesce(json->>'$.properties.content_id', json->>'$.properties.feature',
                            json->>'$.properties.form_id', json->>'$.properties.url') AS what, count(*)
                        FROM heard WHERE kind IS NOT NULL GROUP BY 1, 2
                        """
                ).map { $0.map { $0 ?? "" }.joined(separator: " ") }
                let kinds: Set<String?> = ["page", "content", "video", "product", "form"]
                let found = brief["interests"].list.filter { kinds.contains($0["kind"].text) }.map {
                    "\($0["kind"]) \($0["what"]) \($0["count"].int ?? 0)"
                }
                // Few of them have more than the page shows.
                if brief["interests_total"].int ?? 0 <= 20 {
                    #expect(found.sorted() == seen.sorted(), "\(name)")
                    interests += found.count
                }
                let contacts = try database.rows(
                    events + """
                         SELECT type, at FROM heard WHERE type IN ('call_made', 'sales_email_sent', 'sales_email_replied',
                          'meeting_booked', 'meeting_held', 'meeting_missed', 'demo_held')
                        ORDER BY at DESC, position DESC LIMIT 5
                        """
                )
                let last = brief["contacts"].list.map { row in
                    [row["type"].text, Timestamp(rfc3339: row["at"].text ?? "").map { "\($0.rawValue)" }]
                }
                #expect(last == contacts, "\(name)")
                let raised = try database.rows(
                    events + """
                         SELECT json->>'$.properties.objection_id', count(*) FROM heard WHERE type = 'objection_raised'
                        GROUP BY 1 ORDER BY 1
                        """
                )
                let listed = brief["objections"].list.map { [$0["objection"].text, $0["times"].int.map { "\($0)" }] }
                #expect(listed.sorted { ($0[0] ?? "") < ($1[0] ?? "") } == raised, "\(name)")
                objections += listed.count
            }
            #expect(leads.count == 46 && interests > 60 && objections > 10)
        }
    }
}
