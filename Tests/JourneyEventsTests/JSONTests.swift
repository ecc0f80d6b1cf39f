// JSON that is written is read by Foundation as the same values.
import Foundation
import JourneyEvents
import TestSupport
import Testing

@Suite struct JSONTests {
    private func random(_ depth: Int, _ generator: inout SplitMix) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &generator) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &generator))
        case 2: return .int(Int64.random(in: -(1 << 53)...(1 << 53), using: &generator))
        case 3: return .double(Double.random(in: -1e6...1e6, using: &generator))
        case 4: return .string(text(&generator))
        case 5: return .array((0..<3).map { _ in random(depth - 1, &generator) })
        default: return .object((0..<3).map { .init("\($0)" + text(&generator), random(depth - 1, &generator)) })
        }
    }

    private func text(_ generator: inout SplitMix) -> String {
        let scalars: [Unicode.Scalar] = [
            "a", "\"", "\\", "/", "\n", "\u{0}", "\u{1F}", "\u{7F}", "é", "م", "😀", "\u{2028}",
        ]
        return String(
            String.UnicodeScalarView((0..<6).compactMap { _ in scalars.randomElement(using: &generator) })
        )
    }

    private func isEqual(_ value: JSONValue, _ other: Any) -> Bool {
        switch value {
        case .null: other is NSNull
        case .bool(let flag): (other as? Bool) == flag
        case .int(let number): (other as? NSNumber)?.int64Value == number
        // Foundation on Linux reads some numbers a few units in the last place off; the text itself is exact.
        case .double(let number):
            (other as? NSNumber).map { abs($0.doubleValue - number) <= abs(number) * 1e-12 } ?? false
                && Double(value.text) == number
        case .string(let text): (other as? String) == text
        case .array(let values):
            (other as? [Any]).map { $0.count == values.count && zip(values, $0).allSatisfy { isEqual($0, $1) } }
                ?? false
        case .object(let members):
            (other as? [String: Any]).map { object in
                object.count == members.count
                    && members.allSatisfy { member in object[member.key].map { isEqual(member.value, $0) } ?? false }
            } ?? false
        case .raw: false
        }
    }

    @Test func `Foundation reads what is written`() throws {
        var generator = SplitMix.fresh()
        for _ in 0..<500 {
            let value = JSONValue.object([.init("value", random(3, &generator))])
            let read = try JSONSerialization.jsonObject(with: Data(value.text.utf8))
            #expect(isEqual(value, read), "\(value.text), seed \(generator.seed)")
        }
    }

    @Test(arguments: [
        (0.0, "0"), (-0.0, "0"), (1.5, "1.5"), (1e15, "1000000000000000"), (1e17, "1e+17"),
        (123_456_789_012_345, "123456789012345"),
        (.infinity, "null"),
        (.nan, "null"), (0.1, "0.1"), (.leastNonzeroMagnitude, "5e-324"),
    ])
    func `a number is written in its shortest form`(value: Double, text: String) {
        #expect(JSONValue.double(value).text == text)
    }

    @Test(
        arguments: [
            ("\"a\"", "a"), ("\"\"", ""), ("1", nil), ("\"", nil), ("\"\\u00e9\\n\\/\\\\\"", "é\n/\\"),
            ("\"\\ud83d\\ude00\"", "😀"), ("\"\\ud83dabc\"", "\u{FFFD}abc"), ("\"\\ud83d\\u0041\"", "\u{FFFD}A"),
            ("\"\\ude00\"", "\u{FFFD}"), ("\"\\ud83d\"", "\u{FFFD}"),
        ] as [(String, String?)]
    )
    func `a string token is decoded, half a surrogate pair as a replacement`(token: String, text: String?) {
        #expect(stringValue(ofJSON: token) == text)
    }

    @Test func `tokens of Foundation are decoded as it does`() throws {
        var generator = SplitMix.fresh()
        for _ in 0..<500 {
            let text = text(&generator)
            let token = String(
                decoding: try JSONSerialization.data(withJSONObject: text, options: .fragmentsAllowed),
                as: UTF8.self
            )
            #expect(stringValue(ofJSON: token) == text, "seed \(generator.seed)")
            #expect(stringValue(ofJSON: JSONValue.string(text).text) == text, "seed \(generator.seed)")
        }
    }

    @Test func `an event's line is complete and in a fixed order`() {
        var full = event("e", type: "deal_won", at: 0, deal: "d", properties: [.init(key: "k", json: "1.50")])
        full.amount = Currency("EUR").map { Amount(units: 100, scale: 2, currency: $0) }
        full.position = Position(3)
        #expect(
            full.json
                == #"{"position":3,"id":"e","source":"test","type":"deal_won","occurred_at":"1970-01-01T00:00:00.000Z","#
                + #""recorded_at":"1970-01-01T00:00:00.000Z","customer":"customer_id:a","deal":"d","amount":"1.00","#
                + #""currency":"EUR","properties":{"k":1.50}}"#
        )
    }

    @Test func `an event survives a batch`() {
        var batch = EventBatch()
        event("e", deal: "d", properties: [.init(key: "k", json: "[1]")]).add(to: &batch)
        #expect(batch.events.count == 1)
        #expect(batch.text(batch.events[0].id) == "e")
        #expect(batch.text(batch.events[0].deal) == "d")
        #expect(batch.text(batch.events[0].channel) == nil)
        #expect(batch.properties.map { batch.text($0.value) } == ["[1]"])
    }
}
