// What data may not do to the terminal of who looks at it.
//
// `--format csv` and `export conversions` gave ESC, BEL and NUL to the terminal as they were; JSON gave C1 controls and bidi
// overrides.
import Foundation
import TestSupport
import Testing

@Suite struct TerminalTests {
    private static let evil: [Unicode.Scalar] =
        [0x00, 0x07, 0x08, 0x0D, 0x1B, 0x7F, 0x80, 0x9B, 0x9D, 0x200E, 0x200F, 0x061C, 0x202A, 0x202E, 0x2066, 0x2069]
        .compactMap { Unicode.Scalar($0) }

    /// A store whose texts hold all that a terminal must not get, made once.
    private static let store: String = {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("rihla-evil-" + UUID().uuidString).path
        let text =
            "x"
            + evil.map {
                "\\u" + String(repeating: "0", count: 4 - String($0.value, radix: 16).count)
                    + String($0.value, radix: 16)
            }.joined() + "y"
        let name = text.replacing("\\u0000", with: "")
        let lines = [
            #"{"id":"a-\#(text)","type":"page_viewed","occurred_at":"2026-01-01T00:00:00Z","customer":"customer_id:c\#(name)","channel":"ch\#(text)","campaign":"ca\#(text)","gclid":"g\#(text)","note":"\#(text)"}"#,
            #"{"id":"b-\#(text)","type":"deal_won","occurred_at":"2026-01-02T00:00:00Z","customer":"customer_id:c\#(name)","deal":"d\#(text)","amount":"5","currency":"EUR"}"#,
        ]
        do {
            // Raw characters where JSON lets them stand, escapes where it does not.
            var input = lines.joined(separator: "\n") + "\n"
            for scalar in evil where scalar.value >= 0x7F {
                let digits = String(scalar.value, radix: 16)
                input = input.replacingOccurrences(
                    of: "\\u" + String(repeating: "0", count: 4 - digits.count) + digits,
                    with: String(Character(scalar))
                )
            }
            let result = try RihlaBinary.run(["ingest", "-", "--store", path], input: Data(input.utf8))
            guard result.status == 0 else { throw CocoaError(.fileWriteUnknown, userInfo: ["why": result.err]) }
        } catch {
            preconditionFailure("the store cannot be made: \(error)")
        }
        return path
    }()

    private static let commands =
        ["table", "json", "ndjson", "csv", "markdown"].flatMap { format in
            ["timeline", "customers", "events", "deals", "attribution", "paths", "customer"].map { command in
                [command]
                    + (["timeline", "customer"].contains(command)
                        ? ["customer_id:cx" + String(String.UnicodeScalarView(evil.dropFirst()))] : [])
                    + ["--format", format]
            }
        }
        + [
            ["export"], ["export", "conversions"], ["export", "conversions", "--for", "google"],
            ["export", "conversions", "--for", "meta"], ["export", "conversions", "--format", "json"], ["report"],
            ["report", "--html", "-"], ["report", "--html", "/dev/stdout"], ["export", "-o", "/dev/stdout"],
            ["customers", "--format", "json", "--fields", "\u{1B}]0;x\u{7}"], ["\u{1B}[31m"], ["--\u{1B}[31m"],
            ["ingest", "-", "--dry-run"], ["append"],
        ]

    /// The scalars of `evil` in a text, but for the program's own colours.
    private func found(_ bytes: [UInt8]) -> [String] {
        let text = String(decoding: bytes, as: UTF8.self).replacing("\u{1B}[1m", with: "").replacing(
            "\u{1B}[0m",
            with: ""
        )
        .replacing("\r\u{1B}[K", with: "")
        return Self.evil.filter { text.unicodeScalars.contains($0) }.map { String($0.value, radix: 16) }
    }

    @Test(arguments: commands)
    func `a terminal gets no control character and no override of data`(command: [String]) throws {
        let input =
            "{\"id\":\"\u{9B}\u{202E}\",\"type\":\"page_viewed\",\"occurred_at\":\"2026-01-01T00:00:00Z\",\r\"n\":\"\u{9B}\"}\n\u{1B}[31m\n"
        let store = command == ["append"] ? Self.store + "-append" : Self.store
        let isHelp = command[0].hasPrefix("-") || command[0].hasPrefix("\u{1B}")
        let bytes = try PseudoTerminal.run(command + (isHelp ? [] : ["--store", store]), input: Data(input.utf8))
        #expect(!bytes.isEmpty)
        #expect(found(bytes) == [])
    }

    @Test(arguments: ["json", "ndjson"])
    func `JSON on a terminal says the same as in a file`(format: String) throws {
        let arguments = ["customers", "--format", format, "--store", Self.store]
        func values(_ bytes: [UInt8]) throws -> [NSObject] {
            try bytes.split(separator: 10).map { line in
                try #require(try JSONSerialization.jsonObject(with: Data(line)) as? NSObject)
            }
        }
        let shown = try PseudoTerminal.run(arguments)
        let stored = Array(try RihlaBinary.run(arguments).out.utf8)
        #expect(shown != stored)
        #expect(try values(shown) == values(stored))
    }

    @Test(arguments: [
        ["export"], ["customers", "--format", "csv"],
        ["events", "--format", "ndjson"],
    ])
    func `files and pipes get what was stored`(command: [String]) throws {
        let result = try RihlaBinary.run(command + ["--store", Self.store])
        let raw: [Unicode.Scalar] = ["\u{7F}", "\u{9B}", "\u{202E}", "\u{200F}", "\u{61C}"]
        for scalar in raw { #expect(result.out.unicodeScalars.contains(scalar), "\(scalar.value)") }
        let piped = try Shell.run("\"$RIHLA\" \(command.joined(separator: " ")) --store '\(Self.store)' | cat", in: "/")
        #expect(piped.out == result.out)
    }

    @Test func `lines stay lines on a terminal, and tables have their columns`() throws {
        let text = String(decoding: try PseudoTerminal.run(["events", "--store", Self.store]), as: UTF8.self)
        #expect(text.split(separator: "\n").count == 4)
        #expect(text.contains("\\u{1b}") && text.contains("\\u{9b}"))
    }
}
