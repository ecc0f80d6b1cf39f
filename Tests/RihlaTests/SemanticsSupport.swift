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
            let isJSON = $0.value.hasPrefix("{") || $0.value.hasPrefix("[")
            return .init(key: $0.key, json: isJSON ? $0.value : JSONValue.string($0.value).text)
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

/// A JSON value that tests walk by keys and indices; what is missing is `missing`.
enum JSON: Decodable, Sendable, Equatable, CustomStringConvertible {
    case missing, null
    case flag(Bool)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .flag(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    init(_ answer: Answer) throws { self = try JSONDecoder().decode(JSON.self, from: Data(answer.json.utf8)) }
    /// A file of test data.
    init(file: String) throws { self = try JSONDecoder().decode(JSON.self, from: Data(TestData.bytes(file))) }

    subscript(_ key: String) -> JSON { members[key] ?? .missing }
    subscript(_ index: Int) -> JSON { index < list.count ? list[index] : .missing }
    var members: [String: JSON] { if case .object(let members) = self { members } else { [:] } }
    var list: [JSON] { if case .array(let list) = self { list } else { [] } }
    var text: String? { if case .string(let text) = self { text } else { nil } }
    var double: Double? { if case .number(let number) = self { number } else { nil } }
    var int: Int? { double.flatMap { Int(exactly: $0) } }
    var bool: Bool? { if case .flag(let flag) = self { flag } else { nil } }
    var isNull: Bool { self == .null }
    var counts: [String: Int] { members.compactMapValues(\.int) }
    /// `12.50 EUR` of `{"amount","currency"}`, several joined by a comma.
    var money: String {
        if case .array(let list) = self { return list.map(\.money).joined(separator: ", ") }
        return "\(self["amount"].text ?? "?") \(self["currency"].text ?? "?")"
    }
    /// The first entry of a list whose member `key` is `text`.
    func first(_ key: String, _ text: String) -> JSON { list.first { $0[key].text == text } ?? .missing }

    var description: String {
        switch self {
        case .missing: "nothing"
        case .null: "null"
        case .flag(let flag): "\(flag)"
        case .number(let number): "\(number)"
        case .string(let text): text
        case .array(let list): "\(list)"
        case .object(let members): "\(members)"
        }
    }
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
