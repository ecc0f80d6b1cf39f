// `rihla brief`, `sla` and `follow-ups` as a user meets them.
import Foundation
import TestSupport
import Testing

@testable import RihlaCLI

/// What is wrong with the tags of a page: elements that are not closed, or not in order. Nil when nothing is.
private func tagFault(_ html: String) -> String? {
    var open: [String] = []
    for match in html.matches(of: /<(\/?)([a-z0-9]+)[^>]*>/) {
        let name = String(match.2)
        if match.1.isEmpty {
            if name != "meta" { open.append(name) }
        } else if open.popLast() != name {
            return "</\(name)> closes something else"
        }
    }
    return open.isEmpty ? nil : "open at the end: \(open)"
}

@Suite struct BriefCommandTests {
    private func page(_ arguments: String..., events: String) async throws -> RihlaBinary.Result {
        try await withScratchDirectory { path in
            let store = ["--store", path]
            _ = try RihlaBinary.run(["ingest", "-"] + store, input: Data(events.utf8))
            return try RihlaBinary.run(["brief", "a"] + arguments + store)
        }
    }

    private static let hostile = #"""
        {"id":"1","type":"lead_created","occurred_at":"2026-03-01T10:00:00Z","customer":"a","name":"<script>alert('x')</script> & \"سارة\" \u202e\u0007","company":"<\u0338b>"}
        {"id":"2","type":"page_viewed","occurred_at":"2026-03-01T11:00:00Z","customer":"a","url":"https://x.example/a\"onload=\"b"}
        {"id":"3","type":"call_made","occurred_at":"2026-03-01T12:00:00Z","customer":"a","owner":"يوسف","outcome":"connected","note":"\#(String(repeating: "word ", count: 40))\#(String(repeating: "x", count: 100))"}

        """#

    @Test(arguments: ["en", "ar"])
    func `the page is whole, needs nothing else, and takes nothing of the data for its own`(_ language: String)
        async throws
    {
        let result = try await page("--html", "-", "--language", language, events: Self.hostile)
        #expect(result.status == 0)
        let html = result.out
        #expect(tagFault(html) == nil)
        #expect(html.contains("<html lang=\"\(language)\" dir=\"\(language == "ar" ? "rtl" : "ltr")\">"))
        for word in [
            "<script", "<\u{338}b", "\u{202e}", "\u{7}", " src=", " href=", "url(", "@import", "<link", "<img",
        ] {
            #expect(!html.unicodeScalars.contains(word.unicodeScalars), "\(word)")
        }
        #expect(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;سارة&quot; \\u{202e}\\u{7}"))
        #expect(html.contains(language == "ar" ? "الخطوة التالية" : "Next step"))
    }

    @Test func `the text fits a page of eighty columns`() async throws {
        let result = try await page(events: Self.hostile)
        let lines = result.out.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.allSatisfy { DisplayWidth.of(String($0)) <= 80 } && lines.count < 60)
        #expect(result.out.contains("<script>alert('x')</script>") && !result.out.contains("\u{202e}"))
        #expect(result.out.contains("call · يوسف · connected"))
    }

    @Test func `every customer of the demo has a brief that fits a page`() throws {
        let customers = try RihlaBinary.run(
            ["sla", "--store", DemoStore.store, "--limit", "8", "--format", "csv", "--fields", "customer"]
        ).out.split(separator: "\n").dropFirst()
        #expect(customers.count == 8)
        for customer in customers {
            let brief = try RihlaBinary.run(["brief", String(customer), "--store", DemoStore.store])
            let lines = brief.out.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(brief.status == 0 && lines.count <= 60, "\(customer)")
            #expect(lines.allSatisfy { DisplayWidth.of(String($0)) <= 80 }, "\(customer)")
            #expect(brief.out.contains("Next step") && brief.out.contains("Hand-off"))
        }
    }

    @Test func `the page is written to a file that is named, and the language goes with it`() async throws {
        let brief = ["brief", "user_id:u-7", "--store", DemoStore.store]
        try await withScratchDirectory { path in
            let written = try RihlaBinary.run(brief + ["--html", path])
            #expect(written.status == 0 && written.out.isEmpty && written.err.contains("the brief is in"))
            #expect(try String(contentsOfFile: path, encoding: .utf8).hasPrefix("<!DOCTYPE html>"))
            let refused = try RihlaBinary.run(brief + ["--html", path + "/none/brief.html"])
            #expect(refused.status == 5 && refused.err.contains("cannot write"))
        }
        #expect(try RihlaBinary.run(brief + ["--language", "ar"]).status == 64)
        #expect(try RihlaBinary.run(brief + ["--html", "-", "--format", "json"]).status == 64)
        #expect(try RihlaBinary.run(["brief", "nobody", "--store", DemoStore.store]).status == 3)
        let json = try RihlaBinary.run(brief + ["--format", "json"]).json()
        #expect(json["schema"] as? String == "rihla.brief/1" && json["next_steps"] as? [Any] != nil)
    }

    @Test func `hand-offs and follow-ups have tables, cuts and clear empty states`() throws {
        func run(_ arguments: String...) throws -> RihlaBinary.Result {
            try RihlaBinary.run(arguments + ["--store", DemoStore.store])
        }
        let owners = try run("sla", "--by", "owner").out
        #expect(owners.hasPrefix("owner ") && owners.contains("\namira ") && owners.contains(" hand-offs: "))
        let breached = try run("sla", "--state", "breached", "--format", "csv").out.split(separator: "\n")
        #expect(breached.count > 1 && breached.dropFirst().allSatisfy { $0.contains(",breached,") })
        #expect(try run("sla", "--owner", "none").out.contains("no hand-offs"))
        #expect(try run("sla", "--state", "late").status == 64 && run("sla", "--by", "team").status == 64)
        #expect(try run("sla", "--limit", "-1").status == 64)
        #expect(try run("follow-ups", "--limit", "3").out.contains(" follow-ups: "))
        let before = try run("follow-ups", "--as-at", "1").out
        #expect(before.contains("no follow-ups: they are events `follow_up_planned`"))
    }
}

extension String.UnicodeScalarView {
    /// Whether these scalars stand in it, whatever letters they are part of.
    fileprivate func contains(_ other: String.UnicodeScalarView) -> Bool {
        Array(self).firstRange(of: Array(other)) != nil
    }
}
