// What funnels with conditions, exclusions, other modes and breakdowns mean, to the edges.
import Foundation
import JourneyEvents
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

private func query(_ steps: String, _ change: (inout FunnelQuery) -> Void = { _ in }) -> FunnelQuery {
    var query = FunnelQuery()
    query.steps = FunnelQuery.list(steps)
    change(&query)
    return query
}

extension JourneyStore {
    /// `reached` of each step in the only group.
    fileprivate func reached(_ steps: String, _ change: (inout FunnelQuery) -> Void = { _ in }) async throws -> [Int?] {
        try await ask(.funnel(query(steps, change)))["groups"][0]["steps"].list.map { $0["reached"].int }
    }

    /// `group: reached of each step`.
    fileprivate func groups(_ steps: String, _ change: (inout FunnelQuery) -> Void) async throws -> [String: [Int]] {
        let groups = try await ask(.funnel(query(steps, change)))["groups"].list
        return Dictionary(
            uniqueKeysWithValues: groups.map { group in
                (group["group"].text ?? "", group["steps"].list.compactMap { $0["reached"].int })
            }
        )
    }

    fileprivate func people(_ steps: String, _ list: String, _ change: (inout FunnelQuery) -> Void = { _ in })
        async throws -> [String]
    {
        let answer = try await ask(
            .funnel(
                query(steps) {
                    $0.list = list
                    change(&$0)
                }
            )
        )
        return answer["customers"].list.compactMap { $0["customer"].text?.split(separator: ":").last.map(String.init) }
    }
}

/// Events of several customers: `customer: "type@day type@day"`.
private func journeys(_ journeys: [String: String]) -> [Event] {
    journeys.sorted { $0.key < $1.key }.flatMap { name, text in
        text.split(separator: " ").enumerated().map { index, word in
            let parts = word.split(separator: "@")
            let days = Double(parts[1]) ?? 0
            return make("\(name)\(index)", String(parts[0]), days, customer: "customer_id:" + name)
        }
    }
}

// One after the other: each store takes address space for its maps, and hundreds at once take all of it.
@Suite(.serialized)
struct SemanticsFunnelTests {
    @Test func `Conditions compare the text of strings and numbers, and channel and campaign of the event`()
        async throws
    {
        var events = [
            make("a", "page_viewed", 0, ["path": "/pricing, \"new\"]", "plan": "pro"]),
            make("b", "page_viewed", 1, customer: "customer_id:b", channel: "email", campaign: "spring"),
            make("c", "page_viewed", 1, ["url": "https://a.example/?utm_source=google&utm_medium=cpc"]),
        ]
        events[1].properties = [.init(key: "seats", json: "10"), .init(key: "trial", json: "true")]
        try await withStore(events) { store async throws in
            for (steps, expected) in [
                ("page_viewed[plan=pro]", 1), ("page_viewed[plan=Pro]", 0), ("page_viewed[seats=10]", 1),
                ("page_viewed[seats=10.0]", 0), ("page_viewed[trial=true]", 1), ("page_viewed[unknown=1]", 0),
                ("page_viewed[channel=email]", 1), ("page_viewed[channel=paid_search]", 1),
                ("page_viewed[campaign=spring][seats=10]", 1), ("page_viewed[campaign=spring][seats=11]", 0),
                ("page_viewed[plan=]", 0), ("page_viewed", 2),
            ] {
                #expect(try await store.reached(steps) == [expected], "\(steps)")
            }
            // A condition does not let one event make two steps.
            #expect(try await store.reached("page_viewed[plan=pro],page_viewed") == [1, 1])
            #expect(try await store.reached("page_viewed,page_viewed[seats=10]") == [2, 0])
            let name = try await store.ask(.funnel(query("page_viewed[plan=pro]?,page_viewed") { $0.steps.reverse() }))
            #expect(name["groups"][0]["steps"][1]["name"].text == "page_viewed[plan=pro]")
        }
    }

    @Test func `Values in quotes have brackets and commas`() async throws {
        #expect(FunnelQuery.list("a, b[x=1,2] ,c[y=\"],\"]?,") == ["a", "b[x=1,2]", "c[y=\"],\"]?"])
        let event = make("a", "page_viewed", 0, ["path": "a],b"])
        try await withStore([event]) { store async throws in
            #expect(try await store.reached("page_viewed[path=\"a],b\"]") == [1])
        }
    }

    @Test func `Optional steps are in no denominator`() async throws {
        let events = journeys([
            "a": "ad_clicked@0 form_submitted@1 deal_created@3", "b": "ad_clicked@0 deal_created@2",
            "c": "ad_clicked@0 form_submitted@1", "d": "ad_clicked@0",
        ])
        try await withStore(events) { store async throws in
            let group = try await store.ask(.funnel(query("ad_clicked,form_submitted?,deal_created")))["groups"][0]
            let steps = group["steps"]
            #expect(steps.list.map { $0["reached"].int } == [4, 2, 2])
            #expect(steps.list.map { $0["step_rate"].double } == [1, 0.5, 0.5])
            #expect(steps[2]["overall_rate"].double == 0.5)
            // From the step that was made before: two days from the form, two days from the click.
            #expect(steps[2]["from_previous"]["p50"].double == 172_800)
            #expect(steps[2]["from_first"]["mean"].double == 216_000)
            // Who left the last step out is through, not in progress.
            let last = try await store.ask(.funnel(query("ad_clicked,deal_created?")))["groups"][0]
            #expect(last["in_progress"].int == 0)
            #expect(try await store.people("ad_clicked,form_submitted?,deal_created", "3:in-progress") == ["c", "d"])
        }
    }

    @Test func `An excluded event voids the attempt; a clean one counts; void is not dropped`() async throws {
        let events = journeys([
            "void": "ad_clicked@0 lead_disqualified@1 deal_created@2",
            "again": "ad_clicked@0 lead_disqualified@1 ad_clicked@2 deal_created@3",
            "clean": "ad_clicked@0 deal_created@1 lead_disqualified@2", "open": "ad_clicked@0",
            "later": "ad_clicked@50",
        ])
        try await withStore(events) { store async throws in
            func group(_ exclude: [String], _ steps: String = "ad_clicked,deal_created") async throws -> JSON {
                try await store.ask(.funnel(query(steps) { $0.exclude = exclude }))["groups"][0]
            }
            let all = try await group([])
            #expect(all["entered"].int == 5 && all["excluded"].int == 0)
            let clean = try await group(["lead_disqualified"])
            #expect(clean["entered"].int == 4 && clean["excluded"].int == 1 && clean["in_progress"].int == 1)
            #expect(clean["steps"].list.map { $0["reached"].int } == [4, 2])
            let dropped = try await store.people("ad_clicked,deal_created", "2:dropped") {
                $0.exclude = ["lead_disqualified"]
            }
            #expect(dropped == ["open"])
            // Between the second step and the third only.
            let second = try await group(["lead_disqualified:2"], "ad_clicked,deal_created,deal_won")
            #expect(second["excluded"].int == 1 && second["steps"].list.map { $0["reached"].int } == [4, 2, 0])
            let explained = try await store.ask(
                .explainFunnel("void", query("ad_clicked,deal_created") { $0.exclude = ["lead_disqualified"] })
            )
            #expect(explained["state"].text == "excluded" && explained["value"].int == 0)
            #expect(explained["events"].list.map { $0["event"]["id"].text } == ["void0", "void1", "void2"])
            #expect(explained["events"][1]["rule"].text == "excluded from step 1 to step 2: lead_disqualified")
        }
    }

    @Test func `An open attempt that was voided is not in progress`() async throws {
        try await withStore(journeys(["a": "ad_clicked@0 deal_created@1 lead_disqualified@2"])) { store async throws in
            func inProgress(_ exclude: [String]) async throws -> [Int?] {
                let group = try await store.ask(
                    .funnel(query("ad_clicked,deal_created,deal_won") { $0.exclude = exclude })
                )["groups"][0]
                return [group["in_progress"].int, group["excluded"].int]
            }
            #expect(try await inProgress([]) == [1, 0])
            #expect(try await inProgress(["lead_disqualified:2"]) == [0, 1])
            #expect(try await inProgress(["lead_disqualified:1"]) == [1, 0])
        }
    }

    @Test func `Strict wants nothing between, any order wants no order`() async throws {
        let steps = "ad_clicked,form_submitted,deal_created"
        let events = journeys([
            "direct": "ad_clicked@0 form_submitted@1 deal_created@2",
            "foreign": "ad_clicked@0 email_sent@0.5 form_submitted@1 deal_created@2",
            "restart": "ad_clicked@0 email_sent@1 ad_clicked@2 form_submitted@3",
            "backward": "deal_created@0 form_submitted@1 ad_clicked@2",
        ])
        try await withStore(events) { store async throws in
            #expect(try await store.reached(steps) == [4, 3, 2])
            #expect(try await store.reached(steps) { $0.mode = "strict" } == [4, 2, 1])
            #expect(try await store.reached(steps) { $0.mode = "any-order" } == [4, 4, 3])
            let any = try await store.ask(.funnel(query(steps) { $0.mode = "any-order" }))["groups"][0]["steps"]
            #expect(any.list.map { $0["name"].text } == ["any 1 of 3", "any 2 of 3", "any 3 of 3"])
            #expect(any[2]["from_first"]["n"].int == 3 && any[2]["from_first"]["p50"].double == 172_800)
            // Only the attempt that lasts to the end of the journey can go on.
            let open = try await store.people(steps, "3:in-progress") { $0.mode = "strict" }
            #expect(open == ["restart"])
            let dropped = try await store.people(steps, "2:dropped") { $0.mode = "strict" }
            #expect(dropped == ["foreign"])
            #expect(try await store.people(steps, "2:in-progress") { $0.mode = "strict" } == ["backward"])
        }
    }

    @Test func `The four rules of a breakdown`() async throws {
        func click(_ id: String, _ type: String, _ days: Double, _ plan: String?, _ who: String = "a") -> Event {
            make(id, type, days, customer: "customer_id:" + who, plan.map { ["plan": $0] } ?? [:])
        }
        let events = [
            click("1", "ad_clicked", 0, "free"), click("2", "form_submitted", 1, "pro"),
            click("3", "deal_created", 2, "free"), click("4", "ad_clicked", 0, nil, "b"),
            click("5", "form_submitted", 1, "pro", "b"),
        ]
        try await withStore(events) { store async throws in
            func groups(_ attribution: String) async throws -> [String: [Int]] {
                try await store.groups("ad_clicked,form_submitted,deal_created") {
                    $0.by = "property:plan"
                    $0.attribution = attribution
                }
            }
            #expect(try await groups("first_touch") == ["free": [1, 1, 1], "(none)": [1, 1, 0]])
            #expect(try await groups("last_touch") == ["free": [1, 1, 1], "pro": [1, 1, 0]])
            #expect(try await groups("step_2") == ["pro": [2, 2, 1]])
            #expect(try await groups("step_3") == ["free": [1, 1, 1], "(none)": [1, 1, 0]])
            // Each value's own events alone: the click and the deal of `free` have no form between them.
            #expect(try await groups("all_events") == ["free": [1, 0, 0], "(none)": [1, 0, 0]])
        }
    }

    @Test func `The people behind the bars are as many as the bars say, by any way to count them`() async throws {
        var random = SplitMix.fresh()
        for _ in 0..<3 {
            let events = randomEvents(250, &random)
            try await withStore(events) { store async throws in
                for mode in ["ordered", "strict-time"] {
                    let plain = query("ad_clicked,page_viewed,order_completed") {
                        $0.mode = mode
                        $0.windowMilliseconds = 2 * day
                    }
                    var other = plain
                    // Without a breakdown the rule changes nothing, but the way to the answer.
                    other.attribution = "last_touch"
                    let fast = try await store.answers([.funnel(plain)])
                    #expect(try await store.answers([.funnel(other)]) == fast, "seed \(random.seed) \(mode)")
                    let group = try await store.ask(.funnel(plain))["groups"][0]
                    var totals: [String: Int] = [:]
                    for list in ["1:converted", "2:converted", "2:dropped", "2:in-progress", "3:converted"] {
                        other.list = list
                        totals[list] = try await store.ask(.funnel(other))["total"].int
                    }
                    let reached = group["steps"].list.map { $0["reached"].int }
                    #expect(
                        reached == [totals["1:converted"], totals["2:converted"], totals["3:converted"]],
                        "seed \(random.seed)"
                    )
                    let behind = ["2:converted", "2:dropped", "2:in-progress"].compactMap { totals[$0] }.reduce(0, +)
                    #expect(behind == totals["1:converted"], "seed \(random.seed)")
                }
            }
        }
    }

    @Test func `A list names people, the newest first, at most as many as asked for`() async throws {
        let events = journeys([
            "a": "ad_clicked@0 form_submitted@1", "b": "ad_clicked@2", "c": "ad_clicked@3 form_submitted@4",
            "now": "page_viewed@90",
        ])
        try await withStore(events) { store async throws in
            #expect(try await store.people("ad_clicked,form_submitted", "2:converted") == ["c", "a"])
            #expect(try await store.people("ad_clicked,form_submitted", "form_submitted:dropped") == ["b"])
            #expect(try await store.people("ad_clicked,form_submitted", "1:converted") { $0.limit = 2 } == ["c", "b"])
            #expect(try await store.people("ad_clicked,form_submitted", "1:dropped").isEmpty)
            #expect(try await store.people("", "interest:converted") == ["c", "a"])
            let answer = try await store.ask(.funnel(query("ad_clicked,form_submitted") { $0.list = "2:converted" }))
            #expect(answer["customers"][0]["entered_at"].text == instant(3).rfc3339)
            #expect(answer["customers"][0]["reached_at"].text == instant(4).rfc3339)
        }
    }

    @Test(
        arguments: [
            ("ad_clicked[x", "", "", "\"ad_clicked[x\" is no step of a funnel"),
            ("ad_clicked?", "", "", "the first step of a funnel cannot be optional"),
            ("ad_clicked,ad_clickd", "", "", "there is no event type \"ad_clickd\""),
            ("ad_clicked,page_viewed", "page_viewed:2", "", "an exclusion lies between two of the 2 steps"),
            ("ad_clicked,page_viewed", "", "3:converted", "\"3:converted\" names no bar of the funnel"),
            ("ad_clicked,page_viewed", "", "2:lost", "there is no list of funnels \"lost\""),
        ]
    )
    func `What makes no sense is refused`(steps: String, exclude: String, list: String, message: String) async throws {
        try await withStore([make("a", "ad_clicked", 0)]) { store async throws in
            let error = await #expect(throws: RihlaError.self) {
                try await store.answer(
                    .funnel(
                        query(steps) {
                            $0.exclude = FunnelQuery.list(exclude)
                            $0.list = list.isEmpty ? nil : list
                        }
                    )
                )
            }
            #expect(error?.code == .usage && error?.message.contains(message) == true, "\(error?.message ?? "")")
        }
    }

    @Test func `Modes without exclusions, rules and breakdowns that do not exist are refused`() async throws {
        try await withStore([make("a", "ad_clicked", 0)]) { store async throws in
            for change: (inout FunnelQuery) -> Void in [
                { ($0.mode, $0.exclude) = ("strict", ["page_viewed"]) }, { $0.mode = "orderd" },
                { ($0.by, $0.attribution) = ("channel", "step_2") }, { $0.by = "property:" }, { $0.by = "chanel" },
                { ($0.steps, $0.exclude) = ([], ["page_viewed"]) },
            ] {
                let error = await #expect(throws: RihlaError.self) {
                    try await store.answer(.funnel(query("ad_clicked", change)))
                }
                #expect(error?.code == .usage)
            }
        }
    }
}
