// The brief: what it says of a customer, and what it suggests to do.
import JourneyEvents
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

private let lead = timed("lead", "lead_created", "2026-03-02T08:00:00Z", ["name": "سارة", "company": "النور"])
private let handOff = timed("h", "lead_handed_off", "2026-03-02T09:00:00Z", ["owner": "amira"])
private let call = timed("c", "call_made", "2026-03-02T10:00:00Z", actor: "amira", ["outcome": "connected"])

private func deal(_ id: String, _ time: String, closing: String = "2026-12-31", customer: String? = "customer_id:a")
    -> Event
{
    timed(
        "\(id)-created",
        "deal_created",
        time,
        customer: customer,
        deal: id,
        ["stage": "presentation", "close_date": closing, "owner": "amira"]
    )
}

/// An event with properties as JSON.
private func json(_ id: String, _ type: String, _ time: String, _ properties: [String: String]) -> Event {
    var event = timed(id, type, time)
    event.properties = properties.sorted { $0.key < $1.key }.map { .init(key: $0.key, json: $0.value) }
    return event
}

@Suite(.serialized)
struct BriefTests {
    private func brief(_ events: [Event], rules: String = "", asOf: String? = "2026-03-20T12:00:00Z") async throws
        -> JSON
    {
        // Somebody else's event, so that the instant is known to the store.
        let end = timed("end", "page_viewed", "2026-03-25T12:00:00Z", customer: "customer_id:z")
        return try await asking(
            .brief("customer_id:a", zone: nil),
            [lead] + events + [end],
            rules: rules,
            asOf: asOf
        )
    }

    private static let missed = timed("m", "meeting_missed", "2026-03-03T10:00:00Z")
    private static let voicemail = timed("v", "call_made", "2026-03-03T10:00:00Z", ["outcome": "voicemail"])
    private static let due = ["follow_up_id": "f", "note": "send the offer", "due_at": "2026-03-10"]
    private static let later = ["follow_up_id": "g", "note": "ask again", "due_at": "2026-03-28"]
    private static let plan = timed("p", "follow_up_planned", "2026-03-03T11:00:00Z", due)
    private static let nextPlan = timed("q", "follow_up_planned", "2026-03-03T11:00:00Z", later)
    private static let booked = timed(
        "b",
        "meeting_booked",
        "2026-03-03T11:00:00Z",
        ["meeting_id": "m1", "at": "2026-03-24T09:00:00Z", "kind": "video"]
    )
    private static let objection = timed(
        "o",
        "objection_raised",
        "2026-03-05T10:00:00Z",
        deal: "d1",
        ["objection_id": "o1", "category": "price", "text": "too much"]
    )
    private static let lost = timed(
        "d1-lost",
        "deal_lost",
        "2026-03-08T10:00:00Z",
        deal: "d1",
        ["reason": "budget"]
    )

    /// Each history, and the rules that apply to it.
    private static let histories: [(events: [Event], steps: [String])] = [
        ([], ["nurture"]), ([handOff], ["accept", "first_contact"]),
        ([handOff, timed("a", "lead_accepted", "2026-03-02T09:30:00Z")], ["first_contact"]),
        ([handOff, call], ["nurture"]),
        (
            [handOff, timed("r", "lead_rejected", "2026-03-02T09:30:00Z", ["reason": "student"])],
            ["given_back: student"]
        ),
        ([handOff, call, timed("x", "lead_disqualified", "2026-03-03T10:00:00Z")], ["disqualified"]),
        (
            [
                handOff, call, timed("x", "lead_disqualified", "2026-03-03T10:00:00Z"),
                deal("d1", "2026-03-04T10:00:00Z"),
            ],
            ["deal: d1, presentation"]
        ), ([handOff, call, plan, nextPlan], ["overdue_follow_up: send the offer", "follow_up: ask again"]),
        ([handOff, call, booked], ["meeting: video"]),
        (
            [handOff, call, deal("d1", "2026-03-04T10:00:00Z"), objection],
            ["objection: price: too much", "deal: d1, presentation"]
        ),
        (
            [handOff, call, json("s", "chat_started", "2026-03-03T10:00:00Z", ["question": "\"SAP?\""])],
            ["question: SAP?"]
        ), ([handOff, deal("d1", "2026-03-04T10:00:00Z", closing: "2026-03-19")], ["close_date: d1, 2026-03-19"]),
        ([handOff, call, missed], ["missed_meeting"]), ([handOff, voicemail], ["call_again: voicemail"]),
        ([handOff, voicemail, deal("d1", "2026-03-04T10:00:00Z")], ["deal: d1, presentation"]),
        ([handOff, call, deal("d1", "2026-03-04T10:00:00Z"), nextPlan], ["follow_up: ask again"]),
        ([timed("mql", "mql_reached", "2026-03-02T08:30:00Z")], ["hand_off"]),
        ([timed("mql", "mql_reached", "2026-03-02T08:30:00Z"), handOff, call], ["nurture"]),
        ([handOff, call, deal("d1", "2026-03-04T10:00:00Z"), lost], ["lost: budget"]),
        ([handOff, call, deal("d1", "2026-03-04T10:00:00Z"), objection, lost], ["lost: budget"]),
        (
            [handOff, call, timed("d1-won", "deal_won", "2026-03-08T10:00:00Z", deal: "d1")], ["customer"]
        ),
    ]

    @Test(arguments: histories.indices)
    func `the next step is the first rule that applies`(_ index: Int) async throws {
        let (events, steps) = BriefTests.histories[index]
        let found = try await brief(events)["next_steps"].list.map { step in
            step["rule"].text.map { rule in step["subject"].text.map { rule + ": " + $0 } ?? rule } ?? ""
        }
        #expect(found == steps)
    }

    @Test func `steps say by when, and a deal that is stuck is to be moved`() async throws {
        let accept = try await brief([handOff])["next_steps"].list.map { $0["due_at"].text }
        #expect(accept == ["2026-03-02T13:00:00.000Z", "2026-03-02T17:00:00.000Z"])
        let found = try await brief([BriefTests.plan, call])["next_steps"][0]
        #expect(found["due_at"].text == "2026-03-10T23:59:59.999Z" && found["text"].text == "Do what was promised")
        let quick = [
            deal("q", "2026-03-04T10:00:00Z", customer: "customer_id:b"),
            timed("q-won", "deal_won", "2026-03-05T10:00:00Z", customer: "customer_id:b", deal: "q"),
        ]
        let stuck = try await brief([call, deal("d1", "2026-03-06T10:00:00Z")] + quick)["next_steps"]
        #expect(stuck.list.map { $0["rule"].text } == ["stuck"])
    }

    @Test func `a score that reaches the threshold asks for a hand-off`() async throws {
        let rules = "scoring: {fit: [{property: company, points: 70}]}"
        let found = try await brief([], rules: rules)
        #expect(found["next_steps"].list.map { $0["rule"].text } == ["hand_off"])
        #expect(found["score"]["reasons"][0]["rule"].text == "company" && found["score"]["grade"].text == "A3")
        #expect(try await brief([], rules: "")["score"].isNull)
        #expect(try await brief([handOff, call], rules: rules)["next_steps"][0]["rule"].text == "nurture")
    }

    @Test func `interests are counted by what they are about, whatever follows the path of a page`() async throws {
        let found = try await brief([
            timed(
                "1",
                "page_viewed",
                "2026-03-03T10:00:00Z",
                ["url": "https://a.example/p?utm_source=x", "title": "Old"]
            ),
            timed("2", "page_viewed", "2026-03-04T10:00:00Z", ["url": "https://a.example/p#top", "title": "Prices"]),
            timed("3", "page_viewed", "2026-03-09T10:00:00Z", ["url": "https://a.example/q"]),
            timed("4", "content_downloaded", "2026-03-05T10:00:00Z", ["content_id": "guide"]),
            timed("5", "video_watched", "2026-03-06T10:00:00Z", ["content_id": "tour"]),
            timed("6", "email_clicked", "2026-03-07T10:00:00Z", ["url": "https://a.example/offer?id=7"]),
            timed("7", "product_used", "2026-03-08T10:00:00Z", ["feature": "report"]),
            timed("8", "page_viewed", "2026-03-08T10:00:00Z", ["url": "?only=query"]),
        ])
        let lines = found["interests"].list.map {
            "\($0["kind"]) \($0["what"]) \($0["title"].text ?? "-") \($0["count"].int ?? 0)"
        }
        #expect(
            lines == [
                "page https://a.example/p Prices 2", "page https://a.example/q - 1", "product report - 1",
                "email_link https://a.example/offer - 1", "video tour - 1", "content guide - 1",
            ]
        )
        #expect(found["interests_total"].int == 6)
        #expect(found["interests"][0]["last_at"].text == "2026-03-04T10:00:00.000Z")
    }

    @Test func `questions are open until they are answered, and when they are asked again`() async throws {
        var events = [
            json("1", "chat_started", "2026-03-03T10:00:00Z", ["questions": #"["SAP?", " Price? ", 7]"#]),
            json("2", "form_submitted", "2026-03-04T10:00:00Z", ["question": #""sap?""#]),
            json("3", "call_made", "2026-03-05T10:00:00Z", ["answered": #"["SAP?"]"#]),
            json("4", "meeting_held", "2026-03-06T10:00:00Z", ["question": #""Which clouds?""#, "answered": "true"]),
        ]
        func states() async throws -> [String] {
            try await brief(events)["questions"].list.map { "\($0["question"]) \($0["state"]) \($0["times"].int ?? 0)" }
        }
        #expect(try await states() == ["Price? open 1", "Which clouds? answered 1", "SAP? answered 2"])
        events.append(json("5", "call_made", "2026-03-07T10:00:00Z", ["question": #""SAP?""#]))
        #expect(try await states() == ["Price? open 1", "SAP? open 3", "Which clouds? answered 1"])
    }

    @Test func `objections are open, resolved, or left unresolved`() async throws {
        func objection(_ id: String, _ type: String, _ time: String, deal: String, _ more: [String: String] = [:])
            -> Event
        {
            timed("\(id)-\(time)", type, time, deal: deal, more.merging(["objection_id": id]) { $1 })
        }
        let found = try await brief([
            deal("d1", "2026-03-04T10:00:00Z"), deal("d2", "2026-03-04T10:00:00Z"),
            objection("a", "objection_raised", "2026-03-05T10:00:00Z", deal: "d1", ["category": "price"]),
            objection("b", "objection_raised", "2026-03-05T11:00:00Z", deal: "d1"),
            objection("b", "objection_resolved", "2026-03-05T12:00:00Z", deal: "d1", ["outcome": "overcome"]),
            objection("c", "objection_raised", "2026-03-05T13:00:00Z", deal: "d2"),
            objection("c", "objection_resolved", "2026-03-05T14:00:00Z", deal: "d2", ["outcome": "unresolved"]),
            objection("e", "objection_raised", "2026-03-05T15:00:00Z", deal: "d2", ["text": "no SSO"]),
            objection("e", "objection_resolved", "2026-03-05T16:00:00Z", deal: "d2", ["outcome": "overcome"]),
            objection("e", "objection_raised", "2026-03-05T17:00:00Z", deal: "d2"), BriefTests.lost,
        ])["objections"]
        let lines = found.list.map { "\($0["objection"]) \($0["state"]) \($0["times"].int ?? 0)" }
        #expect(lines == ["e open 2", "c unresolved 1", "b resolved 1", "a unresolved 1"])
        #expect(found[0]["text"].text == "no SSO" && found[0]["resolved_at"].isNull)
    }

    @Test func `deals are the person's own, with what nobody in particular did to them`() async throws {
        let found = try await brief([
            timed("l", "identity_linked", "2026-03-03T10:00:00Z", ["a": "customer_id:a", "b": "email:a@b.example"]),
            deal("d1", "2026-03-04T10:00:00Z", customer: "email:a@b.example"), deal("d2", "2026-03-05T10:00:00Z"),
            timed("n", "call_made", "2026-03-06T10:00:00Z", customer: nil, deal: "d2", ["note": "through the desk"]),
            timed("w", "deal_won", "2026-03-07T10:00:00Z", customer: nil, deal: "d1", ["reason": "fit"]),
            deal("other", "2026-03-04T10:00:00Z", customer: "customer_id:b"),
            timed("guest", "meeting_held", "2026-03-08T10:00:00Z", deal: "other"),
            timed("theirs", "call_made", "2026-03-09T10:00:00Z", customer: "customer_id:b", deal: "other"),
        ])
        #expect(found["deals"].list.map { "\($0["deal"]) \($0["state"])" } == ["d2 open", "d1 won"])
        #expect(found["deals"][1]["reason"].text == "fit")
        #expect(found["contacts"].list.map { $0["type"].text } == ["meeting_held", "call_made"])
        #expect(found["contacts"][1]["note"].text == "through the desk" && found["contacts"][1]["deal"].text == "d2")
        #expect(found["identifiers"].list.count == 2 && found["profile"]["name"].text == "سارة")
        #expect(found["profile"]["country"].isNull && found["profile"].members.count == 5)
    }

    @Test func `what marketing promised is not what sales says`() async throws {
        let found = try await brief([
            json("1", "ad_clicked", "2026-03-03T10:00:00Z", ["messages": #"["in a day", "no lock-in"]"#]),
            json("2", "email_sent", "2026-03-04T10:00:00Z", ["messages": #""in a day""#]),
            json("3", "call_made", "2026-03-05T10:00:00Z", ["messages": #"["cheapest"]"#]),
            timed("4", "proposal_sent", "2026-03-06T10:00:00Z", deal: "d1", ["messages": "also cheap"]),
        ])["messages"]
        #expect(found.list.map { "\($0["message"]) \($0["count"].int ?? 0)" } == ["in a day 2", "no lock-in 1"])
    }

    @Test func `meetings to come are those that were neither held nor missed nor moved`() async throws {
        func booked(_ id: String, _ meeting: String, _ time: String) -> Event {
            timed(id, "meeting_booked", "2026-03-0\(id)T10:00:00Z", ["meeting_id": meeting, "at": time])
        }
        let found = try await brief([
            booked("3", "a", "2026-03-24T10:00:00Z"), booked("4", "b", "2026-03-10T10:00:00Z"),
            booked("5", "c", "2026-03-22T10:00:00Z"), booked("6", "a", "2026-03-23T10:00:00Z"),
            booked("7", "d", "2026-03-21T10:00:00Z"),
            timed("8", "meeting_held", "2026-03-08T10:00:00Z", ["meeting_id": "d"]), booked("9", "e", "next week"),
        ])["meetings"]
        #expect(
            found.list.map { "\($0["meeting"]) \($0["at"])" } == [
                "c 2026-03-22T10:00:00.000Z", "a 2026-03-23T10:00:00.000Z",
            ]
        )
    }

    @Test func `as of an earlier day the brief is the one of that day`() async throws {
        let events = [handOff, call, BriefTests.plan, BriefTests.booked]
        let then = try await brief(events, asOf: "2026-03-02T09:30:00Z")
        let alone = try await asking(
            .brief("customer_id:a", zone: nil),
            [lead, handOff],
            asOf: "2026-03-02T09:30:00Z"
        )
        #expect(then["next_steps"] == alone["next_steps"] && then["follow_ups"] == alone["follow_ups"])
        #expect(then["handoff"] == alone["handoff"] && then["contacts"].list.isEmpty)
        await #expect(throws: RihlaError.self) { try await brief(events, asOf: "2026-03-01T00:00:00Z") }
    }
}
