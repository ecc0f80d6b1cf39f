// What a fold sees of an event: numbers only. Texts are interned, so that two events name the same customer exactly when
// their symbols are equal.

/// One event as the index's columns hold it. Symbol 0 means "absent".
public struct FoldEvent: Hashable, Sendable, BitwiseCopyable {
    /// Position in the log.
    public var position: UInt64
    /// When it happened, milliseconds since 1970 UTC.
    public var occurredAt: Int64
    /// Symbol of the customer.
    public var customer: UInt32
    /// Symbol of the deal.
    public var deal: UInt32
    /// Symbol of the event type.
    public var type: UInt32
    /// Symbol of the channel as given.
    public var channel: UInt32
    /// Symbol of the campaign as given.
    public var campaign: UInt32
    /// Currency in the lower 24 bits, scale in the upper 8: an event has 48 bytes.
    private var money: UInt32
    /// Digits of the amount; 0 when there is none.
    public var units: Int64
    /// Packed currency, 0 when there is no amount.
    public var currency: UInt32 {
        get { money & 0xFF_FFFF }
        set { money = money & ~0xFF_FFFF | newValue & 0xFF_FFFF }
    }
    /// Digits after the point of the amount.
    public var scale: UInt8 {
        get { UInt8(money >> 24) }
        set { money = money & 0xFF_FFFF | UInt32(newValue) << 24 }
    }

    /// An event from its parts.
    public init(
        position: UInt64,
        occurredAt: Int64,
        customer: UInt32 = 0,
        deal: UInt32 = 0,
        type: UInt32,
        channel: UInt32 = 0,
        campaign: UInt32 = 0,
        units: Int64 = 0,
        currency: UInt32 = 0,
        scale: UInt8 = 0
    ) {
        self.position = position
        self.occurredAt = occurredAt
        self.customer = customer
        self.deal = deal
        self.type = type
        self.channel = channel
        self.campaign = campaign
        self.units = units
        money = currency & 0xFF_FFFF | UInt32(scale) << 24
    }

    /// Journey order: `(occurred_at, position)`.
    @inlinable public static func inJourneyOrder(_ a: FoldEvent, _ b: FoldEvent) -> Bool {
        a.occurredAt != b.occurredAt ? a.occurredAt < b.occurredAt : a.position < b.position
    }
}
