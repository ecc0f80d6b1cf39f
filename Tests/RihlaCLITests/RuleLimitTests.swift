// Rules at the limits of what they may be, and one above: they work, or `rules check` refuses them with the limit.
//
// With 65 stages `rules check` said that all was good, and then `stages`, `funnel` and `ingest` ended by SIGILL. Durations
// could be so long that a time with one added to it was no number any more.
import Foundation
import TestSupport
import Testing

@Suite struct RuleLimitTests {
    private static let questions = [
        "stages", "funnel", "attribution --model time-decay,mine", "pipeline", "sla", "scores", "channels",
        "diff --rules FILE",
    ]

    private static func list(_ count: Int, _ entry: (Int) -> String) -> String {
        "[" + (0..<count).map(entry).joined(separator: ", ") + "]"
    }

    /// Rules that are good, each with many of something.
    private static let good: [(String, String)] = [
        (
            "stages",
            "stages: \(list(64) { "s\($0)" })\ntypes: {deal_won: {stage: s63}, page_viewed: {stage: s0}, lead_created: {stage: s62}}\n"
        ),
        ("pipelines", "pipelines:\n" + (0..<300).map { "  p\($0): {stages: [a, b]}\n" }.joined()),
        (
            "stages of a pipeline",
            "pipelines:\n  default: {stages: \(list(300) { "{name: q\($0), probability: 0.5}" })}\n"
        ),
        (
            "conversions",
            "conversions: \(list(300) { "{name: c\($0), type: \($0 % 2 == 0 ? "deal_won" : "t\($0)")}" })\n"
        ),
        (
            "types",
            "types:\n" + (0..<3_000).map { "  t\($0): {stage: decision, touch: true, channel: c\($0)}\n" }.joined()
        ),
        ("channels", "channels: \(list(3_000) { "{channel: c\($0), when: {source: s\($0)}}" })\n"),
        (
            "terms of scores",
            "scoring:\n  fit: \(list(300) { "{name: f\($0), property: origin, is: website, points: 1000000, group: g\($0)}" })\n"
                + "  engagement: \(list(300) { "{name: e\($0), type: page_viewed, points: -1000000, per_day: 4294967295, half_life: 3652500d, group: h\($0)}" })\n"
        ),
        (
            "hours and holidays",
            "sla:\n  accept: 3652500d\n  contact: 4294967295bd\n  calendar:\n    hours: {mon-sun: \(list(600) { "\"\(String(format: "%02d:%02d-%02d:%02d", $0 * 2 / 60, $0 * 2 % 60, ($0 * 2 + 1) / 60, ($0 * 2 + 1) % 60))\"" })}\n"
                + "    holidays: [9999-12-31, 0001-01-01]\n"
        ),
        (
            "shares of models",
            "attribution:\n  custom:\n    mine: {start: \(list(300) { _ in "1000" }), end: \(list(300) { _ in "1000" }), rest: 1000}\n"
        ),
        (
            "factors of models",
            "attribution:\n  custom:\n    mine: {base: time-decay, channels: {email: 1000, paid_search: 0.000001}, types: {page_viewed: 1000}}\n"
        ),
        (
            "durations",
            "dormant_after: 3652500d\nsession: {gap: 3652500d}\nattribution: {lookback: 3652500d, half_life: 3652500d}\n"
                + "scoring:\n  horizon: 3652500d\n  engagement: [{type: page_viewed, points: 5, step: {percent: 100, every: 3652500d}}]\n"
        ),
        (
            "no durations",
            "dormant_after: 0\nsession: {gap: 0}\nattribution: {lookback: 0, half_life: 1s}\nscoring: {horizon: 1s}\nsla: {accept: 0, contact: 0}\n"
        ),
        ("no stages", "stages: []\n"), ("one stage", "stages: [one]\ntypes: {deal_won: {stage: one}}\n"),
        ("no conversions", "conversions: []\n"), ("nothing", "extends: none\n"),
        ("limits of identity", "identity: {limits: {user_id: 0, email: 1000000, device: 0}}\n"),
    ]

    @Test(arguments: good)
    func `rules that are good answer every question`(what: String, yaml: String) async throws {
        try await withScratchDirectory { path in
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try Data(yaml.utf8).write(to: URL(filePath: path + "/r.yaml"))
            let check = try RihlaBinary.run(["rules", "check", "r.yaml"], directory: path)
            #expect(check.status == 0, "\(check.out)")
            // One shell for all questions: a process each would take most of the time.
            let commands = Self.questions.map { question in
                "\"$RIHLA\" \(question.replacing("FILE", with: "r.yaml")) \(question.contains("FILE") ? "" : "--rules r.yaml") --store '\(DemoStore.store)' > out 2> err; echo \"$? \(question)\"; cat err >&2"
            }
            let result = try Shell.run(commands.joined(separator: "\n"), in: path)
            for line in result.out.split(separator: "\n") {
                let status = line.prefix { $0 != " " }
                // Some have nothing to answer with, and say so: a model that is not there, a customer without a stage.
                #expect(["0", "1", "2", "3", "64"].contains(status), "\(what): \(line)\n\(result.err)")
            }
            try FileManager.default.copyItem(atPath: DemoStore.store, toPath: path + "/s")
            let set = try Shell.run(
                "\"$RIHLA\" rules set r.yaml --store s && \"$RIHLA\" ingest '\(DemoStore.directory)/events.ndjson' --store s && \"$RIHLA\" stages --store s && \"$RIHLA\" rebuild --verify --store s",
                in: path
            )
            #expect(set.status == 0, "\(what): \(set.err)")
        }
    }

    @Test(
        arguments: [
            ("stages: \(list(65) { "s\($0)" })\n", "there are 65 stages, and at most 64 can be"),
            (
                "attribution: {lookback: 3652501d}\n",
                "attribution.lookback must be a duration such as 90s, 30m, 4h, 7d or 2w, at most 3652500d"
            ),
            ("session: {gap: 106751991167d}\n", "session.gap must be a duration such as"),
            ("dormant_after: 3652501d\n", "dormant_after must be a duration such as"),
            ("scoring: {horizon: 9223372036854775s}\n", "scoring.horizon must be a duration such as"),
            ("sla: {accept: 3652501d}\n", "sla.accept must be a duration such as"),
            ("sla: {contact: 4294967296bd}\n", "sla.contact must be a duration such as 4h, or business days"),
            ("scoring: {engagement: [{type: a, points: 1000001}]}\n", "must be a number from -1000000 to 1000000"),
            ("scoring: {engagement: [{type: a, points: 1, per_day: 4294967296}]}\n", "must be a whole number from 1"),
            ("attribution: {custom: {mine: {start: [1001]}}}\n", "must be a number from 0 to 1000"),
            ("identity: {limits: {email: 1000001}}\n", "must be a number from 0 to 1000000"),
        ]
    )
    func `rules above a limit are refused with it`(yaml: String, message: String) async throws {
        try await withScratchDirectory { path in
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try Data(yaml.utf8).write(to: URL(filePath: path + "/r.yaml"))
            let check = try RihlaBinary.run(["rules", "check", "r.yaml"], directory: path)
            #expect(check.status == 2 && check.out.contains(message), "\(check.out)")
            let asked = try RihlaBinary.run(
                ["stages", "--rules", "r.yaml", "--store", DemoStore.store],
                directory: path
            )
            #expect(asked.status == 1 && asked.err.contains("r.yaml:1:") && asked.err.contains(message), "\(asked.err)")
            _ = try RihlaBinary.run(["init", "--store", "s"], directory: path)
            let set = try RihlaBinary.run(["rules", "set", "r.yaml", "--store", "s"], directory: path)
            #expect(set.status == 1 && set.err.contains(message), "\(set.err)")
        }
    }
}
