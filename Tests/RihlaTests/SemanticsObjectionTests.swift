// What the figures of objections mean, to the edges; each is computed by hand.
import Foundation
import JourneyEvents
import JourneyViews
import Rihla
import TestSupport
import Testing

private func ask(_ events: [Event], by: String = "category", asOf: Double? = nil) async throws -> JSON {
    try await withStore(events) { store async throws in
        var query = ObjectionQuery()
        query.by = by
        return try await store.ask(.objections(query), bounds(asOf: asOf.map { instant($0) }))
    }
}

/// A deal that was created on day 0 and closed on day 10, with objections.
private func deal(_ id: String, _ end: String?, owner: String = "amira", _ objections: [Event] = []) -> [Event] {
    [make("c\(id)", "deal_created", 0, deal: id, ["owner": owner, "stage": "presentation"])] + objections
        + (end.map { [make("e\(id)", $0, 10, deal: id)] } ?? [])
}

private func raised(_ id: String, _ days: Double, deal: String?, _ category: String?, _ more: [String: String] = [:])
    -> Event
{
    var properties = more
    properties["objection_id"] = properties["objection_id"] ?? id
    properties["category"] = category
    return make("r\(id)", "objection_raised", days, deal: deal, properties)
}

private func resolved(_ id: String, _ days: Double, deal: String?, of objection: String, _ outcome: String = "overcome")
    -> Event
{
    let properties = ["objection_id": objection, "outcome": outcome, "response_id": "resp"]
    return make("s\(id)", "objection_resolved", days, deal: deal, properties)
}

// One after the other: each store takes address space for its maps, and hundreds at once take all of it.
@Suite(.serialized)
struct SemanticsObjectionTests {
    @Test func `a deal counts once for a category, and the same id again is a recurrence`() async throws {
        let events = deal(
            "d",
            "deal_won",
            [
                raised("1", 1, deal: "d", "price"), resolved("1", 2, deal: "d", of: "1"),
                raised("2", 3, deal: "d", "price", ["objection_id": "1"]), raised("3", 4, deal: "d", " Price"),
                raised("4", 5, deal: "d", "trust"),
            ]
        )
        let json = try await ask(events)
        let price = json["categories"].first("category", "price")
        #expect(price["raised"].int == 3 && price["recurrences"].int == 1)
        #expect(price["deals"].int == 1 && price["won"].int == 1 && price["n"].int == 1)
        // Two were open when the deal closed.
        #expect(price["resolved"].int == 1 && price["unresolved"].int == 2 && price["open"].int == 0)
        #expect(json["categories"].list.map { $0["category"].text } == ["price", "trust"])
    }

    @Test(arguments: [
        // When it was resolved, with what, and what it then is.
        (5.0, "overcome", "resolved"), (5.0, "workaround", "resolved"), (5.0, "accepted", "resolved"),
        (5.0, "unresolved", "unresolved"), (10.5, "overcome", "unresolved"), (10.0, "overcome", "resolved"),
    ])
    func `an objection is what it was when the deal closed`(_ days: Double, _ outcome: String, _ state: String)
        async throws
    {
        let objections = [raised("1", 1, deal: "d", "price"), resolved("1", days, deal: "d", of: "1", outcome)]
        let category = try await ask(deal("d", "deal_lost", objections))["categories"][0]
        for name in ["resolved", "unresolved", "open"] {
            #expect(category[name].int == (name == state ? 1 : 0), "\(name)")
        }
    }

    @Test func `reopening makes open what the close had left, and one answer answers what was raised twice`()
        async throws
    {
        let events =
            deal(
                "d",
                "deal_lost",
                [raised("1", 1, deal: "d", "price"), raised("2", 2, deal: "d", "price", ["objection_id": "1"])]
            ) + [
                make("x", "deal_reopened", 11, deal: "d"), resolved("0", 11.5, deal: "d", of: "1", "unresolved"),
                resolved("1", 12, deal: "d", of: "1"), make("w", "deal_won", 13, deal: "d"),
            ]
        #expect(try await ask(events, asOf: 10.5)["categories"][0]["unresolved"].int == 2)
        #expect(try await ask(events, asOf: 11.2)["categories"][0]["open"].int == 2)
        let last = try await ask(events)
        #expect(last["categories"][0]["resolved"].int == 2)
        #expect(last["won"].int == 1 && last["lost"].int == 0 && last["base_win_rate"].double == 1)
    }

    @Test func `what has neither id nor deal nor category is counted all the same`() async throws {
        let events =
            [
                make("r1", "objection_raised", 1, customer: "customer_id:x"),
                make("r2", "objection_raised", 2, customer: "customer_id:x"),
                make("s2", "objection_resolved", 3, customer: "customer_id:x"),
                make("s3", "objection_resolved", 3, customer: "customer_id:y"),
            ] + deal("d", "deal_won")
        let json = try await ask(events)
        let category = json["categories"][0]
        #expect(category["category"].text == "(none)" && category["raised"].int == 2)
        #expect(category["recurrences"].int == 0 && category["resolved"].int == 1 && category["open"].int == 1)
        #expect(category["deals"].int == 0 && category["win_rate"].isNull && category["low"].isNull)
        #expect(json["base_win_rate"].double == 1)
    }

    @Test(arguments: [9, 10])
    func `lift is the win rate less that of all closed deals, from ten deals on`(_ count: Int) async throws {
        var events: [Event] = []
        // Of `count` deals with the objection three are won; ten more are won without it.
        for index in 0..<count {
            let id = "d\(index)"
            events += deal(id, index < 3 ? "deal_won" : "deal_lost", [raised(id, 1, deal: id, "price")])
        }
        for index in 0..<10 { events += deal("w\(index)", "deal_won") }
        events += deal("open", nil, [raised("open", 1, deal: "open", "price")])
        let json = try await ask(events)
        let price = json["categories"][0]
        #expect(price["deals"].int == count + 1 && price["n"].int == count && price["won"].int == 3)
        let base = 13.0 / Double(count + 10)
        #expect(json["base_win_rate"].double == base)
        if count == 9 {
            #expect(price["lift"].isNull && price["win_rate"].double == 1.0 / 3)
        } else {
            #expect(abs(try #require(price["lift"].double) - (0.3 - 0.65)) < 1e-12)
            // Newcombe's formula by hand for 3 of 10: 0.1078 to 0.6032.
            #expect(abs(try #require(price["low"].double) - 0.1078) < 0.00005)
            #expect(abs(try #require(price["high"].double) - 0.6032) < 0.00005)
        }
    }

    @Test func `responses are ranked from five closed deals on, by the lower bound`() async throws {
        var events: [Event] = []
        func add(_ response: String, won: Int, lost: Int) {
            for index in 0..<(won + lost) {
                let id = "\(response)-\(index)"
                var answer = resolved(id, 2, deal: id, of: id)
                answer.properties = answer.properties.map {
                    $0.key == "response_id" ? .init(key: $0.key, json: "\"\(response)\"") : $0
                }
                let objections = [raised(id, 1, deal: id, "price"), answer]
                events += deal(id, index < won ? "deal_won" : "deal_lost", objections)
            }
        }
        // 4 of 4 is too few; 5 of 5 has the bound 0.5655, 17 of 20 has 0.6396.
        add("few", won: 4, lost: 0)
        add("five", won: 5, lost: 0)
        add("many", won: 17, lost: 3)
        let responses = try await ask(events)["responses"].list
        #expect(responses.map { $0["response"].text } == ["many", "five", "few"])
        #expect(responses.map { $0["used"].int } == [20, 5, 4] && responses[0]["lost"].int == 3)
        #expect(abs(try #require(responses[0]["low"].double) - 0.6396) < 0.00005)
        #expect(abs(try #require(responses[1]["low"].double) - 0.5655) < 0.00005)
        #expect(responses[2]["low"].isNull && responses[2]["win_rate"].double == 1)
    }

    @Test func `competitors are named by any event of a deal, in any case`() async throws {
        let events =
            deal("a", nil, [raised("a", 1, deal: "a", "competitor", ["competitor": "Acme"])])
            + [make("la", "deal_lost", 3, deal: "a", ["competitor": "ACME "])]
            + deal("b", "deal_won", [make("m", "meeting_held", 1, deal: "b", ["competitor": #"["Acme", "Zed"]"#])])
            + deal("c", "deal_won")
        let json = try await ask(events, by: "competitor")
        #expect(json["competitors"].list.map { $0["competitor"].text } == ["Acme", "Zed"])
        let acme = json["competitors"][0]
        #expect(acme["deals"].int == 2 && acme["won"].int == 1 && acme["lost"].int == 1)
        #expect(acme["win_rate"].double == 0.5 && acme["objections"].int == 1)
        #expect(json["groups"].list.map { $0["competitor"].text } == ["Acme"])
        #expect(json["groups"][0]["base_win_rate"].double == 0.5)
    }

    @Test func `questions are counted by their normal form, once an event, and shown as most write them`() async throws
    {
        let events = [
            make("1", "call_made", 1, ["question": "How much?"]),
            make("2", "chat_started", 2, customer: "customer_id:b", ["question": "how  much? "]),
            make("3", "form_submitted", 3, ["questions": #"["How much?", "HOW MUCH?", "When?", 7, null]"#]),
            make("4", "meeting_held", 4, customer: nil, ["questions": "When?"]),
            make("5", "survey_filled", 5, customer: "customer_id:b", ["question": "  "]),
        ]
        let questions = try await ask(events)["questions"].list
        #expect(questions.map { $0["question"].text } == ["How much?", "When?", "7"])
        #expect(questions.map { $0["count"].int } == [3, 2, 1] && questions.map { $0["customers"].int } == [2, 1, 1])
        #expect(questions[0]["last_asked_at"].text == "2026-01-04T00:00:00.000Z")
    }

    @Test func `groups are measured by their own deals, stages by all`() async throws {
        let events =
            deal("a", "deal_won", owner: "amira", [raised("a", 1, deal: "a", "price")])
            + deal("b", "deal_lost", owner: "omar", [raised("b", 1, deal: "b", "price", ["stage": "Closing"])])
            + deal("c", "deal_won", owner: "omar")
            + [make("t", "ad_clicked", -1, channel: "search", campaign: "spring")]
        let owners = try await ask(events, by: "owner")["groups"]
        #expect(owners.first("owner", "omar")["base_win_rate"].double == 0.5)
        #expect(owners.first("owner", "amira")["categories"][0]["won"].int == 1)
        let stages = try await ask(events, by: "stage")["groups"]
        #expect(stages.list.map { $0["stage"].text } == ["closing", "presentation"])
        #expect(stages[0]["base_win_rate"].double == 2.0 / 3 && stages[0]["categories"][0]["lost"].int == 1)
        let campaigns = try await ask(events, by: "campaign")["groups"]
        #expect(campaigns.list.map { $0["campaign"].text } == ["spring"] && campaigns[0]["won"].int == 2)
    }

    @Test func `nothing yet is said as such, and an unknown breakdown is refused`() async throws {
        try await withStore([make("p", "page_viewed", 1)]) { store async throws in
            let answer = try await store.answer(.objections(ObjectionQuery()))
            #expect(try JSON(answer)["base_win_rate"].isNull && answer.rows.isEmpty)
            #expect(answer.notes.first?.hasPrefix("no objections yet") == true)
            #expect(answer.notes.contains { $0.contains("correlation, not cause") })
            var query = ObjectionQuery()
            query.by = "owners"
            let error = await #expect(throws: RihlaError.self) { try await store.answer(.objections(query)) }
            #expect(error?.hint == "did you mean \"owner\"?")
        }
    }
}
