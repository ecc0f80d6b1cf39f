// Pipeline and forecast of the made journeys, computed a second time by SQLite from the definitions.
import Foundation
import JourneyEvents
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

/// What SQL knows of the deals of the file at an instant, in milliseconds: `facts(deal, owner, created, state, closed, units,
/// digits, currency, expected)`, `visits(deal, n, stage, rank, next)` and `states(deal, at, type)`.
private func deals(asOf: Int64) -> String {
    """
    WITH known AS (
      SELECT *, row_number() OVER (PARTITION BY json->>'source', id ORDER BY position) AS copy FROM events
    ), ev AS (
      SELECT * FROM known WHERE copy = 1 AND deal IS NOT NULL AND at <= \(asOf)
    ), states AS (
      SELECT deal, at, position, type FROM ev WHERE type IN ('deal_won', 'deal_lost', 'deal_reopened')
    ), dates AS (
      SELECT deal, at, position, coalesce(json->>'$.properties.value', json->>'$.properties.close_date') AS day
      FROM ev WHERE type IN ('deal_created', 'deal_close_date_changed')
    ), money AS (
      SELECT deal, at, position, units, currency, length(amount) - instr(amount, '.') AS digits
      FROM ev WHERE type IN ('deal_created', 'deal_amount_changed', 'deal_won') AND units IS NOT NULL
    ), facts AS (
      SELECT c.deal, c.json->>'$.properties.owner' AS owner, c.json->>'account' AS account, c.at AS created,
        CASE (SELECT type FROM states s WHERE s.deal = c.deal ORDER BY at DESC, position DESC LIMIT 1)
          WHEN 'deal_won' THEN 'won' WHEN 'deal_lost' THEN 'lost' ELSE 'open' END AS state,
        (SELECT at FROM states s WHERE s.deal = c.deal ORDER BY at DESC, position DESC LIMIT 1) AS closed,
        (SELECT units FROM money m WHERE m.deal = c.deal ORDER BY at DESC, position DESC LIMIT 1) AS units,
        (SELECT digits FROM money m WHERE m.deal = c.deal ORDER BY at DESC, position DESC LIMIT 1) AS digits,
        (SELECT currency FROM money m WHERE m.deal = c.deal ORDER BY at DESC, position DESC LIMIT 1) AS currency,
        (SELECT day FROM dates d WHERE d.deal = c.deal ORDER BY at DESC, position DESC LIMIT 1) AS expected
      FROM ev c WHERE c.type = 'deal_created'
    ), entries AS (
      SELECT deal, at, position, coalesce(json->>'$.properties.to', json->>'$.properties.stage') AS stage
      FROM ev WHERE type IN ('deal_created', 'deal_stage_changed')
    ), changed AS (
      SELECT *, lag(stage) OVER (PARTITION BY deal ORDER BY at, position) AS before FROM entries
    ), visits AS (
      SELECT deal, at, stage, CASE stage WHEN 'qualification' THEN 1 WHEN 'proposal' THEN 2 ELSE 3 END AS rank,
        row_number() OVER (PARTITION BY deal ORDER BY at DESC, position DESC) AS n,
        lead(CASE stage WHEN 'qualification' THEN 1 WHEN 'proposal' THEN 2 ELSE 3 END)
          OVER (PARTITION BY deal ORDER BY at, position) AS next
      FROM changed WHERE before IS NULL OR before <> stage
    )
    """
}

private let rules = """
    pipelines:
      default:
        stages:
          - {name: qualification, probability: 0.1}
          - {name: proposal, probability: 0.4}
          - {name: negotiation, probability: 0.7}
    """

private func milliseconds(_ text: String) -> Int64 { Timestamp(rfc3339: text)?.rawValue ?? 0 }

/// An exact decimal in millionths.
private func micros(_ text: String?) -> Int64? {
    text.flatMap { Decimal(string: $0) }.map { NSDecimalNumber(decimal: $0 * 1_000_000).int64Value }
}

private func sums(_ money: JSON) -> [String: Int64] {
    Dictionary(uniqueKeysWithValues: money.list.map { ($0["currency"].text ?? "", micros($0["amount"].text) ?? .min) })
}

@Suite(.serialized)
struct SalesSecondEngineTests {
    private func withSmall(_ body: (JourneyStore, EventDatabase) async throws -> Void) async throws {
        let database = try EventDatabase(ndjson: Data(TestData.bytes("journeys/small.ndjson")))
        try await withStore([]) { store async throws in
            _ = try await store.ingest([TestData.path("journeys/small.ndjson")])
            try await body(store, database)
        }
    }

    @Test(arguments: [nil, "owner", "account"], ["2025-12-31T23:59:59.999Z", "2025-06-30T12:00:00Z"])
    func `The stage tables, win rates and won amounts of a pipeline are those of SQL`(_ by: String?, _ asOf: String)
        async throws
    {
        try await withSmall { store, database in
            let time = milliseconds(asOf)
            let answer = try await store.ask(
                pipelineQuery { $0.by = by },
                bounds(asOf: Timestamp(milliseconds: time), rules: try RuleSet(yaml: rules, path: "test"))
            )
            let group = by.map { "coalesce(\($0), '(none)')" } ?? "'all'"
            var expected: [String: [Int]] = [:]
            for row in try database.rows(
                deals(asOf: time) + """
                    , fates AS (
                      SELECT v.*, row_number() OVER (PARTITION BY v.deal, v.stage ORDER BY v.n) AS last FROM visits v
                    )
                    SELECT \(group), stage, count(*), sum(next > rank), sum(next < rank),
                      sum(next IS NULL AND state = 'won'), sum(next IS NULL AND state = 'lost'),
                      sum(next IS NULL AND state = 'open')
                    FROM fates JOIN facts USING (deal) WHERE last = 1 GROUP BY 1, 2
                    """
            ) {
                expected["\(row[0] ?? "") \(row[1] ?? "")"] = row[2...].map { Int($0 ?? "0") ?? 0 }
            }
            #expect(expected.count >= 3)
            var found: [String: [Int]] = [:]
            for pipeline in answer["pipelines"].list {
                for stage in pipeline["stages"].list where stage["entered"].int != 0 {
                    let name = "\(pipeline["group"].text ?? "") \(stage["stage"].text ?? "")"
                    found[name] = ["entered", "advanced", "moved_back", "won", "lost", "open"].map {
                        stage[$0].int ?? -1
                    }
                }
            }
            #expect(found == expected)
            let totals = try database.rows(
                deals(asOf: time) + """
                    SELECT \(group), sum(state = 'won'), sum(state = 'lost'), sum(state = 'open'),
                      avg(CASE state WHEN 'won' THEN 1.0 WHEN 'lost' THEN 0.0 END),
                      avg(CASE WHEN state = 'won' THEN (closed - created) / 1000.0 END)
                    FROM facts GROUP BY 1
                    """
            )
            #expect(totals.count == answer["pipelines"].list.count)
            for row in totals {
                let pipeline = answer["pipelines"].first("group", row[0] ?? "")
                let counts = ["won", "lost", "open"].map { pipeline[$0].int }
                #expect(counts == row[1...3].map { Int($0 ?? "") })
                #expect(isNear(pipeline["win_rate"].double, row[4]) && isNear(pipeline["cycle"]["mean"].double, row[5]))
            }
            let amounts = try database.rows(
                deals(asOf: time) + """
                    SELECT \(group), currency, sum(CASE state WHEN 'won' THEN units END),
                      sum(CASE state WHEN 'open' THEN units END) FROM facts GROUP BY 1, 2
                    """
            )
            for row in amounts {
                let pipeline = answer["pipelines"].first("group", row[0] ?? "")
                let currency = row[1] ?? ""
                #expect(sums(pipeline["won_amount"])[currency] == row[2].flatMap { Int64($0) })
                #expect(sums(pipeline["open_amount"])[currency] == row[3].flatMap { Int64($0) })
            }
        }
    }

    private func isNear(_ value: Double?, _ text: String?) -> Bool {
        guard let value, let text, let other = Double(text) else { return value == nil && text == nil }
        return abs(value - other) <= 1e-9 * max(1, abs(other))
    }

    @Test(arguments: [
        "2025-03-20T00:00:00Z", "2025-05-15T09:30:00Z", "2025-08-31T23:00:00Z", "2025-12-31T23:59:59.999Z",
    ])
    func `Closed, categories, weighted and slipped of a forecast are those of SQL`(_ asOf: String) async throws {
        try await withSmall { store, database in
            let time = milliseconds(asOf)
            var query = ForecastQuery()
            (query.past, query.periods) = (6, 4)
            let answer = try await store.ask(
                .forecast(query),
                bounds(asOf: Timestamp(milliseconds: time), rules: try RuleSet(yaml: rules, path: "test"))
            )
            #expect(answer["periods"].list.count == 10)
            var seen = 0
            for period in answer["periods"].list {
                let month = period["period"].text ?? ""
                // Tenths of the probability are whole numbers, and SQL adds up whole numbers.
                for row in try database.rows(
                    deals(asOf: time) + """
                        , now AS (
                          SELECT f.*, CASE state WHEN 'won' THEN 10 ELSE
                              CASE v.stage WHEN 'qualification' THEN 1 WHEN 'proposal' THEN 4 ELSE 7 END END AS tenths
                          FROM facts f JOIN visits v ON v.deal = f.deal AND v.n = 1
                          WHERE (state = 'won' AND strftime('%Y-%m', closed / 1000, 'unixepoch') = '\(month)')
                             OR (state = 'open' AND substr(expected, 1, 7) = '\(month)')
                        )
                        SELECT currency, sum(CASE WHEN state = 'won' THEN units END),
                          sum(CASE WHEN state = 'open' AND tenths = 7 THEN units END),
                          sum(CASE WHEN state = 'open' AND tenths = 4 THEN units END),
                          sum(CASE WHEN state = 'open' AND tenths = 1 THEN units END),
                          sum(units * tenths), max(max(digits), CASE currency WHEN 'KWD' THEN 3 ELSE 2 END)
                        FROM now GROUP BY 1
                        """
                ) {
                    let currency = row[0] ?? ""
                    seen += 1
                    for (index, key) in ["closed", "commit", "best_case", "pipeline"].enumerated() {
                        #expect(sums(period[key])[currency] == row[index + 1].flatMap { Int64($0) }, "\(month) \(key)")
                    }
                    let exact = try #require(row[5].flatMap { Int64($0) })
                    let digits = try #require(row[6].flatMap { Int($0) })
                    let unit = (digits..<6).reduce(Int64(1)) { value, _ in value * 10 }
                    let rounded = (2 * exact + 10 * unit) / (20 * unit) * unit
                    #expect(sums(period["weighted"])[currency] == rounded, "\(month)")
                }
                let start = "(unixepoch('\(month)-01') * 1000)"
                let end = "(unixepoch('\(month)-01', '+1 month') * 1000)"
                let slipped = try database.rows(
                    deals(asOf: time) + """
                        , then_ AS (
                          SELECT f.*,
                            (SELECT day FROM dates d WHERE d.deal = f.deal AND d.at < \(start)
                             ORDER BY at DESC, position DESC LIMIT 1) AS promised,
                            (SELECT units FROM money m WHERE m.deal = f.deal AND m.at < \(start)
                             ORDER BY at DESC, position DESC LIMIT 1) AS worth,
                            coalesce((SELECT type FROM states s WHERE s.deal = f.deal AND s.at < \(start)
                             ORDER BY at DESC, position DESC LIMIT 1), 'deal_reopened') AS first,
                            coalesce((SELECT type FROM states s WHERE s.deal = f.deal AND s.at < \(end)
                             ORDER BY at DESC, position DESC LIMIT 1), 'deal_reopened') AS last
                          FROM facts f WHERE f.created < \(start)
                        )
                        SELECT count(*), sum(worth) FROM then_
                        WHERE substr(promised, 1, 7) = '\(month)' AND first = 'deal_reopened' AND \(start) <= \(time)
                          AND CASE WHEN \(end) <= \(time) THEN last = 'deal_reopened'
                              ELSE state = 'open' AND substr(expected, 1, 7) > '\(month)' END
                        """
                )
                #expect(period["slipped"]["deals"].int == Int(slipped[0][0] ?? ""), "\(month)")
                #expect(
                    sums(period["slipped"]["amount"]).values.reduce(0, +) == Int64(slipped[0][1] ?? "0"),
                    "\(month)"
                )
            }
            #expect(seen > 0)
            let overdue = try database.rows(
                deals(asOf: time) + """
                    SELECT count(*) FROM facts WHERE state = 'open' AND expected < date(\(time) / 1000, 'unixepoch')
                    """
            )
            #expect(answer["overdue"]["deals"].int == Int(overdue[0][0] ?? ""))
        }
    }
}
