// The figures of the made journeys, each through the answer that a user would ask.
import Foundation
import JourneyEvents
import JourneyLog
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

private func expected() throws -> JSON { try JSON(file: "journeys/small.expected.json") }

private func withSmall(_ body: (JourneyStore) async throws -> Void) async throws {
    try await withStore([]) { store async throws in
        let summary = try await store.ingest([TestData.path("journeys/small.ndjson")])
        #expect(summary.accepted == 2_316 && summary.duplicates == 30 && summary.rejected == 0)
        try await body(store)
    }
}

/// An exact decimal as an integer of millionths.
private func micros(_ text: String?) -> Int64 {
    let parts = (text ?? "0").split(separator: ".", omittingEmptySubsequences: false)
    let fraction = parts.count > 1 ? String(parts[1]) : ""
    let digits = String(parts[0]) + fraction + String(repeating: "0", count: 6 - fraction.count)
    return Int64(digits) ?? .min
}

// One after the other: each store takes address space for its maps, and hundreds at once take all of it.
@Suite(.serialized)
struct VectorsSmallTests {
    @Test func `Counts by type, times and customers are those of the file`() async throws {
        let expected = try expected()
        try await withSmall { store in
            let stats = try JSON(try await store.stats())
            #expect(stats["by_type"].counts == expected["by_type"].counts)
            #expect(stats["first_event_at"].text == expected["first_occurred_at"].text)
            #expect(stats["last_event_at"].text == expected["last_occurred_at"].text)
            var identifiers: Set<String> = []
            try store.scan(after: .start) {
                if let customer = $0.customer { identifiers.insert(customer) }
                return true
            }
            #expect(identifiers.count == expected["distinct_customers_normalised"].int)
            let kinds = Dictionary(grouping: identifiers) { String($0.prefix { $0 != ":" }) }.mapValues(\.count)
            let customers = try await store.ask(.customers(stage: nil, after: nil, limit: nil))
            #expect(kinds == expected["distinct_customers_normalised_by_kind"].counts)
            let events = customers["customers"].list.reduce(0) { $0 + ($1["events"].int ?? 0) }
            let nobody = expected["events_without_customer"].counts
            #expect(events == 2_316 - nobody.values.reduce(0, +))
            let stages = try await store.ask(.stages)
            #expect(stages["customers"].int == customers["total"].int)
            let staged = stages["stages"].list.reduce(0) { $0 + ($1["now"].int ?? 0) }
            #expect(staged == customers["total"].int)
        }
    }

    @Test func `States of deals are those of the file`() async throws {
        let expected = try expected()["deals"]
        try await withSmall { store in
            let deals = try await store.ask(.deals(limit: nil))
            #expect(deals["total"].int == expected["all"].int)
            for state in ["open", "won", "lost"] { #expect(deals["by_state"][state].int == expected[state].int) }
            let rows = deals["deals"].list
            #expect(rows.filter { $0["customer"].isNull }.count == expected["without_a_customer"].int)
            // Of the 18 accounts of the file 15 have deals.
            #expect(Set(rows.compactMap { $0["account"].text }).count == 15)
            var anomalies = 0
            for row in rows {
                let deal = try await store.ask(.deal(try #require(row["deal"].text)))
                anomalies += deal["anomalies"].list.count
                #expect(deal["state"].text == row["state"].text)
            }
            #expect(anomalies == expected["anomalies"].int)
        }
    }

    @Test func `Conversions and their money are exact in each currency under every model`() async throws {
        let expected = try expected()
        try await withSmall { store in
            var query = AttributionQuery()
            query.models = ModelName.allCases.map(\.rawValue)
            query.conversion = "order"
            let orders = try await store.ask(.attribution(query))
            #expect(orders["conversions"].int == 104)
            for part in orders["value"].list {
                let currency = try #require(part["currency"].text)
                #expect(micros(part["amount"].text) == micros(expected["orders_net_of_refunds"][currency].text))
            }
            #expect(orders["value"].list.count == 3)
            query.conversion = "deal_won"
            let won = try await store.ask(.attribution(query))
            #expect(won["conversions"].int == expected["deals"]["won"].int)
            var amounts: [String: Int64] = [:]
            for row in try await store.ask(.deals(limit: nil))["deals"].list where row["state"].text == "won" {
                amounts[row["currency"].text ?? "", default: 0] += micros(row["amount"].text)
            }
            for part in won["value"].list {
                let amount = amounts[part["currency"].text ?? ""]
                #expect(micros(part["amount"].text) == amount)
            }
            for report in [orders, won] {
                for model in report["models"].list {
                    var sums: [String: Int64] = [:]
                    var conversions = 0.0
                    for row in model["rows"].list {
                        conversions += row["conversions"].double ?? 0
                        for part in row["value"].list {
                            sums[part["currency"].text ?? "", default: 0] += micros(part["amount"].text)
                        }
                    }
                    #expect(abs(conversions - Double(report["conversions"].int ?? -1)) < 1e-9)
                    for part in report["value"].list {
                        let sum = sums[part["currency"].text ?? ""]
                        #expect(sum == micros(part["amount"].text), "\(model["model"])")
                    }
                }
            }
        }
    }

    @Test func `Revenue of customers and of nobody is the revenue of the report`() async throws {
        try await withSmall { store in
            var sums: [String: Int64] = [:]
            let customers = try await store.ask(.customers(stage: nil, after: nil, limit: nil))["customers"].list
            for customer in customers {
                for part in customer["revenue"].list {
                    sums[part["currency"].text ?? "", default: 0] += micros(part["amount"].text)
                }
            }
            for row in try await store.ask(.deals(limit: nil))["deals"].list
            where row["state"].text == "won" && row["customer"].isNull {
                sums[row["currency"].text ?? "", default: 0] += micros(row["amount"].text)
            }
            for part in try await store.ask(.attribution(AttributionQuery()))["value"].list {
                let sum = sums[part["currency"].text ?? ""]
                #expect(sum == micros(part["amount"].text))
            }
        }
    }

    @Test func `Touchpoints of the conversion's instant that came before it are on its path`() async throws {
        try await withSmall(touchpointsOfOneInstant)
    }

    private func touchpointsOfOneInstant(_ store: JourneyStore) async throws {
        let timeline = try await store.ask(.timeline(.customer("c-tie"), from: nil, to: nil, limit: nil))
        let order = timeline["events"].first("type", "order_completed")
        let position = try #require(order["position"].int)
        var before: Set<Int> = []
        for event in timeline["events"].list
        where event["derived"]["touch"] == .flag(true) && event["occurred_at"] == order["occurred_at"] {
            if let touch = event["position"].int, touch < position { before.insert(touch) }
        }
        #expect(!before.isEmpty)
        let credit = try await store.ask(.explainCredit(conversion: "\(position)", model: "linear"))
        let path = Set(credit["touches"].list.compactMap { $0["event"]["position"].int })
        #expect(path.isSuperset(of: before))
        let last = try #require(path.max())
        #expect(last < position)
    }
}
