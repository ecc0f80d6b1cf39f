// The questions of what marketing and sales learn from each other, and random journeys that have something to answer them.
import Foundation
import JourneyEvents
import JourneyViews
import TestSupport

/// Objections, feedback and conversions in every cut.
func everyLearning() -> [Query] {
    var queries: [Query] = ObjectionQuery.dimensions.map { by in
        var objections = ObjectionQuery()
        objections.by = by
        return .objections(objections)
    }
    for (by, model) in [("campaign", "last"), ("channel", "first"), ("content", "any")] {
        var feedback = FeedbackQuery()
        (feedback.by, feedback.model) = (by, model)
        queries.append(.feedback(feedback))
    }
    for audience in ["google", "meta", "generic"] {
        var conversions = ConversionQuery()
        conversions.audience = audience
        queries.append(.conversions(conversions))
        (conversions.lookbackMilliseconds, conversions.from) = (2 * day, instant(4))
        queries.append(.conversions(conversions))
    }
    return queries
}

/// Random events with objections, responses, competitors, questions, preferences, messages and click ids, of a few customers
/// and deals, with ties.
func randomLearning(_ count: Int, _ random: inout SplitMix) -> [Event] {
    var at = 0.0
    return (0..<count).map { index in
        if Bool.random(using: &random) { at += Double.random(in: 0...3, using: &random) }
        func pick<T>(_ values: [T]) -> T { values[Int.random(in: 0..<values.count, using: &random)] }
        let customer: String? = pick(["email:a@a.example", "email:b@b.example", "phone:+4912", "device:d", nil])
        let deal = pick(["d1", "d2", "d3"])
        let objection = pick(["o1", "o2"])
        func make(_ type: String, deal: String? = nil, money: String? = nil, _ properties: [String: String] = [:])
            -> Event
        {
            RihlaTests.make("l\(index)", type, at, customer: customer, deal: deal, money: money, properties)
        }
        switch Int.random(in: 0..<14, using: &random) {
        case 0: return make("deal_created", deal: deal, money: "100 EUR", ["owner": pick(["amira", "omar"])])
        case 1:
            return make("deal_won", deal: deal, ["reason": pick(["Price", "price "]), "gclid": pick(["g9", "="])])
        case 2:
            return make("deal_lost", deal: deal, ["reason": "timing", "competitor": pick(["Acme", "ACME", " acme"])])
        case 3: return make("deal_reopened", deal: deal)
        case 4, 5:
            return make(
                "objection_raised",
                deal: pick([deal, deal, nil]),
                ["objection_id": objection, "category": pick(["price", "Price", "trust"]), "competitor": "Acme"]
            )
        case 6:
            return make(
                "objection_resolved",
                deal: deal,
                [
                    "objection_id": objection, "outcome": pick(["overcome", "unresolved"]),
                    "response_id": pick(["r1", "r2"]),
                ]
            )
        case 7:
            return make(
                "call_made",
                [
                    "question": pick(["How much?", "how  MUCH?", "When?"]),
                    "preferences": #"["phone","Phone","e-mail"]"#,
                    "messages": #"["fast","cheap"]"#, "outcome": "connected",
                ]
            )
        case 8: return make("lead_created")
        case 9: return make("mql_reached")
        case 10: return make("identity_linked", ["a": "device:d", "b": pick(["email:a@a.example", "phone:+4912"])])
        case 11: return make("order_refunded", money: "5 EUR", ["order_id": "x\(index % 5)"])
        case 12: return make("order_completed", money: "20 EUR", ["order_id": "x\(index % 5)"])
        default:
            var event = make(
                "ad_clicked",
                [
                    "url": pick(["https://a.example/?gclid=g1", "https://a.example/?fbclid=Fb-1", "https://a.example/"]
                    ),
                    "messages": pick([#"["Fast"]"#, #"["safe"]"#]), "utm_content": pick(["a", "b"]),
                ]
            )
            (event.channel, event.campaign) = (pick(["search", "direct"]), pick(["spring", "Spring", nil]))
            return event
        }
    }
}
