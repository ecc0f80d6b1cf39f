// Channels, differences and cohorts as a script asks for them.
import Foundation
import TestSupport
import Testing

@Suite struct ChannelsCommandTests {
    /// A customer of search who buys for 10 EUR and for 5 more after 40 days; search cost 12 EUR, tv 3 EUR.
    private static let events = """
        {"id":"1","type":"ad_clicked","occurred_at":"2026-01-01T00:00:00Z","customer":"a","channel":"search"}
        {"id":"2","type":"order_completed","occurred_at":"2026-01-02T00:00:00Z","customer":"a","amount":"10","currency":"EUR"}
        {"id":"3","type":"order_completed","occurred_at":"2026-02-11T00:00:00Z","customer":"a","amount":"5","currency":"EUR"}
        {"id":"4","type":"spend_recorded","occurred_at":"2026-01-01T00:00:00Z","channel":"search","amount":"12","currency":"EUR"}
        {"id":"5","type":"spend_recorded","occurred_at":"2026-01-01T00:00:00Z","channel":"tv","amount":"3","currency":"EUR"}

        """

    private func run(_ arguments: [String]) async throws -> RihlaBinary.Result {
        try await withScratchDirectory { path in
            let input = Data(ChannelsCommandTests.events.utf8)
            #expect(try RihlaBinary.run(["ingest", "-", "--store", path], input: input).status == 0)
            return try RihlaBinary.run(arguments + ["--store", path])
        }
    }

    @Test func `payback stands in table, CSV and JSON`() async throws {
        let fields = ["--fields", "channel,payback_months,payback_reason"]
        let csv = try await run(["channels", "--format", "csv"] + fields)
        #expect(
            csv.out == "channel,payback_months,payback_reason\nsearch,2,\n(unattributed),,no_spend\ntv,,no_customers\n"
        )
        let table = try await run(["channels", "--margin", "0.6"] + fields)
        #expect(table.out.contains("not_yet") && table.out.contains("a margin of 0.6"), "\(table.out)")
        let json = try await run(["channels", "--margin", "0.8", "--format", "json"]).json()
        let rows = try #require(json["rows"] as? [[String: Any]])
        let search = try #require(rows.first { $0["channel"] as? String == "search" })
        #expect(search["payback_months"] as? Int == 2 && search["payback_reason"] is NSNull)
        #expect(json["margin"] as? Double == 0.8)
    }

    @Test(arguments: [
        (["channels", "--margin", "1.5"], "above 0 and at most 1"),
        (["channels", "--order", "9"], "orders are 1 to 4"),
        (["channels", "--model", "markof"], "did you mean \"markov\"?"),
        (["channels", "--identity", "as-of-evnt"], "did you mean \"as-of-event\"?"),
        (["diff", "--model", "markov", "--order", "0", "--as-at", "1..2"], "orders are 1 to 4"),
        (["funnel", "--identity", "as-of-event"], "joins identifiers as of now"),
    ])
    func `what cannot be asked is refused with what can`(arguments: [String], hint: String) throws {
        let result = try RihlaBinary.run(arguments + ["--store", DemoStore.store])
        #expect(result.status == 64)
        #expect(result.err.contains(hint), "\(result.err)")
    }

    @Test func `a diff by a model of all paths says what it does not compare`() async throws {
        let result = try await run(["diff", "--model", "shapley", "--as-at", "1..3"])
        #expect(result.status == 0)
        #expect(result.out.contains("channel   search"), "\(result.out)")
        #expect(result.out.contains("single conversions and the credits of customers are not compared"))
    }

    @Test func `lifetime values are rows of their own`() async throws {
        let result = try await run(["cohorts", "--ltv", "--format", "csv"])
        #expect(result.out.hasPrefix("cohort,size,ltv,ltv_simple,orders,aov,frequency,churn,lifetime,reason\n"))
        #expect(result.out.contains("\n2026-01,1,15.00 EUR,,1,10.00 EUR,1,,,no_churn_yet\n"), "\(result.out)")
    }
}
