// Budgets by hand: the cases that docs/semantics/budget.md speaks of, and every reason against a proposal.
import JourneyEvents
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

@Suite(.serialized)
struct SemanticsBudgetTests {
    private struct Month {
        var spend: Int
        var orders: Int
        var value: Int
    }

    /// Monthly spend and orders of a channel from January 2026 on, each order by a customer who clicked just before.
    private func channel(_ name: String, currency: String = "EUR", _ months: [Month]) -> [Event] {
        let starts: [Double] = [0, 31, 59, 90]
        return months.enumerated().flatMap { index, month in
            let spend = make(
                "s-\(name)-\(index)",
                "spend_recorded",
                starts[index] + 1,
                customer: nil,
                channel: name,
                money: "\(month.spend) \(currency)"
            )
            return [spend]
                + (0..<month.orders).flatMap { number in
                    let id = "\(name)-\(index)-\(number)"
                    return [
                        make(id + "-t", "ad_clicked", starts[index] + 2, customer: "customer_id:" + id, channel: name),
                        make(
                            id + "-o",
                            "order_completed",
                            starts[index] + 3,
                            customer: "customer_id:" + id,
                            money: "\(month.value) \(currency)"
                        ),
                    ]
                }
        }
    }

    private func months(_ values: [(Int, Int, Int)]) -> [Month] {
        values.map { Month(spend: $0.0, orders: $0.1, value: $0.2) }
    }

    private func ask(_ events: [Event], _ change: (inout BudgetQuery) -> Void = { _ in }) async throws -> JSON {
        var query = BudgetQuery(total: "1000")
        change(&query)
        let asOf = Timestamp(milliseconds: instant(90).rawValue - 1)
        return try await withStore(events) { try await $0.ask(.budget(query), bounds(asOf: asOf)) }
    }

    /// Search returns exactly 4 for each unit, social exactly 1: 100, 200, 300 and 300, 200, 100.
    private var clear: [Event] {
        channel("search", months([(100, 4, 100), (200, 8, 100), (300, 12, 100)]))
            + channel("social", months([(300, 6, 50), (200, 4, 50), (100, 2, 50)]))
    }

    @Test func `A proposal moves what is told apart, no further than its bounds, and adds up`() async throws {
        let answer = try await ask(clear)
        #expect(answer["possible"].bool == true && answer["reason"].isNull)
        #expect(answer["periods"].list.compactMap(\.text) == ["2026-01", "2026-02", "2026-03"])
        #expect(answer["blended_roas"].double == 2.5)
        let (search, social) = (answer["rows"].first("channel", "search"), answer["rows"].first("channel", "social"))
        #expect(search["spend_now"].money == "200.00 EUR" && search["return_now"].money == "800.00 EUR")
        #expect(search["roas"].double == 4 && search["low"].double == 4 && search["high"].double == 4)
        #expect(search["conversions"].double == 24 && social["conversions"].double == 12)
        // 4² · ½ and 1² · ½: 16/17 and 1/17; no more than ½ · 1.3 = 0.65.
        #expect(abs((search["share_target"].double ?? 0) - 16.0 / 17) < 1e-12)
        #expect(search["proposed"].money == "650.00 EUR" && social["proposed"].money == "350.00 EUR")
        #expect(search["bound"].text == "most_more" && search["code"].text == "more" && social["code"].text == "less")
        #expect(search["change"].money == "450.00 EUR")
        #expect(answer["caveat"].text?.contains("not what spend caused") == true)
    }

    @Test func `The smallest unit goes to the largest remainder`() async throws {
        let answer = try await ask(clear) { $0.total = "0.01" }
        #expect(answer["rows"].first("channel", "search")["proposed"].money == "0.01 EUR")
        #expect(answer["rows"].first("channel", "social")["proposed"].money == "0.00 EUR")
        let odd = try await ask(clear) { $0.total = "100.01" }
        // 65.0065 and 35.0035.
        #expect(odd["rows"].list.map(\.["proposed"].money).sorted() == ["35.00 EUR", "65.01 EUR"])
    }

    @Test func `What cannot be judged keeps its share, and says why`() async throws {
        let few = channel("tv", months([(100, 1, 100), (50, 1, 100), (150, 1, 100)]))
        let same = channel("email", months([(100, 5, 10), (100, 5, 10), (100, 5, 10)]))
        let answer = try await ask(clear + few + same)
        let (tv, email) = (answer["rows"].first("channel", "tv"), answer["rows"].first("channel", "email"))
        // Of 1,800 spent tv and email have 300 each: a sixth of 1,000.
        #expect(tv["code"].text == "too_few_conversions" && email["code"].text == "no_variation")
        #expect(tv["roas_used"].isNull)
        #expect(Set([tv["proposed"].money, email["proposed"].money]).isSubset(of: ["166.66 EUR", "166.67 EUR"]))
        let total = answer["rows"].list.compactMap { Double($0["proposed"]["amount"].text ?? "") }.reduce(0, +)
        #expect(abs(total - 1_000) < 1e-9)
    }

    @Test func `Without spend there is no proposal`() async throws {
        let answer = try await ask([make("o", "order_completed", 1, money: "1 EUR")])
        #expect(answer["possible"].bool == false && answer["reason"]["code"].text == "no_spend")
        let other = try await ask(clear) { $0.currency = "USD" }
        #expect(other["reason"]["code"].text == "no_spend" && other["rows"].list.isEmpty)
    }

    @Test func `Of several currencies one must be named`() async throws {
        let both = clear + channel("fair", currency: "USD", months([(10, 0, 0), (10, 0, 0), (10, 0, 0)]))
        #expect(try await ask(both)["reason"]["code"].text == "several_currencies")
        #expect(try await ask(both) { $0.currency = "EUR" }["possible"].bool == true)
        #expect(try await ask(both) { $0.currency = "USD" }["reason"]["code"].text == "one_channel")
    }

    @Test func `One channel leaves nothing to choose`() async throws {
        let answer = try await ask(channel("search", months([(100, 4, 100), (200, 8, 100), (300, 12, 100)])))
        #expect(answer["reason"]["code"].text == "one_channel" && answer["rows"][0]["proposed"].isNull)
    }

    @Test func `Two periods are too few`() async throws {
        let events =
            channel("search", months([(100, 20, 100), (200, 20, 100)]))
            + channel("social", months([(300, 20, 50), (200, 20, 50)]))
        var query = BudgetQuery(total: "1000")
        query.periods = 3
        let asOf = Timestamp(milliseconds: instant(59).rawValue - 1)
        let answer = try await withStore(events) { try await $0.ask(.budget(query), bounds(asOf: asOf)) }
        #expect(answer["reason"]["code"].text == "too_few_periods")
    }

    @Test func `Too few conversions of all but one are a reason`() async throws {
        let events =
            channel("search", months([(100, 4, 100), (200, 8, 100), (300, 12, 100)]))
            + channel("social", months([(300, 3, 50), (200, 3, 50), (100, 3, 50)]))
        let answer = try await ask(events)
        #expect(answer["reason"]["code"].text == "too_few_channels")
        #expect(answer["rows"].first("channel", "social")["code"].text == "too_few_conversions")
    }

    @Test func `Spend that never varied says nothing`() async throws {
        let events =
            channel("search", months([(100, 4, 100), (100, 8, 100), (100, 12, 100)]))
            + channel("social", months([(100, 6, 50), (101, 4, 50), (100, 12, 50)]))
        let answer = try await ask(events)
        #expect(answer["reason"]["code"].text == "too_few_channels")
        #expect(answer["rows"].list.compactMap(\.["code"].text) == ["no_variation", "no_variation"])
    }

    @Test func `Channels that brought nothing are a reason`() async throws {
        let events =
            channel("search", months([(100, 4, 0), (200, 8, 0), (300, 12, 0)]))
            + channel("social", months([(300, 6, 0), (200, 4, 0), (100, 2, 0)]))
        #expect(try await ask(events)["reason"]["code"].text == "no_return")
    }

    @Test func `Returns that the data do not tell apart are a reason`() async throws {
        let events =
            channel("search", months([(100, 1, 100), (200, 14, 100), (300, 2, 100)]))
            + channel("social", months([(300, 16, 50), (200, 1, 50), (100, 9, 50)]))
        let answer = try await ask(events)
        #expect(answer["reason"]["code"].text == "no_difference")
        let search = answer["rows"].first("channel", "search")
        // 1,700 / 600; residuals -550/3, 2500/3, -650; t for two degrees of freedom is 4.303.
        let residuals = [-550.0 / 3, 2_500.0 / 3, -650.0]
        let error = (residuals.reduce(0) { $0 + $1 * $1 } / 6).squareRoot() / 200
        #expect(abs((search["roas"].double ?? 0) - 17.0 / 6) < 1e-12)
        #expect(abs((search["high"].double ?? 0) - (17.0 / 6 + 4.303 * error)) < 1e-9 && search["low"].double == 0)
    }

    @Test(arguments: ["0", "-5", "ten", "1.234", "", ".5", "5."])
    func `What is no amount is refused`(total: String) async throws {
        let error = await #expect(throws: RihlaError.self) { try await ask(clear) { $0.total = total } }
        #expect(error?.code == .usage)
    }

    @Test(arguments: ["markov", "shapley"])
    func `A model of all paths has no returns by period`(model: String) async throws {
        let error = await #expect(throws: RihlaError.self) { try await ask(clear) { $0.model = model } }
        #expect(error?.code == .usage)
    }
}
