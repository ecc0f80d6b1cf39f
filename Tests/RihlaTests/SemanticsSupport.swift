// Stores of a few events, and answers as JSON, for tests of what the figures mean.
import Foundation
import JourneyEvents
import JourneyLog
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

let day: Int64 = 86_400_000

/// An event written as tests need it: time in days since 2026-01-01, money as "12.50 EUR".
func make(
    _ id: String,
    _ type: String,
    _ days: Double,
    customer: String? = "customer_id:a",
    deal: String? = nil,
    account: String? = nil,
    channel: String? = nil,
    campaign: String? = nil,
    money: String? = nil,
    cause: String? = nil,
    _ properties: [String: String] = [:]
) -> Event {
    var amount: Amount?
    if let parts = money?.split(separator: " "), parts.count == 2, let currency = Currency(String(parts[1])) {
        let digits = parts[0].split(separator: ".")
        let scale = digits.count > 1 ? digits[1].count : 0
        amount = Int64(digits.joined()).map { Amount(units: $0, scale: UInt8(scale), currency: currency) }
    }
    return Event(
        id: id,
        source: "test",
        type: type,
        occurredAt: Timestamp(milliseconds: 1_767_225_600_000 + Int64((days * Double(day)).rounded())),
        customer: customer,
        deal: deal,
        account: account,
        channel: channel,
        campaign: campaign,
        amount: amount,
        causation: cause,
        properties: properties.sorted { $0.key < $1.key }.map {
            .init(key: $0.key, json: $0.value.hasPrefix("{") ? $0.value : JSONValue.string($0.value).text)
        }
    )
}

/// The instant `days` after 2026-01-01.
func instant(_ days: Double) -> Timestamp { make("", "", days).occurredAt }

func batch(_ events: some Sequence<Event>) -> EventBatch {
    var batch = EventBatch()
    for event in events { event.add(to: &batch) }
    return batch
}

/// Runs `body` with a store of these events, appended in parts of `size`.
func withStore<R>(_ events: [Event], size: Int = .max, _ body: (JourneyStore) async throws -> R) async throws -> R {
    try await withScratchDirectory { path in
        var options = JourneyStore.Options()
        options.create = true
        let store = try await JourneyStore.open(at: path, options: options)
        var start = 0
        while start < events.count {
            let end = min(start + min(size, events.count), events.count)
            _ = try await store.append(batch(events[start..<end]))
            start = end
        }
        let result = try await body(store)
        try await store.close()
        return result
    }
}

/// A JSON value that tests walk by keys and indices.
struct JSON: CustomStringConvertible {
    let value: Any?
    init(_ value: Any?) { self.value = value }
    init(_ answer: Answer) throws {
        value = try JSONSerialization.jsonObject(with: Data(answer.json.utf8), options: .fragmentsAllowed)
    }
    subscript(_ key: String) -> JSON { JSON((value as? [String: Any])?[key]) }
    subscript(_ index: Int) -> JSON { JSON((value as? [Any]).flatMap { index < $0.count ? $0[index] : nil }) }
    var list: [JSON] { (value as? [Any] ?? []).map { JSON($0) } }
    var text: String? { value as? String }
    var int: Int? { value as? Int }
    var double: Double? { value as? Double }
    var bool: Bool? { value as? Bool }
    var isNull: Bool { value is NSNull }
    /// `12.50 EUR` of `{"amount","currency"}`, several joined by a comma.
    var money: String {
        if value is [Any] { return list.map(\.money).joined(separator: ", ") }
        return "\(self["amount"].text ?? "?") \(self["currency"].text ?? "?")"
    }
    /// The first entry of a list whose member `key` is `text`.
    func first(_ key: String, _ text: String) -> JSON { list.first { $0[key].text == text } ?? JSON(nil) }
    var description: String { value.map { "\($0)" } ?? "nil" }
}

extension JourneyStore {
    func ask(_ query: Query, _ bounds: QueryBounds = QueryBounds()) async throws -> JSON {
        try JSON(try await answer(query, bounds: bounds))
    }

    /// The rows of one attribution model by key: `key: conversions value`.
    func credits(
        _ model: String,
        bounds: QueryBounds = QueryBounds(),
        _ change: (inout AttributionQuery) -> Void = { _ in }
    )
        async throws -> [String: String]
    {
        var query = AttributionQuery()
        query.models = [model]
        change(&query)
        let rows = try await ask(.attribution(query), bounds)["models"][0]["rows"].list
        return Dictionary(
            rows.map { ($0["key"].text ?? "", "\($0["conversions"].double ?? -1) \($0["value"].money)") }
        ) { $1 }
    }
}

func bounds(asOf: Timestamp? = nil, asAt: UInt64? = nil, rules: RuleSet? = nil) -> QueryBounds {
    var bounds = QueryBounds()
    bounds.asOf = asOf
    bounds.asAt = asAt.map { .position(Position($0)) }
    bounds.rules = rules
    return bounds
}
