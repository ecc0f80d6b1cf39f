// The scanner against lines whose faults are known to the byte.
import Foundation
import JourneyEvents
import TestSupport
import Testing

@testable import JourneyIngest

@Suite struct NDJSONScannerTests {
    private struct Expected: Decodable {
        var line: UInt64
        var column: Int?
        var code: String
    }

    @Test func `every bad line is named with its line, byte column and code`() throws {
        let reader = try InputReader(path: TestData.path("journeys/bad.ndjson.gz"))
        var bytes: [UInt8] = []
        while let block = try reader.nextBlock() { bytes += block }
        var batch = EventBatch(bytes: bytes)
        var scanner = NDJSONScanner()
        let rejected = scanner.scan(&batch, range: 0..<batch.bytes.count, firstLine: 1)
        let expected = try String(
            contentsOf: URL(filePath: TestData.path("journeys/bad.expected.ndjson")),
            encoding: .utf8
        )
        .split(separator: "\n").map { try JSONDecoder().decode(Expected.self, from: Data($0.utf8)) }
        .filter { $0.code != "id_conflict" }
        let found = rejected.map { "\($0.rejection.line) \($0.rejection.column ?? 0) \($0.rejection.code.rawValue)" }
        #expect(found == expected.map { "\($0.line) \($0.column ?? 0) \($0.code)" })
        #expect(batch.events.count == 15)
    }

    @Test func `a year of journeys is read whole and to the last unit of money`() throws {
        var batch = EventBatch(
            bytes: Array(try Data(contentsOf: URL(filePath: TestData.path("journeys/small.ndjson"))))
        )
        var scanner = NDJSONScanner()
        #expect(scanner.scan(&batch, range: 0..<batch.bytes.count, firstLine: 1).isEmpty)
        #expect(batch.events.count == 2_346)
        var seen: Set<String> = []
        var orders: [String: Int128] = [:]
        for draft in batch.events {
            let key = (batch.text(draft.source) ?? "") + "|" + (batch.text(draft.id) ?? "")
            guard seen.insert(key).inserted, batch.text(draft.type) == "order_completed", let amount = draft.amount
            else {
                continue
            }
            orders[amount.currency.code, default: 0] += amount.micros
        }
        #expect(orders == ["EUR": 6_528_089_200, "KWD": 5_732_411_000, "USD": 8_246_011_601])
    }

    @Test(arguments: [
        (#"{"id":"1","type":"t","occurred_at":"2026-01-02T03:04:05Z","customer":" A@B.C "}"#, "customer_id: A@B.C"),
        (#"{"id":"1","type":"t","occurred_at":"2026-01-02T03:04:05Z","customer":"email: A@B.C "}"#, "email:a@b.c"),
        (#"{"id":"1","type":"t","occurred_at":"2026-01-02T03:04:05Z","customer":"c-1"}"#, "customer_id:c-1"),
        (#"{"id":"1","type":"t","occurred_at":"2026-01-02T03:04:05Z","customer":"phone:+49 (30) 1"}"#, "phone:+49301"),
    ])
    func `a customer gets its one form`(line: String, customer: String) {
        var batch = EventBatch(bytes: Array(line.utf8))
        var scanner = NDJSONScanner()
        #expect(scanner.scan(&batch, range: 0..<batch.bytes.count, firstLine: 1).isEmpty)
        let text = batch.events.first.flatMap { batch.text($0.customer) }
        #expect(text == customer.replacingOccurrences(of: ": ", with: ":"))
    }

    @Test func `well-formedness agrees with Foundation on mutated lines`() throws {
        var random = SplitMix.fresh()
        let seed = random.seed
        let line =
            #"{"id":"a\u00e9","type":"t_1","occurred_at":"2026-01-02T03:04:05Z","n":[1,-2.5e3,null,true,{"k":"v"}],"x":"é"}"#
        for _ in 0..<5_000 {
            var bytes = Array(line.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[at] = UInt8.random(in: 32...126, using: &random)
                case 1: bytes.remove(at: at)
                default: bytes.insert(Array("{}[],:\"\\0e-".utf8).randomElement(using: &random) ?? 34, at: at)
                }
            }
            var batch = EventBatch(bytes: bytes)
            var scanner = NDJSONScanner()
            let rejected = scanner.scan(&batch, range: 0..<bytes.count, firstLine: 1)
            let syntax: Set<Rejection.Code> = [.invalidJSON, .invalidUTF8, .trailingData]
            let ours = !rejected.contains { syntax.contains($0.rejection.code) }
            // A key that stands twice or a fault of a field does not end the check of what follows it.
            guard ours || rejected.count == 1 else { continue }
            let theirs = (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
            let isTwice = rejected.contains { $0.rejection.code == .duplicateKey }
            // Foundation takes a comma before a closing bracket; JSON does not have it.
            let comma = String(decoding: bytes, as: UTF8.self).contains(/,\s*[}\]]/)
            #expect(
                ours == theirs || isTwice || (comma && !ours),
                "seed \(seed): \(String(decoding: bytes, as: UTF8.self))"
            )
        }
    }

    @Test func `promise 21: memory holds one block, whatever the length of a line or a file`() async throws {
        try await withScratchDirectory { directory in
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let path = directory + "/x.ndjson"
            let good = Data(#"{"id":"a","type":"t","occurred_at":"2026-01-02T03:04:05Z"}\#n"#.utf8)
            try good.write(to: URL(filePath: path))
            let file = try FileHandle(forWritingTo: URL(filePath: path))
            try file.seekToEnd()
            // A line of 48 MiB without an end, then 24 MiB of lines just below the limit.
            for _ in 0..<6 { try file.write(contentsOf: Data(repeating: 97, count: 8 << 20)) }
            try file.write(contentsOf: Data([10]) + good)
            for _ in 0..<24 { try file.write(contentsOf: Data(repeating: 32, count: (1 << 20) - 1) + Data([10])) }
            try file.write(contentsOf: good)
            try file.close()
            let input = try EventInput(path: path, format: .native(source: nil))
            var (events, largest) = (0, 0)
            var rejected: [RejectedLine] = []
            while let block = try input.next() {
                events += block.batch.events.count
                rejected += block.rejected
                largest = max(largest, block.batch.bytes.count)
                for line in block.rejected { #expect(block.original(line) == Array(repeating: 97, count: 4_096)) }
            }
            #expect(events == 3)
            #expect(rejected.map { "\($0.rejection.line) \($0.rejection.code.rawValue)" } == ["2 too_long"])
            #expect(input.lines == 28)
            #expect(largest <= 5 << 20)
        }
    }

    @Test func `random bytes are events or faults, never a crash`() {
        var random = SplitMix.fresh()
        let seed = random.seed
        let pieces =
            [
                "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u00", "\"id\"", "\"type\"", "\"a\"", "1", "-", "e5",
                "true", "null",
                "\"occurred_at\"", "\"2026-01-02T03:04:05Z\"", "é", "\n", "\u{0}", " ", "\"amount\"",
                "\"properties\":{",
            ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0xED, 0xA0], [0xF4, 0x90]]
        for _ in 0..<3_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...40, using: &random) { bytes += pieces.randomElement(using: &random) ?? [] }
            var batch = EventBatch(bytes: bytes)
            var scanner = NDJSONScanner()
            let rejected = scanner.scan(&batch, range: 0..<bytes.count, firstLine: 1)
            let lines = bytes.split(separator: 10).filter { line in line.contains { ![32, 9, 13].contains($0) } }
            #expect(rejected.count + batch.events.count == lines.count, "seed \(seed)")
            for line in rejected {
                guard let column = line.rejection.column else { continue }
                #expect(column >= 1 && column <= line.count + 1, "seed \(seed)")
            }
        }
    }
}
