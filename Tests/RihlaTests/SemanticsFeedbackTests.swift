// What sales learnt, by what brought people in: the figures of small stores, computed by hand.
import Foundation
import JourneyEvents
import JourneyRules
import JourneyViews
import Rihla
import TestSupport
import Testing

private func ask(_ events: [Event], by: String = "campaign", model: String = "last") async throws -> JSON {
    try await withStore(events) { store async throws in
        var query = FeedbackQuery()
        (query.by, query.model) = (by, model)
        return try await store.ask(.feedback(query))
    }
}

// One after the other: each store takes address space for its maps, and hundreds at once take all of it.
@Suite(.serialized)
struct SemanticsFeedbackTests {
    private static let journey = [
        make("t1", "ad_clicked", 0, channel: "search", campaign: "spring", ["utm_content": "red"]),
        make("v", "video_watched", 1, ["content_id": "film"]),
        make("t2", "email_clicked", 2, channel: "email", campaign: "news"), make("l", "lead_created", 3),
        make("call", "call_made", 4, channel: "call", campaign: "calls", ["outcome": "connected"]),
        make("m", "mql_reached", 5), make("c", "deal_created", 6, deal: "d", money: "100 EUR"),
        make("t3", "ad_clicked", 7, channel: "social", campaign: "late"),
        make("w", "deal_won", 8, deal: "d", money: "90 EUR", ["reason": "Fit"]),
    ]

    @Test(arguments: [
        ("campaign", "last", ["news"]), ("campaign", "first", ["spring"]), ("campaign", "any", ["news", "spring"]),
        ("channel", "last", ["email"]), ("channel", "any", ["email", "search"]), ("content", "last", ["film"]),
        ("content", "first", ["red"]),
    ])
    func `leads, deals and what became of them count for the marketing touchpoints before them`(
        _ by: String,
        _ model: String,
        _ keys: [String]
    ) async throws {
        let json = try await ask(SemanticsFeedbackTests.journey, by: by, model: model)
        #expect(json["rows"].list.map { $0[by].text } == keys)
        for row in json["rows"].list + [json["total"]] {
            #expect(row["leads"].int == 1 && row["mqls"].int == 1 && row["deals"].int == 1 && row["won"].int == 1)
            #expect(row["win_rate"].double == 1 && row["revenue"].money == "90.00 EUR")
            #expect(row["win_reasons"][0]["reason"].text == "Fit" && row["loss_reasons"].list.isEmpty)
        }
        #expect(json["model"].text == model && json["lookback_seconds"].double == 2_592_000)
    }

    @Test func `the look-back and direct visits are those of the rules`() async throws {
        let events = [
            make("t", "ad_clicked", 0, channel: "search", campaign: "old"),
            make("p", "page_viewed", 29, ["url": "https://a.example/"]), make("l", "lead_created", 30),
            make("m", "mql_reached", 30.1),
        ]
        let campaigns = try await ask(events)["rows"]
        #expect(campaigns.first("campaign", "old")["leads"].int == 1)
        #expect(campaigns.first("campaign", "(none)")["mqls"].int == 1)
        #expect(campaigns.list.last?["campaign"].text == "(none)")
        let channels = try await ask(events, by: "channel")["rows"]
        // The direct visit is dropped while there is another touchpoint, and is what remains afterwards.
        #expect(channels.first("channel", "search")["leads"].int == 1)
        #expect(channels.first("channel", "direct")["mqls"].int == 1)
    }

    @Test func `losses have reasons, objections their categories, and deals of nobody no campaign`() async throws {
        let events = [
            make("t", "ad_clicked", 0, channel: "search", campaign: "spring"),
            make("c", "deal_created", 1, deal: "d"), make("c2", "deal_created", 1, deal: "e"),
            make("o", "objection_raised", 2, deal: "d", ["objection_id": "1", "category": "price"]),
            make("o2", "objection_raised", 3, deal: "d", ["objection_id": "1", "category": "price"]),
            make("x", "deal_lost", 4, deal: "d", ["reason": "Too  dear"]),
            make("y", "deal_lost", 4, deal: "e", ["reason": "too dear"]),
            make("z", "deal_lost", 4, customer: nil, deal: "n"),
        ]
        let json = try await ask(events)
        let spring = json["rows"][0]
        #expect(spring["lost"].int == 2 && spring["loss_reasons"][0]["deals"].int == 2)
        #expect(spring["objections"][0]["raised"].int == 2 && spring["objections"][0]["deals"].int == 1)
        let none = json["rows"].first("campaign", "(none)")
        #expect(none["lost"].int == 1 && none["loss_reasons"][0]["reason"].text == "(none)")
        #expect(json["total"]["lost"].int == 3 && json["total"]["win_rate"].double == 0)
    }

    @Test func `messages are compared between what marketing promised and what sales used`() async throws {
        let events = [
            make("t", "ad_clicked", 0, channel: "s", campaign: "spring", ["messages": #"["Fast setup", "cheap"]"#]),
            make("n", "email_sent", 1, customer: nil, campaign: "spring", ["messages": "fast  setup"]),
            make("call", "call_made", 2, ["messages": #"["FAST SETUP", "safe"]"#, "preference": "e-mail"]),
            make("c", "deal_created", 3, deal: "d"),
            make("p", "proposal_sent", 90, deal: "d", ["messages": "safe", "preferences": #"{"contact":"phone"}"#]),
            make("q", "meeting_held", 90, customer: "customer_id:b", ["messages": "safe", "preference": "E-mail"]),
        ]
        let json = try await ask(events)
        let spring = json["rows"].first("campaign", "spring")
        let messages = spring["messages"]
        func texts(_ name: String) -> [String?] { messages[name].list.map { $0["message"].text } }
        // As often written by one as by the other: the first by bytes.
        #expect(texts("promised") == ["FAST SETUP", "cheap"] && texts("used") == ["safe", "FAST SETUP"])
        #expect(messages["promised"][0]["count"].int == 2 && messages["used"][0]["count"].int == 2)
        #expect(texts("promised_never_used") == ["cheap"] && texts("used_never_promised") == ["safe"])
        #expect(messages["both"].int == 1 && messages["overlap_share"].double == 1.0 / 3)
        #expect(messages["promised_used_share"].double == 0.5)
        #expect(spring["preferences"].list.map { $0["preference"].text } == ["contact: phone", "E-mail"])
        let none = json["rows"].first("campaign", "(none)")
        #expect(none["messages"]["overlap_share"].double == 0 && none["messages"]["promised_used_share"].isNull)
        let heard = json["total"]["preferences"].first("preference", "E-mail")
        #expect(heard["count"].int == 2 && heard["customers"].int == 2)
    }

    @Test func `nothing yet is said as such, and unknown words are refused`() async throws {
        try await withStore([make("p", "page_viewed", 1)]) { store async throws in
            let answer = try await store.answer(.feedback(FeedbackQuery()))
            #expect(answer.rows.isEmpty && answer.notes.first?.hasPrefix("nothing from sales yet") == true)
            for (by, model) in [("campain", "last"), ("campaign", "lats")] {
                var query = FeedbackQuery()
                (query.by, query.model) = (by, model)
                let error = await #expect(throws: RihlaError.self) { try await store.answer(.feedback(query)) }
                #expect(error?.code == .usage && error?.hint?.hasPrefix("did you mean") == true)
            }
        }
    }
}
