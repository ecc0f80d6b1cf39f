// Rows become events: what each key of a mapping does, and what is said of rows that cannot be used.
import Foundation
import JourneyEvents
import TestSupport
import Testing

@testable import JourneyIngest

/// What an input gave.
private struct Rows {
    var events: [String] = []
    var rejected: [String] = []
    var originals: [[UInt8]] = []
    var unmapped = 0
    var shortRows = 0
    var lines = 0
    var largestBlock = 0
}

private func read(_ bytes: [UInt8], _ yaml: String, name: String = "t.csv", source: String? = nil) async throws -> Rows
{
    try await withScratchDirectory { directory in
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let path = directory + "/" + name
        try Data(bytes).write(to: URL(filePath: path))
        let mapping = try Mapping(yaml: yaml, path: "m.yaml")
        let input = try EventInput(path: path, kind: .auto, mapping: mapping, source: source)
        var rows = Rows()
        while let block = try input.next() {
            for draft in block.batch.events { rows.events.append(describe(draft, block.batch)) }
            for line in block.rejected {
                let column = line.rejection.column.map { ":\($0)" } ?? ""
                rows.rejected.append(
                    "\(line.rejection.line)\(column) \(line.rejection.code.rawValue) \(line.rejection.message)"
                )
                rows.originals.append(block.original(line))
            }
            #expect(block.origins.count == block.batch.events.count)
            rows.unmapped += block.unmapped
            rows.shortRows += block.shortRows
            rows.largestBlock = max(rows.largestBlock, block.source.count + block.batch.bytes.count)
        }
        rows.lines = input.lines
        return rows
    }
}

private func read(_ text: String, _ yaml: String, name: String = "t.csv", source: String? = nil) async throws -> Rows {
    try await read(Array(text.utf8), yaml, name: name, source: source)
}

/// The fields that are there, in a fixed order.
private func describe(_ draft: EventDraft, _ batch: EventBatch) -> String {
    var parts = ["\(draft.line)", batch.text(draft.id) ?? "", batch.text(draft.type) ?? ""]
    parts.append(Timestamp(milliseconds: draft.occurredAt).rfc3339)
    for (name, slice) in [
        ("source", draft.source), ("customer", draft.customer), ("deal", draft.deal), ("account", draft.account),
        ("channel", draft.channel), ("campaign", draft.campaign), ("actor", draft.actor),
        ("correlation", draft.correlation), ("causation", draft.causation),
    ] {
        if let text = batch.text(slice) { parts.append("\(name)=\(text)") }
    }
    if let amount = draft.amount { parts.append("\(amount.decimal) \(amount.currency.code)") }
    for index in draft.properties {
        let property = batch.properties[Int(index)]
        parts.append("\(batch.text(property.key) ?? "")=\(batch.text(property.value) ?? "")")
    }
    return parts.joined(separator: " ")
}

@Suite struct RowMappingTests {
    private static let full = """
        source: shop
        values: {origin: {"organic search": organic_search, none: ""}}
        events:
          - type: deal_won
            when: {column: won, present: true}
            id: "won:{id}"
            customer: "lead:{lead}"
            occurred_at: {column: won, format: [yyyy-MM-dd HH:mm, dd-MM-yyyy], zone: Asia/Riyadh}
            deal: "{id}"
            account: "{acc}"
            channel: "{origin}"
            campaign: "{origin}/{acc}"
            amount: "{amount}"
            currency: BRL
            actor: "{actor}"
            correlation_id: "c{id}"
            causation_id: "k{id}"
            properties: {segment: "{seg}", both: "{seg}-{acc}", fixed: x, line: "{line}"}
          - type: "{kind}"
            when: [{column: kind, in: [a_b, c_d]}, {column: acc, not: [zz, yy]}]
            id: "{kind}:{id}"
            occurred_at: {column: at, format: epoch_s}
        """
    private static let header = "id,lead,won,acc,origin,amount,actor,seg,kind,at\n"

    @Test func `every key of a mapping has its effect`() async throws {
        let rows = try await read(
            Self.header + "1,77,2026-03-01 12:00,ac,organic search,12.50,amira,big,a_b,60\n",
            Self.full
        )
        #expect(
            rows.events == [
                "2 won:1 deal_won 2026-03-01T09:00:00.000Z source=shop customer=customer_id:lead:77 deal=1 account=ac "
                    + "channel=organic_search campaign=organic_search/ac actor=amira correlation=c1 causation=k1 12.50 BRL "
                    + "segment=\"big\" both=\"big-ac\" fixed=\"x\" line=\"2\"",
                "2 a_b:1 a_b 1970-01-01T00:01:00.000Z source=shop",
            ]
        )
        #expect(rows.rejected == [])
    }

    @Test func `what is empty is left out, and formats are tried in order`() async throws {
        let rows = try await read(Self.header + "1,,01-03-2026,,none,,,,e_f,\n", Self.full)
        #expect(
            rows.events == [
                "2 won:1 deal_won 2026-02-28T21:00:00.000Z source=shop deal=1 correlation=c1 causation=k1 fixed=\"x\" line=\"2\""
            ]
        )
        #expect(rows.unmapped == 0)
    }

    @Test func `a row that no event takes is counted and not refused`() async throws {
        let rows = try await read(Self.header + "1,,,,,,,,x,\n2,,,zz,,,,,a_b,5\n3,,,y,,,,,a_b,5\n", Self.full)
        #expect(rows.events == ["4 a_b:3 a_b 1970-01-01T00:00:05.000Z source=shop"])
        #expect(rows.unmapped == 2)
        #expect(rows.rejected == [])
    }

    @Test func `a fault names line, column and value, and the row gives nothing`() async throws {
        let text =
            Self.header + "1,,2026-13-01,,,,,,a_b,60\n2,,,,,,,,a_b,x\n3,,01-03-2026,,,\"1,5\",,,e,\n"
            + "4,,,,,,,,a_b,\n"
        let rows = try await read(text, Self.full)
        #expect(rows.events == [])
        #expect(
            rows.rejected == [
                "2 invalid_time occurred_at from {won} is \"2026-13-01\", not a time of the format yyyy-MM-dd HH:mm or "
                    + "dd-MM-yyyy to the millisecond",
                "3 invalid_time occurred_at from {at} is \"x\", not a time of the format epoch_s to the millisecond",
                "4 invalid_amount amount from {amount} is \"1,5\", not a decimal with at most six decimals (the mapping can say decimal: \",\")",
                "5 missing_field occurred_at from {at} is empty",
            ]
        )
        #expect(
            rows.originals.map { String(decoding: $0, as: UTF8.self) }
                == text.split(separator: "\n").dropFirst().map(String.init)
        )
    }

    private static let small =
        "events: [{type: \"{t}\", id: \"{i}\", occurred_at: {column: o}, customer: \"{c}\", amount: \"{m}\", currency: \"{k}\"}]"

    @Test(arguments: [
        ("a,1,2026-01-01T00:00:00Z,email: A@B.C ,,", "2 1 a 2026-01-01T00:00:00.000Z customer=email:a@b.c"),
        ("a,1,2026-01-01T00:00:00Z,c-1,0,EUR", "2 1 a 2026-01-01T00:00:00.000Z customer=customer_id:c-1 0 EUR"),
        ("a,1,2026-01-01T00:00:00Z,, -1.5 , EUR ", "2 1 a 2026-01-01T00:00:00.000Z -1.5 EUR"),
        ("a,1,2026-01-01T00:00:00Z,c", "2 1 a 2026-01-01T00:00:00.000Z customer=customer_id:c"),
        ("a,1,2026-01-01T00:00:00Z,c,,,,", "2 1 a 2026-01-01T00:00:00.000Z customer=customer_id:c"),
        ("A b,1,2026-01-01T00:00:00Z,c,,", "2 invalid_type type from {t} is \"A b\", not snake_case"),
        (",1,2026-01-01T00:00:00Z,c,,", "2 missing_field type from {t} is empty"),
        ("a,,2026-01-01T00:00:00Z,c,,", "2 missing_field id from {i} is empty"),
        ("a,1,2026-01-01T00:00:00Z,email:x,,", "2 invalid_customer customer from {c} is \"email:x\", not kind:value"),
        ("a,1,2026-01-01T00:00:00Z,c,1,", "2 missing_field currency from {k} is empty"),
        ("a,1,2026-01-01T00:00:00Z,c,1,XXQ", "2 invalid_currency currency from {k} is \"XXQ\", not an ISO 4217 code"),
        ("a,1,2026-01-01T00:00:00Z,c,1,EUR,x", "2:34 invalid_csv the row has 7 fields, the table has 6 columns"),
        ("\"a\"b,1,2026-01-01T00:00:00Z,c,,", "2:4 invalid_csv text after a closing quote"),
        ("a,\"1,2026-01-01T00:00:00Z,c,,", "2:3 invalid_csv a quote that is never closed"),
    ])
    func `each fault of a row has its code`(row: String, expected: String) async throws {
        let rows = try await read("t,i,o,c,m,k\n" + row + "\n", Self.small)
        #expect(rows.events + rows.rejected == [expected])
    }

    @Test(
        arguments: [
            ("','", "1.234.567,5", "1234567.5"), ("','", "1 234,50", "1234.50"), ("','", "-12,0", "-12.0"),
            ("','", "1234", "1234"), ("','", "1'234,5", "1234.5"), ("'.'", "1,234,567.89", "1234567.89"),
            ("'.'", "1234.5", "1234.5"), ("','", "12.34", nil), ("','", "1.2345,6", nil), ("','", "1,234.5", nil),
            ("','", "1,2,3", nil), ("','", ".123", nil), ("','", "1.23", nil), ("'.'", "1,23", nil), ("','", ",5", nil),
            (nil, "1,5", nil),
        ] as [(String?, String, String?)]
    )
    func `amounts are read as the mapping says that numbers are written`(mark: String?, text: String, expected: String?)
        async throws
    {
        let yaml = (mark.map { "decimal: \($0)\n" } ?? "") + "delimiter: ';'\n" + Self.small
        let rows = try await read(Array("t;i;o;c;m;k\na;1;2026-01-01T00:00:00Z;;\(text);EUR\n".utf8), yaml)
        if let expected {
            #expect(rows.events == ["2 1 a 2026-01-01T00:00:00.000Z \(expected) EUR"])
        } else {
            #expect(rows.events.isEmpty)
            #expect(rows.rejected.first?.hasPrefix("2 invalid_amount") == true, "\(rows.rejected)")
            #expect(rows.rejected.first?.contains("decimal:") == (mark == nil))
        }
    }

    @Test(
        arguments: [
            ("31.01.2026", "2026-01-31"), ("", nil), ("2026-02-01 09:30", "2026-02-01T06:30:00.000Z"),
            (
                "soon",
                "2 invalid_time due from {d} is \"soon\", not a time of the format dd.MM.yyyy or yyyy-MM-dd HH:mm"
            ),
        ] as [(String, String?)]
    )
    func `a property may be a time, kept as a date or an instant`(text: String, expected: String?) async throws {
        let yaml = """
            events:
              - type: planned
                id: "{i}"
                occurred_at: {column: o}
                properties:
                  due: {column: d, format: [dd.MM.yyyy, "yyyy-MM-dd HH:mm"], zone: Asia/Riyadh}
            """
        let rows = try await read(Array("i,o,d\n1,2026-01-01T00:00:00Z,\(text)\n".utf8), yaml)
        let found = (rows.events + rows.rejected).first ?? ""
        #expect(expected.map { found.contains($0) } ?? (found == "2 1 planned 2026-01-01T00:00:00.000Z"), "\(found)")
    }

    @Test func `ids and types have their limits`() async throws {
        let long = String(repeating: "a", count: 257)
        let time = "2026-01-01T00:00:00Z"
        let rows = try await read("t,i,o,c,m,k\na,\(long),\(time),,,\n\(long),1,\(time),,,\n", Self.small)
        #expect(
            rows.rejected == [
                "2 too_long id from {i} is longer than 256 bytes", "3 too_long type from {t} is longer than 128 bytes",
            ]
        )
    }

    @Test func `ill-formed UTF-8 costs its own row only`() async throws {
        let time = "2026-01-01T00:00:00Z"
        var bytes = Array("t,i,o,c,m,k\na,1,\(time),,,\na,é".utf8)
        bytes += [0xE9]
        bytes += Array(",\(time),,,\na,3,\(time),,,\n".utf8)
        let rows = try await read(bytes, Self.small)
        #expect(rows.events.map { $0.prefix(3) } == ["2 1", "4 3"])
        #expect(rows.rejected == ["3:5 invalid_utf8 a byte that is not UTF-8"])
        #expect(rows.originals.first?.starts(with: [97, 44, 0xC3, 0xA9, 0xE9, 44]) == true)
    }

    @Test func `lines are counted as an editor counts them`() async throws {
        let yaml =
            "events: [{type: t, id: \"row:{line}\", occurred_at: {column: o, format: yyyy}, properties: {n: \"{n}\"}}]"
        let rows = try await read("n,o\r\n\"a\nb\r\nc\",2026\r\n\r\nd,2026\rE,2026", yaml)
        #expect(
            rows.events == [
                "2 row:2 t 2026-01-01T00:00:00.000Z n=\"a\\nb\\r\\nc\"", "6 row:6 t 2026-01-01T00:00:00.000Z n=\"d\"",
                "7 row:7 t 2026-01-01T00:00:00.000Z n=\"E\"",
            ]
        )
        #expect(rows.lines == 7)
    }

    @Test func `one data set in four encodings and shapes gives one result`() async throws {
        let yaml = """
            events: [{type: order_completed, id: "o:{id}", customer: "{who}", amount: "{m}", currency: EUR,
              occurred_at: {column: at, format: [yyyy-MM-dd, dd-MM-yyyy]}, properties: {note: "{note}"}}]

            """
        let table = [
            ["id", "who", "m", "at", "note"], ["1", "Zoë", "1.5", "2026-03-01", "a;b,\"c\""],
            ["2", "Æon", "0", "2026-03-02", ""],
        ]
        func csv(_ rows: [[String]], _ delimiter: String, _ end: String) -> String {
            rows.map {
                $0.map { $0.contains { ";,\"".contains($0) } ? "\"" + $0.replacing("\"", with: "\"\"") + "\"" : $0 }
                    .joined(separator: delimiter)
            }
            .joined(separator: end) + end
        }
        let plain = csv(table, ",", "\n")
        let turned = [table[0], ["1", "Zoë", "1.5", "01-03-2026", "a;b,\"c\""], ["2", "Æon", "0", "02-03-2026", ""]]
        let expected = try await read(plain, yaml).events
        #expect(expected.count == 2)
        let inputs: [([UInt8], String)] = [
            ([0xEF, 0xBB, 0xBF] + Array(csv(table, ";", "\r\n").utf8), "delimiter: ;\n"),
            (
                [0xFF, 0xFE] + Array(try #require(csv(turned, "\t", "\r\n").data(using: .utf16LittleEndian))),
                "delimiter: tab\nencoding: utf-16\n"
            ),
            ([0xFE, 0xFF] + Array(try #require(plain.data(using: .utf16BigEndian))), "encoding: utf-16\n"),
            (Array(try #require(csv(turned, ";", "\r").data(using: .isoLatin1))), "delimiter: ;\nencoding: latin1\n"),
            (
                Array(csv(Array(table.dropFirst()), ",", "\n").utf8),
                "header: false\ncolumns: [id, who, m, at, note]\n"
            ),
        ]
        for (bytes, keys) in inputs {
            let rows = try await read(bytes, yaml + keys)
            let isHeaderless = keys.hasPrefix("header")
            #expect(
                rows.events
                    == (isHeaderless ? expected.map { "\((Int($0.prefix(1)) ?? 0) - 1)" + $0.dropFirst() } : expected)
            )
            #expect(rows.rejected == [])
        }
    }

    @Test func `all columns may become properties`() async throws {
        let yaml =
            "values: {b: {x: mapped}}\nevents: [{type: t, id: \"{a}\", occurred_at: {column: o, format: yyyy}, properties: all}]"
        let rows = try await read("a,b,\"say \"\"hi\"\"\",o,\n1,x,\"q\"\"\\\u{1}\",2026,z\n2,,,2026,\n", yaml)
        #expect(
            rows.events == [
                "2 1 t 2026-01-01T00:00:00.000Z a=\"1\" b=\"mapped\" say \"hi\"=\"q\\\"\\\\\\u0001\" o=\"2026\" column_5=\"z\"",
                "3 2 t 2026-01-01T00:00:00.000Z a=\"2\" o=\"2026\"",
            ]
        )
    }

    @Test(arguments: [
        ("a,b\n1,2\n", "m.yaml:1:26: t.csv has no column \"x\""),
        ("X,o\n1,2\n", "m.yaml:1:26: t.csv has no column \"x\", did you mean \"X\"?"),
        ("x,x,o\n", "m.yaml:1:26: t.csv has the column \"x\" twice"),
        ("x,\"o\n", "the header of t.csv has a quote that is never closed"),
    ])
    func `a table that does not fit the mapping is refused as a whole`(text: String, message: String) async throws {
        let yaml = "events: [{type: \"t\", id: \"{x}\", occurred_at: {column: o}}]"
        let error = await #expect(throws: RihlaError.self) { _ = try await read(text, yaml) }
        #expect(error?.message.replacing(/\S*\/t\.csv/, with: "t.csv") == message)
    }

    @Test func `names of columns may stand in for the header's`() async throws {
        let yaml = "columns: [i, o, again]\nevents: [{type: t, id: \"{i}\", occurred_at: {column: o, format: yyyy}}]"
        #expect(try await read("x,o,x\n1,2026,2\n", yaml).events == ["2 1 t 2026-01-01T00:00:00.000Z"])
    }

    @Test func `a tsv is cut at tabs, a source can be given, UTF-16 is recognised`() async throws {
        let yaml = "events: [{type: t, id: \"{i}\", occurred_at: {column: o, format: yyyy}}]"
        let rows = try await read("i\to\n1,5\t2026\n", yaml, name: "t.tsv", source: "files")
        #expect(rows.events == ["2 1,5 t 2026-01-01T00:00:00.000Z source=files"])
        let error = await #expect(throws: RihlaError.self) { _ = try await read([0xFF, 0xFE, 105, 0, 10, 0], yaml) }
        #expect(error?.hint == "put encoding: utf-16 into the mapping")
    }

    @Test func `foreign JSON is read by paths and keeps the kind of its values`() async throws {
        let yaml = """
            format: ndjson
            events:
              - type: "{event}"
                id: "{messageId}"
                customer: "email:{user.email}"
                occurred_at: {column: ts, format: epoch_ms}
                campaign: "{context.campaign.name}"
                properties: {n: "{properties.n}", tags: "{tags}", first: "{tags.0}", text: "{user.name}!", "a.b": "{a.b}"}
            """
        let lines = [
            #"{"event":"page_viewed","messageId":"m1","ts":1767225600000,"user":{"email":"A@b.c","name":"x\"\u00e9"},"properties":{"n":1.50},"tags":["p",{"q":[]}],"a.b":true}"#,
            #"{"event":"page_viewed","messageId":"m2","ts":"1767225600000","user":null,"context":{"campaign":{"name":"spr"}}}"#,
            "", #"{"event":"page_viewed","messageId":"m3"}"#, #"{"event":"#,
        ]
        let rows = try await read(lines.joined(separator: "\n"), yaml, name: "t.json")
        #expect(
            rows.events == [
                #"1 m1 page_viewed 2026-01-01T00:00:00.000Z customer=email:a@b.c n=1.50 tags=["p",{"q":[]}] first="p" text="x\"é!" a.b=true"#,
                "2 m2 page_viewed 2026-01-01T00:00:00.000Z campaign=spr",
            ]
        )
        #expect(
            rows.rejected == [
                "4 missing_field occurred_at from {ts} is empty", "5:10 invalid_json the line ends too early",
            ]
        )
        let all = try await read(
            #"{"i":"1","o":"2026","k\n":[1, 2],"z":null}"#,
            "format: ndjson\nevents: [{type: t, id: \"{i}\", occurred_at: {column: o, format: yyyy}, properties: all}]"
        )
        #expect(all.events == ["1 1 t 2026-01-01T00:00:00.000Z i=\"1\" o=\"2026\" k\n=[1, 2]"])
    }

    @Test(arguments: ["latin1", "utf-16"])
    func `a refused row is given back in its own encoding`(encoding: String) async throws {
        let yaml = "encoding: \(encoding)\nevents: [{type: t, id: \"{i}\", occurred_at: {column: o}}]"
        let foundation = encoding == "latin1" ? String.Encoding.isoLatin1 : .utf16LittleEndian
        let bytes = Array(try #require("i,o\né,x\n".data(using: foundation)))
        let rows = try await read(bytes, yaml)
        #expect(rows.originals == [Array(try #require("é,x".data(using: foundation)))])
    }
}

@Suite struct RowLimitTests {
    private static let yaml = "events: [{type: t, id: \"{i}\", occurred_at: {column: o, format: yyyy}}]"

    @Test(arguments: ["\n", "\r\n", "\r", ""])
    func `promise 21: a row without an end is refused with bounded memory`(end: String) async throws {
        var bytes = Array("i,o\n1,2026\n2,".utf8)
        bytes += Array(repeating: 97, count: 6 << 20)
        let rows = try await read(bytes + Array((end.isEmpty ? "" : end + "3,2026" + end).utf8), Self.yaml)
        #expect(rows.events.map { $0.split(separator: " ")[1] } == (end.isEmpty ? ["1"] : ["1", "3"]))
        #expect(rows.rejected == ["3 too_long the line is longer than 1 MiB"])
        #expect(rows.originals.map(\.count) == [4_096])
        #expect(rows.lines == (end.isEmpty ? 3 : 4))
        #expect(rows.largestBlock < 12 << 20)
    }

    // One quote that was not closed took all rows behind it with it.
    @Test func `a quote that is never closed costs its own row, however many rows follow`() async throws {
        var bytes = Array("i,o\n1,2026\n2,\"\n".utf8)
        let row = Array("3,2026\(String(repeating: " ", count: 90))\n".utf8)
        for _ in 0..<20_000 { bytes += row }
        for tail in ["", "4,\"2026\"\n"] {
            let rows = try await read(bytes + Array(tail.utf8), Self.yaml)
            #expect(rows.events.count == 20_001 + (tail.isEmpty ? 0 : 1))
            #expect(rows.rejected.prefix(2) == ["3:3 invalid_csv a quote that is never closed"])
            #expect(rows.originals.first == Array("2,\"".utf8))
            #expect(rows.largestBlock < 32 << 20)
        }
    }

    @Test func `random bytes are rows or faults, never a crash`() async throws {
        var random = SplitMix.fresh()
        let alphabet = Array("i,o\"\r\n1{}:[]\\ 2026".utf8) + [0xC3, 0xA9, 0xFF, 0x00, 0xD8, 0xED]
        for _ in 0..<150 {
            let bytes = (0..<Int.random(in: 0...400, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }
            for (format, encoding) in [
                ("csv", "utf-8"), ("csv", "utf-16"), ("ndjson", "utf-8"), ("csv", "windows-1256"),
            ] {
                let yaml = Self.yaml + "\nformat: \(format)\nencoding: \(encoding)\nheader: false\ncolumns: [i, o]\n"
                do {
                    let rows = try await read(bytes, yaml)
                    #expect(rows.originals.count == rows.rejected.count, "seed \(random.seed)")
                } catch let error as RihlaError {
                    #expect(error.code == .invalidInput, "seed \(random.seed): \(error)")
                }
            }
        }
    }
}
