// Rules documents: findings with their places, laying over the default, and the hash.
import JourneyEvents
import Testing
import Yams

@testable import JourneyRules

private func findings(_ yaml: String) -> [String] {
    RuleSet.check(yaml: yaml, path: "rules.yaml").map { "\($0.line):\($0.column) \($0.message)" }
}

struct RuleSetTests {
    @Test func `The small reader reads the document inside the binary as a YAML parser does`() throws {
        let node = try #require(try Yams.compose(yaml: RuleSet.defaultYAML))
        #expect(PlainYAML.parse(RuleSet.defaultYAML) == RuleNode(node))
        #expect(RuleCheck.findings(node, over: .map([:])).isEmpty)
        #expect(try RuleSet(yaml: RuleSet.defaultYAML, path: "x") == RuleSet.default)
        #expect(RuleSet.default.types.count == 72)
        #expect(RuleSet.default.channels.count == 27)
    }

    @Test(arguments: [
        ("sesion: {gap: 30m}", ["1:1 unknown key \"sesion\" in the rules, did you mean \"session\"?"]),
        ("session: {gap: 30m, gaps: 1}", ["1:21 unknown key \"gaps\" in session, did you mean \"gap\"?"]),
        ("types:\n  x: {stag: interest}", ["2:7 unknown key \"stag\" in types.x, did you mean \"stage\"?"]),
        (
            "conversions: [{name: a, typ: b}]",
            [
                "1:15 a conversion needs a type", "1:25 unknown key \"typ\" in a conversion, did you mean \"type\"?",
            ]
        ),
        ("attribution: {lookbak: 1d}", ["1:15 unknown key \"lookbak\" in attribution, did you mean \"lookback\"?"]),
        (
            "channels: [{channel: a, when: {sourc: b}}]",
            ["1:32 unknown key \"sourc\" in when, did you mean \"source\"?"]
        ),
        (
            "channels: [{chanel: a}]",
            [
                "1:12 a channel rule needs a channel",
                "1:13 unknown key \"chanel\" in a channel rule, did you mean \"channel\"?",
            ]
        ),
        ("pipelines: {p: {stages: [{name: a, prob: 1}]}}", ["1:36 unknown key \"prob\" in a stage of pipelines.p"]),
        (
            "pipelines: {p: {stage: [a]}}",
            [
                "1:16 pipelines.p needs stages", "1:17 unknown key \"stage\" in pipelines.p, did you mean \"stages\"?",
            ]
        ),
        ("sla: {calendar: {zon: UTC}}", ["1:18 unknown key \"zon\" in sla.calendar, did you mean \"zone\"?"]),
        ("scoring: {mqls: 60}", ["1:11 unknown key \"mqls\" in scoring, did you mean \"mql\"?"]),
        (
            "identity: {limits: {emails: 5}}",
            ["1:21 unknown key \"emails\" in identity.limits, did you mean \"email\"?"]
        ),
    ])
    func `Unknown keys are found at every level with line and column`(_ yaml: String, _ expected: [String]) {
        #expect(findings(yaml) == expected)
    }

    @Test(arguments: [
        ("version: 2", "1:10 version must be one of 1"), ("extends: nothing", "1:10 extends must be one of"),
        ("stages: [a, b, a]", "1:16 the stage \"a\" stands twice"), ("stages: awareness", "1:9 stages must be a list"),
        ("dormant_after: soon", "1:16 dormant_after must be a duration"),
        ("types: {x: {stage: intrest}}", "1:20 types.x.stage must be one of"),
        ("stages: [a]\ntypes: {x: {stage: interest}}", "2:20 types.x.stage must be one of a"),
        ("types: {x: {touch: maybe}}", "1:20 types.x.touch must be one of"),
        ("types: {x: {effect: deal_one}}", "1:21 types.x.effect must be one of"),
        ("types: [x]", "1:8 types must be a mapping"), ("types: {x: y}", "1:12 types.x must be a mapping"),
        ("aliases: {a: [b]}", "1:14 aliases.a must be a text"),
        ("aliases: {a: b, b: c}", "1:14 aliases.a names another alias"),
        ("conversions: [{name: a, type: x}, {name: a, type: y}]", "1:42 the conversion \"a\" stands twice"),
        ("session: {gap: 30}", "1:16 session.gap must be a duration"),
        ("session: {on_new_campaign: sometimes}", "1:28 session.on_new_campaign must be one of true, false"),
        ("session: {on_new_campain: true}", "1:11 unknown key \"on_new_campain\" in session, did you mean"),
        ("attribution: {path: over}", "1:21 attribution.path must be one of"),
        ("attribution: {half_life: 0}", "1:26 attribution.half_life must be a duration"),
        ("attribution: {first: 1.5}", "1:22 attribution.first must be a number from 0 to 1"),
        ("attribution: {first: 0.7}", "1:22 attribution.first and attribution.last are 1.1 together"),
        ("attribution: {first: 0.5, last: 0.6}", "1:33 attribution.first and attribution.last are 1.1 together"),
        ("attribution: {transform: [expose]}", "1:27 a rule of attribution.transform must be one of none, exposure"),
        ("attribution: {transform: [remove_if_not_all()]}", "1:27 a rule of attribution.transform must be one of"),
        ("attribution: {count_pending_as_null: maybe}", "1:38 attribution.count_pending_as_null must be one of"),
        ("attribution: {custom: {linear: {rest: 1}}}", "1:32 attribution.custom.linear has the name of a model"),
        ("attribution: {custom: {a: {}}}", "1:27 attribution.custom.a needs start, end and rest, or"),
        ("attribution: {custom: {a: {strat: [1], rest: 1}}}", "1:28 unknown key \"strat\" in attribution.custom.a"),
        ("attribution: {custom: {a: {rest: -1}}}", "1:34 attribution.custom.a.rest must be a number from 0 to 1000"),
        ("attribution: {custom: {a: {rest: 1, base: last}}}", "1:43 attribution.custom.a has shares by place and"),
        ("attribution: {custom: {a: {base: markov, types: {}}}}", "1:34 attribution.custom.a.base must be one of"),
        ("attribution: {custom: {a: {channels: {b: many}}}}", "1:42 attribution.custom.a.channels.b must be a number"),
        ("channels: [{channel: a, when: {source_list: serch}}]", "1:45 when.source_list must be one of"),
        ("channels: [{channel: a, when: {paid: maybe}}]", "1:38 when.paid must be one of true"),
        ("lists: {search: google}", "1:17 lists.search must be a list"),
        ("pipelines: {p: {stages: [{name: a}, {name: a}]}}", "1:44 the stage of pipelines.p \"a\" stands twice"),
        ("pipelines: {p: {stages: [{name: a, probability: 20}]}}", "1:49 a probability must be a number from 0 to 1"),
        ("pipelines: {p: {stages: [{name: a}, {name: b, kind: win}]}}", "1:53 the kind of a stage must be one of open"),
        ("pipelines: {p: {stages: [{name: b, kind: won}]}}", "1:25 pipelines.p needs a stage in which deals are open"),
        ("sla: {accept: fast}", "1:15 sla.accept must be a duration"),
        ("sla: {contact: 0bd}", "1:16 sla.contact must be"),
        ("sla: {calendar: {hours: {monday: \"09:00-17:00\"}}}", "1:26 \"monday\" in sla.calendar.hours"),
        ("sla: {calendar: {hours: {mon: \"17:00-09:00\"}}}", "1:31 sla.calendar.hours.mon must be a range"),
        ("sla: {calendar: {holidays: [2026-02-30]}}", "1:29 a holiday must be a date"),
        ("scoring: {mql: many}", "1:16 scoring.mql must be a number"),
        ("scoring: {fit: [x]}", "1:17 a rule of scoring.fit must be"),
        ("scoring: {fit: [{points: 3}]}", "1:17 a rule of scoring.fit needs a property"),
        ("scoring: {engagement: [{type: a}]}", "1:24 a rule of scoring.engagement needs points"),
        ("scoring: {engagement: [{type: a, points: 1, half_live: 3d}]}", "1:45 unknown key \"half_live\""),
        ("scoring: {engagement: [{type: a, points: 1, per_day: 0.5}]}", "1:54 scoring.engagement.per_day must be"),
        ("scoring: {engagement: [{type: a, points: 1, min: 3}]}", "1:50 scoring.engagement.min is about a property"),
        ("scoring: {grades: {c: 1}}", "1:20 unknown key \"c\" in scoring.grades"),
        ("scoring: {horizon: 0}", "1:20 scoring.horizon must be a duration"),
        ("identity: {devices: merge}", "1:21 identity.devices must be one of"),
        ("identity: {limits: {email: few}}", "1:28 identity.limits.email must be a number"),
        ("- a", "1:1 a rules document is a mapping"), ("a: [", "2:1 "),
        ("version: 1\nversion: 1", "1:1 the same key stands twice"),
    ])
    func `Wrong values are found with line and column`(_ yaml: String, _ expected: String) {
        let found = findings(yaml)
        #expect(found.count == 1 && found.first?.hasPrefix(expected) == true, "\(found)")
        let error = #expect(throws: RihlaError.self) { try RuleSet(yaml: yaml, path: "rules.yaml") }
        #expect(error?.code == .invalidInput && error?.message.hasPrefix("rules.yaml:") == true)
    }

    @Test func `A document is laid over the default key by key; lists replace lists`() throws {
        let rules = try RuleSet(
            yaml: """
                types: {page_viewed: {touch: true}, mine: {stage: interest}}
                conversions: [{name: order, type: order_completed}]
                attribution: {lookback: 90d}
                """,
            path: "x"
        )
        #expect(rules.types["page_viewed"]?.touch == .always && rules.types["page_viewed"]?.web == true)
        #expect(rules.types["mine"]?.stage == 1 && rules.types["ad_clicked"] != nil)
        #expect(rules.conversions.map(\.name) == ["order"])
        #expect(rules.attribution.lookbackMilliseconds == 90 * 86_400_000 && rules.attribution.path == "overlap")
    }

    @Test func `Stages of the user's own leave the types of the default without one`() throws {
        let rules = try RuleSet(yaml: "stages: [new, purchase]\ntypes: {seen: {stage: new}}", path: "x")
        #expect(rules.types["seen"]?.stage == 0 && rules.types["order_completed"]?.stage == 1)
        #expect(rules.types["ad_clicked"]?.stage == nil && rules.types["ad_clicked"]?.touch == .always)
    }

    @Test func `Extends none starts empty, and an empty document is the default`() throws {
        let rules = try RuleSet(yaml: "extends: none\nstages: [a]\ntypes: {t: {stage: a}}", path: "x")
        #expect(rules.stages == ["a"] && rules.types.count == 1 && rules.channels.isEmpty && rules.conversions.isEmpty)
        #expect(rules.channel(for: ChannelInput(source: "google", medium: "cpc")) == "unassigned")
        for yaml in ["", "# nothing", "extends: default", "{}"] {
            #expect(try RuleSet(yaml: yaml, path: "x") == .default)
        }
    }

    @Test func `Hashes are equal exactly when documents are`() throws {
        func hash(_ yaml: String) throws -> String { try RuleSet(yaml: yaml, path: "x").hash }
        let one = try hash("session: {gap: 45m}\nattribution: {first: 0.3}")
        #expect(try hash("attribution:\n  first: \"0.3\"\nsession:\n  gap: 45m # minutes\n") == one)
        let others = [
            "", "session: {gap: 46m}\nattribution: {first: 0.3}", "session: {gap: 45m}", "stages: [a, b]",
            "session: {gap: 45m, on_new_campaign: true}\nattribution: {first: 0.3}",
            "stages: [b, a]",
            "stages: [\"a\\nb\"]", "identity: {blocked: [a, b]}", "identity: {blocked: [\"a, b\"]}",
            "extends: none", "extends: none\nstages: []",
        ]
        let hashes = try others.map(hash) + [one]
        #expect(Set(hashes).count == hashes.count)
        #expect(hashes.allSatisfy { $0.utf8.count == 16 })
    }

    @Test func `The canonical document reads as itself`() throws {
        for yaml in ["", "stages: [a, b]", "extends: none\nstages: [x]", "lists: {search: [\"a\\\"b\", \"\"]}"] {
            let rules = try RuleSet(yaml: yaml, path: "x")
            #expect(try RuleSet(yaml: rules.yaml, path: "again") == rules)
        }
    }

    @Test(
        arguments: [
            ("90s", 90_000), ("30m", 1_800_000), ("4h", 14_400_000), ("7d", 604_800_000), ("2w", 1_209_600_000),
            ("0", 0),
            ("", nil), ("7", nil), ("-1d", nil), ("1.5h", nil), ("d", nil), ("99999999999999999w", nil),
        ] as [(String, Int64?)]
    )
    func `Durations are a whole number and a unit`(_ text: String, _ expected: Int64?) {
        #expect(DurationText.milliseconds(text) == expected)
    }

    @Test func `Durations are written in their largest whole unit`() {
        #expect(
            [604_800_000, 5_400_000, 3_600_000, 1_500, 60_000].map { DurationText.text(milliseconds: $0) } == [
                "7d", "90m", "1h", "1.5s", "1m",
            ]
        )
    }

    @Test(
        arguments: [
            ("lnear", "linear"), ("channle", "channel"), ("deal_wno", "deal_won"), ("xyz", nil), ("", nil),
        ] as [(String, String?)]
    )
    func `The nearest name within two edits is meant`(_ text: String, _ expected: String?) {
        #expect(Suggestion.nearest(to: text, in: ["linear", "channel", "deal_won", "deal_lost"]) == expected)
    }

    @Test(arguments: [
        "{}",
        "types: {\"odd, type\": {stage: interest}}\nchannels: [{channel: 'a \"b\"', when: {source: [x y, -z, '']}}]",
        "extends: none\nstages: [one, two]\ntypes: {seen: {stage: one, touch: true}}",
        "time_zone: Asia/Riyadh\nlists: {social: [ريحلة.example, 'a: b']}",
    ])
    func `rules that are shown and read again are the same rules`(yaml: String) throws {
        let rules = try RuleSet(yaml: yaml, path: "rules.yaml")
        let again = try RuleSet(yaml: rules.readableYAML, path: "shown")
        #expect(again.hash == rules.hash, "\(rules.readableYAML)")
    }

    @Test func `the default rules are shown without a quote that need not be`() {
        let lines = RuleSet.default.readableYAML.split(separator: "\n")
        #expect(lines.contains("  ad_clicked: {stage: awareness, touch: true, web: true}"))
        #expect(lines.contains("stages: [awareness, interest, consideration, decision, purchase, loyalty]"))
        #expect(lines.allSatisfy { $0.count <= 160 })
    }
}
