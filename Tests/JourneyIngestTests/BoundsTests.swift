// What one line, or none, may cost.
import JourneyEvents
import TestSupport
import Testing

@testable import JourneyIngest

@Suite struct BoundsTests {
    private func line(_ count: Int, _ last: String) -> String {
        func keys(_ letter: String) -> String {
            (0..<count).map { "\"custom_property_\(letter)\(100_000 + $0)\":1" }.joined(separator: ",")
        }
        return "{\"id\":\"1\",\"type\":\"t\",\"occurred_at\":\"2026-01-01T00:00:00Z\",\(keys("a")),"
            + "\"properties\":{\(keys("b")),\"\(last)\":1}}\n"
    }

    // Each property was compared with each key of the top level: 720 kB took nine seconds, and twice as many keys four times as
    // long.
    @Test(.timeLimit(.minutes(1))) func `a line of many keys takes time by their number, and a key twice is found`() {
        for (last, expected) in [("custom_property_c", []), ("custom_property_a117999", ["duplicate_key"])] {
            var scanner = NDJSONScanner()
            var batch = EventBatch(bytes: Array(line(18_000, last).utf8))
            let rejected = scanner.scan(&batch, range: 0..<batch.bytes.count, firstLine: 1)
            #expect(rejected.map(\.rejection.code.rawValue) == expected)
            #expect(batch.properties.count == (expected.isEmpty ? 36_001 : 0))
        }
    }

    @Test func `few keys and many are compared in the same way`() {
        for count in [1, 31, 32, 33, 200] {
            for (last, code) in [("custom_property_a100000", "duplicate_key"), ("x", nil)] {
                var scanner = NDJSONScanner()
                var batch = EventBatch(bytes: Array(line(count, last).utf8))
                let rejected = scanner.scan(&batch, range: 0..<batch.bytes.count, firstLine: 1)
                #expect(rejected.first?.rejection.code.rawValue == code, "\(count) keys")
            }
        }
    }

    @Test func `blank lines are passed and counted, whatever they are made of`() {
        var random = SplitMix.fresh()
        for _ in 0..<500 {
            let text = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                ["\n", "\n", "\n\n\n\n\n\n\n\n\n", "\r\n", " ", "\t", "x"].randomElement(using: &random) ?? ""
            }
            .joined()
            let bytes = Array(text.utf8)
            let found = WordScan.skipBlankLines(bytes.span, from: 0, to: bytes.count)
            let first = bytes.firstIndex { ![9, 10, 13, 32].contains($0) } ?? bytes.count
            let end = bytes[..<first].lastIndex(of: 10).map { $0 + 1 } ?? 0
            let count = bytes[..<end].count { $0 == 10 }
            #expect(found.end == end && found.count == count, "seed \(random.seed): \(text.debugDescription)")
        }
    }

    @Test func `a line behind many blank ones has its own number`() {
        let blank = String(repeating: "\n", count: 100_000) + " \t\r\n"
        var scanner = NDJSONScanner()
        var batch = EventBatch(bytes: Array((blank + "oops\n" + blank + " {}\n" + blank).utf8))
        let rejected = scanner.scan(&batch, range: 0..<batch.bytes.count, firstLine: 7)
        #expect(rejected.map(\.rejection.line) == [100_008, 200_010])
        #expect(scanner.lines == 300_005)
    }
}
