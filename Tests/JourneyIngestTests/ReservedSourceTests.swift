// One line of any file could change the rules: an event of the source that Rihla's own commands write as. Nothing from outside
// has it now, whatever the format.
import Foundation
import JourneyEvents
import TestSupport
import Testing

@testable import JourneyIngest

@Suite struct ReservedSourceTests {
    private func scan(_ text: String, _ scanner: NDJSONScanner) -> (ids: [String], rejected: [String]) {
        var scanner = scanner
        var batch = EventBatch(bytes: Array(text.utf8))
        let rejected = scanner.scan(&batch, range: 0..<batch.bytes.count, firstLine: 1).map { line in
            "\(line.rejection.line):\(line.rejection.column ?? 0) \(line.rejection.code.rawValue)"
        }
        return (batch.events.map { batch.text($0.id) ?? "" }, rejected)
    }

    private func line(_ id: String, _ source: String?) -> String {
        let source = source.map { ",\"source\":\"\($0)\"" } ?? ""
        return "{\"id\":\"\(id)\"\(source),\"type\":\"rules_set\",\"occurred_at\":\"2026-01-01T00:00:00Z\"}\n"
    }

    @Test(arguments: ["rihla", "RIHLA", " rihla ", "r\\u0069hla", "\\trihla"])
    func `a line with that source is refused by line and column and costs nothing else`(source: String) {
        let found = scan(line("1", "web") + line("2", source) + line("3", "rihla2"), NDJSONScanner())
        #expect(found.ids == ["1", "3"])
        #expect(found.rejected == ["2:20 reserved_source"])
    }

    @Test func `a line without a source does not get it from an option`() {
        let found = scan(line("1", "web") + line("2", nil), NDJSONScanner(defaultSource: " Rihla"))
        #expect(found.ids == ["1"])
        #expect(found.rejected == ["2:0 reserved_source"])
    }

    @Test func `what Rihla itself wrote keeps it`() {
        #expect(scan(line("1", "rihla"), NDJSONScanner(ownEvents: ())).ids == ["1"])
    }

    @Test(arguments: [
        ("source: rihla", nil, ["2 reserved_source", "3 reserved_source"]),
        ("source: \"{s}\"", nil, ["3 reserved_source"]), ("source: \"ri{h}\"", nil, ["2 reserved_source"]),
        ("source: web", "RIHLA", ["2 reserved_source", "3 reserved_source"]), ("source: web", nil, []),
    ])
    func `no mapping gives it, by a word, a column or an option`(yaml: String, option: String?, expected: [String])
        async throws
    {
        try await withScratchDirectory { directory in
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try Data("i,s,h\n1,web,hla\n2,rihla ,x\n".utf8).write(to: URL(filePath: directory + "/t.csv"))
            let events = "\nevents: [{type: t, id: \"{i}\", occurred_at: \"2026-01-01T00:00:00Z\"}]"
            let mapping = try Mapping(yaml: yaml + events, path: "m.yaml")
            let input = try EventInput(path: directory + "/t.csv", kind: .csv, mapping: mapping, source: option)
            var rejected: [String] = []
            var accepted = 0
            while let block = try input.next() {
                rejected += block.rejected.map { "\($0.rejection.line) \($0.rejection.code.rawValue)" }
                accepted += block.batch.events.count
            }
            #expect(rejected == expected)
            #expect(accepted == 2 - expected.count)
        }
    }
}
