// Reports by the links of each event's own time: what later links must not change, and what has to be as before.
import JourneyEvents
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

private func linked(_ id: String, _ a: String, _ b: String, _ days: Double, _ type: String = "identity_linked") -> Event
{
    make(id, type, days, customer: a, ["a": a, "b": b])
}

private let device = "anonymous_id:dev"
private let mail = "email:a@x.example"
private let user = "user_id:u-1"

/// A visit on a device, a login, an order under a mail address, a link of that, another order.
private let story = [
    make("click", "ad_clicked", 0, customer: device, channel: "social"), linked("login", device, user, 1),
    make("order", "order_completed", 2, customer: mail, money: "10.00 EUR", ["order_id": "1"]),
    linked("profile", user, mail, 3),
    make("again", "order_completed", 4, customer: mail, money: "7.00 EUR", ["order_id": "2"]),
]

/// An answer without the name of the view.
private func withoutView(_ text: String) -> String {
    withoutPositions(text).replacing("\"as-of-event\"", with: "\"as-of-now\"")
}

// One after the other: each store takes address space for its maps, and hundreds at once take all of it.
@Suite(.serialized)
struct IdentityViewTests {
    private func known(_ store: JourneyStore, _ model: String = "last", _ question: QueryBounds = QueryBounds())
        async throws -> [String: String]
    {
        try await store.credits(model, bounds: question) { $0.identity = .asOfEvent }
    }

    @Test func `a link does not give a path to an order that was made before it`() async throws {
        try await withStore(story) { store async throws in
            #expect(try await store.credits("last") == ["social": "2.0 17.00 EUR"])
            for model in ["last", "markov", "shapley"] {
                let credits = try await known(store, model)
                #expect(credits == ["(unattributed)": "1.0 10.00 EUR", "social": "1.0 7.00 EUR"], "\(model)")
            }
            // As it was said then, and as is still said.
            #expect(try await known(store, "last", bounds(asAt: 4)) == ["(unattributed)": "1.0 10.00 EUR"])
        }
    }

    @Test func `explain credit shows the path of then and says so`() async throws {
        try await withStore(story) { store async throws in
            for (order, touches) in [("order", []), ("again", ["click"])] {
                let query = Query.explainCredit(conversion: order, model: "linear", identity: .asOfEvent)
                let credit = try await store.ask(query)
                #expect(credit["touches"].list.compactMap { $0["event"]["id"].text } == touches)
                #expect(credit["identity_view"].text == "as-of-event")
                #expect(credit["identity"].list.compactMap { $0["id"].text } == ["login", "profile"])
            }
            let now = try await store.ask(.explainCredit(conversion: "order", model: "linear"))
            #expect(now["touches"].list.count == 1 && now["identity_view"].text == "as-of-now")
        }
    }

    @Test func `a link of the conversion's own instant is known, whatever its position`() async throws {
        let events = [
            make("click", "ad_clicked", 0, customer: device, channel: "social"),
            make("order", "order_completed", 2, customer: user, money: "10.00 EUR"), linked("login", device, user, 2),
        ]
        try await withStore(events) { store async throws in
            #expect(try await known(store) == ["social": "1.0 10.00 EUR"])
        }
    }

    @Test func `money back finds its order by the links of its own time, and takes back what was given then`()
        async throws
    {
        let refund = make("back", "order_refunded", 5, customer: user, money: "4.00 EUR", ["order_id": "1"])
        try await withStore(story + [refund]) { store async throws in
            #expect(try await known(store) == ["(unattributed)": "1.0 6.00 EUR", "social": "1.0 7.00 EUR"])
        }
        // Before the link the user's refund is of no order that is known to be the user's.
        let early = make("back", "order_refunded", 2.5, customer: user, money: "4.00 EUR", ["order_id": "1"])
        try await withStore(story + [early]) { store async throws in
            #expect(try await known(store) == ["(unattributed)": "1.0 6.00 EUR", "social": "1.0 7.00 EUR"])
            let credit = Query.explainCredit(conversion: "order", model: "last", identity: .asOfEvent)
            #expect(try await store.ask(credit)["reversals"].list.isEmpty)
            #expect(
                try await store.ask(.explainCredit(conversion: "order", model: "last"))["reversals"].list.count == 1
            )
        }
    }

    @Test(arguments: [(4.0, nil), (2.5, "1.0 10.00 EUR")] as [(Double, String?)])
    func `a reopening takes back what is known to be the same customer's`(_ days: Double, _ left: String?) async throws
    {
        let events = [
            make("won", "deal_won", 2, customer: mail, deal: "d", money: "10.00 EUR"), linked("profile", user, mail, 3),
            make("reopened", "deal_reopened", days, customer: user, deal: "d"),
        ]
        try await withStore(events) { store async throws in
            #expect(try await store.credits("last").isEmpty)
            #expect(try await known(store)["(unattributed)"] == left)
            var query = ChannelQuery()
            query.identity = .asOfEvent
            let rest = try await store.ask(.channels(query))["rows"].first("channel", "(unattributed)")
            #expect(rest["customers"].double == (left == nil ? nil : 1))
        }
    }

    @Test func `a refund that is dated before its order waits for it across a link, and counts once`() async throws {
        let events = [
            make("back", "order_refunded", 1, customer: mail, money: "4.00 EUR", ["order_id": "1"]),
            linked("profile", user, mail, 1.5),
            make("order", "order_completed", 2, customer: user, money: "10.00 EUR", ["order_id": "1"]),
        ]
        try await withStore(events) { store async throws in
            #expect(try await known(store) == ["(unattributed)": "1.0 6.00 EUR"])
            let query = Query.explainCredit(conversion: "order", model: "last", identity: .asOfEvent)
            let credit = try await store.ask(query)
            #expect(credit["reversals"].list.count == 1 && credit["value"].money == "6.00 EUR")
        }
    }

    @Test func `a later sale pays back for the first purchase that was known at it`() async throws {
        let events = [
            make("mc", "ad_clicked", 0, customer: mail, channel: "search"),
            make("uc", "ad_clicked", 0.5, customer: user, channel: "tv"),
            make("m", "order_completed", 1, customer: mail, money: "1 EUR"),
            make("u", "order_completed", 2, customer: user, money: "1 EUR"), linked("late", mail, user, 3),
            make("v", "order_completed", 4, customer: user, money: "2 EUR"),
            make("s1", "spend_recorded", 0, customer: nil, channel: "search", money: "3 EUR"),
            make("s2", "spend_recorded", 0, customer: nil, channel: "tv", money: "2 EUR"),
        ]
        try await withStore(events) { store async throws in
            func payback(_ channel: String, _ view: IdentityView) async throws -> String {
                var query = ChannelQuery()
                query.identity = view
                let row = try await store.ask(.channels(query))["rows"].first("channel", channel)
                return row["payback_months"].int.map { "\($0)" } ?? row["payback_reason"].text ?? ""
            }
            // One customer, who saw tv last and has brought 1, 1 and 2 since the first purchase.
            #expect(try await payback("tv", .asOfNow) == "1")
            #expect(try await payback("search", .asOfNow) == "no_customers")
            // Two, of whom the first one is the customer of the last sale: 1 and 2 for search, 1 for tv.
            #expect(try await payback("search", .asOfEvent) == "1")
            #expect(try await payback("tv", .asOfEvent) == "not_yet")
        }
    }

    @Test func `a value that is nobody's joins nobody at any moment`() async throws {
        let guest = [linked("g1", user, "email:guest", 0.5), linked("g2", mail, "email:guest", 0.5)]
        let visit = make("visit", "ad_clicked", 1, customer: user, channel: "email")
        try await withStore(story + guest + [visit]) { store async throws in
            let credits = try await known(store)
            #expect(credits["(unattributed)"] == "1.0 10.00 EUR" && credits["email"] == "1.0 7.00 EUR")
        }
    }

    @Test func `a link that is taken back later was a link for what happened in between`() async throws {
        let unlink = linked("no", user, mail, 5, "identity_unlinked")
        let third = make("third", "order_completed", 6, customer: mail, money: "1.00 EUR")
        try await withStore(story + [unlink, third]) { store async throws in
            // As of now the address is alone; the second order keeps the path that it had.
            #expect(try await store.credits("last") == ["(unattributed)": "3.0 18.00 EUR"])
            #expect(try await known(store) == ["(unattributed)": "2.0 11.00 EUR", "social": "1.0 7.00 EUR"])
        }
    }

    @Test func `a failed path has the touchpoints that its last one knew of`() async throws {
        let events = [
            make("d1", "ad_clicked", 0, customer: device, channel: "x"),
            make("u1", "ad_clicked", 1, customer: user, channel: "y"), linked("login", device, user, 2),
            make("u2", "ad_clicked", 3, customer: user, channel: "z"),
            make("e1", "ad_clicked", 3, customer: "email:e@e.example", channel: "v"),
            make("e2", "ad_clicked", 4, customer: "user_id:e", channel: "w"),
            linked("late", "email:e@e.example", "user_id:e", 5),
            make("end", "support_ticket_opened", 100, customer: "z"),
        ]
        try await withStore(events) { store async throws in
            func failed(_ view: IdentityView) async throws -> [String] {
                var query = AttributionQuery()
                query.identity = view
                let paths = try await store.ask(.paths(query, limit: nil))["paths"].list
                return paths.map { path in
                    path["path"].list.compactMap(\.text).joined(separator: " ") + " \(path["nulls"].int ?? -1)"
                }
            }
            #expect(try await failed(.asOfNow) == ["v w 1", "x y z 1"])
            #expect(try await failed(.asOfEvent) == ["v 1", "w 1", "x y z 1"])
        }
    }

    @Test func `channels count who was new by what was known, and pay back by the first purchase known then`()
        async throws
    {
        let spend = make("s", "spend_recorded", 0, customer: nil, channel: "social", money: "7.00 EUR")
        try await withStore(story + [spend]) { store async throws in
            var query = ChannelQuery()
            let now = try await store.ask(.channels(query))["rows"].first("channel", "social")
            #expect(now["customers"].double == 1 && now["revenue"].money == "17.00 EUR")
            #expect(now["payback_months"].int == 0)
            query.identity = .asOfEvent
            let rows = try await store.ask(.channels(query))["rows"]
            let social = rows.first("channel", "social")
            // The order of before the link won the customer, and nothing had led to it.
            #expect(social["customers"].double == 0 && social["revenue"].money == "7.00 EUR")
            #expect(social["touches"].int == 1 && social["payback_reason"].text == "no_customers")
            #expect(rows.first("channel", "(unattributed)")["customers"].double == 1)
        }
    }

    @Test func `two who turn out to be one were two new customers when they bought`() async throws {
        let events = [
            make("m", "order_completed", 1, customer: mail, money: "1 EUR"),
            make("u", "order_completed", 2, customer: user, money: "1 EUR"), linked("late", mail, user, 3),
            make("v", "order_completed", 4, customer: user, money: "1 EUR"),
        ]
        try await withStore(events) { store async throws in
            for (view, customers) in [(IdentityView.asOfNow, 1.0), (.asOfEvent, 2)] {
                var query = ChannelQuery()
                query.identity = view
                let rest = try await store.ask(.channels(query))["rows"].first("channel", "(unattributed)")
                #expect(rest["customers"].double == customers)
            }
        }
    }

    @Test func `a diff shows what a link changed as of now, and nothing as of each event`() async throws {
        try await withStore(story) { store async throws in
            var query = DiffQuery()
            query.from = .position(Position(3))
            let now = try await store.ask(.diff(query), bounds(asAt: 4))
            // The order is of another customer now, and listed once.
            #expect(now["conversions"].list.map(\.["id"].text) == ["order"])
            #expect(now["conversions"][0]["before"]["channels"][0]["channel"].text == "(unattributed)")
            #expect(now["conversions"][0]["after"]["channels"][0]["channel"].text == "social")
            query.identity = .asOfEvent
            for model in ["last", "markov"] {
                query.model = model
                let then = try await store.ask(.diff(query), bounds(asAt: 4))
                #expect(then["conversions"].list.isEmpty && then["channels"].list.isEmpty, "\(model)")
            }
        }
    }

    @Test func `a funnel refuses to be as of each event`() async throws {
        try await withStore(story) { store async throws in
            var funnel = FunnelQuery()
            funnel.identity = .asOfEvent
            await #expect(throws: RihlaError.self) { try await store.ask(.funnel(funnel)) }
            funnel.steps = ["ad_clicked", "order_completed"]
            await #expect(throws: RihlaError.self) { try await store.ask(.funnel(funnel)) }
            await #expect(throws: RihlaError.self) { try await store.ask(.explainFunnel(user, funnel)) }
        }
    }

    @Test func `cohorts and lists of funnels name the person, not the identifier of the first event`() async throws {
        try await withStore(story) { store async throws in
            let cohort = try await store.ask(.cohorts(CohortQuery()))["cohorts"][0]
            #expect(cohort["size"].int == 1 && cohort["ltv"].money == "17.00 EUR")
            var funnel = FunnelQuery()
            (funnel.steps, funnel.list) = (["ad_clicked", "order_completed"], "2:converted")
            let people = try await store.ask(.funnel(funnel))["customers"].list
            #expect(people.map(\.["customer"].text) == [user])
        }
    }

    @Test func `without links both views are one`() async throws {
        var random = SplitMix.fresh()
        let events = randomEvents(120, &random).filter { !$0.type.hasPrefix("identity_") }
        try await withStore(events) { store async throws in
            func queries(_ view: IdentityView) -> [Query] {
                var attribution = AttributionQuery()
                (attribution.models, attribution.identity) = (ModelName.allCases.map(\.rawValue), view)
                var queries: [Query] = [.attribution(attribution), .paths(attribution, limit: nil)]
                for model in ["linear", "markov", "shapley"] {
                    var channels = ChannelQuery()
                    (channels.model, channels.identity) = (model, view)
                    queries.append(.channels(channels))
                }
                for event in events where event.type == "order_completed" {
                    queries.append(.explainCredit(conversion: event.id, model: "full-path", identity: view))
                }
                return queries
            }
            let now = try await store.answers(queries(.asOfNow)).map(withoutView)
            let then = try await store.answers(queries(.asOfEvent)).map(withoutView)
            #expect(difference(now, then, queries(.asOfEvent)) == nil, "seed \(random.seed)")
        }
    }

    @Test func `a conversion has the path that a report as of its own instant gives it`() async throws {
        var random = SplitMix.fresh()
        for _ in 0..<2 {
            let events = randomEvents(80, &random)
            try await withStore(events) { store async throws in
                for event in events where ["order_completed", "deal_won"].contains(event.type) && event.customer != nil
                {
                    for model in ["linear", "full-path"] {
                        let known = Query.explainCredit(conversion: event.id, model: model, identity: .asOfEvent)
                        let now = Query.explainCredit(conversion: event.id, model: model)
                        guard let then = try? await store.ask(now, bounds(asOf: event.occurredAt)) else { continue }
                        let found = try await store.ask(known)
                        func weights(_ credit: JSON) -> [String] {
                            credit["touches"].list.map { "\($0["event"]["id"]) \($0["weight"])" }
                        }
                        #expect(weights(found) == weights(then), "seed \(random.seed) \(event.id) \(model)")
                    }
                }
            }
        }
    }

    @Test func `no later link changes what was reported`() async throws {
        var random = SplitMix.fresh()
        for _ in 0..<3 {
            let events = randomEvents(90, &random)
            let last = try #require(events.map(\.occurredAt.rawValue).max())
            let names = ["customer_id:a", "email:b@b.example", "user_id:c", "device:t"]
            let later = (0..<6).map { index in
                var event = linked("later\(index)", names[index % 4], names[(index * 3 + 1) % 4], 0)
                event.occurredAt = Timestamp(milliseconds: last + 1)
                if index == 3 { event.type = "identity_unlinked" }
                return event
            }
            let conversions = events.filter { ["order_completed", "deal_won"].contains($0.type) }
            let reports =
                everyKnown().filter { if case .diff = $0 { false } else { true } }
                + conversions.map { .explainCredit(conversion: $0.id, model: "linear", identity: .asOfEvent) }
            let queries =
                reports
                + ["time-decay", "markov", "shapley"].map { model in
                    var query = ChannelQuery()
                    (query.model, query.identity) = (model, .asOfEvent)
                    return Query.channels(query)
                }
            func answers(_ events: [Event]) async throws -> [String] {
                let lists = /"identity":\[.*\]/
                return try await withStore(events) { try await $0.answers(queries) }.map {
                    $0.replacing(lists, with: "")
                }
            }
            let (before, after) = (try await answers(events), try await answers(events + later))
            #expect(difference(before, after, queries) == nil, "seed \(random.seed)")
        }
    }
}
