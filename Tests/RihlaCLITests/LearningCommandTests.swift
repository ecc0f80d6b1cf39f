// Objections, feedback and conversions as people and schedulers ask for them.
import Foundation
import TestSupport
import Testing

@Suite struct LearningCommandTests {
    private static let lines = [
        #"{"id":"c","source":"crm","type":"ad_clicked","occurred_at":"2026-01-01T00:00:00Z","customer":"a","#
            + #""campaign":"spring","url":"https://a.example/?gclid=Cj0-1"}"#,
        #"{"id":"d1","type":"deal_created","occurred_at":"2026-01-02T00:00:00Z","customer":"a","deal":"d"}"#,
        #"{"id":"q","type":"call_made","occurred_at":"2026-01-02T01:00:00Z","customer":"a","question":"How much?"}"#,
        #"{"id":"r","type":"objection_raised","occurred_at":"2026-01-03T00:00:00Z","customer":"a","deal":"d","#
            + #""objection_id":"o","category":"price"}"#,
        #"{"id":"=1+2","type":"order_completed","occurred_at":"2026-01-04T10:20:30.9Z","customer":"a","#
            + #""amount":"10","currency":"EUR","order_id":"x"}"#,
    ]
    private static let refund =
        #"{"id":"f","type":"order_refunded","occurred_at":"2026-01-05T00:00:00Z","customer":"a","#
        + #""amount":"4","currency":"EUR","order_id":"x"}"#

    private func ingest(_ lines: [String], _ path: String) throws {
        let input = Data((lines.joined(separator: "\n") + "\n").utf8)
        #expect(try RihlaBinary.run(["ingest", "-", "--store", path + "/s"], input: input).status == 0)
    }

    @Test func `the tables say what they hold and what they do not prove`() async throws {
        try await withScratchDirectory { path in
            try ingest(LearningCommandTests.lines, path)
            let objections = try RihlaBinary.run(["objections", "--store", path + "/s"])
            #expect(objections.status == 0 && objections.out.contains("price"))
            #expect(objections.out.contains("correlation, not cause"))
            let questions = try RihlaBinary.run([
                "objections", "--questions", "--format", "csv", "--store", path + "/s",
            ])
            #expect(questions.out == "question,count,customers,last_asked_at\nHow much?,1,1,2026-01-02T01:00:00.000Z\n")
            let feedback = try RihlaBinary.run(["feedback", "--fields", "campaign,deals,open", "--store", path + "/s"])
            #expect(feedback.out.hasPrefix("campaign  deals  open\nspring        1     1\n"))
            #expect(feedback.out.contains("the last marketing touchpoint in the 30d before it"))
            let both = try RihlaBinary.run(["objections", "--questions", "--responses", "--store", path + "/s"])
            #expect(both.status == 64)
        }
    }

    @Test func `a scheduled export writes Google's two files, names the next position, and loses no adjustment`()
        async throws
    {
        try await withScratchDirectory { path in
            try ingest(LearningCommandTests.lines, path)
            func export(_ more: [String]) throws -> RihlaBinary.Result {
                try RihlaBinary.run(
                    ["export", "conversions", "--for", "google", "--store", path + "/s"] + more,
                    directory: path
                )
            }
            let first = try export([])
            // An id that a spreadsheet would run is kept from doing so, in both files alike.
            #expect(
                first.out == """
                    Parameters:TimeZone=UTC
                    Google Click ID,GBRAID,WBRAID,Conversion Name,Conversion Time,Conversion Value,Conversion Currency,Order ID
                    Cj0-1,,,order,2026-01-04 10:20:30+0000,10.00,EUR,'=1+2

                    """
            )
            #expect(first.err.contains("the next export starts with --after 6"))
            try ingest([LearningCommandTests.refund], path)
            let refused = try export(["--after", "6", "-o", "new.csv"])
            #expect(refused.status == 64 && refused.err.contains("--adjustments FILE"))
            #expect(!FileManager.default.fileExists(atPath: path + "/new.csv"))
            let second = try export(["--after", "6", "-o", "new.csv", "--adjustments", "changed.csv"])
            #expect(second.status == 0 && second.err.contains("--after 8"))
            let files = try ["new.csv", "changed.csv"].map {
                try String(contentsOfFile: path + "/" + $0, encoding: .utf8).split(separator: "\n").map(String.init)
            }
            #expect(files[0].count == 2)
            #expect(files[1][1].hasPrefix("Order ID,Conversion Name,Adjustment Time,Adjustment Type,Adjusted Value,"))
            #expect(files[1][2].hasPrefix("'=1+2,order,") && files[1][2].hasSuffix("+0000,RESTATE,6.00,EUR"))
            let json = try export(["--after", "8", "--format", "json"]).json()
            #expect(json["next"] as? Int == 8 && (json["conversions"] as? [Any])?.isEmpty == true)
        }
    }

    @Test func `the log is exported as before, and each form refuses what is not its own`() async throws {
        try await withScratchDirectory { path in
            try ingest(LearningCommandTests.lines, path)
            func run(_ words: [String]) throws -> RihlaBinary.Result {
                try RihlaBinary.run(["export"] + words + ["--store", path + "/s"], directory: path)
            }
            let plain = try run([])
            // Five events, and what Rihla says of the run that brought them.
            #expect(plain.out.split(separator: "\n").count == 6)
            #expect(try run(["ndjson"]).out == plain.out)
            #expect(try run(["-o", "all.ndjson"]).status == 0)
            #expect(try String(contentsOfFile: path + "/all.ndjson", encoding: .utf8) == plain.out)
            #expect(try run(["cvs"]).status == 64)
            #expect(try run(["conversions", "--for", "google", "--format", "csv"]).status == 64)
            #expect(try run(["conversions", "--for", "meta", "--adjustments", "x"]).status == 64)
            let unknown = try run(["conversions", "--for", "gogle"])
            #expect(unknown.status == 64 && unknown.err.contains("did you mean \"google\"?"))
            let generic = try run(["conversions"])
            // Here the id is no formula: a cell that looks like one gets its `'`.
            #expect(generic.out.hasPrefix("change,id,definition,") && generic.out.contains("\nconversion,'=1+2,order,"))
            #expect(try run(["conversions", "--raw-csv"]).out.contains("\nconversion,=1+2,order,"))
            #expect(try run(["conversions", "--format", "ndjson"]).out.contains(#""gclid":"Cj0-1""#))
        }
    }
}
