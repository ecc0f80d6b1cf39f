// An event as a reader gets it: owned values, every field that it was given, and the two that the log adds.

/// One event of the log.
public struct Event: Hashable, Sendable {
    /// Where it stands in the log.
    public var position: Position
    /// Idempotency key within its source.
    public var id: String
    /// Where it came from; "" when nothing was said.
    public var source: String
    /// The event type.
    public var type: String
    /// When it happened.
    public var occurredAt: Timestamp
    /// When the log took it in; never goes back from one position to the next.
    public var recordedAt: Timestamp
    /// The customer, `kind:value`.
    public var customer: String?
    /// The deal.
    public var deal: String?
    /// The account.
    public var account: String?
    /// The channel as given.
    public var channel: String?
    /// The campaign as given.
    public var campaign: String?
    /// The amount of money.
    public var amount: Amount?
    /// Who acted.
    public var actor: String?
    /// The id that groups related events.
    public var correlation: String?
    /// The id of the event that caused this one.
    public var causation: String?
    /// The properties in input order; each value is its JSON text, byte for byte.
    public var properties: [Property]
    /// Whether the event was erased: only position, type and times are left.
    public var erased: Bool

    /// One property: a key and the JSON text of its value.
    public struct Property: Hashable, Sendable {
        /// The key.
        public var key: String
        /// The value as JSON text.
        public var json: String
        /// A property from its parts.
        public init(key: String, json: String) {
            self.key = key
            self.json = json
        }
    }

    /// An event that happened at `occurredAt`; the log fills in position and `recordedAt`.
    public init(
        id: String,
        source: String = "",
        type: String,
        occurredAt: Timestamp,
        customer: String? = nil,
        deal: String? = nil,
        account: String? = nil,
        channel: String? = nil,
        campaign: String? = nil,
        amount: Amount? = nil,
        actor: String? = nil,
        correlation: String? = nil,
        causation: String? = nil,
        properties: [Property] = [],
        position: Position = .start,
        recordedAt: Timestamp = Timestamp(milliseconds: 0),
        erased: Bool = false
    ) {
        self.position = position
        self.id = id
        self.source = source
        self.type = type
        self.occurredAt = occurredAt
        self.recordedAt = recordedAt
        self.customer = customer
        self.deal = deal
        self.account = account
        self.channel = channel
        self.campaign = campaign
        self.amount = amount
        self.actor = actor
        self.correlation = correlation
        self.causation = causation
        self.properties = properties
        self.erased = erased
    }

    /// The JSON text of a property, nil when the event has none of that name.
    public func property(_ key: String) -> String? { properties.first { $0.key == key }?.json }

    /// The event as one JSON object in the order that every output uses, without a line feed. An event that no log has
    /// taken in has no position and no `recorded_at`.
    public var json: String {
        var out = JSONWriter()
        out.object {
            if position > .start { $0.member("position", position.rawValue) }
            $0.member("id", id)
            if !source.isEmpty { $0.member("source", source) }
            $0.member("type", type)
            $0.member("occurred_at", occurredAt.rfc3339)
            if position > .start { $0.member("recorded_at", recordedAt.rfc3339) }
            if erased { $0.member("erased", true) }
            if let customer { $0.member("customer", customer) }
            if let deal { $0.member("deal", deal) }
            if let account { $0.member("account", account) }
            if let channel { $0.member("channel", channel) }
            if let campaign { $0.member("campaign", campaign) }
            if let amount {
                $0.member("amount", amount.decimal)
                $0.member("currency", amount.currency.code)
            }
            if let actor { $0.member("actor", actor) }
            if let correlation { $0.member("correlation_id", correlation) }
            if let causation { $0.member("causation_id", causation) }
            if !properties.isEmpty {
                $0.member("properties") { value in
                    value.object { for property in properties { $0.member(property.key, raw: property.json) } }
                }
            }
        }
        return out.text
    }

    /// The event as a batch of one, to append it.
    public func add(to batch: inout EventBatch) {
        var draft = EventDraft()
        draft.id = batch.store(id)
        draft.source = source.isEmpty ? .absent : batch.store(source)
        draft.type = batch.store(type)
        draft.occurredAt = occurredAt.rawValue
        draft.customer = batch.store(customer)
        draft.deal = batch.store(deal)
        draft.account = batch.store(account)
        draft.channel = batch.store(channel)
        draft.campaign = batch.store(campaign)
        draft.actor = batch.store(actor)
        draft.correlation = batch.store(correlation)
        draft.causation = batch.store(causation)
        draft.amount = amount
        let start = Int32(batch.properties.count)
        for property in properties {
            let key = batch.store(property.key)
            let value = batch.store(property.json)
            batch.properties.append(PropertySlice(key: key, value: value))
        }
        draft.properties = start..<Int32(batch.properties.count)
        batch.events.append(draft)
    }
}
