// Eight bytes at a time must say the same as one byte at a time.
import JourneyEvents
import TestSupport
import Testing

@testable import JourneyIngest

@Suite struct WordScanTests {
    @Test func `words find what bytes find, at every offset`() {
        var random = SplitMix.fresh()
        let seed = random.seed
        let odd: [UInt8] = [0, 10, 31, 32, 33, 34, 35, 91, 92, 93, 127, 128, 255]
        for _ in 0..<3_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                Int.random(in: 0..<6, using: &random) == 0 ? odd.randomElement(using: &random) ?? 0 : 97
            }
            let start = Int.random(in: 0...bytes.count, using: &random)
            let end = Int.random(in: start...bytes.count, using: &random)
            let span = bytes.span
            let plain = WordScan.skipPlain(span, from: start, to: end)
            let firstOdd = (start..<end).first {
                bytes[$0] < 32 || bytes[$0] >= 128 || bytes[$0] == 34 || bytes[$0] == 92
            }
            let isAtOdd = plain == firstOdd
            #expect(isAtOdd || (plain > end - 8 && plain <= firstOdd ?? end), "seed \(seed)")
            let feed = WordScan.find(10, span, from: start, to: end)
            #expect(feed == (start..<end).first { bytes[$0] == 10 } ?? end, "seed \(seed)")
            let ascii = WordScan.skipASCII(span, from: start, to: end)
            #expect(bytes[start..<ascii].allSatisfy { $0 < 128 }, "seed \(seed)")
            let fault = UTF8Check.firstFault(span, start..<end)
            #expect(fault == (start..<end).first { bytes[$0] >= 128 }, "seed \(seed)")
        }
    }

    @Test func `every field is found by its name and by no other`() {
        let names = FieldNames()
        for field in Field.allCases {
            #expect(names.field(KeyWord(field.name)) == field)
            #expect(names.field(KeyWord(field.name + "x")) == nil)
            #expect(names.field(KeyWord(String(field.name.dropLast()))) == nil)
            #expect(names.field(KeyWord("X" + field.name.dropFirst())) == nil)
        }
        #expect(names.field(KeyWord("")) == nil)
        #expect(names.field(KeyWord("a_key_that_is_longer_than_two_words")) == nil)
    }

    @Test func `keys are compared to their last byte, however many there are`() {
        func read(_ keys: [String]) -> [String] {
            let line = "{" + keys.map { "\"\($0)\":1" }.joined(separator: ",") + "}"
            var batch = EventBatch(bytes: Array(line.utf8))
            var scanner = NDJSONScanner()
            return scanner.scan(&batch, range: 0..<batch.bytes.count, firstLine: 1).map(\.rejection.code.rawValue)
        }
        let long = String(repeating: "k", count: 20)
        #expect(read(["12345678\(long)a12345678", "12345678\(long)b12345678"]) == ["missing_field"])
        #expect(read(["12345678\(long)a12345678", "12345678\(long)a12345678"]) == ["duplicate_key"])
        let many = (0..<500).map { "key\($0)" }
        #expect(read(many) == ["missing_field"])
        #expect(read(many + ["key3"]) == ["duplicate_key"])
        #expect(read(many + ["\\u006bey499"]) == ["duplicate_key"])
    }

    @Test func `keys that look like mistyped fields are counted`() {
        let line =
            #"{"id":"1","type":"t","occurred_at":"2026-01-02T03:04:05Z","custmer":"c","chanel":1,"url":2,"plan":3}"#
        var batch = EventBatch(bytes: Array((line + "\n" + line.replacing(#""1""#, with: #""2""#)).utf8))
        var scanner = NDJSONScanner()
        #expect(scanner.scan(&batch, range: 0..<batch.bytes.count, firstLine: 1).isEmpty)
        #expect(scanner.nearMisses == ["custmer": 2, "chanel": 2])
    }
}
