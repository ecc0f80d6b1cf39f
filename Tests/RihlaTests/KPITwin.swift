// The key figures of one period a second time: in SQL, from what docs/semantics/kpis.md says. Who is who is taken from the
// store's timelines.
import Foundation
import JourneyViews
import Rihla
import TestSupport

/// The figures of one period of a store, by SQLite.
struct KPITwin {
    let database: EventDatabase

    init(_ store: JourneyStore) async throws {
        var export: [UInt8] = []
        _ = try store.export { export += $0 }
        database = try EventDatabase(ndjson: Data(export))
        _ = try database.rows("CREATE TABLE persons(position INTEGER PRIMARY KEY, person TEXT)")
        for customer in try await store.ask(.customers(stage: nil, after: nil, limit: nil))["customers"].list {
            let name = customer["customer"].text ?? ""
            let timeline = try await store.ask(.timeline(.customer(name), from: nil, to: nil, limit: nil))
            let values = timeline["events"].list.compactMap { $0["position"].int }.map { "(\($0), '\(name)')" }
            _ = try database.rows("INSERT INTO persons VALUES " + values.joined(separator: ","))
        }
    }

    private static let web = [
        "ad_clicked", "page_viewed", "content_downloaded", "video_watched", "email_clicked", "form_submitted",
        "chat_started", "product_added", "checkout_started",
    ].map { "'\($0)'" }.joined(separator: ",")
    private static let stages = [
        "ad_impression ad_clicked page_viewed email_opened social_engaged",
        "content_downloaded video_watched email_clicked form_submitted chat_started account_created lead_created",
        """
        event_attended trial_started product_used mql_reached lead_handed_off lead_accepted call_made \
        sales_email_replied meeting_booked meeting_held demo_held
        """,
        """
        sql_reached deal_created deal_stage_changed proposal_sent objection_raised objection_resolved \
        negotiation_started discount_offered contract_sent contract_signed product_added checkout_started
        """,
        "deal_won order_completed subscription_started onboarding_completed",
        "subscription_renewed review_posted referral_made",
    ]

    /// Makes the tables of what had happened before `end`; with a segment only of its customers.
    private func prepare(_ end: Int64, _ segment: String?) throws {
        for table in ["ev", "web", "purchases", "touches", "value", "staged"] {
            _ = try database.rows("DROP TABLE IF EXISTS \(table)")
        }
        let all = "SELECT e.*, p.person FROM events e LEFT JOIN persons p USING (position) WHERE at < \(end)"
        let value = """
            (SELECT nullif(f.json->'properties'->>'plan', '') FROM events f JOIN persons q USING (position)
             WHERE q.person = a.person AND f.at < \(end) AND f.json->'properties'->>'plan' IS NOT NULL
             ORDER BY f.at DESC, f.position DESC LIMIT 1)
            """
        let filter = segment.map { "WHERE a.person IS NOT NULL AND coalesce(\(value), '(none)') = '\($0)'" } ?? ""
        _ = try database.rows("CREATE TABLE ev AS SELECT a.* FROM (\(all)) a \(filter)")
        _ = try database.rows(
            """
            CREATE TABLE web AS SELECT person, at, position, sum(starts) OVER journey AS visit, starts FROM (
              SELECT person, at, position, CASE WHEN at - lag(at) OVER (PARTITION BY person ORDER BY at, position)
                <= 1800000 THEN 0 ELSE 1 END AS starts
              FROM ev WHERE person IS NOT NULL AND type IN (\(KPITwin.web)))
            WINDOW journey AS (PARTITION BY person ORDER BY at, position)
            """
        )
        // A win counts when what happened last to the deal is not that it was closed; a reopening takes it back.
        _ = try database.rows(
            """
            CREATE TABLE purchases AS
              SELECT person, at, position, units, currency, json->'properties'->>'order_id' AS name, NULL AS voided, 0 AS won
              FROM ev WHERE type = 'order_completed'
              UNION ALL SELECT person, at, position, units, currency, NULL,
                (SELECT min(r.at) FROM ev r WHERE r.type = 'deal_reopened' AND r.deal = w.deal AND r.person IS w.person
                 AND (r.at, r.position) > (w.at, w.position)), 1
              FROM (SELECT *, lag(type) OVER (PARTITION BY person, deal ORDER BY at, position) AS last FROM ev
                    WHERE type IN ('deal_won', 'deal_lost', 'deal_reopened')) w
              WHERE type = 'deal_won' AND coalesce(last, 'deal_reopened') = 'deal_reopened'
            """
        )
        _ = try database.rows(
            """
            CREATE TABLE touches AS SELECT person, at, position FROM ev
            WHERE person IS NOT NULL AND (type IN ('ad_clicked', 'content_downloaded', 'email_clicked', 'social_engaged',
                'event_attended', 'form_submitted', 'chat_started')
              OR type = 'page_viewed' AND position IN (SELECT position FROM web WHERE starts = 1))
            AND (CASE WHEN channel IS NOT NULL
                THEN channel NOT IN ('direct', 'call', 'meeting', 'demo', 'sales_email', 'outbound', 'partner')
              ELSE type IN ('email_clicked', 'social_engaged', 'event_attended', 'chat_started')
                OR json->'properties'->'utm' IS NOT NULL OR json->'properties'->>'referrer' IS NOT NULL
                OR json->'properties'->>'click_id' IS NOT NULL END)
            """
        )
        let cases = KPITwin.stages.enumerated().map { index, types in
            "WHEN type IN (" + types.split(separator: " ").map { "'\($0)'" }.joined(separator: ",")
                + ") THEN \(index + 1)"
        }.joined(separator: " ")
        // Bought again while something else counts, or a score of nine: the last stage.
        _ = try database.rows(
            """
            CREATE TABLE staged AS SELECT person, at, CASE
                WHEN type = 'nps_answered' THEN CASE WHEN json->'properties'->>'score' >= 9 THEN 6 END \(cases) END AS stage
              FROM ev WHERE person IS NOT NULL AND type NOT IN ('deal_won', 'deal_stage_changed')
              UNION ALL SELECT person, at, 4 FROM (SELECT *, (SELECT c.type FROM ev c WHERE c.deal = s.deal
                  AND c.person IS s.person AND c.type IN ('deal_won', 'deal_lost', 'deal_reopened')
                  AND (c.at, c.position) < (s.at, s.position) ORDER BY c.at DESC, c.position DESC LIMIT 1) AS last
                FROM ev s WHERE type = 'deal_stage_changed' AND person IS NOT NULL)
                WHERE coalesce(last, 'deal_reopened') = 'deal_reopened'
              UNION ALL SELECT person, at, 5 FROM purchases WHERE person IS NOT NULL
              UNION ALL SELECT p.person, p.at, 6 FROM purchases p WHERE (SELECT count(*) FROM purchases q
                WHERE q.person = p.person AND (q.at, q.position) <= (p.at, p.position)
                AND (q.voided IS NULL OR q.voided > p.at)) >= 2
            """
        )
    }

    private func number(_ sql: String) throws -> String { try database.rows(sql).first?.first.flatMap { $0 } ?? "null" }

    private func share(_ part: String, _ whole: String) throws -> String { "\(try number(part))/\(try number(whole))" }

    /// Sums of millionths by currency.
    private func money(_ sql: String) throws -> String {
        try database.rows("SELECT currency, sum(units) FROM (\(sql)) WHERE currency IS NOT NULL GROUP BY 1 ORDER BY 1")
            .map { "\($0[1] ?? "") \($0[0] ?? "")" }.joined(separator: ", ")
    }

    func figures(_ before: Int64, _ start: Int64, _ end: Int64, segment: String? = nil) throws -> [String: String] {
        try prepare(end, segment)
        let inside = "BETWEEN \(start) AND \(end - 1)"
        let visits = "SELECT min(at) a, max(at) b, count(*) n FROM web GROUP BY person, visit HAVING min(at) \(inside)"
        let mails = """
            SELECT person, json->'properties'->>'email_id' AS id, min(at) AS at FROM ev WHERE type = 'email_delivered'
            AND person IS NOT NULL GROUP BY 1, 2 HAVING min(at) \(inside)
            """
        func answered(_ condition: String) -> String {
            """
            SELECT count(*) FROM (\(mails)) m WHERE EXISTS (SELECT 1 FROM ev o WHERE o.person = m.person
            AND o.json->'properties'->>'email_id' = m.id AND (\(condition)))
            """
        }
        let clicks = "o.type = 'email_clicked'"
        let opens = "\(clicks) OR o.type = 'email_opened' AND NOT coalesce(o.json->'properties'->>'machine_open', 0)"
        let qualified =
            "SELECT person FROM ev WHERE type = 'mql_reached' AND person IS NOT NULL GROUP BY 1 "
            + "HAVING min(at) \(inside)"
        let visitors = "SELECT DISTINCT person FROM web WHERE at \(inside)"
        let valid = "SELECT * FROM purchases WHERE person IS NOT NULL AND voided IS NULL"
        let buyers = "SELECT DISTINCT person FROM (\(valid)) WHERE at \(inside)"
        let had = """
            SELECT DISTINCT person FROM purchases WHERE person IS NOT NULL AND at < \(start)
            AND (voided IS NULL OR voided >= \(start))
            """
        let active = "person IN (SELECT person FROM ev WHERE at BETWEEN \(before) AND \(start - 1))"
        func churned(_ time: Int64) -> String {
            """
            person IN (SELECT c.person FROM ev c WHERE c.type IN ('customer_churned', 'subscription_cancelled')
              AND c.at < \(time) AND c.at > coalesce((SELECT max(p.at) FROM purchases p
                WHERE p.person = c.person AND p.at < \(time)), -1))
            """
        }
        // By deal, whoever says it: the last close that is not taken back.
        let closed = """
            SELECT deal, type, at, units, currency FROM (SELECT *, lag(type) OVER (PARTITION BY deal ORDER BY at, position)
              AS last FROM ev WHERE type IN ('deal_won', 'deal_lost', 'deal_reopened')) c
            WHERE type <> 'deal_reopened' AND coalesce(last, 'deal_reopened') = 'deal_reopened' AND at \(inside)
            AND NOT EXISTS (SELECT 1 FROM ev r WHERE r.type = 'deal_reopened' AND r.deal = c.deal
              AND (r.at, r.position) > (c.at, c.position))
            """
        let won = "SELECT * FROM (\(closed)) WHERE type = 'deal_won'"
        let refunds = "SELECT * FROM ev WHERE type = 'order_refunded'"
        let orders = "SELECT * FROM purchases WHERE won = 0 AND at \(inside)"
        let kept = """
            \(orders) UNION ALL SELECT person, at, position, units, currency, NULL, NULL, 0 FROM (\(refunds)) r
            WHERE json->'properties'->>'order_id' IN (SELECT name FROM (\(orders)) o WHERE o.person IS r.person)
            """
        let created = "SELECT * FROM ev WHERE type = 'deal_created' AND at \(inside)"
        let worth = """
            SELECT c.deal, (SELECT a.units FROM ev a WHERE a.deal = c.deal AND a.units IS NOT NULL
              AND a.type IN ('deal_created', 'deal_amount_changed', 'deal_won') ORDER BY a.at DESC, a.position DESC LIMIT 1)
              AS units, c.currency, EXISTS (SELECT 1 FROM touches t WHERE t.person = c.person AND t.at <= c.at
              AND t.at >= c.at - 2592000000) AS marketing FROM (\(created)) c
            """
        let ofMarketing = """
            EXISTS (SELECT 1 FROM touches t WHERE t.person = p.person AND (t.at, t.position) < (p.at, p.position)
            AND t.at >= p.at - 2592000000)
            """
        func revenue(_ condition: String) -> String {
            """
            SELECT units, currency FROM purchases p WHERE at \(inside) AND \(condition)
            UNION ALL SELECT -units, currency FROM purchases p WHERE voided \(inside) AND \(condition)
            UNION ALL SELECT r.units, r.currency FROM ev r JOIN purchases p ON p.person IS r.person AND p.won = 0
              AND p.name = r.json->'properties'->>'order_id' WHERE r.type = 'order_refunded' AND r.at \(inside) AND \(condition)
            """
        }
        let unmatched = """
            SELECT units, currency FROM (\(refunds)) r WHERE at \(inside) AND NOT EXISTS (SELECT 1 FROM purchases p
            WHERE p.person IS r.person AND p.name = r.json->'properties'->>'order_id')
            """
        var found: [String: String] = [
            "marketing.impressions": try number(
                "SELECT count(*) FROM ev WHERE type = 'ad_impression' AND at \(inside)"
            ),
            "marketing.visits": try number("SELECT count(*) FROM (\(visits))"),
            "marketing.visitors": try number("SELECT count(*) FROM (\(visitors))"),
            "marketing.new_audience": try number(
                "SELECT count(*) FROM (SELECT 1 FROM ev WHERE person IS NOT NULL GROUP BY person HAVING min(at) \(inside))"
            ),
            "marketing.engagement_rate": try share(
                "SELECT count(*) FROM (\(visits)) WHERE n > 1",
                "SELECT count(*) FROM (\(visits))"
            ),
            "marketing.dwell_seconds": try number(
                "SELECT count(*) || ' visits, ' || round(avg(b - a) / 1000.0, 3) FROM (\(visits)) WHERE n > 1"
            ),
            "marketing.email_delivered": try number("SELECT count(*) FROM (\(mails))"),
            "marketing.email_open_rate": try share(answered(opens), "SELECT count(*) FROM (\(mails))"),
            "marketing.email_click_rate": try share(answered(clicks), "SELECT count(*) FROM (\(mails))"),
            "marketing.mqls": try number("SELECT count(*) FROM (\(qualified))"),
            "marketing.mql_share": try share(
                "SELECT count(*) FROM (\(visitors)) WHERE person IN (\(qualified))",
                "SELECT count(*) FROM (\(visitors))"
            ),
            "marketing.loyalty": try share(
                "SELECT count(*) FROM (\(buyers)) WHERE person IN (SELECT person FROM (\(valid)) WHERE at < \(start))",
                "SELECT count(*) FROM (\(buyers))"
            ),
            "sales.deals_won": try number("SELECT count(*) FROM (\(won))"),
            "sales.win_rate": try share("SELECT count(*) FROM (\(won))", "SELECT count(*) FROM (\(closed))"),
            "sales.won_amount": try money(won),
            "sales.time_to_close_seconds": try number(
                """
                SELECT count(*) || ' deals, ' || round(avg(w.at - c.at) / 1000.0, 3) FROM (\(won)) w
                JOIN ev c ON c.deal = w.deal AND c.type = 'deal_created'
                """
            ),
            "sales.orders": try number("SELECT count(*) FROM (\(orders))"),
            "sales.average_order_gross": try money(orders), "sales.average_order_net": try money(kept),
            "sales.retention": try share(
                "SELECT count(*) FROM (\(had)) WHERE \(active) AND person IN (SELECT person FROM ev WHERE at \(inside))",
                "SELECT count(*) FROM (\(had)) WHERE \(active)"
            ),
            "sales.churn": try share(
                "SELECT count(*) FROM (\(had)) WHERE NOT \(churned(start)) AND \(churned(end))",
                "SELECT count(*) FROM (\(had)) WHERE NOT \(churned(start))"
            ),
            "sales.revenue": try money(revenue("true") + " UNION ALL " + unmatched),
            "shared.new_customers": try number(
                "SELECT count(*) FROM (SELECT 1 FROM (\(valid)) GROUP BY person HAVING min(at) \(inside))"
            ),
            "shared.deals_created": try number("SELECT count(*) FROM (\(created))"),
            "shared.pipeline_created": try money(worth),
            "shared.pipeline_from_marketing": try money("SELECT * FROM (\(worth)) WHERE marketing"),
            "shared.deals_from_marketing": try share(
                "SELECT count(*) FROM (\(worth)) WHERE marketing",
                "SELECT count(*) FROM (\(created))"
            ),
            "shared.revenue_from_marketing": try money(revenue(ofMarketing)),
        ]
        for stage in 1...5 {
            let reached = "SELECT person FROM staged WHERE stage >= \(stage) GROUP BY 1 HAVING min(at) \(inside)"
            let next = "person IN (SELECT person FROM staged WHERE stage > \(stage))"
            found["shared.lifecycle \(stage)"] = try share(
                "SELECT count(*) FROM (\(reached)) WHERE \(next)",
                "SELECT count(*) FROM (\(reached))"
            )
        }
        // Where deals came to be and went on, and what became of the stage that they left.
        let entries = """
            SELECT *, lag(stage) OVER (PARTITION BY deal ORDER BY at, position) AS previous FROM (
              SELECT deal, at, position, coalesce(json->'properties'->>'to', json->'properties'->>'stage') AS stage,
                (SELECT c.type FROM ev c WHERE c.deal = s.deal AND c.type IN ('deal_won', 'deal_lost', 'deal_reopened')
                 AND (c.at, c.position) < (s.at, s.position) ORDER BY c.at DESC, c.position DESC LIMIT 1) AS last
              FROM ev s WHERE type IN ('deal_created', 'deal_stage_changed'))
            WHERE coalesce(last, 'deal_reopened') = 'deal_reopened'
            """
        let moves = """
            SELECT previous AS stage, NOT EXISTS (SELECT 1 FROM (\(entries)) b WHERE b.deal = a.deal AND b.stage = a.stage
              AND (b.at, b.position) < (a.at, a.position)) AS advanced
            FROM (\(entries)) a WHERE previous <> stage AND at \(inside)
            UNION ALL SELECT (SELECT stage FROM (\(entries)) e WHERE e.deal = c.deal AND e.at <= c.at
              ORDER BY e.at DESC, e.position DESC LIMIT 1), type = 'deal_won' FROM (\(closed)) c
            """
        for row in try database.rows(
            "SELECT stage, sum(advanced), count(*) FROM (\(moves)) WHERE stage IS NOT NULL GROUP BY 1"
        ) {
            found["sales.stages \(row[0] ?? "")"] = "\(row[1] ?? "")/\(row[2] ?? "")"
        }
        if segment == nil {
            found["shared.spend"] = try money(
                """
                SELECT * FROM ev WHERE type = 'spend_recorded' AND unixepoch(json->'properties'->>'from') * 1000 \(inside)
                AND unixepoch(json->'properties'->>'to') * 1000 \(inside)
                """
            )
        }
        return found
    }
}
