// Records and fields of tables, whole and cut anywhere.
import JourneyEvents
import TestSupport
import Testing

@testable import JourneyIngest

@Suite struct CSVParserTests {
    /// The records of a text that comes in blocks of a size.
    private func records(_ text: String, delimiter: Character = ",", quote: Character? = "\"") -> [[String]] {
        let bytes = Array(text.utf8)
        var parser = CSVParser(delimiter: delimiter.asciiValue ?? 44, quote: quote?.asciiValue)
        var records: [[String]] = []
        var start = 0
        while start < bytes.count, parser.read(bytes.span, from: start, isLast: true) {
            if !parser.isBlank {
                records.append(
                    parser.fields.map { field in
                        let text = String(decoding: bytes[field.range], as: UTF8.self)
                        guard field.hasDoubledQuotes, let quote else { return text }
                        return text.replacing("\(quote)\(quote)", with: "\(quote)")
                    }
                )
            }
            start = parser.next
        }
        return records
    }

    @Test(
        arguments: [
            ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
            ("a,b\r\n1,2\r\n", [["a", "b"], ["1", "2"]]),
            ("a,b\r1,2\r", [["a", "b"], ["1", "2"]]),
            ("a,b", [["a", "b"]]),
            ("a,\n,b\n,", [["a", ""], ["", "b"], ["", ""]]),
            ("\"a,b\",c\n", [["a,b", "c"]]),
            ("\"a\"\"b\",\"\"\n", [["a\"b", ""]]),
            ("\"a\nb\r\nc\rd\",e\nf,g\n", [["a\nb\r\nc\rd", "e"], ["f", "g"]]),
            ("a\"b,c\"\n", [["a\"b", "c\""]]),
            ("\"a\"  ,b\n", [["a", "b"]]),
            ("a\n\n\nb\n", [["a"], ["b"]]),
            ("\"\"\nb\n", [[""], ["b"]]),
            (" a , b \n", [[" a ", " b "]]),
            ("", []),
        ] as [(String, [[String]])]
    )
    func `tables are read as RFC 4180 says`(text: String, expected: [[String]]) {
        #expect(records(text) == expected)
    }

    @Test func `delimiter and quote may be any character, or no quote at all`() {
        #expect(records("a;'b;c';d''\n", delimiter: ";", quote: "'") == [["a", "b;c", "d''"]])
        #expect(records("a\t\"b\tc\n", delimiter: "\t", quote: nil) == [["a", "\"b", "c"]])
    }

    @Test(arguments: [
        ("a,\"b\nc", 2, "a quote that is never closed"),
        ("\"a\"b,c\n", 3, "text after a closing quote"),
    ])
    func `what is no CSV is named with its byte`(text: String, at: Int, message: String) {
        let bytes = Array(text.utf8)
        var parser = CSVParser(delimiter: 44, quote: 34)
        let isWhole = parser.read(bytes.span, from: 0, isLast: true)
        #expect(isWhole)
        #expect(parser.fault?.at == at)
        #expect(parser.fault?.message == message)
        #expect(parser.fault?.code == .invalidCSV)
    }

    /// The records of a text by their numbers of line, those at fault as they stand.
    private func lines(_ text: String) -> [String] {
        let bytes = Array(text.utf8)
        var parser = CSVParser(delimiter: 44, quote: 34)
        var (lines, start, line): ([String], Int, Int) = ([], 0, 1)
        while start < bytes.count, parser.read(bytes.span, from: start, isLast: true) {
            let raw = String(decoding: bytes[start..<parser.end], as: UTF8.self)
            lines.append("\(line) \(parser.fault == nil ? "ok" : "bad") \(raw)")
            line += parser.innerLines + 1
            start = parser.next
        }
        return lines
    }

    // A quote that was never closed swallowed all rows behind it as one.
    @Test(arguments: [
        ("1,\"a\n2,b\n3,c\n", ["1 bad 1,\"a", "2 ok 2,b", "3 ok 3,c"]),
        ("1,\"a\r\n2,b\r\n", ["1 bad 1,\"a", "2 ok 2,b"]), ("1,\"a\r2,b\r", ["1 bad 1,\"a", "2 ok 2,b"]),
        ("1,a\n2,\"b", ["1 ok 1,a", "2 bad 2,\"b"]), ("1,a\n2,\"", ["1 ok 1,a", "2 bad 2,\""]),
        ("1,\"a\n2,\"b\n3,c\n", ["1 bad 1,\"a", "2 bad 2,\"b", "3 ok 3,c"]),
        ("1,\"a\n2,\"b\"\n3,\"c\"\n", ["1 bad 1,\"a", "2 ok 2,\"b\"", "3 ok 3,\"c\""]),
        ("1,\"a\n2,b,\"\"\n3,\"c\"\n", ["1 bad 1,\"a", "2 ok 2,b,\"\"", "3 ok 3,\"c\""]),
        ("1,\"a\nb\",\"c\n4,d\n", ["1 bad 1,\"a\nb\",\"c", "3 ok 4,d"]),
        ("1,\"a\nb\nc\"\n4,d\n", ["1 ok 1,\"a\nb\nc\"", "4 ok 4,d"]),
        ("1,\"a\n,b\"  ,c\n3,d\n", ["1 ok 1,\"a\n,b\"  ,c", "3 ok 3,d"]),
        ("1,\"a\"b,\"c\n2,d\n", ["1 bad 1,\"a\"b,\"c", "2 ok 2,d"]),
        ("1,\"a\"b\n2,d\n", ["1 bad 1,\"a\"b", "2 ok 2,d"]),
        ("\"\n\"a\n", ["1 bad \"", "2 bad \"a"]),
    ])
    func `a quote that is never closed costs its own row`(text: String, expected: [String]) {
        #expect(lines(text) == expected)
    }

    @Test func `a quote that no one closes within a megabyte was never closed`() {
        let row = String(repeating: "b", count: 99) + "\n"
        for (count, isClosed) in [(10_000, true), (10_600, false)] {
            let text = "1,\"a\n" + String(repeating: row, count: count) + "\"\n2,c\n"
            let found = lines(text)
            #expect(found.count == (isClosed ? 2 : count + 3))
            #expect(found.first?.hasPrefix(isClosed ? "1 ok" : "1 bad") == true)
            #expect(found.last?.hasSuffix("ok 2,c") == true)
        }
    }

    @Test func `where blocks end changes nothing of a row at fault`() {
        let text = Array("1,\"a\n\"\"\n2,\"b\" x\"\n3,\"c\n4,\"d\" \n".utf8)
        var parser = CSVParser(delimiter: 44, quote: 34)
        var start = 0
        while start < text.count, parser.read(text.span, from: start, isLast: true) {
            let (fields, end, next, inner) = (parser.fields, parser.end, parser.next, parser.innerLines)
            for cut in start..<text.count where parser.read(Array(text[..<cut]).span, from: start, isLast: false) {
                #expect(parser.fields == fields && parser.end == end && parser.innerLines == inner, "cut at \(cut)")
            }
            start = next
        }
    }

    @Test func `what was written is read again, wherever blocks end`() {
        var random = SplitMix.fresh()
        let seed = random.seed
        let alphabet = Array("ab,;\"'\n\r é€𝄞 ")
        for _ in 0..<400 {
            let columns = Int.random(in: 2...4, using: &random)
            let table = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                (0..<columns).map { _ in
                    String(
                        (0..<Int.random(in: 0...6, using: &random)).map { _ in
                            alphabet.randomElement(using: &random) ?? "a"
                        }
                    )
                }
            }
            let end = ["\n", "\r\n", "\r"].randomElement(using: &random) ?? "\n"
            let text = table.map { row in
                row.map { cell in
                    let mustQuote = cell.contains { ",\"\n\r".contains($0) || $0 == "\r\n" }
                    return mustQuote || Bool.random(using: &random)
                        ? "\"" + cell.replacing("\"", with: "\"\"") + "\"" : cell
                }
                .joined(separator: ",")
            }
            .joined(separator: end)
            #expect(records(text + end) == table, "seed \(seed): \(text.debugDescription)")
            // A record that is cut is not taken for a whole one.
            let bytes = Array((text + end).utf8)
            var parser = CSVParser(delimiter: 44, quote: 34)
            guard parser.read(bytes.span, from: 0, isLast: true) else { continue }
            let (fields, next) = (parser.fields, parser.next)
            for cut in 0..<bytes.count {
                let isWhole = parser.read(Array(bytes[..<cut]).span, from: 0, isLast: false)
                #expect(!isWhole || (parser.fields == fields && cut >= next - (end == "\r\n" ? 1 : 0)), "seed \(seed)")
            }
        }
    }
}
