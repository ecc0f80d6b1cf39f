// The library as its documentation shows it: the code here is the code of the articles.
import JourneyEvents
import JourneyLog
import JourneyProjections
import JourneyViews
@testable import Rihla
import TestSupport
import Testing

/// How much each customer has bought, as the article on own read models shows it.
struct Spending: Projection {
    let name = "spending"
    let version = 1
    let key = SymbolKind.customer
    private var order: UInt32 = 0

    init() {}

    func prepared(for log: LogSnapshot) throws -> any Projection {
        var copy = self
        copy.order = try log.symbol(.type, "order_completed") ?? 0
        return copy
    }

    func row(for key: UInt32, events: ArraySlice<FoldEvent>, properties: PropertyTable) throws -> [UInt8]? {
        let orders = events.filter { $0.type == order }
        guard !orders.isEmpty else { return nil }
        return Array("\(orders.reduce(0) { $0 + $1.units })".utf8)
    }
}

@Suite struct LibraryTests {
    private func withStore(_ projections: [any Projection] = [], _ body: (JourneyStore) async throws -> Void)
        async throws
    {
        try await withScratchDirectory { path in
            var options = JourneyStore.Options()
            options.create = true
            let store = try await JourneyStore.open(at: path, options: options, projections: projections)
            try await body(store)
            try await store.close()
        }
    }

    private func order(_ id: String, units: Int64, at time: Int64) -> Event {
        var order = event(id, type: "order_completed", at: time, customer: "email:a@b.example")
        order.amount = Currency("EUR").map { Amount(units: units, scale: 2, currency: $0) }
        return order
    }

    @Test func `events go in and answers come out as in "Getting started"`() async throws {
        try await withScratchDirectory { path in
            var options = JourneyStore.Options()
            options.create = true
            let store = try await JourneyStore.open(at: path, options: options)
            let events = [
                Event(
                    id: "e-1",
                    source: "web",
                    type: "ad_clicked",
                    occurredAt: Timestamp(milliseconds: 1_767_323_045_000),
                    customer: "email:a@b.example",
                    channel: "paid_search"
                ),
                Event(
                    id: "e-2",
                    source: "shop",
                    type: "order_completed",
                    occurredAt: Timestamp(milliseconds: 1_767_326_645_000),
                    customer: "email:a@b.example",
                    amount: Currency("EUR").map { Amount(units: 12_990, scale: 2, currency: $0) }
                ),
            ]
            let receipt = try await store.append(events)
            #expect(receipt.position == 2)
            let journey = try await store.timeline(of: "email:a@b.example")
            #expect(journey.rows.count == 2)
            let credits = try await store.attribution(.linear, by: .channel)
            #expect(credits.json.contains("\"key\":\"paid_search\""))
            #expect(credits.json.contains("\"amount\":\"129.90\""))
            let before = try await store.attribution(.linear, by: .channel, asAt: .position(1))
            #expect(before.json.contains("\"conversions\":0"))
            #expect(try await store.timeline(of: "email:a@b.example", asOf: .distantFuture).json == journey.json)
            try await store.close()
        }
    }

    @Test func `a stream version guards a decision`() async throws {
        try await withStore { store in
            let first = try await store.append([event("1", deal: "d-1")], to: .deal("d-1"), expecting: .none)
            #expect(first.version == 1)
            let second = try await store.append([event("2", deal: "d-1")], to: .deal("d-1"), expecting: .version(1))
            #expect(second == AppendReceipt(outcomes: [.appended(2, version: 2)], position: 2, version: 2))
            let error = await #expect(throws: RihlaError.self) {
                try await store.append([event("3", deal: "d-1")], to: .deal("d-1"), expecting: .version(1))
            }
            #expect(error?.code == .versionConflict)
            let again = try await store.append([event("2", deal: "d-1")], to: .deal("d-1"), expecting: .version(1))
            #expect(again.outcomes == [.duplicate(2, version: 2)])
            #expect(again.position == 2)
        }
    }

    @Test(arguments: ["", "Bad Type", String(repeating: "x", count: 200)])
    func `an event that no input line could be is refused, and nothing of its request is appended`(type: String)
        async throws
    {
        try await withStore { store in
            let error = await #expect(throws: RihlaError.self) {
                try await store.append([event("good"), event("bad", type: type)])
            }
            #expect(error?.code == .invalidInput)
            #expect(error?.message.contains("event 2, id \"bad\"") == true)
            #expect(store.head == .start)
        }
    }

    @Test func `a customer's identifier has one form, whichever way it is written`() async throws {
        try await withStore { store in
            try await store.append([
                event("1", customer: "email: A@B.example "), event("2", customer: "email:a@b.example"),
            ])
            #expect(try await store.timeline(of: "email:a@B.example").rows.count == 2)
        }
    }

    @Test func `an own read model answers now and then, and folds late events`() async throws {
        try await withStore([Spending()]) { store in
            try await store.append([order("o-1", units: 500, at: 10), event("v", customer: "email:a@b.example")])
            #expect(try await store.row(of: "spending", key: "email:a@b.example") == Array("500".utf8))
            try await store.append([order("o-2", units: 250, at: 5)])
            let rows = try await store.rows(of: "spending")
            #expect(rows.position == 3)
            #expect(rows.rows == [.init(key: "email:a@b.example", bytes: Array("750".utf8))])
            #expect(rows.parked.isEmpty)
            let known = try await store.rows(of: "spending", asAt: .position(1))
            #expect(known.rows.map(\.bytes) == [Array("500".utf8)])
            let early = try await store.row(
                of: "spending",
                key: "email:a@b.example",
                asOf: Timestamp(milliseconds: 5)
            )
            #expect(early == Array("250".utf8))
            #expect(try await store.row(of: "spending", key: "email:nobody@b.example") == nil)
            let error = await #expect(throws: RihlaError.self) { _ = try await store.rows(of: "spendings") }
            #expect(error?.code == .notFound)
        }
    }

    @Test func `an own read model cannot take the name of a built-in one`() async throws {
        struct Taken: Projection {
            let name = "customers"
            let version = 1
            let key = SymbolKind.customer
            func row(for key: UInt32, events: ArraySlice<FoldEvent>, properties: PropertyTable) throws -> [UInt8]? {
                nil
            }
        }
        try await withScratchDirectory { path in
            var options = JourneyStore.Options()
            options.create = true
            let error = await #expect(throws: RihlaError.self) {
                _ = try await JourneyStore.open(at: path, options: options, projections: [Taken()])
            }
            #expect(error?.code == .usage)
        }
    }

    @Test func `a store that is read only answers as one that writes`() async throws {
        try await withScratchDirectory { path in
            var options = JourneyStore.Options()
            options.create = true
            let store = try await JourneyStore.open(at: path, options: options, projections: [Spending()])
            try await store.append((0..<20).map { order("o-\($0)", units: 100, at: Int64($0)) })
            let stages = try await store.answer(.stages).json
            let rows = try await store.rows(of: "spending").rows
            try await store.close()
            var reading = JourneyStore.Options()
            reading.readOnly = true
            let reader = try await JourneyStore.open(at: path, options: reading, projections: [Spending()])
            #expect(try await reader.answer(.stages).json == stages)
            #expect(try await reader.rows(of: "spending").rows == rows)
            try await reader.close()
        }
    }
}
