// Objections, competitors and feedback of the made journeys, computed a second time in SQL from their definitions.
import Foundation
import JourneyEvents
import JourneyViews
import Rihla
import TestSupport
import Testing

/// The file as tables: `e` has each event once with the person whose it is, `deals` what each deal became.
private func database() throws -> EventDatabase {
    let database = try EventDatabase(ndjson: Data(TestData.bytes("journeys/small.ndjson")))
    let statements = [
        // The first line of each (source, id); plain customers are customer_ids, e-mail addresses in lower case.
        """
        CREATE TABLE raw AS SELECT position, type, at, units, currency, deal, campaign, channel,
          json->'properties' AS p,
          CASE WHEN customer IS NULL THEN NULL WHEN instr(customer, ':') = 0 THEN 'customer_id:' || customer
            WHEN customer LIKE 'email:%' THEN lower(customer) ELSE customer END AS who
        FROM events WHERE position IN
          (SELECT min(position) FROM events GROUP BY coalesce(json->>'source', ''), id)
        """,
        """
        CREATE TABLE links AS SELECT type, position, at, CASE WHEN instr(p->>'a', ':') = 0
            THEN 'customer_id:' ELSE '' END || lower(p->>'a') AS a,
          CASE WHEN instr(p->>'b', ':') = 0 THEN 'customer_id:' ELSE '' END || lower(p->>'b') AS b FROM raw
        WHERE type IN ('identity_linked', 'identity_unlinked')
        """,
        // Persons: what hangs together by links that were not taken back. Devices belong to whom they were linked last.
        """
        CREATE TABLE edges AS SELECT a, b FROM links WHERE type = 'identity_linked' AND a NOT LIKE 'anonymous_id:%'
        EXCEPT SELECT a, b FROM links WHERE type = 'identity_unlinked'
        """,
        "INSERT INTO edges SELECT b, a FROM edges",
        """
        CREATE TABLE persons AS WITH RECURSIVE reach(x, y) AS
          (SELECT a, a FROM edges UNION SELECT x, b FROM reach JOIN edges ON a = y)
        SELECT x AS who, min(y) AS person FROM reach GROUP BY x
        """,
        """
        CREATE TABLE e AS SELECT owned.*, coalesce((SELECT person FROM persons WHERE who = owner), owner) AS person
        FROM (SELECT raw.*, CASE WHEN who LIKE 'anonymous_id:%' THEN coalesce(
            (SELECT b FROM links WHERE a = who AND links.at <= raw.at ORDER BY links.at DESC, links.position DESC LIMIT 1),
            (SELECT b FROM links WHERE a = who ORDER BY links.at, links.position LIMIT 1), who)
          ELSE who END AS owner FROM raw) AS owned
        """,
        // A deal is what the first close after its last reopening made it, and open without one.
        """
        CREATE TABLE deals AS WITH named AS
          (SELECT *, row_number() OVER (PARTITION BY deal ORDER BY at, position) AS n FROM e WHERE deal IS NOT NULL),
        closes AS (SELECT deal, min(n) AS n FROM named WHERE type IN ('deal_won', 'deal_lost') AND n >
            coalesce((SELECT max(n) FROM named AS r WHERE r.deal = named.deal AND r.type = 'deal_reopened'), 0)
          GROUP BY deal)
        SELECT d.deal, c.type AS state, c.n AS close, c.p->>'reason' AS reason,
          (SELECT p->>'owner' FROM named WHERE deal = d.deal AND type = 'deal_created' ORDER BY n LIMIT 1) AS owner,
          (SELECT person FROM named WHERE deal = d.deal AND person IS NOT NULL ORDER BY n LIMIT 1) AS person,
          (SELECT at FROM named WHERE deal = d.deal ORDER BY type <> 'deal_created', n LIMIT 1) AS opened_at,
          (SELECT position FROM named WHERE deal = d.deal ORDER BY type <> 'deal_created', n LIMIT 1) AS opening,
          (SELECT units FROM named WHERE deal = d.deal AND units IS NOT NULL AND n <= c.n
            AND type IN ('deal_created', 'deal_amount_changed', 'deal_won') ORDER BY n DESC LIMIT 1) AS units,
          (SELECT currency FROM named WHERE deal = d.deal AND units IS NOT NULL ORDER BY n LIMIT 1) AS currency
        FROM (SELECT DISTINCT deal FROM named) AS d
        LEFT JOIN closes ON closes.deal = d.deal LEFT JOIN named AS c ON c.deal = d.deal AND c.n = closes.n
        """,
        """
        CREATE TABLE raised AS WITH named AS
          (SELECT *, row_number() OVER (PARTITION BY deal ORDER BY at, position) AS n FROM e WHERE deal IS NOT NULL)
        SELECT r.deal, r.p->>'category' AS category, d.state, d.owner,
          EXISTS (SELECT 1 FROM named AS s WHERE s.deal = r.deal AND s.type = 'objection_resolved' AND s.n > r.n
            AND s.p->>'objection_id' = r.p->>'objection_id' AND s.p->>'outcome' <> 'unresolved'
            AND (d.close IS NULL OR r.n > d.close OR s.n < d.close)) AS resolved
        FROM named AS r JOIN deals AS d ON d.deal = r.deal WHERE r.type = 'objection_raised'
        """,
    ]
    for statement in statements { _ = try database.rows(statement) }
    return database
}

@Suite(.serialized)
struct LearningSmallTests {
    private func answer(_ query: Query) async throws -> JSON {
        try await withStore([]) { store async throws in
            _ = try await store.ingest([TestData.path("journeys/small.ndjson")])
            return try await store.ask(query)
        }
    }

    private static let figures = """
        count(*), sum(resolved), count(DISTINCT deal), count(DISTINCT CASE WHEN state = 'deal_won' THEN deal END),
        count(DISTINCT CASE WHEN state = 'deal_lost' THEN deal END)
        """

    private func figures(_ category: JSON) -> [String?] {
        ["raised", "resolved", "deals", "won", "lost"].map { name in category[name].int.map { "\($0)" } }
    }

    @Test func `objections by category, their base and competitors are those that SQL finds`() async throws {
        let database = try database()
        let json = try await answer(.objections(ObjectionQuery()))
        let base = try #require(
            try database.rows(
                "SELECT sum(state = 'deal_won'), sum(state = 'deal_lost'), sum(state IS NULL) FROM deals"
            ).first
        ).map { Int($0 ?? "") ?? -1 }
        #expect([json["won"].int, json["lost"].int, json["open"].int] == base)
        #expect(json["base_win_rate"].double == Double(base[0]) / Double(base[0] + base[1]))
        let rows = try database.rows(
            "SELECT category, \(LearningSmallTests.figures) FROM raised GROUP BY 1 ORDER BY 2 DESC, 1"
        )
        #expect(rows.count > 5)
        let found = json["categories"].list.map { [$0["category"].text] + figures($0) }
        #expect(found == rows)
        let competitors = try database.rows(
            """
            SELECT lower(p->>'competitor'), count(DISTINCT e.deal),
              count(DISTINCT CASE WHEN state = 'deal_won' THEN e.deal END),
              count(DISTINCT CASE WHEN state = 'deal_lost' THEN e.deal END)
            FROM e JOIN deals ON deals.deal = e.deal WHERE p->>'competitor' <> '' GROUP BY 1 ORDER BY 2 DESC, 1
            """
        )
        #expect(!competitors.isEmpty)
        let named = json["competitors"].list.map { entry in
            [entry["competitor"].text?.lowercased()] + ["deals", "won", "lost"].map { entry[$0].int.map { "\($0)" } }
        }
        #expect(named == competitors)
        let responses = try database.rows(
            """
            SELECT p->>'response_id', count(*), count(DISTINCT CASE WHEN state = 'deal_won' THEN e.deal END),
              count(DISTINCT CASE WHEN state = 'deal_lost' THEN e.deal END)
            FROM e JOIN deals ON deals.deal = e.deal WHERE type = 'objection_resolved' GROUP BY 1 ORDER BY 1
            """
        )
        let given = json["responses"].list.map { entry in
            [entry["response"].text] + ["used", "won", "lost"].map { entry[$0].int.map { "\($0)" } }
        }
        #expect(!responses.isEmpty && given.sorted { ($0[0] ?? "") < ($1[0] ?? "") } == responses)
    }

    @Test func `objections by owner are those that SQL finds`() async throws {
        var query = ObjectionQuery()
        query.by = "owner"
        let json = try await answer(.objections(query))
        let database = try database()
        let rows = try database.rows("SELECT owner, category, \(LearningSmallTests.figures) FROM raised GROUP BY 1, 2")
        var found: Set<[String?]> = []
        for group in json["groups"].list {
            for category in group["categories"].list {
                found.insert([group["owner"].text, category["category"].text] + figures(category))
            }
        }
        #expect(rows.count > 5 && found == Set(rows))
        let bases = try database.rows(
            "SELECT owner, sum(state = 'deal_won'), sum(state = 'deal_lost') FROM deals GROUP BY 1"
        )
        for base in bases {
            let group = json["groups"].first("owner", base[0] ?? "")
            #expect(group["won"].int == Int(base[1] ?? "") && group["lost"].int == Int(base[2] ?? ""))
        }
    }

    @Test(arguments: ["last", "first"])
    func `feedback by campaign is what SQL finds`(_ model: String) async throws {
        let database = try database()
        var query = FeedbackQuery()
        query.model = model
        let json = try await answer(.feedback(query))
        // No page view of the file has a campaign, so that sessions have no say in it.
        let views = try database.rows("SELECT count(*) FROM e WHERE type = 'page_viewed' AND campaign IS NOT NULL")
        #expect(views == [["0"]])
        _ = try database.rows(
            """
            CREATE TABLE touches AS SELECT person, at, position, campaign FROM e
            WHERE campaign IS NOT NULL AND person IS NOT NULL AND deal IS NULL AND type IN ('ad_clicked',
              'content_downloaded', 'email_clicked', 'social_engaged', 'event_attended', 'form_submitted', 'chat_started')
            """
        )
        let order = model == "last" ? "t.at DESC, t.position DESC" : "t.at, t.position"
        func campaign(_ at: String, _ position: String) -> String {
            """
            coalesce((SELECT campaign FROM touches AS t WHERE t.person = m.person AND m.\(at) - t.at <= 2592000000
              AND (t.at, t.position) <= (m.\(at), m.\(position)) ORDER BY \(order) LIMIT 1), '(none)')
            """
        }
        func table(_ sql: String) throws -> [String: [String?]] {
            Dictionary(uniqueKeysWithValues: try database.rows(sql).map { ($0[0] ?? "", Array($0.dropFirst())) })
        }
        func milestones(_ type: String) throws -> [String: [String?]] {
            try table(
                """
                SELECT \(campaign("at", "position")), count(*) FROM (SELECT *, row_number() OVER
                  (PARTITION BY person ORDER BY at, position) AS n FROM e WHERE type = '\(type)' AND person IS NOT NULL) AS m
                WHERE n = 1 GROUP BY 1
                """
            )
        }
        let leads = try milestones("lead_created")
        let mqls = try milestones("mql_reached")
        let deals = try table(
            """
            SELECT \(campaign("opened_at", "opening")), count(*), sum(state IS NULL), sum(state = 'deal_won'),
              sum(state = 'deal_lost'), sum(CASE WHEN state = 'deal_won' AND currency = 'EUR' THEN units END),
              sum(CASE WHEN state = 'deal_won' AND currency = 'USD' THEN units END)
            FROM deals AS m GROUP BY 1
            """
        )
        let reasons = try database.rows(
            """
            SELECT \(campaign("opened_at", "opening")), reason, count(*) FROM deals AS m WHERE state = 'deal_lost'
            GROUP BY 1, 2
            """
        )
        let objections = try database.rows(
            """
            SELECT \(campaign("opened_at", "opening")), category, count(*) FROM deals AS m JOIN raised USING (deal)
            GROUP BY 1, 2
            """
        )
        #expect(leads.count > 5 && deals.count > 5 && reasons.count > 5 && objections.count > 5)
        let names = Set(leads.keys).union(mqls.keys).union(deals.keys)
        #expect(Set(json["rows"].list.compactMap { $0["campaign"].text }) == names)
        func count(_ list: [String?]?, _ index: Int) -> Int { list.flatMap { Int($0[index] ?? "") } ?? 0 }
        for row in json["rows"].list {
            let name = row["campaign"].text ?? ""
            #expect(row["leads"].int == count(leads[name], 0), "\(name)")
            #expect(row["mqls"].int == count(mqls[name], 0), "\(name)")
            for (index, figure) in ["deals", "open", "won", "lost"].enumerated() {
                #expect(row[figure].int == count(deals[name], index), "\(name) \(figure)")
            }
            for (currency, index) in [("EUR", 4), ("USD", 5)] {
                let text = row["revenue"].first("currency", currency)["amount"].text ?? "0"
                let micros = try #require(Decimal(string: text)) * 1_000_000
                #expect(micros == Decimal(count(deals[name], index)), "\(name) \(currency)")
            }
            let lost = row["loss_reasons"].list.map { [name, $0["reason"].text, $0["deals"].int.map { "\($0)" }] }
            #expect(Set(lost) == Set(reasons.filter { $0[0] == name }))
            let raised = row["objections"].list.map { [name, $0["category"].text, $0["raised"].int.map { "\($0)" }] }
            #expect(Set(raised) == Set(objections.filter { $0[0] == name }))
        }
    }

    @Test func `conversions for advertisers, and what each is worth, are those that SQL finds`() async throws {
        let database = try database()
        let json = try await answer(.conversions(ConversionQuery()))
        func told(_ type: String, _ key: (JSON) -> String?) -> [[String?]] {
            json["conversions"].list.filter { $0["type"].text == type }.map { row in
                let value = row["value"].text.flatMap { Decimal(string: $0) }.map { "\($0 * 1_000_000)" }
                return [key(row), value, row["currency"].text]
            }.sorted { ($0[0] ?? "") < ($1[0] ?? "") }
        }
        // An order is worth what did not go back; one that went back whole was no conversion.
        let orders = try database.rows(
            """
            WITH once AS (SELECT * FROM events WHERE position IN (SELECT position FROM raw)),
            back AS (SELECT json->>'causation_id' AS cause, sum(units) AS units FROM once
              WHERE type = 'order_refunded' GROUP BY 1)
            SELECT (json->>'source') || ':' || id, o.units + coalesce(b.units, 0), currency
            FROM once AS o LEFT JOIN back AS b ON b.cause = o.id
            WHERE type = 'order_completed' AND (b.units IS NULL OR o.units + b.units <> 0) ORDER BY 1
            """
        )
        #expect(orders.count == 88)
        #expect(told("order_completed") { $0["id"].text } == orders)
        let deals = try database.rows(
            "SELECT deal, units, currency FROM deals WHERE state = 'deal_won' ORDER BY 1"
        )
        #expect(deals.count == 14)
        #expect(told("deal_won") { $0["deal"].text } == deals)
    }

    @Test func `a budget has the spend that SQL finds and the return that attribution gives`() async throws {
        let database = try database()
        try await withStore([]) { store async throws in
            _ = try await store.ingest([TestData.path("journeys/small.ndjson")])
            var query = BudgetQuery(total: "10000")
            (query.currency, query.period) = ("EUR", "quarter")
            let budget = try await store.ask(.budget(query))
            #expect(budget["periods"].list.count == 4 && budget["reason"]["code"].text == "too_few_channels")
            let spend = try database.rows(
                """
                SELECT channel, sum(units) FROM raw WHERE type = 'spend_recorded' AND who IS NULL AND currency = 'EUR'
                GROUP BY 1 ORDER BY 1
                """
            )
            var linear = AttributionQuery()
            linear.models = ["linear"]
            let credits = try await store.ask(.attribution(linear))["models"][0]["rows"]
            let rows = budget["rows"].list.sorted { ($0["channel"].text ?? "") < ($1["channel"].text ?? "") }
            #expect(rows.map { $0["channel"].text } == spend.map { $0[0] } && spend.count == 3)
            for (row, spent) in zip(rows, spend) {
                func cents(_ money: JSON) -> Double { (Double(money["amount"].text ?? "") ?? .nan) * 100 }
                // A quarter of the year's, to the cent.
                let spentNow = try #require(spent[1].flatMap(Double.init)) / 4 / 10_000
                #expect(abs(cents(row["spend_now"]) - spentNow) <= 0.5, "\(spent)")
                let earned = credits.first("key", row["channel"].text ?? "")["value"].first("currency", "EUR")
                #expect(abs(cents(row["return_now"]) - cents(earned) / 4) <= 0.5, "\(spent)")
                #expect(abs((row["roas"].double ?? .nan) - cents(earned) / 4 / spentNow) < 1e-9, "\(spent)")
            }
        }
    }
}
