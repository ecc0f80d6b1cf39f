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
    private static let questions = [
        "How long does the set-up take?", "هل يدعم العربية؟", "Can we pay by quarter?", "Where are the data kept?",
    ]
    private static let messages = ["ready in a week", "one price for all", "speaks Arabic", "works with your CRM"]
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
            properties: properties.filter { !$0.value.isEmpty }.map {
                .init(key: $0.key, json: JSONValue.string($0.value).text)
            }
        )
        if let amount, let currency = Currency(amount.1) {
            event.amount = Amount(units: Int64(amount.0) * 100, scale: 2, currency: currency)
        }
        events.append(event)
    }

    private mutating func person(_ number: Int) {
        let customer = "user_id:u-\(number)"
        let prefix = "u-\(number)-"
        // The seventh is the one that examples speak of: early enough for questions about February.
        let (drawn, hour) = (random(60), random(14) + 7)
        var time =
            DemoJourneys.start + Int64(number == 7 ? 12 : drawn) * DemoJourneys.day + Int64(hour) * DemoJourneys.hour
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
                [
                    "url": page + "?utm_source=google&utm_medium=cpc", "gclid": id,
                    "messages": DemoJourneys.messages[random(DemoJourneys.messages.count)],
                ]
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
            for (step, type) in ["email_sent", "email_delivered", "email_opened"].enumerated() {
                add(
                    id + "-" + type,
                    type,
                    "email",
                    at: time - Int64(3 - step) * 300_000,
                    customer,
                    campaign: campaign,
                    ["email_id": "m-" + campaign]
                )
            }
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
        let (day, hour) = (DemoJourneys.day, DemoJourneys.hour)
        let owner = ["amira", "jonas", "noura"][random(3)]
        let id = "d-\(number)"
        let name = DemoJourneys.names[number % DemoJourneys.names.count]
        let segment = ["enterprise", "small business"][random(2)]
        add(
            id + "-lead",
            "lead_created",
            "crm",
            at: time,
            customer,
            ["name": name, "origin": "website", "segment": segment]
        )
        add(id + "-mql", "mql_reached", "crm", at: time + hour, customer, ["score": "\(60 + random(40))"])
        add(id + "-handed", "lead_handed_off", "crm", at: time + 2 * hour, customer, ["owner": owner])
        guard number == 7 || random(5) > 0 else { return }
        time += Int64(3 + random(40)) * hour
        add(id + "-accepted", "lead_accepted", "crm", at: time, customer, actor: owner, ["owner": owner])
        add(
            id + "-call",
            "call_made",
            "crm",
            at: time + hour,
            customer,
            actor: owner,
            [
                "outcome": "connected", "owner": owner, "direction": "outbound",
                "question": DemoJourneys.questions[random(DemoJourneys.questions.count)],
                "messages": DemoJourneys.messages[random(DemoJourneys.messages.count)],
                "preference": ["e-mail in the morning", "call after five", "WhatsApp"][random(3)],
            ]
        )
        add(
            id + "-plan",
            "follow_up_planned",
            "crm",
            at: time + 2 * hour,
            customer,
            actor: owner,
            [
                "follow_up_id": id + "-f", "owner": owner, "note": "send the case study",
                "due_at": Timestamp(milliseconds: time + 3 * day).rfc3339,
            ]
        )
        if random(4) > 0 {
            add(
                id + "-done",
                "follow_up_done",
                "crm",
                at: time + Int64(2 + random(3)) * day,
                customer,
                actor: owner,
                ["follow_up_id": id + "-f", "owner": owner]
            )
        }
        guard number == 7 || random(4) > 0 else { return }
        time += Int64(1 + random(6)) * day
        deal(number, customer, owner, segment, &time)
    }

    private mutating func deal(
        _ number: Int,
        _ customer: String,
        _ owner: String,
        _ segment: String,
        _ time: inout Int64
    ) {
        let (day, deal) = (DemoJourneys.day, "d-\(number)")
        let amount = (3_000 + random(40) * 500, ["EUR", "SAR"][number % 2])
        func date(_ time: Int64) -> String { String(Timestamp(milliseconds: time).rfc3339.prefix(10)) }
        func note(
            _ name: String,
            _ type: String,
            after days: Int,
            amount: (Int, String)? = nil,
            _ properties: KeyValuePairs<String, String> = [:]
        ) {
            add(
                deal + "-" + name,
                type,
                "crm",
                at: time + Int64(days) * day,
                customer,
                deal: deal,
                amount: amount,
                actor: owner,
                properties
            )
        }
        let expected = time + Int64(25 + random(50)) * day
        note(
            "created",
            "deal_created",
            after: 0,
            amount: amount,
            [
                "pipeline": "default", "stage": "first_contact", "owner": owner, "segment": segment,
                "product": ["starter", "team", "academy"][random(3)], "close_date": date(expected),
            ]
        )
        note("shown", "deal_stage_changed", after: 1, ["to": "presentation"])
        note("demo", "demo_held", after: 1, ["owner": owner, "messages": DemoJourneys.messages[random(3)]])
        if number != 7, random(5) == 0 { return }
        if random(2) == 0 {
            let category = ["price", "timing", "integration", "competitor"][random(4)]
            note("handled", "deal_stage_changed", after: 2, ["to": "objection_handling"])
            note(
                "objection",
                "objection_raised",
                after: 2,
                [
                    "objection_id": deal + "-x", "category": category,
                    "text": ["too dear for this year", "ليس قبل الربع القادم", "must talk to our CRM"][random(3)],
                    "competitor": category == "competitor" ? ["Wasla", "LearnFast"][random(2)] : "",
                ]
            )
            if random(3) > 0 {
                note(
                    "answer",
                    "objection_resolved",
                    after: 4,
                    [
                        "objection_id": deal + "-x", "outcome": ["overcome", "workaround"][random(2)],
                        "response_id": ["pilot", "instalments", "reference call"][random(3)],
                    ]
                )
            }
        }
        note("neg", "deal_stage_changed", after: 5, ["to": "negotiation"])
        note("offer", "proposal_sent", after: 5, amount: amount, ["version": "1"])
        if random(3) == 0 { note("discount", "discount_offered", after: 6, ["percent": "10", "reason": "two years"]) }
        if random(4) == 0 {
            note("moved", "deal_close_date_changed", after: 6, ["value": date(expected + Int64(20 + random(30)) * day)])
        }
        time += Int64(8 + random(20)) * day
        switch number == 7 ? 0 : random(5) {
        case 0, 1:
            note("closing", "deal_stage_changed", after: -1, ["to": "closing"])
            note("contract", "contract_sent", after: -1)
            note("signed", "contract_signed", after: 0)
            note("won", "deal_won", after: 0, amount: amount)
        case 2, 3: note("lost", "deal_lost", after: 0, ["reason": ["price", "no decision", "competitor"][random(3)]])
        default: break
        }
    }

    /// What advertising cost and how often it was shown, events of nobody.
    private mutating func spend() {
        for number in 0..<300 {
            add(
                "shown-\(number)",
                "ad_impression",
                "ads",
                at: DemoJourneys.start + Int64(random(90 * 24)) * DemoJourneys.hour,
                nil,
                campaign: DemoJourneys.campaigns[random(DemoJourneys.campaigns.count)],
                channel: ["paid_search", "paid_social"][random(2)]
            )
        }
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
