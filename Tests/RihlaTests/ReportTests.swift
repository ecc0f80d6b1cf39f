// The report of both teams: its figures against SQL and against the report before, its changes deal by deal, and its bytes.
import Foundation
import JourneyEvents
import JourneyReport
import JourneyViews
import Rihla
import TestSupport
import Testing

private func report(_ period: String = "month", zone: String? = nil) -> Query {
    var query = ReportQuery()
    query.period = period
    query.zone = zone
    return .report(query)
}

extension JSON {
    /// A figure of a report, as text.
    fileprivate func figure(_ name: String, _ side: String = "now") -> JSON {
        self["figures"].first("figure", name)[side]
    }

    /// The deals of a change.
    fileprivate func changed(_ name: String) -> [String] {
        self["changes"]["deals_" + name]["list"].list.compactMap { $0["deal"].text }.sorted()
    }
}

@Suite struct ReportTests {
    /// The state of every deal, and what closed it, by a walk over its events in journey order.
    private func closings(_ from: String, _ to: String) -> String {
        """
        WITH RECURSIVE facts AS (
          SELECT id, type, deal, at, min(position) AS position FROM events
          WHERE at < unixepoch('\(to)') * 1000 GROUP BY json->>'source', id),
        steps AS (
          SELECT deal, type, at, row_number() OVER (PARTITION BY deal ORDER BY at, position) AS n FROM facts
          WHERE deal IS NOT NULL AND type IN ('deal_created', 'deal_won', 'deal_lost', 'deal_reopened')),
        walk(deal, n, state, closed, made, voided) AS (
          SELECT DISTINCT deal, 0, 'open', NULL, NULL, NULL FROM facts WHERE deal IS NOT NULL
          UNION ALL
          SELECT walk.deal, steps.n,
            CASE WHEN state = 'open' AND type = 'deal_won' THEN 'won' WHEN state = 'open' AND type = 'deal_lost'
              THEN 'lost' WHEN type = 'deal_reopened' THEN 'open' ELSE state END,
            CASE WHEN state = 'open' AND type IN ('deal_won', 'deal_lost') THEN at WHEN type = 'deal_reopened' THEN NULL
              ELSE closed END,
            CASE WHEN state = 'open' AND type = 'deal_won' THEN at END,
            CASE WHEN state = 'won' AND type = 'deal_reopened' THEN at END
          FROM walk JOIN steps ON steps.deal = walk.deal AND steps.n = walk.n + 1),
        ends AS (SELECT deal, state, closed, max(n) FROM walk GROUP BY deal),
        span AS (SELECT unixepoch('\(from)') * 1000 AS a, unixepoch('\(to)') * 1000 AS z)
        SELECT (SELECT count(*) FROM facts, span WHERE at >= a),
          (SELECT count(*) FROM (SELECT deal, min(at) AS at FROM facts WHERE type = 'deal_created' GROUP BY deal), span
            WHERE at >= a),
          (SELECT count(*) FROM ends, span WHERE state = 'won' AND closed >= a),
          (SELECT count(*) FROM ends, span WHERE state = 'lost' AND closed >= a),
          (SELECT count(*) FROM ends WHERE state = 'open'),
          (SELECT count(*) FROM facts, span WHERE type = 'order_completed' AND at >= a)
            + (SELECT count(*) FROM walk, span WHERE made >= a) - (SELECT count(*) FROM walk, span WHERE voided >= a)
        """
    }

    @Test func `twelve months of figures are those that SQL counts`() async throws {
        let database = try EventDatabase(ndjson: Data(TestData.bytes("journeys/small.ndjson")))
        let names = ["events", "deals_created", "deals_won", "deals_lost", "open_deals", "conversions"]
        try await withStore([]) { store async throws in
            _ = try await store.ingest([TestData.path("journeys/small.ndjson")])
            let trend = try await store.ask(report())["trend"]
            var before: JSON = .missing
            for month in 1...12 {
                let (from, to) = (
                    "2025-\(month < 10 ? "0" : "")\(month)-01",
                    month == 12 ? "2026-01-01" : "2025-\(month < 9 ? "0" : "")\(month + 1)-01"
                )
                let end = try #require(Timestamp(rfc3339: to + "T00:00:00Z"))
                let found = try await store.ask(report(), bounds(asOf: Timestamp(milliseconds: end.rawValue - 1)))
                let wanted = try #require(try database.rows(closings(from, to)).first)
                #expect(names.map { found.figure($0).int.map(String.init) } == wanted, "\(from)")
                // Those of the month before are what its own report said, whatever came back since.
                for name in names + ["value", "won_amount", "new_customers", "win_rate", "open_amount"]
                where month > 1 {
                    #expect(found.figure(name, "before") == before.figure(name), "\(from) \(name)")
                }
                var cohorts = CohortQuery()
                (cohorts.from, cohorts.to) = (Timestamp(rfc3339: from + "T00:00:00Z"), end)
                let sizes = try await store.ask(.cohorts(cohorts))["cohorts"].list.compactMap { $0["size"].int }
                #expect(trend[month - 1]["new_customers"].int == sizes.reduce(0, +), "\(from)")
                before = found
            }
        }
    }

    @Test func `the last point of each trend is the figure of the period`() async throws {
        try await withStore([]) { store async throws in
            _ = try await store.ingest([TestData.path("journeys/small.ndjson")])
            for (period, end) in [("month", "2025-07-01"), ("week", "2025-06-15"), ("quarter", "2025-09-11")] {
                let time = try #require(Timestamp(rfc3339: end + "T00:00:00Z"))
                let found = try await store.ask(report(period), bounds(asOf: time))
                let last = found["trend"].list[11]
                #expect(found["trend"].list.count == 12)
                for name in ["new_customers", "conversions", "deals_created", "deals_won"] {
                    #expect(last[name] == found.figure(name), "\(period) \(name)")
                }
            }
        }
    }

    @Test(arguments: [
        ("2026-02-01T00:00:00Z", "2026-01", true), ("2026-01-31T23:59:59.999Z", "2026-01", true),
        ("2026-02-01T00:00:00.001Z", "2026-02", false), ("2026-02-28T12:00:00Z", "2026-02", false),
    ])
    func `the first instant of a period belongs to the report of the one that has just ended`(
        time: String,
        name: String,
        isOver: Bool
    ) async throws {
        try await withStore([make("a", "page_viewed", 0)]) { store async throws in
            let found = try await store.ask(report(), bounds(asOf: Timestamp(rfc3339: time)))["period"]
            #expect(found["name"].text == name && found["complete"].bool == isOver)
        }
    }

    @Test func `periods are of the zone that is asked for`() async throws {
        try await withStore([make("a", "page_viewed", 0)]) { store async throws in
            // An hour after midnight UTC it is still yesterday in New York.
            let time = bounds(asOf: Timestamp(rfc3339: "2026-02-01T01:00:00Z"))
            let here = try await store.ask(report(), time)
            let there = try await store.ask(report(zone: "America/New_York"), time)
            #expect(here["period"]["name"].text == "2026-02" && here["local_time"].text == "2026-02-01T01:00")
            #expect(there["period"]["name"].text == "2026-01" && there["local_time"].text == "2026-01-31T20:00")
            #expect(
                there["period"]["to"].text == "2026-02-01T05:00:00.000Z" && there["zone"].text == "America/New_York"
            )
            let week = try await store.ask(report("week"), time)["period"]
            #expect(week["name"].text == "2026-W05" && week["first_day"].text == "2026-01-26")
            #expect(week["last_day"].text == "2026-02-01")
            let quarter = try await store.ask(report("quarter"), time)
            #expect(quarter["period"]["name"].text == "2026-Q1" && quarter["before"]["name"].text == "2025-Q4")
        }
    }

    @Test func `a period that does not exist and a zone that does not exist are refused`() async throws {
        try await withStore([make("a", "page_viewed", 0)]) { store async throws in
            for query in [report("fortnight"), report(zone: "Mars/Olympus")] {
                let error = await #expect(throws: RihlaError.self) { try await store.answer(query) }
                #expect(error?.code == .usage)
            }
        }
    }

    @Test func `a deal slips that was to close in the period and is open at its end`() async throws {
        func deal(_ id: String, close: String) -> Event {
            make("c-" + id, "deal_created", -20, deal: id, money: "100 EUR", ["close_date": close])
        }
        func moved(_ id: String, to date: String) -> Event {
            make("m-" + id, "deal_close_date_changed", 9, deal: id, ["value": date])
        }
        let events = [
            deal("stays", close: "2026-01-20"), deal("moves-out", close: "2026-01-20"),
            deal("moves-within", close: "2026-01-05"), deal("is-won", close: "2026-01-20"),
            deal("is-lost", close: "2026-01-20"), deal("later", close: "2026-02-01"),
            deal("earlier", close: "2025-12-31"), deal("last-day", close: "2026-01-31"),
            moved("moves-out", to: "2026-02-20"), moved("moves-within", to: "2026-01-25"),
            make("w", "deal_won", 12, deal: "is-won"), make("l", "deal_lost", 12, deal: "is-lost"),
        ]
        try await withStore(events) { store async throws in
            let end = try await store.ask(report(), bounds(asOf: instant(31)))
            #expect(end.changed("slipped") == ["last-day", "moves-out", "moves-within", "stays"])
            #expect(end["changes"]["deals_slipped"]["amount"].money == "400.00 EUR")
            #expect(end.changed("won") == ["is-won"] && end.changed("lost") == ["is-lost"])
            // What is merely late may yet close in the period.
            let middle = try await store.ask(report(), bounds(asOf: instant(21)))
            #expect(middle.changed("slipped") == ["moves-out"])
            var forecast = ForecastQuery()
            forecast.past = 1
            let slipped = try await store.ask(.forecast(forecast), bounds(asOf: instant(31)))["periods"][0]["slipped"]
            #expect(slipped["deals"] == end["changes"]["deals_slipped"]["deals"])
            #expect(slipped["amount"] == end["changes"]["deals_slipped"]["amount"])
            #expect(middle["period"]["complete"].bool == false)
        }
    }

    @Test func `what was closed and is open again is named, and its win counts no more`() async throws {
        let events = [
            make("c", "deal_created", -40, deal: "d", money: "100 EUR"), make("w", "deal_won", -10, deal: "d"),
            make("r", "deal_reopened", 5, deal: "d"),
        ]
        try await withStore(events) { store async throws in
            let found = try await store.ask(report(), bounds(asOf: instant(31)))
            #expect(found.changed("reopened") == ["d"])
            #expect(found.figure("deals_won").int == 0 && found.figure("deals_won", "before").int == 1)
            #expect(found.figure("conversions").int == -1 && found.figure("value").money == "-100.00 EUR")
            #expect(found.figure("open_deals").int == 1 && found.figure("open_deals", "before").int == 0)
            #expect(found.figure("win_rate").isNull && found.figure("win_rate", "before").double == 1)
        }
    }

    @Test func `customers who moved are counted by their way, new ones apart`() async throws {
        let events = [
            make("1", "ad_clicked", -9, customer: "customer_id:a"),
            make("2", "form_submitted", 3, customer: "customer_id:a"),
            make("3", "ad_clicked", -9, customer: "customer_id:b"),
            make("4", "form_submitted", 4, customer: "customer_id:b"),
            make("5", "deal_created", -9, customer: "customer_id:c", deal: "d"),
            make("6", "deal_lost", 4, customer: "customer_id:c", deal: "d"),
            make("7", "order_completed", 5, customer: "customer_id:new", money: "5 EUR"),
        ]
        try await withStore(events) { store async throws in
            let moves = try await store.ask(report(), bounds(asOf: instant(31)))["changes"]["customers"]
            #expect(moves["forward"].int == 2 && moves["back"].int == 1)
            #expect(
                moves["moves"].list.map { "\($0["from"]) \($0["to"]) \($0["customers"])" } == [
                    "awareness interest 2.0", "decision interest 1.0",
                ]
            )
        }
    }

    @Test func `ages of open deals are days since they were created, and the oldest come first`() async throws {
        let ages: [Double] = [0, 14.9, 15, 29.9, 30, 60, 89.9, 90, 400]
        var events = ages.enumerated().map { index, age in
            make("c\(index)", "deal_created", 31 - age, deal: "d\(index)", ["stage": "proposal"])
        }
        events.append(make("s", "deal_stage_changed", 1, deal: "untold", ["to": "proposal"]))
        try await withStore(events) { store async throws in
            let found = try await store.ask(report(), bounds(asOf: instant(31)))
            let part = found["parts"].first("part", "open_deals")["answer"]
            #expect(part["stages"][0]["ages"].list.compactMap(\.int) == [2, 2, 1, 2, 2, 1])
            #expect(part["oldest"][0]["deal"].text == "d8" && part["oldest"][9]["deal"].text == "untold")
        }
    }

    @Test func `an empty store has no period and says what to do`() async throws {
        try await withStore([]) { store async throws in
            let answer = try await store.answer(report())
            #expect(try JSON(answer)["period"].isNull && answer.notes.joined().contains("rihla ingest"))
            let page = ReportPage(answer.value)
            #expect(page.html.contains("Nothing to report") && page.sentences.isEmpty)
        }
    }

    @Test func `as of a past day the page has the bytes that it had on that day`() async throws {
        var random = SplitMix.fresh()
        let events = randomEvents(90, &random).sorted { $0.occurredAt < $1.occurredAt }
        let time = events[50].occurredAt
        let past = events.filter { $0.occurredAt <= time }
        func page(_ store: JourneyStore, _ language: Language) async throws -> String {
            ReportPage(try await store.answer(report("week"), bounds: bounds(asOf: time)).value, language: language)
                .html
        }
        for language in Language.allCases {
            let then = try await withStore(past) { try await page($0, language) }
            let now = try await withStore(past + events.filter { $0.occurredAt > time }) {
                try await page($0, language)
            }
            #expect(then == now, "seed \(random.seed)")
        }
    }

    @Test func `permuted, split and repeated events give the bytes of the same page`() async throws {
        var random = SplitMix.fresh()
        let events = randomEvents(70, &random)
        func page(_ events: [Event], size: Int = .max) async throws -> String {
            try await withStore(events, size: size) { store in
                ReportPage(try await store.answer(report("week")).value, language: .arabic).html
            }
        }
        let expected = try await page(events)
        #expect(try await page(events, size: 7) == expected, "seed \(random.seed)")
        #expect(try await page(events + events) == expected, "seed \(random.seed)")
        #expect(try await page(permuted(events, &random)) == expected, "seed \(random.seed)")
    }
}
