// A quarter of a small company's history: ads, visits, leads, calls, deals, orders. Made from a fixed seed, so that every
// demo store holds the same events.
internal import JourneyEvents

struct DemoJourneys {
    private(set) var events: [Event] = []
    private var state: UInt64 = 7
    private static let start: Int64 = 1_767_225_600_000  // 2026-01-01T00:00:00Z
    private static let hour: Int64 = 3_600_000
    private static let day: Int64 = 86_400_000

    private static let names = [
        "Amira Haddad", "أمل الزهراني", "Lukas Brandt", "سارة القحطاني", "Mei Tanaka", "Omar Farouk", "Inès Moreau",
        "خالد العتيبي", "Jonas Weber", "Priya Nair",
    ]
    private static let campaigns = ["spring-launch", "عروض رمضان", "webinar-march", "brand", "retargeting"]

    /// All events in order of arrival.
    static func make() -> [Event] {
        var journeys = DemoJourneys()
        for number in 1...240 { journeys.person(number) }
        journeys.spend()
        // What happened first arrives first; events of one instant keep their order.
        return journeys.events.enumerated()
            .sorted { ($0.element.occurredAt, $0.offset) < ($1.element.occurredAt, $1.offset) }.map(\.element)
    }

    /// A whole number below `bound` (SplitMix64).
    private mutating func random(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((z ^ z >> 31) % UInt64(bound))
    }

    private mutating func add(
        _ id: String,
        _ type: String,
        _ source: String,
        at time: Int64,
        _ customer: String?,
        deal: String? = nil,
        campaign: String? = nil,
        channel: String? = nil,
        amount: (Int, String)? = nil,
        actor: String? = nil,
        _ properties: KeyValuePairs<String, String> = [:]
    ) {
        var event = Event(
            id: id,
            source: source,
            type: type,
            occurredAt: Timestamp(milliseconds: time),
            customer: customer,
            deal: deal,
            channel: channel,
            campaign: campaign,
            actor: actor,
            properties: properties.map { .init(key: $0.key, json: JSONValue.string($0.value).text) }
        )
        if let amount, let currency = Currency(amount.1) {
            event.amount = Amount(units: Int64(amount.0) * 100, scale: 2, currency: currency)
        }
        events.append(event)
    }

    private mutating func person(_ number: Int) {
        let customer = "user_id:u-\(number)"
        let prefix = "u-\(number)-"
        var time = DemoJourneys.start + Int64(random(60)) * DemoJourneys.day + Int64(random(14) + 7) * DemoJourneys.hour
        for visit in 0...random(3) {
            touch(prefix + "t\(visit)", customer, at: time)
            time += DemoJourneys.day + Int64(random(6 * 24)) * DemoJourneys.hour
        }
        switch number == 7 ? 0 : random(20) {
        case 0..<7: lead(number, customer, &time)
        case 7..<13: shopper(prefix, customer, &time)
        default: break
        }
    }

    private mutating func touch(_ id: String, _ customer: String, at time: Int64) {
        let campaign = DemoJourneys.campaigns[random(DemoJourneys.campaigns.count)]
        let page = "https://shop.example/" + ["pricing", "blog/start", "products", "cases"][random(4)]
        switch random(6) {
        case 0:
            add(
                id,
                "ad_clicked",
                "ads",
                at: time,
                customer,
                campaign: campaign,
                ["url": page + "?utm_source=google&utm_medium=cpc", "gclid": id]
            )
        case 1:
            add(
                id,
                "ad_clicked",
                "ads",
                at: time,
                customer,
                campaign: campaign,
                ["url": page + "?utm_source=instagram&utm_medium=paid_social"]
            )
        case 2: add(id, "page_viewed", "web", at: time, customer, ["url": page, "referrer": "https://www.google.com/"])
        case 3:
            add(
                id,
                "email_clicked",
                "email",
                at: time,
                customer,
                campaign: campaign,
                ["email_id": "m-" + campaign, "url": page]
            )
        case 4: add(id, "social_engaged", "social", at: time, customer, ["network": "linkedin", "action": "comment"])
        default: add(id, "page_viewed", "web", at: time, customer, ["url": page])
        }
        if random(3) == 0 {
            add(
                id + "-form",
                "form_submitted",
                "web",
                at: time + 600_000,
                customer,
                ["form_id": "guide", "url": page + "?utm_source=newsletter&utm_medium=email"]
            )
        }
    }

    private mutating func shopper(_ prefix: String, _ customer: String, _ time: inout Int64) {
        for order in 0...random(2) {
            let id = prefix + "o\(order)"
            add(id + "-cart", "product_added", "shop", at: time, customer, ["order_id": id])
            guard random(10) > 1 else { return }
            let amount = 20 + random(180)
            add(
                id,
                "order_completed",
                "shop",
                at: time + 1_200_000,
                customer,
                amount: (amount, "EUR"),
                ["order_id": id]
            )
            if random(8) == 0 {
                add(
                    id + "-back",
                    "order_refunded",
                    "shop",
                    at: time + 5 * DemoJourneys.day,
                    customer,
                    amount: (-amount, "EUR"),
                    ["order_id": id, "reason": "size"]
                )
            }
            time += Int64(5 + random(20)) * DemoJourneys.day
        }
        if random(3) == 0 {
            add(prefix + "nps", "nps_answered", "survey", at: time, customer, ["score": "\(5 + random(6))"])
        }
    }

    private mutating func lead(_ number: Int, _ customer: String, _ time: inout Int64) {
        let owner = ["amira", "jonas", "noura"][random(3)]
        let (id, deal) = ("d-\(number)", "d-\(number)")
        let name = DemoJourneys.names[number % DemoJourneys.names.count]
        add(id + "-lead", "lead_created", "crm", at: time, customer, ["name": name, "origin": "website"])
        add(id + "-mql", "mql_reached", "crm", at: time + DemoJourneys.hour, customer, ["score": "\(60 + random(40))"])
        add(id + "-handed", "lead_handed_off", "crm", at: time + 2 * DemoJourneys.hour, customer, ["owner": owner])
        guard number == 7 || random(5) > 0 else { return }
        time += Int64(3 + random(40)) * DemoJourneys.hour
        add(id + "-accepted", "lead_accepted", "crm", at: time, customer, actor: owner, ["owner": owner])
        add(
            id + "-call",
            "call_made",
            "crm",
            at: time + DemoJourneys.hour,
            customer,
            actor: owner,
            ["outcome": "connected", "owner": owner, "direction": "outbound"]
        )
        guard number == 7 || random(4) > 0 else { return }
        time += Int64(1 + random(6)) * DemoJourneys.day
        let amount = (3_000 + random(40) * 500, ["EUR", "SAR"][number % 2])
        add(
            id + "-created",
            "deal_created",
            "crm",
            at: time,
            customer,
            deal: deal,
            amount: amount,
            actor: owner,
            ["pipeline": "default", "stage": "presentation", "owner": owner, "close_date": "2026-04-15"]
        )
        add(
            id + "-demo",
            "demo_held",
            "crm",
            at: time + DemoJourneys.day,
            customer,
            deal: deal,
            actor: owner,
            ["owner": owner]
        )
        if random(2) == 0 {
            let category = ["price", "timing", "integration"][random(3)]
            add(
                id + "-objection",
                "objection_raised",
                "crm",
                at: time + 2 * DemoJourneys.day,
                customer,
                deal: deal,
                ["objection_id": id + "-x", "category": category, "text": "…"]
            )
        }
        add(
            id + "-neg",
            "deal_stage_changed",
            "crm",
            at: time + 4 * DemoJourneys.day,
            customer,
            deal: deal,
            ["to": "negotiation"]
        )
        time += Int64(6 + random(20)) * DemoJourneys.day
        switch number == 7 ? 0 : random(5) {
        case 0, 1: add(id + "-won", "deal_won", "crm", at: time, customer, deal: deal, amount: amount, actor: owner)
        case 2, 3:
            add(
                id + "-lost",
                "deal_lost",
                "crm",
                at: time,
                customer,
                deal: deal,
                actor: owner,
                ["reason": ["price", "no decision"][random(2)]]
            )
        default: break
        }
    }

    /// What advertising cost, an event of nobody.
    private mutating func spend() {
        for (channel, amount) in [("paid_search", 4_200), ("paid_social", 2_600), ("email", 300)] {
            for month in ["01", "02", "03"] {
                add(
                    "spend-\(channel)-\(month)",
                    "spend_recorded",
                    "finance",
                    at: DemoJourneys.start + 89 * DemoJourneys.day,
                    nil,
                    channel: channel,
                    amount: (amount, "EUR"),
                    ["from": "2026-\(month)-01", "to": "2026-\(month)-28"]
                )
            }
        }
    }
}
