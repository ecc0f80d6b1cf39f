// Events for Meta's Conversions API, one JSON object a line. Contact details are normalised and hashed as it asks: SHA-256 of
// an address in lower case, and of a telephone number's digits without leading zeros.
// (developers.facebook.com/docs/marketing-api/conversions-api/parameters)
internal import JourneyEvents

struct MetaForm: ConversionForm {
    static let columns: [String] = []
    static let adjustmentColumns: [String] = []
    static let needs = "no fbclid in the look-back, e-mail address or telephone number"
    static let doesNotAdjust = "Meta takes no changes of events that it has"
    /// Where Meta lets conversions happen.
    static let actionSources = [
        "email", "website", "app", "phone_call", "chat", "physical_store", "system_generated", "business_messaging",
        "other",
    ]
    /// Meta's standard events for types of the vocabulary; any other is an event of the definition's name.
    private static let events = [
        "deal_won": "Purchase", "order_completed": "Purchase", "subscription_started": "Subscribe",
        "trial_started": "StartTrial", "account_created": "CompleteRegistration", "lead_created": "Lead",
        "form_submitted": "Lead", "checkout_started": "InitiateCheckout", "product_added": "AddToCart",
    ]

    let actionSource: String
    let resolved: (String) -> String

    static func takes(_ known: KnownConversion) -> Bool { !known.contacts.isEmpty || fbc(known) != nil }

    static func adjusts(_ known: KnownConversion) -> Bool { false }

    /// The click as Meta's cookie writes it: `fb.1.` and the milliseconds of the click before the id, which keeps its case.
    private static func fbc(_ known: KnownConversion) -> String? {
        let cookie = known.clicks["fbc"]
        guard let click = known.clicks["fbclid"], cookie.map({ click.wins(over: $0) }) ?? true else {
            return cookie?.value
        }
        return "fb.1.\(click.at).\(click.value)"
    }

    func conversion(_ entry: ConversionEntry) -> JSONValue {
        func hashed(_ kind: String, _ normal: (Substring) -> String) -> [JSONValue] {
            entry.known.contacts.filter { $0.hasPrefix(kind) }
                .map { normal($0.dropFirst(kind.count)) }.filter { !$0.isEmpty }
                .map { .string(ConversionID.sha256($0)) }
        }
        var user: [JSONValue.Member] = []
        let addresses = hashed("email:") { String($0).trimmingWhitespace().lowercased() }
        let numbers = hashed("phone:") { text in
            String(decoding: text.utf8.filter { (48...57).contains($0) }.drop { $0 == 48 }, as: UTF8.self)
        }
        if !addresses.isEmpty { user.append(.init("em", .array(addresses))) }
        if !numbers.isEmpty { user.append(.init("ph", .array(numbers))) }
        if let customer = entry.customer {
            user.append(.init("external_id", .array([.string(ConversionID.sha256(customer))])))
        }
        if let fbc = MetaForm.fbc(entry.known) { user.append(.init("fbc", .string(fbc))) }
        var data: [JSONValue.Member] = []
        if let value = entry.known.value, let amount = entry.known.conversion.amount {
            data = [.init("value", .raw(value)), .init("currency", .string(amount.currency.code))]
        }
        data.append(.init("order_id", .string(entry.id)))
        let at = entry.event.occurredAt.rawValue
        // A purchase must have a value: one without is an event of the definition's own name.
        var name = MetaForm.events[resolved(entry.event.type)]
        if name == "Purchase", entry.known.value == nil { name = nil }
        return .object([
            .init("event_name", .string(name ?? entry.definition)),
            .init("event_time", .int(at >= 0 ? at / 1_000 : (at - 999) / 1_000)),
            .init("event_id", .string(entry.id)), .init("action_source", .string(actionSource)),
            .init("user_data", .object(user)), .init("custom_data", .object(data)),
        ])
    }

    func adjustment(_ entry: ConversionEntry) -> JSONValue { .null }
}
