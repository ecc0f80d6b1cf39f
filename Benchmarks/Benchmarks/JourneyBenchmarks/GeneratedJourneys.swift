// Journeys made up from a fixed seed: the same events on every run and machine, so that figures can be compared.
import Rihla

/// An endless sequence of events, one second apart.
struct GeneratedJourneys {
    private let customers: UInt64
    private var state: UInt64
    private var made = 0

    private static let touches = [
        "ad_clicked", "page_viewed", "page_viewed", "page_viewed", "email_clicked", "social_engaged", "form_submitted",
    ]
    private static let channels = ["paid_search", "email", "organic_search", "organic_social", "display"]
    /// 2026-01-01T00:00:00Z.
    private static let start: Int64 = 1_767_225_600_000
    /// The customer with the most events.
    static let busiestCustomer = "customer_id:c0"

    /// Journeys of this many customers.
    init(customers: Int, seed: UInt64 = 7) {
        self.customers = UInt64(customers)
        state = seed
    }

    /// SplitMix64 (Steele, Lea, Flood), scaled to `0..<bound`.
    private mutating func random(below bound: UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return (z ^ z >> 31).multipliedFullWidth(by: bound).high
    }

    private mutating func pick(_ names: [String]) -> String { names[Int(random(below: UInt64(names.count)))] }

    /// The next event. One in 50 wins a deal.
    mutating func next() -> Event {
        // The smaller of two draws: low numbers come often, as busy customers do.
        let customer = min(random(below: customers), random(below: customers))
        var event = Event(
            id: "e-\(made)",
            source: "generated",
            type: pick(GeneratedJourneys.touches),
            occurredAt: Timestamp(milliseconds: GeneratedJourneys.start + Int64(made) * 1_000),
            customer: "customer_id:c\(customer)"
        )
        if made % 50 == 49 {
            event.type = "deal_won"
            event.deal = "d-\(made)"
            event.amount = Currency("EUR").map {
                Amount(units: Int64(random(below: 900_000)) + 1, scale: 2, currency: $0)
            }
        } else {
            let page = random(below: 400)
            event.channel = pick(GeneratedJourneys.channels)
            event.campaign = "campaign-\(page % 12)"
            event.properties = [
                .init(key: "url", json: "\"https://shop.example/p/\(page)\""),
                .init(key: "seconds", json: "\(page % 90)"),
            ]
        }
        made += 1
        return event
    }

    /// The next events.
    mutating func events(_ count: Int) -> [Event] { (0..<count).map { _ in next() } }

    /// The next events as lines of native NDJSON.
    mutating func lines(_ count: Int) -> String {
        var text = ""
        for _ in 0..<count {
            let event = next()
            text += "{\"id\":\"\(event.id)\",\"source\":\"\(event.source)\",\"type\":\"\(event.type)\","
            text += "\"occurred_at\":\"\(event.occurredAt.rfc3339)\",\"customer\":\"\(event.customer ?? "")\""
            if let deal = event.deal { text += ",\"deal\":\"\(deal)\"" }
            if let channel = event.channel { text += ",\"channel\":\"\(channel)\"" }
            if let campaign = event.campaign { text += ",\"campaign\":\"\(campaign)\"" }
            if let amount = event.amount {
                text += ",\"amount\":\"\(amount.decimal)\",\"currency\":\"\(amount.currency.code)\""
            }
            if !event.properties.isEmpty {
                let members = event.properties.map { "\"\($0.key)\":\($0.json)" }
                text += ",\"properties\":{\(members.joined(separator: ","))}"
            }
            text += "}\n"
        }
        return text
    }
}
