// Where sessions are cut, which page views are touchpoints by it, and which campaign an event is of.
import JourneyEvents
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

// One after the other: each store takes address space for its maps, and hundreds at once take all of it.
@Suite(.serialized)
struct SemanticsSessionTests {
    @Test func `A page view is a touchpoint only where it starts a session`() async throws {
        let minute = 1.0 / 1_440
        let events = [
            make("p1", "page_viewed", 0, ["url": "https://a.example/?utm_source=google&utm_medium=cpc"]),
            make("p2", "page_viewed", 30 * minute, ["url": "https://a.example/?utm_source=bing&utm_medium=cpc"]),
            make("p3", "page_viewed", 60 * minute + 1e-8, ["utm": #"{"source":"newsletter","medium":"email"}"#]),
            make("o", "order_completed", 1, money: "9 EUR"),
        ]
        try await withStore(events) { store async throws in
            #expect(try await store.credits("linear") == ["paid_search": "0.5 4.50 EUR", "email": "0.5 4.50 EUR"])
            let sessions = try await store.ask(.timeline(.customer("a"), from: nil, to: nil, limit: nil))["events"].list
            #expect(sessions.map { $0["derived"]["session"].int } == [1, 1, 2, nil])
            #expect(sessions.map { $0["derived"]["touch"].bool } == [true, false, true, false])
            #expect(
                try await store.credits("linear") { $0.by = "source-medium" }
                    == ["google / cpc": "0.5 4.50 EUR", "newsletter / email": "0.5 4.50 EUR"]
            )
        }
    }

    /// Sessions and touchpoints of page views at these minutes, each with what its address says behind the question mark.
    private func sessions(_ visits: [(minute: Double, query: String)], _ yaml: String) async throws
        -> (sessions: [Int?], touches: [Bool?])
    {
        let events = visits.enumerated().map { index, visit in
            make("p\(index)", "page_viewed", visit.minute / 1_440, ["url": "https://a.example/?" + visit.query])
        }
        let rules = bounds(rules: try RuleSet(yaml: yaml, path: "rules"))
        return try await withStore(events) { store async throws in
            let events = try await store.ask(.timeline(.customer("a"), from: nil, to: nil, limit: nil), rules)["events"]
            let derived = events.list.map { $0["derived"] }
            return (derived.map { $0["session"].int }, derived.map { $0["touch"].bool })
        }
    }

    @Test(arguments: [
        ("", [1, 1, 1, 1, 1]), ("session: {on_new_campaign: false}", [1, 1, 1, 1, 1]),
        ("session: {on_new_campaign: true}", [1, 1, 1, 2, 2]),
    ])
    func `Another campaign starts a session on request; the same again, a direct visit and exactly the gap do not`(
        yaml: String,
        expected: [Int]
    ) async throws {
        let google = "utm_source=google&utm_medium=cpc"
        let found = try await sessions(
            [(0, google), (10, ""), (20, google), (30, "utm_source=newsletter&utm_medium=email"), (60, "")],
            yaml
        )
        #expect(found.sessions == expected)
        #expect(found.touches == expected.indices.map { $0 == 0 || expected[$0] > expected[$0 - 1] })
    }

    @Test
    func `A campaign that differs in its medium or its name alone is another one, and so is the first after none`()
        async throws
    {
        let visits: [(Double, String)] = [
            (0, ""), (1, "utm_source=google"), (2, "utm_source=google&utm_medium=cpc"),
            (3, "utm_source=google&utm_medium=cpc&utm_campaign=spring"), (4, "utm_campaign=spring"), (5, "gclid=1"),
            (6, "utm_campaign=summer"), (36.001, ""),
        ]
        let found = try await sessions(visits, "session: {on_new_campaign: true}")
        #expect(found.sessions == [1, 2, 3, 4, 4, 4, 5, 6])
    }

    @Test func `Sessions go by the campaign that an event gives as well, and views are made anew for the rule`()
        async throws
    {
        func view(_ id: String, _ minute: Double, _ campaign: String?, _ utm: String) -> Event {
            make(id, "page_viewed", minute / 1_440, campaign: campaign, utm.isEmpty ? [:] : ["utm_campaign": utm])
        }
        let events = [view("a", 0, "spring", ""), view("b", 1, nil, "spring"), view("c", 2, "fall", "spring")]
        try await withStore(events) { store async throws in
            #expect(try await store.ask(.customer("a"))["touches"].int == 1)
            _ = try await store.setRules(yaml: "session: {on_new_campaign: true}")
            #expect(try await store.ask(.customer("a"))["touches"].int == 2)
            #expect(store.takeNotices().contains { $0.contains("customers") && $0.contains("rules") })
            let verified = try await store.rebuild(verify: true)
            #expect(!verified.found, "\(verified.notes)")
        }
    }

    @Test func `Explain lists what cut the sessions of a path, so that its events alone have the same touchpoints`()
        async throws
    {
        let spring = ["utm_source": "mail", "utm_campaign": "spring"]
        let events = [
            make("a", "page_viewed", 0, spring), make("b", "product_added", 0.001, ["utm_source": "other"]),
            make("n", "product_added", 0.0015), make("c", "page_viewed", 0.002, spring),
            make("o", "order_completed", 1, money: "9 EUR"),
        ]
        let rules = bounds(rules: try RuleSet(yaml: "session: {on_new_campaign: true}", path: "rules"))
        let query = Query.explainCredit(conversion: "o", model: "linear")
        let explain = try await withStore(events) { try await $0.ask(query, rules) }
        #expect(explain["touches"].list.map { $0["event"]["id"].text } == ["a", "c"])
        #expect(explain["session_starts"].list.map { $0["id"].text } == ["b"])
        let alone = try await withStore(events.filter { $0.id != "n" }) { try await $0.ask(query, rules) }
        #expect(alone["touches"].list.map { $0["credit"].money } == ["4.50 EUR", "4.50 EUR"])
    }

    /// A campaign of the event's own, and one in each place that traffic fields come from.
    private let campaigned = [
        make("c1", "ad_clicked", 0, campaign: "spring", ["utm_campaign": "other"]),
        make("c2", "ad_clicked", 1, ["utm_campaign": "spring", "utm": #"{"campaign":"fall"}"#]),
        make("c3", "ad_clicked", 2, ["utm": #"{"campaign":"fall"}"#]),
        make("c4", "ad_clicked", 3, ["url": "https://a.example/?utm_campaign=w%20inter&utm_source=x"]),
        make("c5", "ad_clicked", 4, channel: "tv"), make("o", "order_completed", 5, money: "5 EUR"),
    ]

    @Test func `A campaign is the event's own, else utm_campaign, else that of utm, else that of the address`()
        async throws
    {
        try await withStore(campaigned) { store async throws in
            let credits = try await store.credits("linear") { ($0.by, $0.direct) = ("campaign", "keep") }
            let share = "0.2 1.00 EUR"
            #expect(credits == ["spring": "0.4 2.00 EUR", "fall": share, "w inter": share, "(none)": share])
            var query = AttributionQuery()
            (query.by, query.direct) = ("campaign", "keep")
            let paths = try await store.ask(.paths(query, limit: nil))["paths"]
            #expect(paths[0]["path"].list.map(\.text) == ["spring", "spring", "fall", "w inter", "(none)"])
        }
    }

    @Test func `A derived campaign is in timelines, records, deals, conditions and breakdowns too`() async throws {
        let won = campaigned.dropLast() + [make("o", "deal_won", 5, deal: "d", money: "5 EUR")]
        try await withStore(Array(won)) { store async throws in
            let campaigns = ["spring", "spring", "fall", "w inter", nil]
            let timeline = try await store.ask(.timeline(.customer("a"), from: nil, to: nil, limit: nil))["events"]
            #expect(timeline.list.map { $0["derived"]["campaign"].text } == campaigns + [nil])
            // The event itself stays as it came.
            #expect(timeline.list.map { $0["campaign"].text } == ["spring", nil, nil, nil, nil, nil])
            let deal = try await store.ask(.deal("d"))
            // Direct touchpoints are left out.
            #expect(deal["credits"].list.map { $0["campaign"].text } == ["w inter", nil])
        }
        try await withStore(Array(campaigned.dropFirst(2))) { store async throws in
            let customer = try await store.ask(.customer("a"))
            #expect(customer["first_touch"]["campaign"].text == "fall" && customer["last_touch"]["campaign"].isNull)
            for (steps, mode) in [
                ([], "ordered"), (["ad_clicked", "order_completed"], "ordered"),
                (["ad_clicked", "order_completed"], "strict"),
                (["ad_clicked[campaign=fall]", "order_completed"], "ordered"),
            ] {
                var funnel = FunnelQuery()
                (funnel.by, funnel.mode) = ("campaign", mode)
                funnel.steps = try steps.map { try #require(FunnelQuery.list($0).first) }
                let groups = try await store.ask(.funnel(funnel))["groups"]
                // Strict goes by the attempt that is not interrupted, which the last click starts.
                let group = mode == "strict" ? "(none)" : "fall"
                #expect(groups.list.map { $0["group"].text } == [group], "\(steps) \(mode)")
            }
        }
    }

    /// What each type's events are when they say no channel: the channel of a touchpoint, or no touchpoint at all.
    private static let types: [(type: String, channel: String?)] = [
        ("ad_clicked", "paid_search"), ("page_viewed", "paid_search"), ("content_downloaded", "paid_search"),
        ("form_submitted", "paid_search"), ("email_clicked", "email"), ("social_engaged", "organic_social"),
        ("event_attended", "event"), ("chat_started", "chat"), ("call_made", "call"), ("meeting_held", "meeting"),
        ("demo_held", "demo"), ("sales_email_replied", "sales_email"), ("ad_impression", nil), ("email_opened", nil),
        ("video_watched", nil), ("sales_email_sent", nil), ("meeting_booked", nil), ("product_added", nil),
        ("brand_new_type", nil),
    ]

    @Test
    func `Channels of sales and mail come from the type, before the table; what only reached somebody is no touch`()
        async throws
    {
        let utm = ["utm_source": "google", "utm_medium": "cpc", "outcome": "connected"]
        let events = Self.types.enumerated().map { make($1.type, $1.type, Double($0), utm) }
        try await withStore(events) { store async throws in
            let timeline = try await store.ask(.timeline(.customer("a"), from: nil, to: nil, limit: nil))["events"].list
            for (event, expected) in zip(timeline, Self.types) {
                #expect(event["derived"]["touch"].bool == (expected.channel != nil), "\(expected.type)")
                #expect(event["derived"]["channel"].text == expected.channel, "\(expected.type)")
            }
        }
    }

    @Test(arguments: ["voicemail", "no_answer", "", nil])
    func `A call that connected nobody is no touchpoint`(outcome: String?) async throws {
        let call = make("c", "call_made", 0, outcome.map { ["outcome": $0] } ?? [:])
        try await withStore([call]) { store async throws in
            #expect(try await store.ask(.customer("a"))["touches"].int == 0)
        }
    }

    @Test func `A channel that the event gives wins over its type and its traffic fields`() async throws {
        let utm = ["utm_source": "google", "utm_medium": "cpc"]
        let events = [
            make("a", "email_clicked", 0, channel: "fair", utm),
            make("b", "ad_clicked", 1, channel: "Direct Mail", utm),
        ]
        try await withStore(events) { store async throws in
            let customer = try await store.ask(.customer("a"))
            #expect(customer["first_touch"]["channel"].text == "fair")
            #expect(customer["last_touch"]["channel"].text == "Direct Mail")
        }
    }

    @Test func `Other rules give other channels to the same events, and the events stay as they are`() async throws {
        let click = make("a", "ad_clicked", 0, ["utm_source": "Partner", "utm_medium": "cpc"])
        try await withStore([click]) { store async throws in
            func channel() async throws -> String? {
                try await store.ask(.customer("a"))["first_touch"]["channel"].text
            }
            let before = try await store.ask(.timeline(.customer("a"), from: nil, to: nil, limit: nil))["events"][0]
            #expect(try await channel() == "paid_other")
            _ = try await store.setRules(yaml: "channels: [{channel: partners, when: {source: partner}}]")
            #expect(try await channel() == "partners")
            let after = try await store.ask(.timeline(.customer("a"), from: nil, to: nil, limit: nil))["events"][0]
            #expect(after.members.filter { $0.key != "derived" } == before.members.filter { $0.key != "derived" })
        }
    }

    @Test func `Sales and server-side events open no session and interrupt none`() async throws {
        let minute = 1.0 / 1_440
        let events = [
            make("p", "page_viewed", 0), make("c", "call_made", 20 * minute, ["outcome": "connected"]),
            make("q", "page_viewed", 29 * minute), make("m", "meeting_held", 50 * minute),
            make("r", "page_viewed", 60 * minute),
        ]
        try await withStore(events) { store async throws in
            let timeline = try await store.ask(.timeline(.customer("a"), from: nil, to: nil, limit: nil))["events"].list
            // The last is 31 minutes after the page view before it, and 10 after the meeting.
            #expect(timeline.map { $0["derived"]["session"].int } == [1, nil, 1, nil, 2])
        }
    }
}
