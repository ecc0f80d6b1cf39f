// Retention against DuckDB, ClickHouse and the definitions.
import JourneyEvents
import TestSupport
import Testing

@testable import JourneyViews

private let day: Int64 = 86_400_000
/// 2026-01-05, a Monday.
private let monday: Int64 = 1_767_571_200_000

private struct Vectors {
    var json: [String: Any]
    var signup: [Int: Int64] = [:]
    var activity: [Int: [(time: Int64, type: String)]] = [:]

    init() throws {
        json = try #require(try TestData.json("vectors/retention.json") as? [String: Any])
        for entry in try #require(json["events"] as? [[Any]]) {
            let user = try #require(entry[0] as? Int)
            let date = try #require(entry[1] as? String)
            let type = try #require(entry[2] as? String)
            let time = try #require(Timestamp(rfc3339: date + "T12:00:00Z")).rawValue
            if type == "signup" {
                signup[user] = min(signup[user] ?? .max, time)
            } else {
                activity[user, default: []].append((time, type))
            }
        }
    }
}

private func weeks(_ count: Int64) throws -> CalendarPeriods {
    try CalendarPeriods(.week, zone: "UTC", covering: monday...(monday + count * 7 * day - 1))
}

private func days(_ count: Int64) throws -> CalendarPeriods {
    try CalendarPeriods(.day, zone: "UTC", covering: monday...(monday + count * day - 1))
}

@Suite struct AlgorithmsCohortTests {
    @Test func `the weekly grid equals that of DuckDB and ClickHouse`() throws {
        let vectors = try Vectors()
        var grid = CohortGrid(periods: try weeks(14), asOf: monday + 14 * 7 * day - 1)
        for (user, first) in vectors.signup {
            grid.add(first: first, activity: (vectors.activity[user] ?? []).map(\.time))
        }
        let sizes = try #require(vectors.json["cohort_size"] as? [[Any]])
        for (cohort, entry) in sizes.enumerated() {
            #expect(grid.periods.firstDate(of: cohort) == entry[0] as? String)
            #expect(grid.sizes[cohort] == entry[1] as? Int)
        }
        var expected: [String: Int] = [:]
        for entry in try #require(vectors.json["weekly_active"] as? [[Any]]) {
            expected["\(entry[0]) \(entry[1])"] = entry[2] as? Int
        }
        for cohort in 0..<4 {
            for k in 0..<10 {
                #expect(
                    grid.cell(cohort: cohort, k).active == expected["\(grid.periods.firstDate(of: cohort)) \(k)"] ?? 0
                )
            }
        }
    }

    @Test func `n-day retention equals that of DuckDB`() throws {
        let vectors = try Vectors()
        let rows = try #require(vectors.json["n_day"] as? [[String: Int]])
        let offsets = rows.compactMap { $0["k"].map(Int64.init) }
        for (rule, key) in [
            (ReturnRule.exact, "exact_day"), (.unbounded, "unbounded"), (.bracket(days: 7), "bracket_7d"),
        ] {
            var retention = DayRetention(
                days: try days(100),
                asOf: monday + 100 * day - 1,
                offsets: offsets,
                rule: rule
            )
            for (user, first) in vectors.signup {
                retention.add(first: first, activity: (vectors.activity[user] ?? []).map(\.time))
            }
            #expect(retention.counts.map(\.active) == rows.map { $0[key] })
            #expect(retention.counts.allSatisfy { $0.eligible == 40 })
        }
    }

    @Test func `ClickHouse's retention does not ask for an order in time`() throws {
        let vectors = try Vectors()
        var sums = [0, 0, 0]
        for user in vectors.signup.keys {
            let types = (vectors.activity[user] ?? []).map(\.type)
            let results = ConditionRetention.results([true, types.contains("login"), types.contains("purchase")])
            for index in 0..<3 where results[index] { sums[index] += 1 }
        }
        #expect(sums == vectors.json["clickhouse_retention_signup_login_purchase"] as? [Int])
        #expect(ConditionRetention.results([false, true, true]) == [false, false, false])
    }

    @Test func `a customer counts once in a period however often they come`() throws {
        var grid = CohortGrid(periods: try weeks(3), asOf: monday + 21 * day - 1)
        grid.add(first: monday, activity: [monday + 8 * day, monday + 9 * day, monday + 8 * day])
        #expect(grid.cell(cohort: 0, 1).active == 1 && grid.rate(cohort: 0, 1) == 1)
        #expect(grid.cell(cohort: 0, 0).active == 0)
    }

    @Test func `periods that have not begun have no rate`() throws {
        var grid = CohortGrid(periods: try weeks(4), asOf: monday + 14 * day)
        grid.add(first: monday, activity: [])
        grid.add(first: monday + 7 * day, activity: [])
        #expect((0..<4).map { grid.eligible(cohort: 0, $0) } == [1, 1, 1, 0])
        #expect(grid.eligible(cohort: 1, 1) == 1 && grid.eligible(cohort: 1, 2) == 0)
        #expect(grid.rate(cohort: 0, 3) == nil && grid.rate(cohort: 0, 2) == 0)
    }

    @Test func `what lies after the instant of the question does not count`() throws {
        var grid = CohortGrid(periods: try weeks(4), asOf: monday + 10 * day)
        grid.add(first: monday, activity: [monday + 10 * day, monday + 10 * day + 1 + 7 * day])
        grid.add(first: monday + 11 * day, activity: [])
        #expect(grid.cell(cohort: 0, 1).active == 1 && grid.cell(cohort: 0, 2).active == 0)
        #expect(grid.sizes == [1, 0, 0, 0])
    }

    @Test func `activity before the cohort's period does not count, in the period it does`() throws {
        var grid = CohortGrid(periods: try weeks(3), asOf: monday + 21 * day - 1)
        grid.add(first: monday + 10 * day, activity: [monday, monday + 7 * day])
        #expect(grid.cell(cohort: 1, 0).active == 1)
        #expect(grid.cell(cohort: 0, 0).active == 0)
    }

    @Test func `revenue is exact to the millionth and net of refunds`() throws {
        let eur = try #require(Currency("EUR"))
        var grid = CohortGrid(periods: try weeks(3), asOf: monday + 21 * day - 1)
        let amounts: [Int64] = [1, 1, -3, 100_000_000_000_000_000]
        grid.add(
            first: monday,
            activity: [],
            revenue: amounts.map { (monday + 7 * day, Amount(units: $0, scale: 6, currency: eur)) }
        )
        var expected = MoneySum()
        expected.add(99_999_999_999_999_999, eur, scale: 6)
        #expect(grid.cell(cohort: 0, 1).revenue == expected)
    }

    @Test func `customers whose day k has not come are in neither number`() throws {
        var retention = DayRetention(days: try days(30), asOf: monday + 10 * day, offsets: [1, 7, 14], rule: .exact)
        retention.add(first: monday, activity: [monday + 1 * day, monday + 7 * day])
        retention.add(first: monday + 5 * day, activity: [monday + 6 * day])
        #expect(retention.counts == [.init(eligible: 2, active: 2), .init(eligible: 1, active: 1), .init()])
    }

    @Test func `a day is a calendar day, not 24 hours`() throws {
        var retention = DayRetention(days: try days(30), asOf: monday + 10 * day, offsets: [1], rule: .exact)
        retention.add(first: monday + day - 1, activity: [monday + day])
        #expect(retention.counts == [.init(eligible: 1, active: 1)])
    }

    @Test func `lifecycle: new, returning, dormant, resurrecting`() throws {
        var counts = LifecycleCounts(periods: try weeks(6), asOf: monday + 28 * day)
        counts.add(activity: [monday, monday + 1, monday + 7 * day, monday + 21 * day])
        #expect(
            counts.counts == [
                .init(new: 1), .init(returning: 1), .init(dormant: 1), .init(resurrecting: 1), .init(dormant: 1),
                .init(),
            ]
        )
        counts.add(activity: [])
        #expect(counts.counts.reduce(0) { $0 + $1.new } == 1)
    }

    @Test func `percentiles equal those of DuckDB`() throws {
        let vectors = try Vectors()
        for entry in try #require(vectors.json["percentiles"] as? [[String: Any]]) {
            let values = (entry["values"] as? [Double]) ?? (1...100).map(Double.init)
            let expected = try #require(entry["cont"] as? [String: Double])
            for (name, p) in [("p50", 0.5), ("p75", 0.75), ("p90", 0.9), ("p95", 0.95)] {
                let found = try #require(Distribution.percentile(values.sorted(), p))
                #expect(abs(found - (expected[name] ?? .nan)) < 1e-12)
            }
        }
    }
}
