// Keys that were seen before are recognised without being read. Whatever came before, a line means the same: its fields,
// its properties, the keys that stand twice and the names that look mistyped.
import JourneyEvents
import TestSupport
import Testing

@testable import JourneyIngest

@Suite struct KnownKeysTests {
    /// What a scan of one line gives, as text.
    private func meaning(_ batch: EventBatch, _ rejected: [RejectedLine]) -> [String] {
        let events = batch.events.map { draft in
            let properties = batch.properties[Int(draft.properties.lowerBound)..<Int(draft.properties.upperBound)]
            let pairs = properties.map { "\(batch.text($0.key) ?? "-")=\(batch.text($0.value) ?? "-")" }
            return "\(batch.text(draft.id) ?? "-") \(batch.text(draft.type) ?? "-") \(draft.occurredAt) "
                + "\(batch.text(draft.channel) ?? "-") \(batch.text(draft.campaign) ?? "-") \(pairs)"
        }
        return events + rejected.map { "\($0.rejection.code) \($0.rejection.column ?? 0) \($0.rejection.message)" }
    }

    /// Lines whose keys come from a pool, in any order, some escaped, some twice, some at both levels.
    private func randomLine(_ number: Int, _ pool: [String], _ random: inout SplitMix) -> String {
        var keys = ["id", "type", "occurred_at", "channel", "campaign"]
        keys += pool.shuffled(using: &random).prefix(Int.random(in: 0..<12, using: &random))
        if Int.random(in: 0..<3, using: &random) > 0 { keys.shuffle(using: &random) }
        if Int.random(in: 0..<4, using: &random) == 0, let twice = keys.randomElement(using: &random) {
            keys.insert(twice, at: Int.random(in: 0...keys.count, using: &random))
        }
        func written(_ key: String) -> String {
            guard Int.random(in: 0..<8, using: &random) == 0, let first = key.utf8.first else { return key }
            return "\\u00" + String(first, radix: 16) + key.dropFirst()
        }
        var members = keys.map { key -> String in
            let value =
                switch key {
                case "id": "\"e-\(number)\""
                case "type": ["\"page_viewed\"", "\"deal_won\"", "\"a\""].randomElement(using: &random) ?? ""
                case "occurred_at": "\"2026-01-01T00:00:00Z\""
                case "channel": ["\"email\"", "\"paid_search\"", "null"].randomElement(using: &random) ?? ""
                default:
                    ["1", "\"x\"", "{\"id\":1,\"a\":{\"a\":2}}", "[1,{\"id\":2}]"].randomElement(using: &random) ?? ""
                }
            return "\"\(written(key))\":\(value)"
        }
        if Int.random(in: 0..<3, using: &random) == 0 {
            let inner = pool.shuffled(using: &random).prefix(2).map { "\"\(written($0))\":true" }
            members.append("\"properties\":{\(inner.joined(separator: ","))}")
        }
        return "{\(members.joined(separator: ","))}"
    }

    @Test(arguments: [6, 40, 130])
    func aLineMeansTheSameAfterAnyOthers(poolSize: Int) throws {
        var random = SplitMix(seed: UInt64(poolSize))
        let pool =
            (0..<poolSize).map { "k\($0)" } + [
                "channnel", "a_key_that_is_longer_than_a_word", "position", "recorded_at",
            ]
        var warm = NDJSONScanner()
        var misses: [String: Int] = [:]
        for number in 0..<400 {
            let bytes = Array((randomLine(number, pool, &random) + "\n").utf8)
            var fresh = NDJSONScanner()
            var (alone, after) = (EventBatch(bytes: bytes), EventBatch(bytes: bytes))
            let rejectedAlone = fresh.scan(&alone, range: 0..<bytes.count, firstLine: 1)
            let rejectedAfter = warm.scan(&after, range: 0..<bytes.count, firstLine: 1)
            #expect(
                meaning(after, rejectedAfter) == meaning(alone, rejectedAlone),
                "\(String(decoding: bytes, as: UTF8.self))"
            )
            misses.merge(fresh.nearMisses, uniquingKeysWith: +)
            for property in after.properties where property.keyWord > 0 {
                #expect(after.text(after.words[Int(property.keyWord) - 1]) == after.text(property.key))
            }
            for draft in after.events where draft.typeWord > 0 {
                #expect(after.text(after.words[Int(draft.typeWord) - 1]) == after.text(draft.type))
            }
        }
        #expect(warm.nearMisses == misses)
        #expect(misses["channnel"] ?? 0 > 0)
    }

    @Test func aKeyStandsTwiceHoweverItIsWritten() {
        for line in [
            #"{"id":"1","\u0069d":"2"}"#, #"{"\u0069d":"1","id":"2"}"#, #"{"id":"1","a":{"b":1,"\u0062":2}}"#,
            #"{"id":"1","a":{"id":1,"id":2}}"#, #"{"id":"1","properties":{"x":1,"x":2}}"#,
        ] {
            var scanner = NDJSONScanner()
            for _ in 0..<3 {
                var batch = EventBatch(bytes: Array(line.utf8))
                let rejected = scanner.scan(&batch, range: 0..<batch.bytes.count, firstLine: 1)
                #expect(rejected.map(\.rejection.code) == [.duplicateKey], "\(line)")
            }
        }
    }
}
