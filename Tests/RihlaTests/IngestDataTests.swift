// Public data through its mappings, with figures that were counted by other means.
import Foundation
import JourneyEvents
import JourneyViews
import Rihla
import TestSupport
import Testing

@Suite struct IngestDataTests {
    private func sums(_ events: [Event], _ type: String) -> Int128 {
        events.filter { $0.type == type }.reduce(0) { $0 + ($1.amount?.micros ?? 0) }
    }

    @Test(arguments: [true, false])
    func `cdnow: 6,919 orders of 2,357 customers for 244,091.94 USD`(hasHeader: Bool) async throws {
        try await withStore { store, directory in
            var options = IngestOptions()
            options.mapping = TestData.path(hasHeader ? "cdnow/mapping.yaml" : "cdnow/mapping.no-header.yaml")
            var path = TestData.path("cdnow/cdnow_sample.csv")
            if !hasHeader {
                let bytes = try TestData.bytes("cdnow/cdnow_sample.csv")
                let second = try #require(bytes.firstIndex(of: 10)) + 1
                path = directory + "/rows.csv"
                try Data(bytes[second...]).write(to: URL(filePath: path))
            }
            let summary = try await store.ingest([path], options: options)
            #expect(
                counts(summary.accepted, summary.duplicates, summary.rejected, summary.unmapped) == [6_919, 0, 0, 0]
            )
            let events = try store.allEvents()
            #expect(Set(events.map(\.customer)).count == 2_357)
            #expect(sums(events, "order_completed") == 244_091_940_000)
            #expect(events.first?.id == (hasHeader ? "row:2" : "row:1"))
            #expect(summary.files.map(\.lines) == [hasHeader ? 6_920 : 6_919])
            let again = try await store.ingest([path], options: options)
            #expect(counts(again.accepted, again.duplicates, again.rejected) == [0, 6_919, 0])
        }
    }

    @Test func `salesforce: 10 deals, 5 won, 4 lost, 24,120,000 USD won`() async throws {
        try await withStore { store, _ in
            var options = IngestOptions()
            options.mapping = TestData.path("crm/mapping.salesforce_opportunities.yaml")
            let path = TestData.path("crm/salesforce/sf_opportunity_data.csv")
            let summary = try await store.ingest([path], options: options)
            #expect(summary.byType == ["deal_created": 10, "deal_won": 5, "deal_lost": 4])
            let events = try store.allEvents()
            #expect(Set(events.map(\.deal)).count == 10)
            #expect(Set(events.compactMap(\.account)).count == 6)
            #expect(events.filter { $0.type == "deal_created" && $0.amount == nil }.count == 6)
            #expect(sums(events, "deal_created") == 24_530_001_000_000)
            #expect(sums(events, "deal_won") == 24_120_000_000_000)
            let opened = Dictionary(
                uniqueKeysWithValues: events.filter { $0.type == "deal_created" }.map { ($0.deal, $0.occurredAt) }
            )
            let early = events.filter { event in
                event.type != "deal_created" && opened[event.deal].map { event.occurredAt < $0 } ?? false
            }
            #expect(Set(early.map(\.deal)).count == 7)
        }
    }

    @Test(arguments: [
        ("crm/mapping.hubspot_deal_stages.yaml", "crm/hubspot/deal_stage_data.csv", 14, "2021-01-07T06:49:18.000Z"),
        ("crm/mapping.hubspot_contacts.yaml", "crm/hubspot/contact_data.csv", 22, "2020-05-22T16:46:41.000Z"),
    ])
    func `hubspot tables give one event a row`(mapping: String, table: String, count: Int, first: String) async throws {
        try await withStore { store, _ in
            var options = IngestOptions()
            options.mapping = TestData.path(mapping)
            let summary = try await store.ingest([TestData.path(table)], options: options)
            #expect(counts(summary.accepted, summary.rejected) == [count, 0])
            #expect(try store.allEvents().map(\.occurredAt).min()?.rfc3339 == first)
        }
    }

    @Test func `snowplow: 160 rows, 157 events, 3 conflicts of ids`() async throws {
        try await withStore { store, _ in
            let rejects = Collected()
            var options = IngestOptions()
            options.mapping = TestData.path("snowplow_web/mapping.yaml")
            options.onReject = { rejects.add($0) }
            let summary = try await store.ingest(
                [TestData.path("snowplow_web/snowplow_web_events.csv")],
                options: options
            )
            #expect(counts(summary.accepted, summary.duplicates, summary.rejected) == [157, 0, 3])
            #expect(summary.errors.map(\.code) == ["id_conflict", "id_conflict", "id_conflict"])
            #expect(summary.errors.map(\.line) == [7, 61, 63])
            #expect(summary.byType["page_viewed"] == 49)
            #expect(summary.byType["link_click"] == 9)
            #expect(summary.warnings.contains { $0.code == "no_customer" && $0.count == 1 })
            #expect(Set(try store.allEvents().compactMap(\.customer)).count == 42)
            #expect(rejects.all.count == 3)
        }
    }
}
