// The key figures of the made journeys, as the store and SQL have them.
import Foundation
import JourneyEvents
import JourneyViews
import Rihla
import TestSupport
import Testing

/// What the store says, in the words of the twin.
private func figures(_ answer: JSON, _ names: some Sequence<String>, before: Bool = false) -> [String: String] {
    func units(_ list: JSON) -> String {
        list.list.map { money in
            let amount = (Decimal(string: money["amount"].text ?? "") ?? -1) * 1_000_000
            return "\(amount) \(money["currency"].text ?? "")"
        }.joined(separator: ", ")
    }
    var found: [String: String] = [:]
    for name in names {
        let parts = name.split(separator: ".")
        let key = String(parts[1])
        let section = answer[String(parts[0])]
        var figure = section[key]
        if key.hasPrefix("lifecycle "), let stage = Int(key.dropFirst(10)) { figure = section["lifecycle"][stage - 1] }
        if key.hasPrefix("stages ") { figure = section["stages"].first("stage", String(key.dropFirst(7))) }
        if before { figure = figure["before"] }
        if let numerator = figure["numerator"].int, let denominator = figure["denominator"].int {
            found[name] = "\(numerator)/\(denominator)"
        } else if case .array = figure["numerator"] {
            found[name] = units(figure["numerator"])
        } else if case .array = figure["value"] {
            found[name] = units(figure["value"])
        } else if let count = figure["value"]["n"].int {
            let mean = figure["value"]["mean"].double.map { "\(($0 * 1_000).rounded() / 1_000)" }
            found[name] = mean.map { "\(count) \(key.hasPrefix("dwell") ? "visits" : "deals"), \($0)" } ?? "null"
        } else {
            found[name] = figure["value"].int.map { "\($0)" } ?? "?"
        }
    }
    return found
}

@Suite(.serialized)
struct KPISmallTests {
    private static func milliseconds(_ text: String) -> Int64 {
        Timestamp(rfc3339: text + "T00:00:00Z")?.rawValue ?? 0
    }

    @Test func `SQLite finds the figures of a month, of the one before and of each segment`() async throws {
        try await withStore([]) { store async throws in
            _ = try await store.ingest([TestData.path("journeys/small.ndjson")])
            let twin = try await KPITwin(store)
            let months = ["2025-01-01", "2025-02-01", "2025-03-01", "2025-04-01"].map(KPISmallTests.milliseconds)
            let march = bounds(asOf: Timestamp(milliseconds: months[3] - 1))
            var query = KPIQuery()
            let answer = try await store.ask(.kpis(query), march)
            #expect(answer["period"]["name"].text == "2025-03" && answer["period"]["complete"].bool == true)
            let now = try twin.figures(months[1], months[2], months[3])
            #expect(figures(answer, now.keys) == now)
            let then = try twin.figures(months[0], months[1], months[2])
            #expect(figures(answer, then.keys, before: true) == then)
            // Enough happened for this to mean something.
            #expect(now["sales.deals_won"] != "0" && now["shared.revenue_from_marketing"] != "")
            #expect(now["marketing.email_open_rate"]?.hasPrefix("0/") == false)
            #expect(now["sales.stages proposal"] != nil && then["sales.stages qualification"] != nil)
            query.segment = "property:plan"
            let cut = try await store.ask(.kpis(query), march)["segments"]
            #expect(cut.list.compactMap(\.["segment"].text).sorted() == ["(none)", "free", "team"])
            for segment in ["team", "free", "(none)"] {
                let twins = try twin.figures(months[1], months[2], months[3], segment: segment)
                #expect(figures(cut.first("segment", segment), twins.keys) == twins, "\(segment)")
            }
        }
    }

    @Test func `Hand-offs kept are those of the hand-offs themselves`() async throws {
        try await withStore([]) { store async throws in
            _ = try await store.ingest([TestData.path("journeys/small.ndjson")])
            var decided = 0
            for month in 1...9 {
                let (from, to) = ("2025-0\(month)-01", month == 9 ? "2025-10-01" : "2025-0\(month + 1)-01")
                var query = SLAQuery()
                query.from = Timestamp(milliseconds: KPISmallTests.milliseconds(from))
                query.to = Timestamp(milliseconds: KPISmallTests.milliseconds(to))
                let end = bounds(asOf: Timestamp(milliseconds: KPISmallTests.milliseconds(to) - 1))
                let handOffs = try await store.ask(.sla(query), end)["handoffs"].list
                let shared = try await store.ask(.kpis(KPIQuery()), end)["shared"]
                func count(_ states: String...) -> Int {
                    handOffs.count { states.contains($0["state"].text ?? "") }
                }
                #expect(shared["sla_kept"]["numerator"].int == count("met"), "\(from)")
                #expect(shared["sla_kept"]["denominator"].int == count("met", "breached"), "\(from)")
                #expect(shared["sla_open"]["value"].int == count("open"), "\(from)")
                decided += count("met", "breached")
            }
            #expect(decided > 20)
        }
    }

    @Test func `Figures of the period before are those that were given at its end`() async throws {
        try await withStore([]) { store async throws in
            _ = try await store.ingest([TestData.path("journeys/small.ndjson")])
            var query = KPIQuery()
            query.periods = 4
            let asOf = try #require(Timestamp(rfc3339: "2025-04-10T12:00:00Z"))
            let now = try await store.ask(.kpis(query), bounds(asOf: asOf))
            for (key, end) in [("before", "2025-03-31T23:59:59.999Z"), ("before_to_date", "2025-03-10T12:00:00Z")] {
                let then = try await store.ask(.kpis(KPIQuery()), bounds(asOf: Timestamp(rfc3339: end)))
                for section in ["marketing", "sales", "shared"] {
                    for (name, figure) in now[section].members where !["stages", "lifecycle"].contains(name) {
                        for (part, value) in figure[key].members { #expect(then[section][name][part] == value) }
                        #expect(!figure[key].members.isEmpty, "\(name)")
                    }
                }
            }
            let history = now["history"].list
            #expect(history.compactMap(\.["period"]["name"].text) == ["2025-01", "2025-02", "2025-03", "2025-04"])
            let january = try await store.ask(
                .kpis(KPIQuery()),
                bounds(asOf: Timestamp(rfc3339: "2025-01-31T23:59:59.999Z"))
            )
            #expect(january["sales"]["revenue"]["value"] == history[0]["sales"]["revenue"]["value"])
            // Who is loyal is who the stages say is in the last one.
            let stages = try await store.ask(.stages, bounds(asOf: asOf))["stages"].list
            #expect(
                now["marketing"]["loyal_customers"]["value"].int
                    == stages.first { $0["stage"].text == "loyalty" }?["now"].int
            )
            // What attribution has for the period is its revenue.
            var attribution = AttributionQuery()
            attribution.from = Timestamp(rfc3339: "2025-04-01T00:00:00Z")
            let total = try await store.ask(.attribution(attribution), bounds(asOf: asOf))["value"]
            #expect(now["sales"]["revenue"]["value"].money == total.money)
        }
    }
}
